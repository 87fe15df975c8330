// A clustered cache of the real program for bench/cluster: a home, ports and a spec of its own; what it costs is read from the kernel.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { loadavg } from 'node:os';
import { promisify } from 'node:util';
import { freePort } from './failover-servers.mjs';

const run = promisify(execFile);
const hertz = Number(execFileSync('getconf', ['CLK_TCK']).toString());
let homes = 0;

export const engine = process.env.ENGINE ?? 'redis';
export const version = process.env.VERSION ?? (engine === 'redis' ? '8.0' : 'latest');
export const load = () => loadavg()[0].toFixed(1);

/** Ports in a row, below the ephemeral ones. */
async function freeRun(count) {
  for (;;) {
    const first = await freePort();
    const all = [first];
    for (let next = first + 1; next < first + count; next++) all.push(next);
    if (first + count < 22000) return first;
  }
}

/** Resident memory of a process, in MiB. */
export const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** Processor time of processes so far, in seconds. */
export const processorSeconds = (pids) => pids.reduce((sum, pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
  return sum + (Number(fields[11]) + Number(fields[12])) / hertz;
}, 0);

export class ClusteredCache {
  constructor(memoryMb, replicas = 1) {
    Object.assign(this, { memoryMb, replicas, home: `${process.env.WORK}/home-${process.pid}-${homes++}` });
    mkdirSync(this.home, { recursive: true });
  }

  async up(shards, most = shards) {
    const port = String(await freePort());
    const first = String(await freeRun(2 * most * (this.replicas + 1)));
    this.env = { ...process.env, LARDER_HOME: this.home, LARDER_TLS_PORT: port, LARDER_PLAIN_PORT: String(await freePort()), LARDER_NODE_TLS_PORT: first };
    this.port = Number(port);
    const began = performance.now();
    await this.larder('up', this.spec(shards), '--detach');
    const seconds = (performance.now() - began) / 1000;
    this.password = (await this.larder('keys', 'bench', '--primary')).trim();
    this.tls = { ca: readFileSync(`${this.home}/ca/ca.crt`), servername: 'bench.redis.localhost' };
    return seconds;
  }

  spec(shards) {
    const path = `${this.home}/bench.yaml`;
    writeFileSync(path, `name: bench\npreset: development\nengine: ${engine}\nmemory_mb: ${this.memoryMb}\n`
      + `redis: { redis_version: "${version}", replicas_per_primary: ${this.replicas} }\ncluster: { enable_cluster: true, shard_count: ${shards} }\n`);
    return path;
  }

  larder = async (...words) => (await run('./larder', words, { env: this.env, maxBuffer: 1 << 26 })).stdout;

  show() {
    return new Promise((tell, fail) => {
      request({ socketPath: `${this.home}/run/larder.sock`, path: '/v1/caches/bench' }, async (response) => {
        let text = '';
        for await (const part of response) text += part;
        tell(JSON.parse(text));
      }).on('error', fail).end();
    });
  }

  nodes = async () => (await this.show()).shards.flatMap((shard) => shard.nodes);

  daemon = () => Number(readFileSync(`${this.home}/store/larder.db.pid`, 'utf8'));

  down = () => this.larder('down');
}
