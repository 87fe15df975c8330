// What an application does with ioredis, through Larder's endpoint: fails loudly at the first answer that is not as expected.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Redis from 'ioredis';

const options = {
  host: 'localhost',
  port: Number(process.env.LARDER_PORT),
  password: process.env.LARDER_KEY,
  tls: { ca: readFileSync(process.env.LARDER_CA), servername: process.env.LARDER_SERVER_NAME },
  maxRetriesPerRequest: 2,
};
const redis = new Redis(options);

assert.equal(await redis.set('a', '1'), 'OK');
assert.equal(await redis.incr('a'), 2);

const pipeline = redis.pipeline();
for (let i = 0; i < 500; i++) pipeline.set(`p:${i}`, i);
for (let i = 0; i < 500; i++) pipeline.get(`p:${i}`);
const replies = await pipeline.exec();
assert.equal(replies.length, 1000);
replies.forEach(([error, value], i) => {
  assert.equal(error, null);
  assert.equal(value, i < 500 ? 'OK' : String(i - 500));
});

const results = await redis.multi().set('{m}1', 'x').get('{m}1').exec();
assert.deepEqual(results, [[null, 'OK'], [null, 'x']]);

const blocked = new Redis(options);
const waiting = blocked.blpop('queue', 10);
await redis.rpush('queue', 'job');
assert.deepEqual(await waiting, ['queue', 'job']);

const subscriber = new Redis(options);
await subscriber.subscribe('channel');
const heard = new Promise((resolve) => subscriber.on('message', (channel, message) => resolve([channel, message])));
await redis.publish('channel', 'hello');
assert.deepEqual(await heard, ['channel', 'hello']);

assert.equal(await redis.eval('return redis.call("GET", KEYS[1])', 1, 'a'), '2');

let cursor = '0';
let keys = 0;
do {
  const [next, batch] = await redis.scan(cursor, 'MATCH', 'p:*', 'COUNT', 100);
  cursor = next;
  keys += batch.length;
} while (cursor !== '0');
assert.ok(keys >= 500);

await assert.rejects(redis.config('GET', 'maxmemory'), /unknown command/);

if (process.env.LARDER_STREAMS === 'yes') {
  const id = await redis.xadd('stream', '*', 'field', 'value');
  const [[, entries]] = await redis.xread('COUNT', 1, 'STREAMS', 'stream', '0');
  assert.deepEqual(entries, [[id, ['field', 'value']]]);
}

await Promise.all([redis.quit(), blocked.quit(), subscriber.quit()]);
console.log('scenario passed');
