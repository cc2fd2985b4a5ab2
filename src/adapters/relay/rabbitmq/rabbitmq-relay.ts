// The relay over RabbitMQ: one quorum queue per queue, publisher confirms, dead letters in a queue beside it.
// It must never count a message as sent before the server has confirmed it.
import { type Channel, Connection } from 'rabbitmq-client';
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
  maxDeadLetters,
  type RelayLimits,
  shownAddress,
  wordsOf,
} from '../shared/relay-limits.ts';
import { bodyOf, QueueReader, textOf } from './queue-reader.ts';

const heartbeatSeconds = 6;
/** A reader that dies gives back all it had in hand, so the server's own count condemns neighbours too: only a last resort. */
const crashLimit = 1_000;
const retryLowMs = 100;
const retryHighMs = 1_000;

export interface RabbitRelayOptions {
  /** amqp://user:password@host:port/vhost, or amqps:// */
  readonly url: string;
  /** In front of every queue's name, so that installations share a server without meeting. */
  readonly prefix: string;
  readonly limits?: Partial<RelayLimits>;
}

export class RabbitRelay implements Relay {
  readonly kind = 'rabbitmq';
  readonly #options: RabbitRelayOptions;
  readonly #limits: RelayLimits;
  #connection: Connection;
  readonly #readers = new Set<QueueReader>();
  #publishing: Promise<Channel> | undefined;
  readonly #declared = new Set<string>();

  constructor(options: RabbitRelayOptions) {
    this.#options = options;
    this.#limits = { ...defaultRelayLimits, ...options.limits };
    this.#connection = this.#dial();
  }

  #dial(): Connection {
    const connection = new Connection({
      url: this.#options.url,
      heartbeat: heartbeatSeconds,
      connectionTimeout: this.#limits.answerTimeoutMs,
      acquireTimeout: this.#limits.answerTimeoutMs,
      retryLow: retryLowMs,
      retryHigh: retryHighMs,
      noDelay: true,
    });
    // Every use tells its own failure; without a listener this one would end the process.
    connection.on('error', () => undefined);
    return connection;
  }

  async open(): Promise<void> {
    try {
      await inTime(this.#limits.answerTimeoutMs, this.#connection.onConnect(undefined, true));
    } catch (error) {
      throw new RelayUnreachable(
        `The relay at ${shownAddress(this.#options.url)} does not answer: ${wordsOf(error)}. Fix: start the RabbitMQ server, or correct RELAY_URL.`,
      );
    }
  }

  async send(queue: string, messages: readonly RelayMessage[]): Promise<void> {
    const routingKey = this.#name(queue);
    await this.#usingChannel(async (channel) => {
      await this.#declare(channel, queue);
      const confirmed = messages.map(({ id, body }) =>
        channel.basicPublish({ routingKey, durable: true, messageId: id }, bodyOf(body)),
      );
      const failed = (await Promise.allSettled(confirmed)).find(({ status }) => status === 'rejected');
      if (failed?.status !== 'rejected') return;
      // The server refuses what would exceed the queue's length, and says so by a negative confirm.
      if ((failed.reason as { readonly code?: string }).code === 'NACK')
        await this.#assertFull(channel, queue);
      throw failed.reason;
    });
  }

  /** Throws RelayFull; returns when the queue is far from full, so that the refusal had another reason, such as its youth. */
  async #assertFull(channel: Channel, queue: string): Promise<void> {
    const { messageCount } = await channel.queueDeclare({ queue: this.#name(queue), passive: true });
    if (messageCount * 2 >= this.#limits.maxWaiting)
      throw new RelayFull(`${messageCount} messages wait in ${queue}`);
  }

  async receive(queue: string, handler: RelayHandler): Promise<() => Promise<void>> {
    const reader = new QueueReader({
      acquire: () => inTime(this.#limits.answerTimeoutMs, this.#connection.acquire()),
      declare: (channel) => this.#declareOn(channel, queue),
      queue: this.#name(queue),
      deadQueue: this.#deadName(queue),
      handler,
      answerTimeoutMs: this.#limits.answerTimeoutMs,
      maxDeliveries: this.#limits.maxDeliveries,
    });
    this.#readers.add(reader);
    reader.start();
    return async () => {
      this.#readers.delete(reader);
      await reader.stop();
    };
  }

  /** What waits for a reader and what one has in hand; the server counts a quorum queue late. */
  async waiting(queue: string): Promise<number> {
    return this.#usingChannel(async (channel) => {
      await this.#declare(channel, queue);
      return (await channel.queueDeclare({ queue: this.#name(queue), passive: true })).messageCount;
    });
  }

  async deadLetters(queue: string, limit: number): Promise<readonly DeadRelayMessage[]> {
    const channel = await inTime(this.#limits.answerTimeoutMs, this.#connection.acquire());
    try {
      await this.#declareOn(channel, queue);
      const found: DeadRelayMessage[] = [];
      while (found.length < limit) {
        const letter = await channel.basicGet({ queue: this.#deadName(queue) });
        if (letter === undefined) break;
        const reason = String(letter.headers?.reason ?? 'begun too often without an end');
        found.push({ id: String(letter.messageId ?? ''), body: textOf(letter.body), reason });
      }
      return found;
    } finally {
      // Unacknowledged, so all of them return to the queue.
      await channel.close().catch(() => undefined);
    }
  }

  /** Readers notice the end of their channel and take one of the new connection. */
  async reconnect(): Promise<void> {
    const before = this.#connection;
    this.#publishing = undefined;
    this.#connection = this.#dial();
    before.unsafeDestroy();
    await this.open();
  }

  async check(): Promise<RelayHealth> {
    const begun = performance.now();
    try {
      await inTime(
        this.#limits.answerTimeoutMs,
        this.#usingChannel((channel) =>
          channel.queueDeclare({ queue: '', exclusive: true, autoDelete: true }),
        ),
      );
      const latencyMs = Math.round((performance.now() - begun) * 100) / 100;
      return { ok: true, latencyMs, detail: 'rabbitmq answers' };
    } catch (error) {
      return { ok: false, latencyMs: null, detail: wordsOf(error) };
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.stop()));
    await inTime(this.#limits.answerTimeoutMs, this.#connection.close()).catch(() =>
      this.#connection.unsafeDestroy(),
    );
  }

  /** The confirming channel; after any trouble the next use opens another. */
  async #usingChannel<Value>(use: (channel: Channel) => Promise<Value>): Promise<Value> {
    this.#publishing ??= this.#confirming();
    const made = this.#publishing;
    try {
      return await inTime(this.#limits.answerTimeoutMs, made.then(use));
    } catch (error) {
      if (!(error instanceof RelayFull)) {
        if (this.#publishing === made) this.#publishing = undefined;
        made.then((channel) => channel.close()).catch(() => undefined);
      }
      throw error;
    }
  }

  async #confirming(): Promise<Channel> {
    this.#declared.clear();
    const channel = await this.#connection.acquire();
    await channel.confirmSelect();
    return channel;
  }

  async #declare(channel: Channel, queue: string): Promise<void> {
    if (this.#declared.has(queue)) return;
    await this.#declareOn(channel, queue);
    this.#declared.add(queue);
  }

  async #declareOn(channel: Channel, queue: string): Promise<void> {
    await channel.queueDeclare({
      queue: this.#deadName(queue),
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-max-length': maxDeadLetters },
    });
    await channel.queueDeclare({
      queue: this.#name(queue),
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-max-length': this.#limits.maxWaiting,
        'x-overflow': 'reject-publish',
        'x-delivery-limit': crashLimit,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': this.#deadName(queue),
        'x-dead-letter-strategy': 'at-least-once',
      },
    });
  }

  #name(queue: string): string {
    return `${this.#options.prefix}:${queue}`;
  }

  #deadName(queue: string): string {
    return `${this.#name(queue)}:dead`;
  }
}
