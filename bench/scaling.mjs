// The measurements of bench/scaling; it makes the home and takes it away again.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadavg } from 'node:os';
import { promisify } from 'node:util';
import { Redis, Server, endAll, freePort, launcher, until } from './failover-servers.mjs';
import { Load, countLost, fill } from './scaling-load.mjs';

const run = promisify(execFile);
const keys = Number(process.env.KEYS ?? 100_000);
const counts = (process.env.SHARDS ?? '3 5 2').split(' ').map(Number);
const workers = Number(process.env.WORKERS ?? 8);
const engine = process.env.ENGINE ?? 'redis';
const memory = Number(process.env.MEMORY_MB ?? 256);
const rate = Number(process.env.RATE ?? 0);
const calm = Number(process.env.CALM ?? 5);
const contenders = (process.env.CONTENDERS ?? 'larder').split(' ');
const work = process.env.WORK;
const busy = [loadavg()[0]];
const notes = [];
let failed = false;
let runs = 0;

function end(name, load, lost, all) {
  notes.push(`${name}: keys lost or wrong: ${lost}; keys in all: ${all} of ${keys}; errors: ${load.errors}`);
  return lost > 0 || all !== keys || load.errors !== 'none';
}

async function larder() {
  const port = Number(process.env.LARDER_TLS_PORT);
  const command = async (...words) => (await run('./larder', words, { env: process.env, maxBuffer: 1 << 26 })).stdout;
  const spec = (shards) => {
    const path = `${work}/spec.yaml`;
    writeFileSync(path, `name: scaled\npreset: development\nengine: ${engine}\nmemory_mb: ${memory}\ncluster: { enable_cluster: true, shard_count: ${shards} }\n`);
    return path;
  };

  await command('up', spec(counts[0]), '--detach');
  const password = (await command('keys', 'scaled', '--primary')).trim();
  const tls = { ca: readFileSync(`${process.env.LARDER_HOME}/ca/ca.crt`), servername: 'scaled.redis.localhost' };
  const plain = new Redis({ host: '127.0.0.1', port, tls, password });
  const aware = new Redis.Cluster([{ host: '127.0.0.1', port }], { redisOptions: { tls, password } });
  await fill(plain, keys);
  const load = new Load([{ client: plain, kind: 'knows no shards' }, { client: aware, kind: 'knows clusters' }], { keys, workers, rate });
  for (let index = 1; index < counts.length; index++) {
    console.log(`| Larder (TLS) | ${counts[index - 1]} to ${counts[index]} | ${await load.during(calm, () => command('apply', spec(counts[index])))} |`);
  }

  await load.end();
  failed ||= end('Larder', load, await countLost(plain, keys), await plain.dbsize());
  plain.disconnect();
  aware.disconnect();
  await command('delete', 'scaled', '--yes');
  await command('down');
}

// The same number of nodes of the same engine, without TLS and without anybody beside them. All of them are there before the change, and so are the new shards' replicas.
async function bare() {
  const most = Math.max(...counts);
  if (counts.length !== 2 || most !== counts[1]) throw new Error('redis-cli --cluster rebalance is compared with one growth: SHARDS="3 5".');
  const engines = JSON.parse((await run('./larder', ['engines', '--output', 'json'])).stdout).engines;
  const path = engines.find((one) => one.engine === engine).path;
  const nodes = [];
  runs++;
  for (let index = 0; index < 2 * most; index++) {
    const lines = ['cluster-enabled yes', 'cluster-config-file nodes.conf', 'cluster-allow-replica-migration no', `maxmemory ${memory}mb`];
    nodes.push(Server.data(launcher(path), join(work, `bare-${runs}-${index}`), await freePort(), lines));
    nodes.at(-1).start();
  }

  for (const node of nodes) await until('the bare engines answer', () => node.ask('PING'));
  const ids = await Promise.all(nodes.map((node) => node.ask('CLUSTER', 'MYID')));
  const part = 16384 / counts[0];
  for (let shard = 0; shard < counts[0]; shard++) {
    await nodes[shard].ask('CLUSTER', 'ADDSLOTSRANGE', String(Math.round(shard * part)), String(Math.round((shard + 1) * part) - 1));
    await nodes[shard].ask('CLUSTER', 'SET-CONFIG-EPOCH', String(shard + 1));
  }

  for (const node of nodes.slice(1)) await nodes[0].ask('CLUSTER', 'MEET', '127.0.0.1', String(node.port));
  await until('the bare engines know each other', async () => (await Promise.all(nodes.map((node) => node.ask('CLUSTER', 'INFO'))))
    .every((info) => info.includes(`cluster_known_nodes:${nodes.length}`) && info.includes('cluster_state:ok')));
  for (let shard = 0; shard < most; shard++) {
    await until(`the replica of ${shard} follows`, async () => await nodes[most + shard].ask('CLUSTER', 'REPLICATE', ids[shard]) === 'OK');
    await until(`the replica of ${shard} is in sync`, () => nodes[shard].hasReplicaInSync());
  }

  const clients = Array.from({ length: 2 }, () => new Redis.Cluster([{ host: '127.0.0.1', port: nodes[0].port }]));
  const [aware, other] = clients;
  for (let first = 0; first < keys; first += 1000) {
    await Promise.all(Array.from({ length: Math.min(1000, keys - first) }, (_, key) => aware.set(`key:${first + key}`, first + key)));
  }

  const load = new Load([{ client: aware, kind: 'knows clusters' }, { client: other, kind: 'knows clusters too' }], { keys, workers, rate });
  const cells = await load.during(calm, () => run(
    'redis-cli', ['--cluster', 'rebalance', `127.0.0.1:${nodes[0].port}`, '--cluster-use-empty-masters', '--cluster-threshold', '1'], { maxBuffer: 1 << 28 }));
  console.log(`| bare engines, \`redis-cli --cluster rebalance\`, no TLS | ${counts[0]} to ${most} | ${cells} |`);
  await load.end();
  let lost = 0;
  for (let first = 0; first < keys; first += 1000) {
    const values = await Promise.all(Array.from({ length: Math.min(1000, keys - first) }, (_, key) => aware.get(`key:${first + key}`)));
    lost += values.filter((value, place) => value !== String(first + place)).length;
  }

  const sizes = await Promise.all(nodes.slice(0, most).map((node) => node.ask('DBSIZE')));
  failed ||= end('bare engines', load, lost, sizes.reduce((sum, size) => sum + Number(size), 0));
  for (const client of clients) client.disconnect();
  await endAll();
}

try {
  console.log(`\n${keys} keys, ${workers} workers on each of two clients ${rate > 0 ? `that send ${rate} commands a second together` : 'in a closed loop'}, 30 % writes, ${engine}, a replica for each shard\n`);
  console.log('| | shards | seconds | operations/s | errors | p50 / p99 / longest before (ms) | p50 / p99 / longest meanwhile (ms) | p99, times |\n|---|---|---|---|---|---|---|---|');
  for (const one of contenders) await { larder, bare }[one]();
  busy.push(loadavg()[0]);
  console.log(`\n${notes.join('\n')}\nload average of the machine before and after: ${busy.map((one) => one.toFixed(1)).join(', ')}`);
} finally {
  await endAll();
}

process.exit(failed ? 1 : 0);
