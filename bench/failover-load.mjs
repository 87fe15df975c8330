// The load of bench/failover, and its accounting.
//
// Each client INCRs a counter of its own, one command at a time, PACE_MS after the last was answered, so that every contender has about the same load. No
// client sends a command again by itself, since a second INCR counts twice: a command that may have been sent when its connection broke is rejected to
// the application, which then goes on with a new one after 50, 100, … 500 ms.
//
//   a reply                    acknowledged
//   a refusal (see `refused`)  an error; certainly not carried out
//   any other rejection        an error; its fate is unknown: carried out once or not at all
//
// With TOLD the last acknowledged value and OPEN the commands of unknown fate since then, the next reply must lie in TOLD + 1 … TOLD + 1 + OPEN, and the
// value that is read from the healed service after the round in TOLD … TOLD + OPEN. What is missing below was acknowledged and lost, what is above was
// doubled. The final reading comes after the old primary is back and in sync, so that writes which an old primary took after it was replaced are lost, too.
// A replica has all of its primary's writes up to some point: where an acknowledged one is missing, a later one of unknown fate is missing, too, and cannot
// stand in for it. Only one that reached the new primary could, and for that a client's connection must break twice between two acknowledged writes.
import { wait } from './failover-servers.mjs';

const refusals = ['READONLY', 'CLUSTERDOWN', 'MASTERDOWN', 'LOADING', 'MOVED', 'TRYAGAIN'];
const refused = (error) => refusals.includes(/^(?:Too many .* error: )?(?:ReplyError: )?([A-Z]+) /.exec(error.message)?.[1]);
const pace = Number(process.env.PACE_MS ?? 10);

class Client {
  told = 0;
  open = 0;
  lost = 0;
  doubled = 0;
  waiting = false;
  longest = 0;
  last = 0;
  back = false;

  constructor(load, connection, key, hit) {
    Object.assign(this, { load, connection, key, hit });
  }

  async run(told) {
    this.told = told;
    for (let failures = 0; !this.load.stopping;) {
      const sent = performance.now();
      this.waiting = true;
      try {
        this.acknowledged(await this.connection.incr(this.key), sent);
        failures = 0;
        await wait(pace);
      } catch (error) {
        this.waiting = false;
        if (!refused(error)) this.open++;
        if (!this.load.stopping) this.load.errors.push(error.message);
        await wait(Math.min(50 * ++failures, 500));
      }
    }
  }

  acknowledged(value, sent) {
    const now = performance.now();
    this.waiting = false;
    this.compare(value, this.told + 1);
    this.told = value;
    this.open = 0;
    this.load.commands++;
    if (this.load.faultAt !== undefined) {
      this.longest = Math.max(this.longest, now - this.last);
      // Replies to commands from before the fault may still be on their way.
      if (sent > this.load.faultAt && !this.back) {
        this.back = true;
        if (this.hit) this.load.isBack(now);
      }
    }
    this.last = now;
  }

  compare(there, least) {
    this.lost += Math.max(0, least - there);
    this.doubled += Math.max(0, there - least - this.open);
  }

  settle(there) {
    if (this.waiting) this.open++;
    this.compare(there, this.told);
  }
}

/** The clients of one round. `hit` are the keys whose primary gets the fault: times are those of their clients, errors and counters those of all. */
export class Load {
  stopping = false;
  errors = [];
  commands = 0;

  constructor(connect, values, hit) {
    this.clients = [...values.keys()].map((key) => new Client(this, connect(), key, hit.has(key)));
    this.values = values;
    this.hit = this.clients.filter((client) => client.hit);
    this.left = this.hit.length;
    this.first = new Promise((tell) => { this.tellFirst = tell; });
    this.all = new Promise((tell) => { this.tellAll = tell; });
  }

  async start() {
    await Promise.all(this.clients.map((client) => client.connection.ready()));
    this.begun = performance.now();
    this.workers = Promise.all(this.clients.map((client) => client.run(this.values.get(client.key))));
  }

  fault(act) {
    this.faultAt = performance.now();
    this.faultTime = new Date().toISOString().slice(11, 23); // UTC, as in Larder's log
    this.rate = this.commands * 1000 / (this.faultAt - this.begun);
    act();
  }

  isBack(now) {
    this.tellFirst(now - this.faultAt);
    if (--this.left === 0) this.tellAll();
  }

  async stop() {
    this.stopping = true;
    await Promise.race([this.workers, wait(1000)]);
    const now = performance.now();
    for (const client of this.hit) client.longest = Math.max(client.longest, client.back ? 0 : now - client.last);
    for (const client of this.clients) client.connection.close();
  }

  settle(values) {
    for (const client of this.clients) client.settle(values.get(client.key));
  }
}

/**
 * A client that keeps one connection. ioredis, told not to send again, forgets what was under way when the connection broke; here the application hears of it. What was
 * not sent yet waits in the client's queue for the next connection, without an error.
 */
export function single(redis) {
  let sent = false;
  let closing = false;
  let reject = () => {};
  redis.on('error', () => {}); // each attempt to connect that failed; the commands tell what comes of it
  redis.on('ready', () => { sent = true; });
  redis.on('close', () => {
    if (sent) reject(new Error('The connection broke with the command under way.'));
    sent = false;
  });
  // A client whose failover detector speaks while it reconnects ends for good (ioredis 5); an application that cares begins anew.
  redis.on('end', () => { if (!closing) redis.connect().catch(() => {}); });
  return {
    ready: () => redis.ping(),
    incr: (key) => new Promise((tell, fail) => {
      reject = fail;
      redis.incr(key).then(tell, fail);
    }),
    close: () => {
      closing = true;
      redis.disconnect();
    },
  };
}

export const commonOptions = {
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  retryStrategy: (times) => Math.min(50 * times, 500),
};
