// Runs the Redis project's own test suite twice, directly at a redis-server and through Larder's door before one, and compares test by test.
// Called by tools/redis-suite, which fetches the suite. A unit has an engine (and a door) of its own, so that none inherits what another left behind.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { outcomes, readSkips, report } from './outcomes.mjs';

const { SUITE: suite, WORK: work, DOOR: doorProgram } = process.env;
const here = import.meta.dirname;
const key = 'the-key-of-the-suite';
const unitLimitMs = Number(process.env.UNIT_LIMIT_S ?? 300) * 1000;
const say = (text) => console.error(`${new Date().toTimeString().slice(0, 8)} ${text}`);
const children = new Set();

function start(name, command, args, options) {
  const child = spawn(command, args, options);
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.once('error', (problem) => { throw new Error(`${name} does not start: ${problem.message}`); });
  return child;
}

const exited = (child) => (child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((done) => child.once('exit', done)));

/** Ends a program in order, or, after a while, not in order. */
async function stop(child) {
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited(child);
  clearTimeout(hard);
}

/** Waits for a line of a program's output; the rest of it goes to a file. */
function line(child, pattern, log) {
  return new Promise((found, failed) => {
    let text = '';
    child.stdout.on('data', (data) => {
      appendFileSync(log, data);
      if (text === null) return;
      text += data;
      const match = pattern.exec(text);
      if (match) { text = null; found(match); }
    });
    child.once('exit', () => failed(new Error(`ended before it was ready; see ${log}`)));
  });
}

const freePort = () => new Promise((tell) => {
  const probe = createServer();
  probe.listen(0, '127.0.0.1', () => { const { port } = probe.address(); probe.close(() => tell(port)); });
});

async function startEngine(folder) {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const certificates = join(suite, 'tests', 'tls');
  // The suite's own settings, and what a server has that was not started by the suite.
  const settings = readFileSync(join(suite, 'tests', 'assets', 'default.conf'), 'utf8') + `
port ${port}
tls-port ${tlsPort}
tls-cert-file ${certificates}/server.crt
tls-key-file ${certificates}/server.key
tls-ca-cert-file ${certificates}/ca.crt
unixsocket ${folder}/engine.sock
pidfile ${folder}/engine.pid
dir ${folder}
save ""
user default on nopass ~* &* +@all
user gateway on >inside ~* &* +@all
`;
  writeFileSync(join(folder, 'engine.conf'), settings);
  const child = start('redis-server', 'redis-server', [join(folder, 'engine.conf')], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  await line(child, /Ready to accept connections/, join(folder, 'engine.log'));
  return { child, port, tlsPort, socket: join(folder, 'engine.sock') };
}

async function startDoor(folder, engine) {
  const certificates = join(suite, 'tests', 'tls');
  const child = start('the door', doorProgram,
    ['door', '--socket', engine.socket, '--certificate', `${certificates}/server.crt`, '--certificate-key', `${certificates}/server.key`],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ENGINE_USER: 'gateway', ENGINE_PASSWORD: 'inside', DOOR_KEY: key } });
  const [, port] = await line(child, /^open (\d+)$/m, join(folder, 'door.log'));
  return { child, port: Number(port) };
}

let attempt = 0;

/** What the suite is told not to run. */
const skipped = (unit, way) => (way === 'door' && !process.env.NO_SKIPS ? skips.filter((skip) => skip.unit === unit).flatMap((skip) => ['--skiptest', skip.name.replace(/^\/(.*)\/$/, '/$1')]) : []);

/** Runs a unit; its output is a file. */
async function runUnit(unit, way) {
  const folder = join(work, way, unit.replaceAll('/', '-'));
  mkdirSync(folder, { recursive: true });
  const engine = await startEngine(folder);
  const door = way === 'door' ? await startDoor(folder, engine) : null;
  const output = join(folder, 'output.txt');
  const file = openSync(output, 'w');
  const env = { ...process.env };
  if (door) Object.assign(env, { DOOR_KEY: key, ENGINE_PORT: String(engine.port), REDISCLI_AUTH: key });
  const child = start('the suite', './runtest',
    [...skipped(unit, way), '--baseport', String(21111 + (attempt++ % 60) * 64), '--single', unit, '--host', '127.0.0.1', '--port', String(door?.port ?? engine.tlsPort), '--tls', '--durable', '--timeout', '120', '--tags', '-needs:repl -large-memory'],
    { cwd: suite, stdio: ['ignore', file, file], env, detached: true });
  const limit = setTimeout(() => { appendFileSync(output, '\n[TIMEOUT]\n'); process.kill(-child.pid, 'SIGKILL'); }, unitLimitMs);
  await exited(child);
  clearTimeout(limit);
  // What a test left running in the background is in the suite's process group.
  try { process.kill(-child.pid, 'SIGKILL'); } catch (problem) { if (problem.code !== 'ESRCH') throw problem; }
  if (door) await stop(door.child);
  await stop(engine.child);
  return outcomes(readFileSync(output, 'utf8'));
}

const list = process.env.UNITS ?? readFileSync(join(here, 'units.txt'), 'utf8').replaceAll(/^#.*$/gm, '');
const units = list.split(/\s+/).filter(Boolean);
const skips = readSkips(join(here, 'skips.txt'));
const results = [];
process.on('SIGTERM', () => process.exit(143));
process.on('SIGINT', () => process.exit(130));
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
for (const unit of units) {
  const direct = await runUnit(unit, 'direct');
  const door = await runUnit(unit, 'door');
  results.push({ unit, direct, door });
  const count = (outcome) => `${[...outcome.tests.values()].filter((test) => test === 'ok').length} ok`;
  say(`${unit}: directly ${count(direct)}, through the door ${count(door)}`);
}

const { text, failed } = report(results, skips);
console.log(text);
process.exitCode = failed ? 1 : 0;
