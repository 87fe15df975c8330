// The measurements of bench/scaling; it makes the home and takes it away again.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { promisify } from 'node:util';

const { Redis, Cluster } = createRequire(new URL('../tests/clients/package.json', import.meta.url))('ioredis');
const run = promisify(execFile);
const [work] = process.argv.slice(2);
const keys = Number(process.env.KEYS ?? 100_000);
const counts = (process.env.SHARDS ?? '3 5 2').split(' ').map(Number);
const workers = Number(process.env.WORKERS ?? 8);
const engine = process.env.ENGINE ?? 'redis';
const memory = Number(process.env.MEMORY_MB ?? 256);
const rate = Number(process.env.RATE ?? 0);
const calm = Number(process.env.CALM ?? 5);
const port = Number(process.env.LARDER_TLS_PORT);
const home = process.env.LARDER_HOME;
const larder = async (...words) => (await run('./larder', words, { env: process.env, maxBuffer: 1 << 26 })).stdout;
const busy = [loadavg()[0]];

const spec = (shards) => {
  const path = `${work}/spec.yaml`;
  writeFileSync(path, `name: scaled\npreset: development\nengine: ${engine}\nmemory_mb: ${memory}\ncluster: { enable_cluster: true, shard_count: ${shards} }\n`);
  return path;
};

await larder('up', spec(counts[0]), '--detach');
const password = (await larder('keys', 'scaled', '--primary')).trim();
const tls = { ca: readFileSync(`${home}/ca/ca.crt`), servername: 'scaled.redis.localhost' };
const plain = new Redis({ host: '127.0.0.1', port, tls, password });
const aware = new Cluster([{ host: '127.0.0.1', port }], { redisOptions: { tls, password } });
for (let first = 0; first < keys; first += 1000) {
  const pipeline = plain.pipeline();
  for (let key = first; key < Math.min(keys, first + 1000); key++) pipeline.set(`key:${key}`, key);
  await pipeline.exec();
}

let current = null;
let ended = false;
const errors = new Map();
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
async function work1(client, kind) {
  let due = performance.now() + Math.random() * 10;
  while (!ended) {
    if (rate > 0) {
      // Behind its time, it goes on at once; how long a command takes counts from when it is sent.
      due += (2 * workers * 1000) / rate;
      const early = due - performance.now();
      if (early > 1) await sleep(early);
    }

    const key = Math.floor(Math.random() * keys);
    const began = performance.now();
    try {
      if (Math.random() < 0.3) await client.set(`key:${key}`, key);
      else if (await client.get(`key:${key}`) !== String(key)) throw new Error('a wrong value');
    } catch (error) {
      const what = `${kind}: ${error.message.slice(0, 80)}`;
      errors.set(what, (errors.get(what) ?? 0) + 1);
    }

    current.push(performance.now() - began);
  }
}

const told = (latencies) => {
  const sorted = Float64Array.from(latencies).sort();
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(1);
  return `${at(0.5)} / ${at(0.99)} / ${at(1)}`;
};

current = [];
const all = [plain, aware].flatMap((client, kind) => Array.from({ length: workers }, () => work1(client, kind === 0 ? 'knows no shards' : 'knows clusters')));
console.log(`\n${keys} keys, ${workers} workers of each kind ${rate > 0 ? `that send ${rate} commands a second together` : 'in a closed loop'}, 30 % writes\n`);
console.log('| shards | seconds | operations/s | errors | p50 / p99 / longest before (ms) | p50 / p99 / longest meanwhile (ms) |\n|---|---|---|---|---|---|');
for (let index = 1; index < counts.length; index++) {
  await sleep(calm * 1000);
  const before = current;
  const wrong = [...errors.values()].reduce((sum, count) => sum + count, 0);
  current = [];
  const began = performance.now();
  await larder('apply', spec(counts[index]));
  const seconds = (performance.now() - began) / 1000;
  const meanwhile = current;
  current = [];
  const errorsNow = [...errors.values()].reduce((sum, count) => sum + count, 0) - wrong;
  console.log(`| ${counts[index - 1]} to ${counts[index]} | ${seconds.toFixed(1)} | ${Math.round(meanwhile.length / seconds)} | ${errorsNow} | ${told(before)} | ${told(meanwhile)} |`);
}

ended = true;
await Promise.all(all);
let lost = 0;
for (let first = 0; first < keys; first += 250) {
  const wanted = Array.from({ length: Math.min(250, keys - first) }, (_, key) => first + key);
  const values = await plain.mget(wanted.map((key) => `key:${key}`));
  lost += values.filter((value, place) => value !== String(wanted[place])).length;
}

busy.push(loadavg()[0]);
console.log(`\nkeys lost or wrong: ${lost}; keys in all: ${await plain.dbsize()} of ${keys}; errors: ${errors.size === 0 ? 'none' : JSON.stringify(Object.fromEntries(errors))}`);
console.log(`load average of the machine before and after: ${busy.map((one) => one.toFixed(1)).join(', ')}`);
plain.disconnect();
aware.disconnect();
process.exit(lost === 0 && errors.size === 0 ? 0 : 1);
