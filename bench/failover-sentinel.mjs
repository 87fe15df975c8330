// Redis Sentinel as a contender of bench/failover: a primary, a replica, three sentinels.
import { join } from 'node:path';
import { Redis, Server, freePort, until } from './failover-servers.mjs';
import { commonOptions, single } from './failover-load.mjs';

const pairs = (list) => Object.fromEntries(Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index], list[2 * index + 1]]));

export class Sentinel {
  constructor(name, title, command, settings, client) {
    Object.assign(this, { name, title, command, settings, client });
  }

  async start() {
    const folder = (name) => join(process.env.WORK, this.name, name);
    this.nodes = [];
    for (const name of ['a', 'b']) this.nodes.push(Server.data(this.command, folder(name), await freePort(), []));
    const [primary, replica] = this.nodes;
    primary.start();
    replica.start('--replicaof', '127.0.0.1', String(primary.port));
    await until(`${this.name}: the replica is in sync`, () => primary.hasReplicaInSync());
    this.sentinels = [];
    for (const name of ['s1', 's2', 's3']) {
      const lines = [`sentinel monitor bench 127.0.0.1 ${primary.port} 2`, ...this.settings.map((setting) => `sentinel ${setting.replace(' ', ' bench ')}`)];
      this.sentinels.push(new Server(this.command, folder(name), await freePort(), lines, ['--sentinel']));
      this.sentinels.at(-1).start();
    }
    await this.healthy();
    this.options = {
      ...commonOptions,
      ...this.client,
      name: 'bench',
      sentinels: this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      failoverDetector: true, // without it a client of a hung primary waits for as long as that hangs
      sentinelRetryStrategy: commonOptions.retryStrategy,
    };
  }

  async primary() {
    const [, port] = await this.sentinels[0].ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'bench');
    return this.nodes.find((node) => node.port === Number(port));
  }

  /** All sentinels see the same primary, one replica and each other, nobody as down; and the replica has everything. */
  healthy = () => until(`${this.name}: all sentinels see a primary and a replica in sync`, async () => {
    const primary = await this.primary();
    for (const sentinel of this.sentinels) {
      const seen = pairs(await sentinel.ask('SENTINEL', 'MASTER', 'bench'));
      const replicas = (await sentinel.ask('SENTINEL', 'REPLICAS', 'bench')).map(pairs);
      if (seen.port !== String(primary.port) || seen.flags !== 'master' || seen['num-other-sentinels'] !== '2') return false;
      if (replicas.length !== 1 || replicas[0].flags !== 'slave' || replicas[0]['role-reported'] !== 'slave') return false;
    }
    return primary.hasReplicaInSync();
  });

  async target(keys) {
    this.victim = await this.primary();
    return { pid: this.victim.pid, hit: new Set(keys) };
  }

  connect = () => single(new Redis(this.options));

  reader = () => new Redis(this.options);

  async heal(fault) {
    if (fault === 'kill') {
      await this.victim.ended;
      this.victim.start('--replicaof', '127.0.0.1', String((await this.primary()).port));
    }
    await this.healthy();
  }
}
