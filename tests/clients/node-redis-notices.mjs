// What an application with node-redis 5 is told of a handover, while it goes on working: fails loudly at the first answer that is not as expected.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

process.env.REDIS_EMIT_DIAGNOSTICS = '1';
const { createClient } = await import('redis');

const told = [];
diagnostics.subscribe('redis.maintenance', ({ type, data }) => {
  if (type === 'FAILING_OVER' || type === 'FAILED_OVER') told.push([type, ...data.push.slice(1)]);
});

const client = createClient({
  RESP: 3,
  maintNotifications: 'enabled', // a server that refuses is an error
  password: process.env.LARDER_KEY,
  socket: {
    host: 'localhost',
    port: Number(process.env.LARDER_PORT),
    tls: true,
    ca: readFileSync(process.env.LARDER_CA),
    servername: process.env.LARDER_SERVER_NAME,
    reconnectStrategy: false,
  },
});
client.on('error', (error) => { throw error; });
await client.connect();

const subscriber = client.duplicate();
subscriber.on('error', (error) => { throw error; });
await subscriber.connect();
const events = [];
await subscriber.subscribe('AzureRedisEvents', (message) => events.push(message.split('|')[1]));

let count = 0;
let working = true;
const work = (async () => {
  while (working) assert.equal(await client.incr('count'), ++count);
})();
const { stdout } = await promisify(execFile)(process.env.LARDER_PROGRAM, ['failover', 'dev', '--output', 'json']);
assert.equal(JSON.parse(stdout).state, 'Succeeded');

// The notices are sent before the command has ended; what the connection answers now comes after them.
assert.equal(await client.ping(), 'PONG');
assert.equal(await subscriber.ping(), 'PONG');
working = false;
await work;

const own = told.filter(([type], index) => told.findIndex((other) => other[0] === type && other[1] === told[index][1]) === index);
assert.deepEqual(own.map(([type]) => type), ['FAILING_OVER', 'FAILED_OVER']);
assert.ok(Number(own[0][1]) < Number(own[1][1]));
assert.equal(own[0][2], '2');
assert.equal(told.length, 4, 'both connections asked');
assert.deepEqual(events, ['NodeMaintenanceStarting', 'NodeMaintenanceStart', 'NodeMaintenanceFailoverComplete', 'NodeMaintenanceEnded']);

client.destroy();
subscriber.destroy();
console.log('scenario passed');
