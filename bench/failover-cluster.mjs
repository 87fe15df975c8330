// Redis Cluster as a contender of bench/failover: three shards, a primary and a replica each. The shards take turns in being hit.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis, Server, freePort, until } from './failover-servers.mjs';
import { commonOptions } from './failover-load.mjs';

const slotOf = createRequire(new URL('../tests/clients/package.json', import.meta.url))('cluster-key-slot');
const run = promisify(execFile);

export class Cluster {
  constructor(name, title, command, settings, client) {
    Object.assign(this, { name, title, command, settings, client });
  }

  async start() {
    this.nodes = [];
    for (let index = 0; index < 6; index++) {
      const lines = ['cluster-enabled yes', 'cluster-config-file nodes.conf', ...this.settings];
      this.nodes.push(Server.data(this.command, join(process.env.WORK, this.name, String(index)), await freePort(), lines));
      this.nodes.at(-1).start();
    }
    for (const node of this.nodes) await until(`${this.name}: the nodes answer`, () => node.ask('PING'));
    await run('redis-cli', ['--cluster', 'create', ...this.nodes.map(({ port }) => `127.0.0.1:${port}`), '--cluster-replicas', '1', '--cluster-yes']);
    await this.healthy();
    this.startup = this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    this.options = {
      // The cluster client sends what was under way again after this delay; 0 makes it reject it instead. It then also rejects what it could not send, where the others wait.
      retryDelayOnFailover: 0,
      slotsRefreshInterval: 1000, // without it a client of a hung primary waits for as long as that hangs
      clusterRetryStrategy: commonOptions.retryStrategy,
      redisOptions: { ...this.client, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: null },
    };
  }

  /** All nodes see three primaries with slots and three replicas, none of them failing; and each replica has everything. */
  healthy = () => until(`${this.name}: all nodes see three shards with replicas in sync`, async () => {
    for (const node of this.nodes) {
      if (!(await node.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')) return false;
      const lines = (await node.ask('CLUSTER', 'NODES')).trim().split('\n').map((line) => line.split(' '));
      const roles = lines.map(([, , flags]) => flags.replace('myself,', ''));
      if (roles.filter((role) => role === 'master').length !== 3 || roles.filter((role) => role === 'slave').length !== 3) return false;
      if (lines.some(([, , flags, , , , , link]) => link !== 'connected' && !flags.includes('myself'))) return false;
      if ((await node.info('replication')).role === 'master' && !await node.hasReplicaInSync()) return false;
    }
    return true;
  });

  async target(keys, round) {
    const slots = (await this.nodes[0].ask('CLUSTER', 'SLOTS')).sort((one, other) => one[0] - other[0]);
    const [first, last, [, port]] = slots[round % slots.length];
    this.victim = this.nodes.find((node) => node.port === port);
    return { pid: this.victim.pid, hit: new Set(keys.filter((key) => slotOf(key) >= first && slotOf(key) <= last)) };
  }

  connect = () => {
    const cluster = this.reader();
    return { ready: () => cluster.ping(), incr: (key) => cluster.incr(key), close: () => cluster.disconnect() };
  };

  reader = () => {
    const cluster = new Redis.Cluster(this.startup, this.options);
    cluster.on('error', () => {}); // each attempt to connect that failed; the commands tell what comes of it
    return cluster;
  };

  async heal(fault) {
    if (fault === 'kill') {
      await this.victim.ended;
      this.victim.start();
    }
    await this.healthy();
  }
}
