// The measurements of bench/persistence; it makes the home and takes it away again.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [work] = process.argv.slice(2);
const number = (name, usual) => Number(process.env[name] ?? usual);
const size = number('SIZE_MB', 1024);
const stream = number('STREAM_MB', 2048);
const rounds = number('ROUNDS', 5);
const seconds = number('SECONDS_EACH', 10);
const clients = number('CLIENTS', 50);
const engine = process.env.ENGINE ?? 'redis';
const home = process.env.LARDER_HOME;
const modes = ['Disabled', 'RDB', 'AOF', 'AOF_DUAL'];
const nameOf = (mode) => mode.toLowerCase().replace('_', '-');
const larder = async (...words) => (await run('./larder', words, { env: process.env, maxBuffer: 1 << 26 })).stdout;
const json = async (...words) => JSON.parse(await larder(...words, '--output', 'json'));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function up(mode, memory) {
  const spec = `${work}/${nameOf(mode)}.yaml`;
  writeFileSync(spec, `name: ${nameOf(mode)}\npreset: development\nengine: ${engine}\nmemory_mb: ${memory}\nredis: { persistence: ${mode} }\n`);
  await larder('up', spec, '--detach');
}

// redis-benchmark over TLS; -a is seen in the process list, which is this machine's own for as long as the benchmark runs.
async function load(name, { requests, keys, bytes = 1000, pipeline = 1 }) {
  const key = (await larder('keys', name, '--primary')).trim();
  const { stdout } = await run('redis-benchmark', [
    '--tls', '--cacert', `${home}/ca/ca.crt`, '--sni', `${name}.redis.localhost`, '-h', 'localhost', '-p', process.env.LARDER_TLS_PORT, '-a', key,
    '-t', 'set', '-c', String(clients), '-d', String(bytes), '-n', String(requests), '-r', String(keys), '-P', String(pipeline), '--csv',
  ], { maxBuffer: 1 << 26 });
  const line = stdout.split('\n').find((text) => text.startsWith('"SET"'));
  const [, rate, , , , , p99] = line.split(',').map((cell) => Number(cell.replaceAll('"', '')));
  return { rate, p99 };
}

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const daemon = () => Number(readFileSync(`${home}/store/larder.db.pid`, 'utf8'));

async function watched(work) {
  const pid = daemon();
  let peak = 0;
  const timer = setInterval(() => { peak = Math.max(peak, rss(pid)); }, 50);
  const begun = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { took: (performance.now() - begun) / 1000, peak };
}

const keysFor = (megabytes) => Math.floor((megabytes * 1048576) / 1100);
const fill = async (name, megabytes) => {
  // Random keys: 1.6 times as many writes fill four fifths of them.
  for (let part = 0; part < 2; part++) await load(name, { requests: Math.floor(keysFor(megabytes) * 0.8), keys: keysFor(megabytes), pipeline: 50 });
};

// 1. Throughput and p99 of the modes beside each other.
const results = Object.fromEntries(modes.map((mode) => [mode, []]));
for (const mode of modes) await up(mode, 512);
for (const mode of modes) await load(nameOf(mode), { requests: 20000, keys: 10000 });
const probe = await load('disabled', { requests: 20000, keys: 10000 });
const requests = Math.max(20000, Math.floor(probe.rate * seconds));
for (let round = 0; round < rounds; round++) {
  for (const mode of modes.map((_, index) => modes[(index + round) % modes.length])) results[mode].push(await load(nameOf(mode), { requests, keys: 50000 }));
}
console.log(`${rounds} rounds of ${requests} SETs of 1 kB by ${clients} clients over TLS, ${engine}\n`);
console.log('| persistence | SET/s, median | ratio to Disabled, median of rounds | p99, median (ms) |');
console.log('|---|---|---|---|');
for (const mode of modes) {
  const ratio = median(results[mode].map((one, index) => one.rate / results.Disabled[index].rate));
  console.log(`| ${mode} | ${Math.round(median(results[mode].map((one) => one.rate)))} | ${ratio.toFixed(3)} | ${median(results[mode].map((one) => one.p99)).toFixed(2)} |`);
}
for (const mode of modes.filter((mode) => mode !== 'RDB')) await larder('delete', nameOf(mode), '--yes');
await larder('delete', 'rdb', '--yes');

// 2. RDB outside and during a snapshot, on a data set of SIZE_MB.
await up('RDB', Math.floor(size * 2.5) + 64);
await fill('rdb', size);
const outside = [];
const during = [];
for (let round = 0; round < rounds; round++) {
  outside.push(await load('rdb', { requests, keys: keysFor(size) }));
  let done = false;
  const backup = larder('backup', 'rdb').finally(() => { done = true; });
  const one = await load('rdb', { requests, keys: keysFor(size) });
  during.push({ ...one, whole: !done });
  await backup;
}
const calm = median(outside.map((one) => one.rate));
console.log(`\n| RDB on ${size} MB | SET/s, median | ratio | p99, median (ms) |`);
console.log('|---|---|---|---|');
console.log(`| outside a snapshot | ${Math.round(calm)} | 1 | ${median(outside.map((one) => one.p99)).toFixed(2)} |`);
console.log(`| while a backup is taken on the replica, checked and copied | ${Math.round(median(during.map((one) => one.rate)))} | ${median(during.map((one, index) => one.rate / outside[index].rate)).toFixed(3)} | ${median(during.map((one) => one.p99)).toFixed(2)} |`);
await larder('delete', 'rdb', '--yes');

// 3. Duration of backup and restore, and the daemon's memory meanwhile, on STREAM_MB.
await up('RDB', Math.floor(stream * 2.5) + 64);
await fill('rdb', stream);
await new Promise((go) => setTimeout(go, 5000));
const idle = rss(daemon());
const backup = await watched(() => larder('backup', 'rdb'));
const bytes = (await json('backups', 'rdb')).backups[0].bytes / 1e9;
const restore = await watched(() => larder('restore', 'rdb', '--replace', '--yes'));
console.log(`\n| of ${bytes.toFixed(2)} GB of snapshot | seconds | seconds per GB | daemon RSS over idle (${idle.toFixed(0)} MiB), peak (MiB) |`);
console.log('|---|---|---|---|');
for (const [what, { took, peak }] of [['backup', backup], ['restore', restore]]) {
  console.log(`| ${what} | ${took.toFixed(1)} | ${(took / bytes).toFixed(1)} | ${(peak - idle).toFixed(0)} |`);
}
