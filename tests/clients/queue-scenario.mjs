// A job queue as BullMQ builds them on ioredis, through Larder's endpoint: producers, delayed jobs, workers that wait on several connections, scripts that
// move a job in one step, a stream of events with a consumer group. Each job must be done exactly once. Fails loudly where it is not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Redis from 'ioredis';

const connect = () => new Redis({
  host: 'localhost',
  port: Number(process.env.LARDER_PORT),
  password: process.env.LARDER_KEY,
  tls: { ca: readFileSync(process.env.LARDER_CA), servername: process.env.LARDER_SERVER_NAME, rejectUnauthorized: process.env.LARDER_CA_CHECK !== 'no' },
  maxRetriesPerRequest: null,
});
const JOBS = Number(process.env.LARDER_JOBS ?? 300);
const WORKERS = 4;
const streams = process.env.LARDER_STREAMS === 'yes';
const connections = [];
const open = () => { const redis = connect(); connections.push(redis); return redis; };

const scripts = {
  // job id, payload, when it is due (0: now)
  addJob: {
    numberOfKeys: 4,
    lua: `local id = redis.call('INCR', KEYS[1])
redis.call('HSET', KEYS[2] .. id, 'data', ARGV[1], 'attempts', 0)
if ARGV[2] == '0' then redis.call('LPUSH', KEYS[3], id) else redis.call('ZADD', KEYS[4], ARGV[2], id) end
return id`,
  },
  // Delayed jobs that are due become waiting ones.
  promote: {
    numberOfKeys: 2,
    lua: `local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 50)
for _, id in ipairs(due) do redis.call('ZREM', KEYS[1], id); redis.call('LPUSH', KEYS[2], id) end
return #due`,
  },
  // A job leaves the active list, once.
  finish: {
    numberOfKeys: 4,
    lua: `if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return redis.error_reply('NOTACTIVE job ' .. ARGV[1]) end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('HINCRBY', KEYS[3], ARGV[1], 1)
redis.call('DEL', KEYS[4])
return redis.call('ZCARD', KEYS[2])`,
  },
};
const k = (name) => `{queue}:${name}`;
const producer = open();
for (const redis of [producer]) for (const [name, script] of Object.entries(scripts)) redis.defineCommand(name, script);
if (streams) await producer.xgroup('CREATE', k('events'), 'watchers', '$', 'MKSTREAM');

const done = new Map();
let finished = 0;
let tellAll;
const all = new Promise((resolve) => { tellAll = resolve; });

async function worker() {
  // One connection to wait on, one to work with, as BullMQ has them.
  const [waiting, working] = [open(), open()];
  for (const [name, script] of Object.entries(scripts)) working.defineCommand(name, script);
  while (finished < JOBS) {
    const id = await waiting.blmove(k('wait'), k('active'), 'RIGHT', 'LEFT', 0.5);
    if (id === null) continue;
    await working.set(k(`lock:${id}`), 'worker', 'PX', 30000, 'NX').then((locked) => assert.equal(locked, 'OK', `job ${id} is locked already`));
    const job = await working.hgetall(k(`job:${id}`));
    assert.equal(job.data, `payload of ${job.data.split(' ').at(-1)}`);
    done.set(id, (done.get(id) ?? 0) + 1);
    await working.multi().hincrby(k(`job:${id}`), 'attempts', 1).publish(k('progress'), id).exec();
    await working.finish(k('active'), k('completed'), k('counts'), k(`lock:${id}`), id, Date.now());
    if (streams) await working.xadd(k('events'), 'MAXLEN', '~', 10000, '*', 'event', 'completed', 'jobId', id);
    if (++finished === JOBS) tellAll();
  }
}

/** Moves delayed jobs when they are due; woken by a marker, as BullMQ's BZPOPMIN. */
async function scheduler() {
  const [waiting, working] = [open(), open()];
  for (const [name, script] of Object.entries(scripts)) working.defineCommand(name, script);
  while (finished < JOBS) {
    await waiting.bzpopmin(k('marker'), 0.05);
    await working.promote(k('delayed'), k('wait'), Date.now());
  }
}

const heard = new Set();
const listener = open();
await listener.subscribe(k('progress'));
listener.on('message', (_channel, id) => heard.add(id));

/** Reads the events in a consumer group, and acknowledges them. */
const seen = new Map();
async function watcher(name) {
  const redis = open();
  while (finished < JOBS || seen.size < JOBS) {
    const read = await redis.xreadgroup('GROUP', 'watchers', name, 'COUNT', 50, 'BLOCK', 200, 'STREAMS', k('events'), '>');
    for (const [, entries] of read ?? []) {
      for (const [entry, [, , , id]] of entries) {
        seen.set(id, (seen.get(id) ?? 0) + 1);
        await redis.xack(k('events'), 'watchers', entry);
      }
    }
  }
}

const workers = Array.from({ length: WORKERS }, worker);
const schedulers = [scheduler()];
const watchers = streams ? [watcher('a'), watcher('b')] : [];
const ids = [];
for (let number = 0; number < JOBS; number += 10) {
  // Ten at a time in one pipeline; every third is delayed by up to 300 ms.
  const pipeline = producer.pipeline();
  for (let i = number; i < Math.min(JOBS, number + 10); i++) {
    const due = i % 3 === 0 ? Date.now() + (i * 37) % 300 : 0;
    pipeline.addJob(k('id'), k('job:'), k('wait'), k('delayed'), `payload of ${i}`, due);
    if (due) pipeline.zadd(k('marker'), 0, '0');
  }
  for (const [error, value] of await pipeline.exec()) {
    assert.equal(error, null);
    ids.push(value);
  }
}

await all;
await Promise.all([...workers, ...schedulers, ...watchers]);
assert.equal(done.size, JOBS);
for (const [id, times] of done) assert.equal(times, 1, `job ${id} was done ${times} times`);
const counts = await producer.hgetall(k('counts'));
assert.equal(Object.keys(counts).length, JOBS);
assert.ok(Object.values(counts).every((count) => count === '1'));
assert.equal(await producer.zcard(k('completed')), JOBS);
for (const list of ['wait', 'active']) assert.equal(await producer.llen(k(list)), 0, `${list} is not empty`);
assert.equal(await producer.zcard(k('delayed')), 0);
// What was published before this answer has been delivered by the time the listener's own PING is answered.
await listener.ping();
assert.equal(heard.size, JOBS);
if (streams) {
  for (const [id, times] of seen) assert.equal(times, 1, `the event of job ${id} was seen ${times} times`);
  assert.equal((await producer.xpending(k('events'), 'watchers'))[0], 0);
}

await Promise.all(connections.map((redis) => redis.quit()));
console.log('scenario passed');
