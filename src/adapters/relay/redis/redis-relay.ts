// The relay over Redis Streams: one stream and one consumer group per queue. Entries are trimmed only when they were
// finished. It must never wait for ever on a server that does not answer: a frozen one is dropped and dialled again.
import { Redis } from 'ioredis';
import {
  type DeadRelayMessage,
  type Relay,
  RelayFull,
  type RelayHandler,
  type RelayHealth,
  type RelayMessage,
  RelayUnreachable,
} from '../../../shared/ports/relay.ts';
import {
  defaultRelayLimits,
  inTime,
  type RelayLimits,
  shownAddress,
  wordsOf,
} from '../shared/relay-limits.ts';
import { StreamReader } from './stream-reader.ts';

const maxRedialMs = 1_000;
const group = 'ato';

export interface RedisRelayOptions {
  /** redis://user:password@host:port/database, or rediss:// */
  readonly url: string;
  /** In front of every key, so that installations share a server without meeting. */
  readonly prefix: string;
  readonly limits?: Partial<RelayLimits>;
}

export class RedisRelay implements Relay {
  readonly kind = 'redis';
  readonly #options: RedisRelayOptions;
  readonly #limits: RelayLimits;
  readonly #sender: Redis;
  readonly #readers = new Set<StreamReader>();
  /** Length of each stream when it was last heard of. */
  readonly #lengths = new Map<string, number>();

  constructor(options: RedisRelayOptions) {
    this.#options = options;
    this.#limits = { ...defaultRelayLimits, ...options.limits };
    this.#sender = this.#client();
  }

  async open(): Promise<void> {
    try {
      await inTime(this.#limits.answerTimeoutMs, connected(this.#sender));
      await this.#sender.ping();
    } catch (error) {
      throw new RelayUnreachable(
        `The relay at ${shownAddress(this.#options.url)} does not answer: ${wordsOf(error)}. Fix: start the Redis server, or correct RELAY_URL.`,
      );
    }
  }

  async send(queue: string, messages: readonly RelayMessage[]): Promise<void> {
    const key = this.#key(queue);
    await this.#refuseWhenFull(queue, key, messages.length);
    const pipeline = this.#sender.pipeline();
    for (const { id, body } of messages) pipeline.xadd(key, '*', 'i', id, 'b', body);
    pipeline.xlen(key);
    const answers = await this.#asked(pipeline.exec());
    for (const [error] of answers ?? []) if (error !== null) throw error;
    this.#lengths.set(key, Number(answers?.at(-1)?.[1] ?? 0));
  }

  async #refuseWhenFull(queue: string, key: string, more: number): Promise<void> {
    if ((this.#lengths.get(key) ?? 0) + more <= this.#limits.maxWaiting) return;
    const length = await this.#asked(this.#sender.xlen(key));
    this.#lengths.set(key, length);
    // Finished entries are trimmed late, so the length alone would refuse too early.
    if (
      length + more > this.#limits.maxWaiting &&
      (await this.waiting(queue)) + more > this.#limits.maxWaiting
    )
      throw new RelayFull(`${length} messages wait in ${queue}`);
  }

  async receive(queue: string, handler: RelayHandler): Promise<() => Promise<void>> {
    const reader = new StreamReader({
      client: this.#client(),
      key: this.#key(queue),
      deadKey: this.#deadKey(queue),
      group,
      handler,
      limits: this.#limits,
    });
    this.#readers.add(reader);
    reader.start();
    return async () => {
      this.#readers.delete(reader);
      await reader.stop();
    };
  }

  async waiting(queue: string): Promise<number> {
    const key = this.#key(queue);
    try {
      const groups = (await this.#asked(this.#sender.xinfo('GROUPS', key))) as (string | number | null)[][];
      const fields = groups.find((one) => one[one.indexOf('name') + 1] === group);
      if (fields === undefined) return await this.#asked(this.#sender.xlen(key));
      const numberOf = (name: string) => Number(fields[fields.indexOf(name) + 1] ?? 0);
      return numberOf('pending') + numberOf('lag');
    } catch (error) {
      if (wordsOf(error).includes('no such key')) return 0;
      throw error;
    }
  }

  async deadLetters(queue: string, limit: number): Promise<readonly DeadRelayMessage[]> {
    const entries = await this.#asked(this.#sender.xrange(this.#deadKey(queue), '-', '+', 'COUNT', limit));
    return entries.map(([, [, id = '', , body = '', , reason = '']]) => ({ id, body, reason }));
  }

  async reconnect(): Promise<void> {
    for (const reader of this.#readers) reader.reconnect();
    // Until it has closed it still looks ready; one that is being dialled closes without a word.
    const wasReady = this.#sender.status === 'ready';
    const closed = new Promise<void>((resolve) => this.#sender.once('close', resolve));
    this.#sender.disconnect(true);
    if (wasReady) await inTime(this.#limits.answerTimeoutMs, closed).catch(() => undefined);
    await this.open();
  }

  async check(): Promise<RelayHealth> {
    const begun = performance.now();
    try {
      await this.#asked(this.#sender.ping());
      const latencyMs = Math.round((performance.now() - begun) * 100) / 100;
      return { ok: true, latencyMs, detail: 'redis answers' };
    } catch (error) {
      return { ok: false, latencyMs: null, detail: wordsOf(error) };
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.stop()));
    this.#sender.disconnect();
  }

  /** A connection that does not answer may be half dead: it is closed, and dialled anew by itself. */
  async #asked<Value>(answer: Promise<Value>): Promise<Value> {
    try {
      return await inTime(this.#limits.answerTimeoutMs, answer);
    } catch (error) {
      if (/no answer within|timed out/i.test(wordsOf(error))) this.#sender.disconnect(true);
      throw error;
    }
  }

  #client(): Redis {
    const client = new Redis(this.#options.url, {
      lazyConnect: true,
      connectTimeout: this.#limits.answerTimeoutMs,
      commandTimeout: this.#limits.answerTimeoutMs,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(maxRedialMs, 50 * attempt),
      keepAlive: 5_000,
    });
    // Every command tells its own failure; without a listener the client would print this one.
    client.on('error', () => undefined);
    return client;
  }

  #key(queue: string): string {
    return `${this.#options.prefix}:${queue}`;
  }

  #deadKey(queue: string): string {
    return `${this.#key(queue)}:dead`;
  }
}

/** Resolves once the client can be used; it goes on dialling by itself afterwards. */
async function connected(client: Redis): Promise<void> {
  if (client.status === 'ready') return;
  if (client.status === 'wait' || client.status === 'end') await client.connect();
  else
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('end', () => reject(new Error('the connection was closed')));
    });
}
