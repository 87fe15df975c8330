// Larder as a contender of bench/failover: a cache of the development preset, by its TLS endpoint.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis, freePort, until } from './failover-servers.mjs';
import { commonOptions, single } from './failover-load.mjs';

const run = promisify(execFile);
const home = process.env.LARDER_HOME;

export class Larder {
  name = 'larder';
  title = 'Larder (TLS)';

  constructor(version) {
    this.version = version;
  }

  async start() {
    this.env = { ...process.env, LARDER_TLS_PORT: String(await freePort()), LARDER_PLAIN_PORT: String(await freePort()) };
    const spec = join(process.env.WORK, 'bench.yaml');
    writeFileSync(spec, `name: bench\npreset: development\nengine: redis\nredis:\n  redis_version: "${this.version}"\nmemory_mb: 128\n`);
    await run('./larder', ['up', spec, '--detach'], { env: this.env });
    this.options = {
      ...commonOptions,
      host: 'localhost',
      port: Number(this.env.LARDER_TLS_PORT),
      password: (await run('./larder', ['keys', 'bench', '--primary'], { env: this.env })).stdout.trim(),
      tls: { ca: readFileSync(`${home}/ca/ca.crt`), servername: 'bench.redis.localhost' },
    };
  }

  /** What `larder show` prints, from the daemon itself: a process for each question would take time from the contender whose turn it is. */
  show() {
    return new Promise((tell, fail) => {
      request({ socketPath: `${home}/run/larder.sock`, path: '/v1/caches/bench' }, async (response) => {
        let text = '';
        for await (const part of response) text += part;
        tell(JSON.parse(text));
      }).on('error', fail).end();
    });
  }

  async target(keys) {
    const { shards } = await this.show();
    return { pid: shards[0].nodes.find((node) => node.role === 'primary').pid, hit: new Set(keys) };
  }

  connect = () => single(new Redis(this.options));

  reader = () => new Redis(this.options);

  // Its agent starts a killed node again by itself, and ends a hung one.
  heal = () => until('Larder is Ready again', async () => (await this.show()).state === 'Ready');

  stop = () => run('./larder', ['down'], { env: this.env });
}
