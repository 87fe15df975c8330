// What clients notice of handovers: errors, lost and doubled increments, the longest pause. Started by bench/handover.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const Redis = createRequire(new URL('../tests/clients/package.json', import.meta.url))('ioredis');
const run = promisify(execFile);
const rounds = Number(process.env.ROUNDS ?? 20);
const clients = Number(process.env.CLIENTS ?? 50);
const larder = (...words) => run('./larder', words, { env: process.env });

const options = {
  host: 'localhost',
  port: Number(process.env.LARDER_TLS_PORT),
  password: (await larder('keys', 'bench', '--primary')).stdout.trim(),
  tls: { ca: readFileSync(`${process.env.LARDER_HOME}/ca/ca.crt`), servername: 'bench.redis.localhost' },
  retryStrategy: null, // A broken connection is an error here, not something to mend.
  maxRetriesPerRequest: 0,
};
let stopping = false;
let longest = 0;
let commands = 0;
const errors = [];

async function count(index) {
  const redis = new Redis(options);
  redis.on('error', (error) => errors.push(error.message));
  let told = 0;
  while (!stopping) {
    const begun = performance.now();
    try {
      told = await redis.incr(`counter:${index}`);
    } catch (error) {
      errors.push(error.message);
      break;
    }
    longest = Math.max(longest, performance.now() - begun);
    commands++;
  }
  const there = Number(await redis.get(`counter:${index}`));
  redis.disconnect();
  return there - told;
}

const ready = async () => {
  while (JSON.parse((await larder('show', 'bench', '--output', 'json')).stdout).state !== 'Ready') await new Promise((go) => setTimeout(go, 50));
};
const workers = Array.from({ length: clients }, (_, index) => count(index));
await new Promise((go) => setTimeout(go, 3000)); // all are connected and the load is even after this
longest = 0;
await new Promise((go) => setTimeout(go, 2000));
const calm = longest;
const pauses = [];
const held = [];
for (let round = 0; round < rounds; round++) {
  await ready();
  longest = 0;
  const ended = JSON.parse((await larder('failover', 'bench', '--output', 'json')).stdout);
  held.push(Number(/held for (\d+) ms/.exec(ended.phase)[1]));
  await new Promise((go) => setTimeout(go, 300));
  pauses.push(longest);
}
stopping = true;
const differences = await Promise.all(workers);
const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)].toFixed(0);
const worst = (values) => Math.max(...values).toFixed(0);
console.log(
  `| ${process.env.ENGINE} | ${rounds} | ${commands} | ${errors.length} | ${differences.filter((one) => one < 0).length} | ${differences.filter((one) => one > 0).length} `
  + `| ${median(held)} / ${worst(held)} | ${median(pauses)} / ${worst(pauses)} | ${calm.toFixed(0)} |`);
if (errors.length > 0) console.error([...new Set(errors)].join('\n'));
