// What an application does with node-redis, through Larder's endpoint, in both protocols: fails loudly at the first answer that is not as expected.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createClient } from 'redis';

for (const RESP of [2, 3]) {
  const open = async () => {
    const client = createClient({
      RESP,
      password: process.env.LARDER_KEY,
      socket: {
        host: 'localhost', port: Number(process.env.LARDER_PORT), tls: true,
        ca: readFileSync(process.env.LARDER_CA), servername: process.env.LARDER_SERVER_NAME,
      },
    });
    client.on('error', (problem) => { throw problem; });
    await client.connect();
    return client;
  };
  const redis = await open();
  await redis.flushAll();
  assert.equal(await redis.set('a', '1'), 'OK');
  assert.equal(await redis.incr('a'), 2);
  assert.equal(await redis.get('nothing'), null);
  const values = await Promise.all(Array.from({ length: 500 }, (_, i) => redis.incrBy('n', i)));
  assert.equal(values.at(-1), 124750);
  await redis.hSet('h', { f: 'v', g: 'w' });
  assert.deepEqual({ ...await redis.hGetAll('h') }, { f: 'v', g: 'w' });
  assert.deepEqual(await redis.multi().set('m', 'x').get('m').exec(), ['OK', 'x']);
  await redis.watch('m');
  const other = await open();
  await other.set('m', 'y');
  await assert.rejects(redis.multi().get('m').exec(), /watch/i);
  const waiting = other.blPop('queue', 10);
  await redis.rPush('queue', 'job');
  assert.equal((await waiting).element, 'job');
  const subscriber = await open();
  const heard = new Promise((resolve) => { subscriber.subscribe('channel', resolve).then(() => redis.publish('channel', 'hello')); });
  assert.equal(await heard, 'hello');
  assert.equal(await redis.eval('return redis.call("GET", KEYS[1])', { keys: ['a'] }), '2');
  let keys = 0;
  for await (const batch of redis.scanIterator({ MATCH: '*' })) keys += batch.length;
  assert.ok(keys >= 4);
  await assert.rejects(redis.configGet('maxmemory'), /unknown command/);
  if (process.env.LARDER_STREAMS === 'yes') {
    const id = await redis.xAdd('stream', '*', { field: 'value' });
    assert.equal((await redis.xRange('stream', '-', '+'))[0].id, id);
  }

  await Promise.all([redis.close(), other.close(), subscriber.close()]);
}

console.log('scenario passed');
