// What clients notice when a primary is killed and when it hangs. Started by bench/failover.
//
//   each round:  the service is whole ▶ fresh clients, each with an INCR acknowledged ▶ 0.5 to 1 s of load ▶ SIGKILL or SIGSTOP to the primary
//                ▶ every client of that primary has an acknowledged write that it sent after the fault (at most 10 s after the first one has)
//                ▶ SIGCONT to a hung one ▶ 0.5 s more of load ▶ the old primary comes back as a replica in sync ▶ the counters are compared
//
// The peers' killed servers are started again by this program, a hung one finds its way back by itself; the next contender has its turn meanwhile. No
// command has a time-out: what a client waits for is the service, its connection and the client library's own limits. One of these matters: once ioredis
// knows that a primary was replaced, it gives the connection to the old one `disconnectTimeout` to close, which a hung one never does. That is 2 s by
// default; the clients of the tuned contenders have DISCONNECT_MS (100).
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Cluster } from './failover-cluster.mjs';
import { Larder } from './failover-larder.mjs';
import { Load } from './failover-load.mjs';
import { Sentinel } from './failover-sentinel.mjs';
import { endAll, launcher, say, wait } from './failover-servers.mjs';

const run = promisify(execFile);
const rounds = Number(process.env.ROUNDS ?? 20);
const slowRounds = Math.min(rounds, Number(process.env.ROUNDS_SLOW ?? 3));
const keys = Array.from({ length: Number(process.env.CLIENTS ?? 50) }, (_, index) => `counter:${index}`);
const faults = (process.env.FAULTS ?? 'kill,hang').split(',');
const only = process.env.ONLY?.split(',');
/** A failover that was voted on in vain is tried again after twice the failover time-out, by default 6 minutes. */
const longestOutageMs = 420_000;
const laggardsMs = 10_000;

const { engines } = JSON.parse((await run('./larder', ['engines', '--output', 'json'])).stdout);
const wanted = process.env.REDIS_VERSION ?? 'latest';
const engine = engines.find((one) => one.engine === 'redis' && (wanted === 'latest' || `${one.version}.`.startsWith(`${wanted}.`)));
if (engine === undefined) throw new Error(`No Redis of version '${wanted}' is installed; './larder engines' lists what is.`);
const command = launcher(engine.path);

const quick = { disconnectTimeout: Number(process.env.DISCONNECT_MS ?? 100) };
const contenders = [
  new Larder(engine.version.split('.').slice(0, 2).join('.')),
  new Sentinel('sentinel-tuned', 'Sentinel, tuned', command, ['down-after-milliseconds 1000', 'failover-timeout 5000', 'parallel-syncs 1'], quick),
  new Cluster('cluster-tuned', 'Cluster, tuned', command, ['cluster-node-timeout 1000', 'cluster-require-full-coverage no'], quick),
  Object.assign(new Sentinel('sentinel-defaults', 'Sentinel, defaults', command, [], {}), { slow: true }),
  Object.assign(new Cluster('cluster-defaults', 'Cluster, defaults', command, [], {}), { slow: true }),
].filter(({ name }) => only === undefined || only.some((one) => name.startsWith(one)));
if (contenders.length === 0) throw new Error(`No contender is called '${process.env.ONLY}'.`);

const bounded = (promise, ms) => {
  let timer;
  return Promise.race([promise, new Promise((tell) => { timer = setTimeout(tell, ms); })]).finally(() => clearTimeout(timer));
};

/** The counters, by a client that finds the primary anew. */
async function read(contender) {
  const reader = contender.reader();
  try {
    return new Map(await Promise.all(keys.map(async (key) => [key, Number(await reader.get(key))])));
  } finally {
    reader.disconnect();
  }
}

async function playRound(contender, fault, index) {
  await contender.healed;
  const { pid, hit } = await contender.target(keys, index);
  const load = new Load(contender.connect, await read(contender), hit);
  await load.start();
  await wait(500 + Math.random() * 500); // the fault comes at any moment of the contenders' own probes
  load.fault(() => process.kill(pid, fault === 'kill' ? 'SIGKILL' : 'SIGSTOP'));
  const first = await bounded(load.first, longestOutageMs);
  await bounded(load.all, laggardsMs);
  if (fault === 'hang') resume(pid);
  await wait(500);
  await load.stop();
  if (first === undefined) throw new Error(`${contender.title}: no write was acknowledged within ${longestOutageMs / 1000} s`);

  const result = { first, longest: load.hit.map((client) => client.longest), errors: load.errors.length, rate: load.rate, late: load.left };
  contender.results[fault].push(result);
  for (const message of load.errors) contender.messages.set(message, (contender.messages.get(message) ?? 0) + 1);
  contender.healed = (async () => {
    await contender.heal(fault);
    load.settle(await read(contender));
    result.lost = sum(load.clients.map((client) => client.lost));
    result.doubled = sum(load.clients.map((client) => client.doubled));
    if (result.lost + result.doubled > 0) {
      const hurt = load.clients.filter((client) => client.lost + client.doubled > 0).length;
      say(`${fault} ${index + 1}: ${contender.title}: ${result.lost} acknowledged writes of ${hurt} clients lost, ${result.doubled} doubled`);
    }
  })();
  contender.healed.catch(() => {}); // whoever waits for it next is told
  say(`${fault} ${index + 1}: ${contender.title}: fault at ${load.faultTime}, first write after ${first.toFixed(0)} ms, a client's longest wait ${median(result.longest).toFixed(0)} / `
    + `${Math.max(...result.longest).toFixed(0)} ms, ${result.errors} errors${result.late > 0 ? `, ${result.late} clients not back` : ''}`);
}

function resume(pid) {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // Larder ends a hung node itself
  }
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const median = (values) => {
  const sorted = [...values].sort((one, other) => one - other);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const times = (value, base) => (base === undefined ? '–' : `${(value / base).toFixed(1)}`);

function table(fault) {
  const medians = ({ results }) => ({ first: median(results[fault].map(({ first }) => first)), longest: median(results[fault].map(({ longest }) => median(longest))) });
  const larder = contenders.find(({ name, results }) => name === 'larder' && results[fault].length > 0);
  const base = larder && medians(larder);
  console.log(`\n${fault === 'kill' ? 'Primary killed (SIGKILL)' : 'Primary hung (SIGSTOP)'}, redis ${engine.version}, ${keys.length} clients:\n`);
  console.log('| contender | rounds | commands a second before | first acknowledged write after the fault, median / worst (ms) | longest wait of a client, median / worst (ms) '
    + '| errors a fault | acknowledged writes lost | doubled | medians as multiples of Larder\'s: first write / longest wait |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const contender of contenders) {
    const results = contender.results[fault];
    if (results.length > 0) {
      const own = medians(contender);
      const worst = (values) => Math.max(...values).toFixed(0);
      console.log(`| ${contender.title} | ${results.length} | ${median(results.map(({ rate }) => rate)).toFixed(0)} `
        + `| ${own.first.toFixed(0)} / ${worst(results.map(({ first }) => first))} | ${own.longest.toFixed(0)} / ${worst(results.flatMap(({ longest }) => longest))} `
        + `| ${(sum(results.map(({ errors }) => errors)) / results.length).toFixed(0)} | ${sum(results.map(({ lost }) => lost))} | ${sum(results.map(({ doubled }) => doubled))} `
        + `| ${times(own.first, base?.first)} / ${times(own.longest, base?.longest)} |`);
    }
  }
  for (const { title, failed } of contenders) if (failed !== undefined) console.log(`\n${title} was given up: ${failed}`);
}

async function play() {
  say(`starting ${contenders.map(({ title }) => title).join('; ')}`);
  const started = await Promise.allSettled(contenders.map((contender) => contender.start()));
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  for (const contender of contenders) Object.assign(contender, { results: { kill: [], hang: [] }, messages: new Map() });
  for (const fault of faults) {
    for (let index = 0; index < rounds; index++) {
      for (const contender of contenders) {
        // Those with few rounds have them spread over the others'.
        const due = !contender.slow || Math.floor((index + 1) * slowRounds / rounds) > Math.floor(index * slowRounds / rounds);
        if (due && contender.failed === undefined) await attempt(contender, () => playRound(contender, fault, index));
      }
    }
    for (const contender of contenders) await attempt(contender, () => contender.healed);
    table(fault);
  }
  for (const contender of contenders) for (const [message, count] of contender.messages) say(`${contender.title}: ${count} × ${message}`);
}

/** A contender that does not come back is out; the others go on. */
async function attempt(contender, act) {
  try {
    await act();
  } catch (error) {
    if (contender.failed === undefined) say(`${contender.title} is given up: ${error.stack}`);
    contender.failed ??= error.message;
    for (const results of Object.values(contender.results)) results.splice(0, results.length, ...results.filter(({ lost }) => lost !== undefined));
  }
}

async function end() {
  await Promise.allSettled(contenders.map((contender) => contender.stop?.()));
  await endAll();
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end().finally(() => process.exit(1)));
try {
  await play();
} finally {
  await end();
}
process.exit(contenders.some(({ failed }) => failed !== undefined) ? 1 : 0);
