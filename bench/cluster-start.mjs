// bench/cluster start: time from `larder up` to Ready, and the memory of empty shards.
import { ClusteredCache, engine, load, resident, version } from './cluster-larder.mjs';
import { say, wait } from './failover-servers.mjs';

const runs = Number(process.env.RUNS ?? 3);
const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
const before = load();
const rows = [];
for (const shards of [1, 3, 10]) {
  const seconds = [];
  let memory;
  for (let run = 1; run <= runs; run++) {
    const cache = new ClusteredCache(64);
    seconds.push(await cache.up(shards));
    say(`${shards} shards were Ready after ${seconds.at(-1).toFixed(2)} s`);
    if (run === runs) {
      await wait(10_000); // what a start has used is given back
      const nodes = (await cache.nodes()).map(({ pid }) => resident(pid));
      memory = { node: nodes.reduce((sum, one) => sum + one, 0) / nodes.length, daemon: resident(cache.daemon()) };
    }
    await cache.down();
  }
  rows.push({ shards, seconds, memory });
}

console.log(`\n${engine} ${version}, shards of a primary and a replica, empty, \`memory_mb: 64\`; load of the machine before and after: ${before}, ${load()}\n`);
console.log(`| shards | \`up\` to Ready, median of ${runs} (s) | slowest (s) | a node (RSS, MiB) | a shard (MiB) | daemon with gateway (MiB) | of it, each shard beyond the first (MiB) |\n|---|---|---|---|---|---|---|`);
for (const { shards, seconds, memory } of rows) {
  const growth = shards === 1 ? '–' : ((memory.daemon - rows[0].memory.daemon) / (shards - 1)).toFixed(1);
  console.log(`| ${shards} | ${median(seconds).toFixed(2)} | ${Math.max(...seconds).toFixed(2)} | ${memory.node.toFixed(1)} | ${(2 * memory.node).toFixed(1)} | ${memory.daemon.toFixed(0)} | ${growth} |`);
}
