// The peers' processes: which redis-server, on which ports, started, asked, ended by process id. Used by bench/failover.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

export const Redis = createRequire(new URL('../tests/clients/package.json', import.meta.url))('ioredis');
export const wait = (ms) => new Promise((go) => setTimeout(go, ms));
export const say = (text) => console.error(`${new Date().toTimeString().slice(0, 8)} ${text}`);

/** What Larder gives an engine node of `memory_mb: 128`. */
const maxMemory = 107374160;
const running = new Set();

/** The command line that starts an engine: one that was fetched has its own loader and libraries beside it. */
export function launcher(path) {
  const libraries = join(dirname(path), '..', 'lib');
  const loader = path.startsWith('/usr/') ? undefined : readdirSync(libraries).find((name) => name.startsWith('ld-linux'));
  return loader === undefined ? [path] : [join(libraries, loader), '--library-path', libraries, path];
}

const taken = new Set();
const isFree = (port) => new Promise((tell) => {
  const probe = createServer().once('error', () => tell(false));
  probe.listen(port, '127.0.0.1', () => probe.close(() => tell(true)));
});

/**
 * A port whose cluster bus (+ 10000) is free, too. Both lie below the ephemeral ports: a server that is down for a while must find its port free when it
 * comes back, and not as the near end of somebody's connection.
 */
export async function freePort() {
  for (let tries = 0; tries < 1000; tries++) {
    const port = 12000 + Math.floor(Math.random() * 10000);
    if (!taken.has(port) && await isFree(port) && await isFree(port + 10000)) {
      taken.add(port);
      return port;
    }
  }
  throw new Error('No free port was found between 12000 and 22000.');
}

/** One redis-server process, as a data node or as a sentinel, that may be started several times. */
export class Server {
  constructor(command, folder, port, lines, mode = []) {
    Object.assign(this, { command, folder, port, mode });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'redis.conf'), [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...lines, ''].join('\n'));
  }

  static data(command, folder, port, lines) {
    return new Server(command, folder, port, ['save ""', 'appendonly no', `maxmemory ${maxMemory}`, 'repl-diskless-sync-delay 0', ...lines]);
  }

  get pid() { return this.process.pid; }

  start(...more) {
    const log = openSync(join(this.folder, 'log'), 'a');
    const [program, ...words] = [...this.command, join(this.folder, 'redis.conf'), ...this.mode, ...more];
    // The machine's locale may be missing, and an engine with its own libraries has none.
    this.process = spawn(program, words, { cwd: this.folder, env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', log, log] });
    this.ended = new Promise((tell) => this.process.once('exit', tell).once('error', tell));
    if (this.pid !== undefined) appendFileSync(join(process.env.WORK, 'pids'), `${this.pid}\n`);
    running.add(this);
    this.ended.then(() => running.delete(this));
  }

  async end() {
    this.process?.kill('SIGKILL'); // also ends a stopped process, and there is nothing to keep
    await this.ended;
  }

  async ask(...words) {
    const redis = new Redis({ port: this.port, host: '127.0.0.1', lazyConnect: true, retryStrategy: null, enableReadyCheck: false, connectTimeout: 1000, commandTimeout: 1000 });
    redis.on('error', () => {}); // the command fails with it
    try {
      return await redis.call(...words);
    } finally {
      redis.disconnect();
    }
  }

  /** INFO, or a part of it, as an object. */
  async info(section) {
    return Object.fromEntries((await this.ask('INFO', section)).split('\r\n').filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
  }

  /** Whether this is a primary whose one replica has everything that was written. */
  async hasReplicaInSync() {
    const info = await this.info('replication');
    return info.role === 'master' && info.connected_slaves === '1' && info.slave0.includes('state=online') && info.slave0.includes(`offset=${info.master_repl_offset},`);
  }
}

export const endAll = () => Promise.all([...running].map((server) => server.end()));

/** Polls until a condition holds. A failing question is an answer, too: servers are down on purpose here; the last one is told when the time is over. */
export async function until(what, condition, limitMs = 90_000) {
  const end = performance.now() + limitMs;
  let last = 'the condition did not hold';
  while (performance.now() < end) {
    try {
      const result = await condition();
      if (result) return result;
      last = 'the condition did not hold';
    } catch (error) {
      last = error.message;
    }
    await wait(50);
  }
  throw new Error(`After ${limitMs / 1000} s not yet: ${what} (${last}).`);
}
