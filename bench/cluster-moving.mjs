// bench/cluster moving: half of all slots, with their keys, go from one shard to a second one; in Larder by a spec with another shard_count, with bare engines by
// redis-cli --cluster reshard. Clients work meanwhile.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ClusteredCache, engine, load, version } from './cluster-larder.mjs';
import { Redis, Server, endAll, freePort, launcher, say, until, wait } from './failover-servers.mjs';

const run = promisify(execFile);
const moveMb = Number(process.env.MOVE_MB ?? 100);
const clients = Number(process.env.CLIENTS ?? 4);
const valueBytes = 1024;
const keys = Math.round(2 * moveMb * 1024 * 1024 / valueBytes);
const allMb = Math.ceil(2 * moveMb * 1.9) + 128;
const before = load();
const value = randomBytes(valueBytes / 2).toString('hex');

async function fill(redis) {
  for (let first = 0; first < keys; first += 200) {
    const pipeline = redis.pipeline();
    for (let key = first; key < Math.min(keys, first + 200); key++) pipeline.set(`key:${key}`, value);
    for (const [error] of await pipeline.exec()) if (error) throw error;
  }
}

/** Clients in a closed loop: seven of ten operations read, three write. */
class Load {
  constructor(redis) {
    Object.assign(this, { times: [], errors: new Map(), ended: false });
    this.done = Promise.all(Array.from({ length: clients }, async () => {
      while (!this.ended) {
        const key = `key:${Math.floor(Math.random() * keys)}`;
        const began = performance.now();
        try {
          if (Math.random() < 0.3) await redis.set(key, value);
          else if (await redis.get(key) !== value) throw new Error('a wrong value');
        } catch (error) {
          this.errors.set(error.message, (this.errors.get(error.message) ?? 0) + 1);
        }
        this.times.push(performance.now() - began);
      }
    }));
  }

  take() {
    const sorted = Float64Array.from(this.times).sort();
    this.times = [];
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(1);
    return { count: sorted.length, text: `${at(0.5)} / ${at(0.99)} / ${at(1)}` };
  }

  async end() {
    this.ended = true;
    await this.done;
    return [...this.errors.entries()].map(([text, count]) => `${count} × ${text}`).join('; ') || 'none';
  }
}

async function measure(name, loads, move, moved) {
  await wait(3000);
  const calm = loads.map(({ load: one }) => one.take());
  const began = performance.now();
  await move();
  const seconds = (performance.now() - began) / 1000;
  const bytes = await moved();
  say(`${name}: ${seconds.toFixed(1)} s`);
  const rows = [];
  for (const [index, { title, load: one }] of loads.entries()) {
    const meanwhile = one.take();
    rows.push(`| ${name} | ${title} | ${bytes} | ${seconds.toFixed(1)} | ${calm[index].text} | ${meanwhile.text} | ${Math.round(meanwhile.count / seconds)} | ${await one.end()} |`);
  }
  return rows;
}

async function larder() {
  const cache = new ClusteredCache(allMb);
  await cache.up(1, 2);
  const options = { host: '127.0.0.1', port: cache.port, tls: cache.tls, password: cache.password };
  const plain = new Redis(options);
  await fill(plain);
  const aware = new Redis.Cluster([{ host: '127.0.0.1', port: cache.port }], { redisOptions: { tls: cache.tls, password: cache.password } });
  const loads = [{ title: 'know clusters', load: new Load(aware) }, { title: 'know no shards', load: new Load(plain) }];
  const keysMoved = async () => (await cache.nodes()).filter(({ role }) => role === 'primary').at(-1).keys;
  const rows = await measure('Larder (TLS)', loads, () => cache.larder('apply', cache.spec(2)), async () => {
    const count = await until('the second shard tells how much it has', keysMoved);
    return Math.round(count * valueBytes / 1048576);
  });
  plain.disconnect();
  aware.disconnect();
  await cache.down();
  return rows;
}

async function bare() {
  const engines = JSON.parse((await run('./larder', ['engines', '--output', 'json', '--home', join(process.env.WORK, 'engines')])).stdout);
  const found = engines.engines.filter((one) => one.engine === engine && (version === 'latest' || one.version.startsWith(version))).at(0);
  const nodes = [];
  for (let index = 0; index < 4; index++) {
    nodes.push(Server.data(launcher(found.path), join(process.env.WORK, `bare-${index}`), await freePort(), ['cluster-enabled yes', 'cluster-config-file nodes.conf', `maxmemory ${allMb}mb`]));
    nodes.at(-1).start();
  }
  for (const node of nodes) await until('the bare engines answer', () => node.ask('PING'));
  const ids = [];
  for (const node of nodes) ids.push(await node.ask('CLUSTER', 'MYID'));
  await nodes[0].ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  for (const node of nodes.slice(1)) await nodes[0].ask('CLUSTER', 'MEET', '127.0.0.1', String(node.port));
  await until('the bare engines know each other', async () => (await Promise.all(nodes.map((node) => node.ask('CLUSTER', 'INFO')))).every((info) => info.includes('cluster_known_nodes:4') && info.includes('cluster_state:ok')));
  await until('replica 0 follows', async () => await nodes[2].ask('CLUSTER', 'REPLICATE', ids[0]) === 'OK');
  await until('replica 1 follows', async () => await nodes[3].ask('CLUSTER', 'REPLICATE', ids[1]) === 'OK');
  await until('the replicas are in sync', async () => await nodes[0].hasReplicaInSync() && await nodes[1].hasReplicaInSync());
  const filler = new Redis({ host: '127.0.0.1', port: nodes[0].port });
  await fill(filler);
  filler.disconnect();
  const aware = new Redis.Cluster([{ host: '127.0.0.1', port: nodes[0].port }]);
  const loads = [{ title: 'know clusters', load: new Load(aware) }];
  const rows = await measure('bare engines, `redis-cli --cluster reshard`', loads, () => run('redis-cli', [
    '--cluster', 'reshard', `127.0.0.1:${nodes[0].port}`, '--cluster-from', ids[0], '--cluster-to', ids[1], '--cluster-slots', '8192', '--cluster-yes'], { maxBuffer: 1 << 28 }),
  async () => Math.round(await nodes[1].ask('DBSIZE') * valueBytes / 1048576));
  aware.disconnect();
  await endAll();
  return rows;
}

try {
  const rows = [];
  say(`filling ${keys} keys, twice`);
  rows.push(...await bare());
  rows.push(...await larder());
  console.log(`\n${engine} ${version}, a replica for each shard; ${keys} keys of ${valueBytes} bytes, of which half move to the second shard; ${clients} clients of each kind in a closed loop, 30 % writes; load of the machine before and after: ${before}, ${load()}\n`);
  console.log('| | clients | moved (MiB) | seconds | p50 / p99 / longest before (ms) | meanwhile (ms) | operations/s meanwhile | errors |\n|---|---|---|---|---|---|---|---|');
  console.log(rows.join('\n'));
} finally {
  await endAll();
}
