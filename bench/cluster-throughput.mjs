// bench/cluster throughput: redis-benchmark through the endpoint, as a client that knows clusters and as one that does not.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ClusteredCache, engine, load, processorSeconds, version } from './cluster-larder.mjs';
import { say } from './failover-servers.mjs';

const run = promisify(execFile);
const counts = (process.env.SHARDS ?? '1 2 3 5').split(' ').map(Number);
const seconds = Number(process.env.SECONDS_EACH ?? 3);
const pipeline = 16;
const before = load();

async function benchmark(cache, knows, command, requests) {
  // redis-benchmark takes no cluster of one shard for a cluster: it then goes to the node's own port, as a client that knows clusters does.
  const primaries = (await cache.nodes()).filter(({ role }) => role === 'primary');
  const single = knows && primaries.length === 1;
  const words = ['-h', '127.0.0.1', '-p', single ? primaries[0].tlsPort : cache.port, '--tls', '--cacert', `${cache.home}/ca/ca.crt`, '--sni', 'bench.redis.localhost', '-a', cache.password, // it reads the key from nowhere else; this cache lives for seconds
    ...(knows && !single ? ['--cluster'] : []), '-c', 48, '-P', pipeline, '-d', 100, '-r', 100000, '-t', command, '-n', requests, '--csv'];
  const { stdout } = await run('redis-benchmark', words.map(String));
  const line = stdout.split('\n').map((text) => text.replaceAll('"', '').split(',')).find(([name]) => name === command.toUpperCase());
  if (line === undefined) throw new Error(`redis-benchmark said: ${stdout}`);
  return Number(line[1]);
}

async function measure(cache, knows, command) {
  const rate = await benchmark(cache, knows, command, 60000);
  const requests = Math.max(60000, Math.round(rate * seconds));
  const nodes = await cache.nodes();
  const primaries = nodes.filter(({ role }) => role === 'primary').map(({ pid }) => pid);
  const replicas = nodes.filter(({ role }) => role !== 'primary').map(({ pid }) => pid);
  const costs = () => [primaries, replicas, [cache.daemon()]].map(processorSeconds);
  const began = costs();
  const reached = await benchmark(cache, knows, command, requests);
  const [engines, copies, gateway] = costs().map((now, index) => (now - began[index]) * 1e6 / requests);
  return { reached, engines, copies, gateway };
}

const rows = [];
for (const shards of counts) {
  const cache = new ClusteredCache(256);
  await cache.up(shards);
  for (const knows of [true, false]) {
    const set = await measure(cache, knows, 'set');
    const get = await measure(cache, knows, 'get');
    say(`${shards} shards, ${knows ? 'knows clusters' : 'knows no shards'}: SET ${set.reached}/s, GET ${get.reached}/s`);
    rows.push({ shards, knows, set, get });
  }
  await cache.down();
}

console.log(`\n${engine} ${version}, a replica for each shard, 48 clients over TLS, pipelines of ${pipeline}, 100 bytes; load of the machine before and after: ${before}, ${load()}\n`);
console.log('| clients | shards | SET (/s) | GET (/s) | CPU per SET (µs): primaries + replicas + gateway | CPU per GET (µs): primaries + gateway |\n|---|---|---|---|---|---|');
for (const { shards, knows, set, get } of rows) {
  console.log(`| ${knows ? 'know clusters' : 'know no shards'} | ${shards} | ${Math.round(set.reached)} | ${Math.round(get.reached)} `
    + `| ${set.engines.toFixed(2)} + ${set.copies.toFixed(2)} + ${set.gateway.toFixed(2)} | ${get.engines.toFixed(2)} + ${get.gateway.toFixed(2)} |`);
}

// An engine executes commands on one core; the gateway's loops take as many as there are. The client's own cores are not in it.
console.log('\nWhat these costs allow, GET of clients that know clusters, were the cores of clients others:\n');
console.log('| shards | 4 cores (/s) | 8 cores (/s) | 16 cores (/s) |\n|---|---|---|---|');
for (const { shards, get } of rows.filter(({ knows }) => knows)) {
  const possible = (cores) => Math.round(Math.min(shards * 1e6 / get.engines, cores * 1e6 / (get.engines + get.gateway)) / 1000);
  console.log(`| ${shards} | ${[4, 8, 16].map((cores) => `${possible(cores)},000`).join(' | ')} |`);
}
