// The clients of bench/scaling: they read and write keys whose values follow from their names, at once or at a rate, and note how long each command takes.
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Writes all keys. */
export async function fill(client, keys) {
  for (let first = 0; first < keys; first += 1000) {
    const pipeline = client.pipeline();
    for (let key = first; key < Math.min(keys, first + 1000); key++) pipeline.set(`key:${key}`, key);
    for (const [error] of await pipeline.exec()) if (error) throw error;
  }
}

/** Reads all keys through a client that may read any of them; how many are not there or have another value. */
export async function countLost(client, keys) {
  let lost = 0;
  for (let first = 0; first < keys; first += 1000) {
    const pipeline = client.pipeline();
    const wanted = Array.from({ length: Math.min(1000, keys - first) }, (_, key) => first + key);
    for (const key of wanted) pipeline.get(`key:${key}`);
    lost += (await pipeline.exec()).filter(([error, value], place) => error || value !== String(wanted[place])).length;
  }
  return lost;
}

/** Workers on one or more clients; `rate` is in commands a second of all of them, 0 for a closed loop. */
export class Load {
  #ended = false;
  #latencies = [];
  #errors = new Map();

  constructor(clients, { keys, workers, rate }) {
    const gap = rate > 0 ? (clients.length * workers * 1000) / rate : 0;
    this.done = Promise.all(clients.flatMap(({ client, kind }) => Array.from({ length: workers }, () => this.#work(client, kind, keys, gap))));
  }

  async #work(client, kind, keys, gap) {
    let due = performance.now() + Math.random() * 10;
    while (!this.#ended) {
      if (gap > 0) {
        // Behind its time, it goes on at once; how long a command takes counts from when it is sent.
        due += gap;
        const early = due - performance.now();
        if (early > 1) await sleep(early);
      }

      const key = Math.floor(Math.random() * keys);
      const began = performance.now();
      try {
        if (Math.random() < 0.3) await client.set(`key:${key}`, key);
        else if (await client.get(`key:${key}`) !== String(key)) throw new Error('a wrong value');
      } catch (error) {
        const what = `${kind}: ${error.message.slice(0, 80)}`;
        this.#errors.set(what, (this.#errors.get(what) ?? 0) + 1);
      }

      this.#latencies.push(performance.now() - began);
    }
  }

  /** Watches a change: a row's cells, from its seconds on. */
  async during(calm, change) {
    await sleep(calm * 1000);
    const before = this.#latencies;
    const wrong = this.#count();
    this.#latencies = [];
    const began = performance.now();
    await change();
    const seconds = (performance.now() - began) / 1000;
    const meanwhile = this.#latencies;
    this.#latencies = [];
    const [then, now] = [before, meanwhile].map(told);
    return `${seconds.toFixed(1)} | ${Math.round(meanwhile.length / seconds)} | ${this.#count() - wrong} | ${then.text} | ${now.text} | ${(now.p99 / then.p99).toFixed(1)}`;
  }

  async end() {
    this.#ended = true;
    await this.done;
  }

  get errors() { return this.#errors.size === 0 ? 'none' : JSON.stringify(Object.fromEntries(this.#errors)); }

  #count() { return [...this.#errors.values()].reduce((sum, count) => sum + count, 0); }
}

function told(latencies) {
  const sorted = Float64Array.from(latencies).sort();
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { p99: at(0.99), text: [0.5, 0.99, 1].map((part) => at(part).toFixed(1)).join(' / ') };
}
