// bench/cluster killing: the primary of a shard is killed, again and again; how long clients wait until that shard takes a write, and what the others' clients see.
import { ClusteredCache, engine, load, version } from './cluster-larder.mjs';
import { Redis, say, until } from './failover-servers.mjs';

const kills = Number(process.env.KILLS ?? 10);
const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const worst = (values) => Math.max(...values);
const before = load();

/** Increments one key without a pause; notes when each answer came, and what was told as a failure. */
class Writer {
  constructor(redis, key) {
    Object.assign(this, { key, times: [], errors: 0, acknowledged: 0, ended: false });
    this.done = this.#write(redis);
  }

  async #write(redis) {
    while (!this.ended) {
      const began = performance.now();
      try {
        this.last = await redis.incr(this.key);
        this.acknowledged++;
        this.times.push({ began, ended: performance.now() });
      } catch {
        this.errors++;
      }
    }
  }

  /** When the first write that was sent after a moment was acknowledged. */
  firstAfter(moment) { return this.times.find(({ began }) => began > moment)?.ended; }

  longest() { return worst(this.times.map(({ began, ended }) => ended - began)); }

  async end() {
    this.ended = true;
    await this.done;
  }
}

const within = (slot, ranges) => ranges.split(',').some((range) => {
  const [first, last = first] = range.trim().split('-').map(Number);
  return slot >= first && slot <= last;
});

async function keysOf(redis, shards) {
  const keys = new Map();
  for (let number = 0; keys.size < shards.length; number++) {
    const slot = await redis.cluster('KEYSLOT', `counter:${number}`);
    const shard = shards.find(({ slots }) => within(slot, slots));
    if (!keys.has(shard.id)) keys.set(shard.id, `counter:${number}`);
  }
  return keys;
}

async function measure(shards) {
  const cache = new ClusteredCache(64);
  await cache.up(shards);
  const options = { host: '127.0.0.1', port: cache.port, tls: cache.tls, password: cache.password };
  const asker = new Redis(options);
  const keys = await keysOf(asker, (await cache.show()).shards);
  const [waits, others] = [[], []];
  let [errors, lost, doubled] = [0, 0, 0];
  for (let kill = 0; kill < kills; kill++) {
    const all = (await cache.show()).shards;
    const victim = all[kill % all.length];
    const starts = await Promise.all(all.map(({ id }) => asker.get(keys.get(id)).then(Number)));
    const clients = all.map(() => new Redis(options));
    const writers = all.map(({ id }, index) => new Writer(clients[index], keys.get(id)));
    await until('all shards are written to', () => writers.every(({ acknowledged }) => acknowledged > 100));
    const mine = writers[all.indexOf(victim)];
    const moment = performance.now();
    const { pid } = victim.nodes.find(({ role }) => role === 'primary');
    process.kill(pid, 'SIGKILL');
    waits.push((await until('the shard takes a write again', () => mine.firstAfter(moment))) - moment);
    await until('the killed node is back and all are in sync', async () => {
      const { state, shards: now } = await cache.show();
      return state === 'Ready' && now.every(({ nodes }) => nodes.every((node) => node.pid !== pid && node.pid > 0));
    });
    for (const writer of writers) await writer.end();
    others.push(...writers.filter((writer) => writer !== mine).map((writer) => writer.longest()));
    for (const [index, writer] of writers.entries()) {
      const value = Number(await asker.get(writer.key));
      errors += writer.errors;
      lost += Math.max(0, writer.last - value);
      // What was answered with an error may have been done: once each.
      doubled += Math.max(0, value - starts[index] - writer.acknowledged - writer.errors);
    }
    for (const client of clients) client.disconnect();
    say(`${shards} shards, kill ${kill + 1}: ${waits.at(-1).toFixed(0)} ms`);
  }
  asker.disconnect();
  await cache.down();
  const rest = others.length === 0 ? '–' : `${median(others).toFixed(0)} / ${worst(others).toFixed(0)}`;
  return `| ${shards} | ${kills} | ${median(waits).toFixed(0)} / ${worst(waits).toFixed(0)} | ${rest} | ${errors} | ${lost} | ${doubled} |`;
}

const rows = [];
for (const shards of [1, 2, 3]) rows.push(await measure(shards));
console.log(`\n${engine} ${version}, a replica for each shard, one client for each, which knows no shards and increments one key without a pause; load of the machine before and after: ${before}, ${load()}\n`);
console.log('| shards | primaries killed | until that shard takes a write, median / worst (ms) | longest wait for another shard, median / worst (ms) | errors | acknowledged writes lost | doubled |\n|---|---|---|---|---|---|---|');
console.log(rows.join('\n'));
