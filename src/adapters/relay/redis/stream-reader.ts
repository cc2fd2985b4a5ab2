// Reads one stream as the only consumer of its group: first what an earlier consumer left unfinished, oldest first, then what
// is new. After any trouble it begins so again, which keeps the order. It must never acknowledge what was not handled.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RelayDelivery, RelayHandler } from '../../../shared/ports/relay.ts';
import {
  inTime,
  maxBatchMessages,
  maxDeadLetters,
  Pauses,
  type RelayLimits,
  wordsOf,
} from '../shared/relay-limits.ts';

/** Shorter than the answer's time-out, which would otherwise fire on a quiet stream. */
const blockMs = 1_000;
const trimIntervalMs = 1_000;
/** A message that somebody failed on goes alone, so that its neighbours are not counted as failing too. */
const maxClaimed = 1;

export interface StreamReaderOptions {
  readonly client: Redis;
  readonly key: string;
  readonly deadKey: string;
  readonly group: string;
  readonly handler: RelayHandler;
  readonly limits: RelayLimits;
}

type Entry = readonly [entryId: string, fields: readonly string[] | null];

export class StreamReader {
  readonly #options: StreamReaderOptions;
  readonly #consumer = randomUUID();
  readonly #pauses = new Pauses();
  #stopped = false;
  #reading: Promise<void> | undefined;
  #trimmedAt = 0;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#reading = this.#read();
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
  }

  /** What is in hand is finished or comes again. */
  reconnect(): void {
    this.#options.client.disconnect(true);
  }

  async #read(): Promise<void> {
    const { client } = this.#options;
    while (!this.#stopped) {
      try {
        await this.#connect();
        await this.#unfinished();
        this.#pauses.succeeded();
        while (!this.#stopped) await this.#fresh();
      } catch (error) {
        if (/no answer within|timed out/i.test(wordsOf(error))) client.disconnect(true);
        if (!this.#stopped) await this.#pauses.failed();
      }
    }
    client.disconnect();
  }

  async #connect(): Promise<void> {
    const { client, key, group, limits } = this.#options;
    if (client.status === 'wait' || client.status === 'end')
      await inTime(limits.answerTimeoutMs, client.connect());
    try {
      await client.xgroup('CREATE', key, group, '0', 'MKSTREAM');
    } catch (error) {
      if (!wordsOf(error).includes('BUSYGROUP')) throw error;
    }
  }

  /** Takes over every entry that was handed out and not acknowledged, whoever had it. */
  async #unfinished(): Promise<void> {
    const { client, key, group, limits } = this.#options;
    while (!this.#stopped) {
      const oldest = (await client.xpending(key, group, '-', '+', 1)) as [string, string, number, number][];
      const [entryId, , , deliveries] = oldest[0] ?? [];
      if (entryId === undefined || deliveries === undefined) return;
      const [, entries] = (await client.xautoclaim(
        ...([key, group, this.#consumer, 0, '0-0', 'COUNT', maxClaimed] as const),
      )) as [string, Entry[]];
      if (deliveries >= limits.maxDeliveries)
        await this.#finish(entries, () => `begun ${deliveries} times without an end`);
      else if (entries.length > 0) await this.#handle(entries, true);
    }
  }

  async #fresh(): Promise<void> {
    const { client, key, group } = this.#options;
    const answer = (await client.xreadgroup(
      ...(['GROUP', group, this.#consumer, 'COUNT', maxBatchMessages, 'BLOCK', blockMs] as const),
      ...(['STREAMS', key, '>'] as const),
    )) as [string, Entry[]][] | null;
    const entries = answer?.[0]?.[1] ?? [];
    if (entries.length > 0) await this.#handle(entries, false);
    if (performance.now() - this.#trimmedAt > trimIntervalMs) await this.#trim();
  }

  async #handle(entries: readonly Entry[], redelivered: boolean): Promise<void> {
    const deliveries = entries.map(([, fields]): RelayDelivery => {
      const [id, body] = contentOf(fields);
      return { id, body, redelivered };
    });
    const rejected = await this.#options.handler(deliveries);
    await this.#finish(entries, (id) => rejected?.get(id));
  }

  /** Acknowledges all; those with a reason are kept among the dead letters, in the same transaction. */
  async #finish(entries: readonly Entry[], reasonOf: (id: string) => string | undefined): Promise<void> {
    const { client, key, deadKey, group } = this.#options;
    if (entries.length === 0) return;
    const transaction = client.multi();
    for (const [, fields] of entries) {
      const [id, body] = contentOf(fields);
      const reason = reasonOf(id);
      if (reason !== undefined)
        transaction.xadd(deadKey, 'MAXLEN', '~', maxDeadLetters, '*', 'i', id, 'b', body, 'r', reason);
    }
    transaction.xack(key, group, ...entries.map(([entryId]) => entryId));
    const answers = await transaction.exec();
    for (const [error] of answers ?? []) if (error !== null) throw error;
  }

  /** Everything below the oldest unfinished entry has been finished and may go. */
  async #trim(): Promise<void> {
    const { client, key, group } = this.#options;
    this.#trimmedAt = performance.now();
    const [pending, lowest] = (await client.xpending(key, group)) as [number, string | null];
    if (pending > 0 && lowest !== null) {
      await client.xtrim(key, 'MINID', '~', lowest);
      return;
    }
    const groups = (await client.xinfo('GROUPS', key)) as (string | number)[][];
    const fields = groups.find((one) => one[one.indexOf('name') + 1] === group) ?? [];
    const last = String(fields[fields.indexOf('last-delivered-id') + 1] ?? '0-0');
    await client.xtrim(key, 'MINID', '~', last);
  }
}

/** Both empty for an entry that was deleted by somebody's hand. */
function contentOf(fields: readonly string[] | null): readonly [id: string, body: string] {
  const [, id = '', , body = ''] = fields ?? [];
  return [id, body];
}
