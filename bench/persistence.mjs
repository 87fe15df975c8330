// The measurements of bench/persistence; it makes the home and takes it away again.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [work] = process.argv.slice(2);
const number = (name, usual) => Number(process.env[name] ?? usual);
const size = number('SIZE_MB', 1024);
const stream = number('STREAM_MB', 2048);
const rounds = number('ROUNDS', 9);
const seconds = number('SECONDS_EACH', 5);
const parts = (process.env.PARTS ?? '1 2 3').split(' ');
const clients = number('CLIENTS', 50);
const engine = process.env.ENGINE ?? 'redis';
const home = process.env.LARDER_HOME;
const modes = ['Disabled', 'RDB', 'AOF', 'AOF_DUAL'];
const nameOf = (mode) => mode.toLowerCase().replace('_', '-');
const larder = async (...words) => (await run('./larder', words, { env: process.env, maxBuffer: 1 << 26 })).stdout;
const json = async (...words) => JSON.parse(await larder(...words, '--output', 'json'));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const ratios = (ones, others) => median(ones.map((one, index) => one.rate / others[index].rate)).toFixed(3);
const costs = (ones, others) => median(ones.map((one, index) => others[index].cpu / one.cpu)).toFixed(3);
const row = (what, ones, others) => console.log(`| ${what} | ${Math.round(median(ones.map((one) => one.rate)))} | ${ratios(ones, others)} | ${median(ones.map((one) => one.cpu)).toFixed(1)} | ${costs(ones, others)} | ${median(ones.map((one) => one.p99)).toFixed(2)} |`);
const heads = 'SET/s, median | ratio to Disabled, median of rounds | CPU of daemon and engines per SET, median (µs) | ratio of that, median of rounds | p99, median (ms) |';
const busy = () => `load average of the machine before and after: ${loadavgs.map((one) => one.toFixed(1)).join(', ')}`;
const loadavgs = [loadavg()[0]];

async function up(mode, memory) {
  const spec = `${work}/${nameOf(mode)}.yaml`;
  writeFileSync(spec, `name: ${nameOf(mode)}\npreset: development\nengine: ${engine}\nmemory_mb: ${memory}\nredis: { persistence: ${mode} }\n`);
  await larder('up', spec, '--detach');
}

// redis-benchmark over TLS; -a is seen in the process list, which is this machine's own for as long as the benchmark runs.
async function load(name, { requests, keys, bytes = 1000, pipeline = 1 }) {
  const key = (await larder('keys', name, '--primary')).trim();
  const nodes = (await json('show', name)).shards.flatMap((shard) => shard.nodes.map((node) => node.pid));
  const before = [daemon(), ...nodes].map(cpu);
  const { stdout } = await run('redis-benchmark', [
    '--tls', '--cacert', `${home}/ca/ca.crt`, '--sni', `${name}.redis.localhost`, '-h', 'localhost', '-p', process.env.LARDER_TLS_PORT, '-a', key,
    '-t', 'set', '-c', String(clients), '-d', String(bytes), '-n', String(requests), '-r', String(keys), '-P', String(pipeline), '--csv',
  ], { maxBuffer: 1 << 26 });
  const line = stdout.split('\n').find((text) => text.startsWith('"SET"'));
  const [, rate, , , , , p99] = line.split(',').map((cell) => Number(cell.replaceAll('"', '')));
  const spent = [daemon(), ...nodes].map(cpu).reduce((sum, ticks, index) => sum + ticks - before[index], 0);
  return { rate, p99, cpu: (spent * 1e4) / requests };
}

// Of a process and of its children that have ended, in hundredths of a second: what a machine that does other work too gives to a benchmark varies, what the
// benchmark takes for a command varies much less.
const cpu = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
};

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

// Of so many random keys, 1.6 times as many writes fill four fifths; those are the data set. Each has 1,000 bytes that do not compress.
const keysFor = (megabytes) => Math.floor((megabytes * 1048576) / 1000 / 0.798);
const fill = async (name, megabytes) => {
  for (let part = 0; part < 2; part++) await load(name, { requests: Math.floor(keysFor(megabytes) * 0.8), keys: keysFor(megabytes), pipeline: 50 });
};

// As many requests as take the wanted time when nothing is kept on disk.
async function requestsOf(name, keys) {
  await load(name, { requests: 20000, keys });
  return Math.max(30000, Math.floor((await load(name, { requests: 20000, keys })).rate * seconds));
}

// 1. Throughput and p99 of the modes beside each other.
async function modesBeside() {
  const results = Object.fromEntries(modes.map((mode) => [mode, []]));
  for (const mode of modes) await up(mode, 512);
  for (const mode of modes) await load(nameOf(mode), { requests: 20000, keys: 50000 });
  const requests = await requestsOf('disabled', 50000);
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes.map((_, index) => modes[(index + round) % modes.length])) results[mode].push(await load(nameOf(mode), { requests, keys: 50000 }));
  }
  console.log(`${rounds} rounds of ${requests} SETs of 1 kB by ${clients} clients over TLS, ${engine}\n`);
  console.log(`| persistence | ${heads}`);
  console.log('|---|---|---|---|---|---|');
  for (const mode of modes) row(mode, results[mode], results.Disabled);
  for (const mode of modes) await larder('delete', nameOf(mode), '--yes');
}

// 2. RDB outside and during a snapshot, beside a cache that keeps nothing, both on a data set of SIZE_MB.
async function aroundSnapshots() {
  const names = ['disabled', 'rdb'];
  for (const mode of ['Disabled', 'RDB']) await up(mode, Math.floor(size * 2.5) + 64);
  for (const name of names) await fill(name, size);
  const keys = keysFor(size);
  const requests = await requestsOf('disabled', keys);
  const [nothing, outside, during, part] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    const turns = [async () => nothing.push(await load('disabled', { requests, keys })), async () => outside.push(await load('rdb', { requests, keys }))];
    for (const turn of round % 2 ? turns : turns.reverse()) await turn();
    let done = false;
    const backup = larder('backup', 'rdb').finally(() => { done = true; });
    const whole = [];
    while (!done) {
      const one = await load('rdb', { requests: Math.floor(requests / 4), keys });
      if (!done || whole.length === 0) whole.push(one);
    }
    await backup;
    during.push({ rate: median(whole.map((one) => one.rate)), p99: Math.max(...whole.map((one) => one.p99)), cpu: median(whole.map((one) => one.cpu)) });
    part.push(whole.length);
  }
  console.log(`\n${rounds} rounds of ${requests} SETs (${Math.floor(requests / 4)} at a time during a backup, ${median(part)} times in the median), ${size} MB\n`);
  console.log(`| on the same data set | ${heads}`);
  console.log('|---|---|---|---|---|---|');
  row('Disabled', nothing, nothing);
  row('RDB, outside a snapshot', outside, nothing);
  row('RDB, while a backup is taken on the replica, checked and copied', during, nothing);
  for (const name of names) await larder('delete', name, '--yes');
}

// 3. Duration of backup and restore, and the daemon's memory meanwhile, on STREAM_MB.
async function streaming() {
  await up('RDB', Math.floor(stream * 2.5) + 64);
  await fill('rdb', stream);
  await new Promise((go) => setTimeout(go, 10_000));
  const idle = rss(daemon());
  const backup = await watched(() => larder('backup', 'rdb'));
  const bytes = (await json('backups', 'rdb')).backups[0].bytes / 1e9;
  const restore = await watched(() => larder('restore', 'rdb', '--replace', '--yes'));
  console.log(`\n| of ${bytes.toFixed(2)} GB of snapshot | seconds | seconds per GB | daemon RSS over idle (${idle.toFixed(0)} MiB), peak (MiB) |`);
  console.log('|---|---|---|---|');
  for (const [what, { took, peak }] of [['backup', backup], ['restore', restore]]) {
    console.log(`| ${what} | ${took.toFixed(1)} | ${(took / bytes).toFixed(1)} | ${(peak - idle).toFixed(0)} |`);
  }
  await larder('delete', 'rdb', '--yes');
}

const measurements = { 1: modesBeside, 2: aroundSnapshots, 3: streaming };
for (const part of parts) await measurements[part]();
loadavgs.push(loadavg()[0]);
console.log(`\n${busy()}`);
