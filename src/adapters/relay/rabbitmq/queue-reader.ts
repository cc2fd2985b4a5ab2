// Reads one queue on a channel of its own. What a handler failed on stays in hand and is tried again here, because the server
// would put it behind its neighbours. It must never acknowledge what was not handled.
import type { AsyncMessage, Channel } from 'rabbitmq-client';
import type { RelayDelivery, RelayHandler } from '../../../shared/ports/relay.ts';
import { inTime, maxBatchMessages, Pauses } from '../shared/relay-limits.ts';

/** Messages on the way or in hand; twice a batch, so that the next one is there when this one is done. */
const prefetchCount = 2 * maxBatchMessages;

export interface QueueReaderOptions {
  readonly acquire: () => Promise<Channel>;
  readonly declare: (channel: Channel) => Promise<void>;
  readonly queue: string;
  readonly deadQueue: string;
  readonly handler: RelayHandler;
  readonly answerTimeoutMs: number;
  readonly maxDeliveries: number;
}

/** One channel with what has arrived on it. */
interface Stretch {
  readonly channel: Channel;
  readonly arrived: AsyncMessage[];
  closed: boolean;
}

export class QueueReader {
  readonly #options: QueueReaderOptions;
  readonly #pauses = new Pauses();
  #stopped = false;
  #wake: (() => void) | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: QueueReaderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#reading = this.#read();
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      let channel: Channel | undefined;
      let failed = false;
      try {
        channel = await this.#options.acquire();
        await this.#consume(channel);
      } catch {
        failed = true;
      }
      if (channel?.active === true)
        await inTime(this.#options.answerTimeoutMs, channel.close()).catch(() => undefined);
      if (failed && !this.#stopped) await this.#pauses.failed();
    }
  }

  async #consume(channel: Channel): Promise<void> {
    const { declare, queue, answerTimeoutMs } = this.#options;
    const stretch: Stretch = { channel, arrived: [], closed: false };
    channel.once('close', () => {
      stretch.closed = true;
      this.#wake?.();
    });
    const consume = async () => {
      // Also dead letters are published here: confirmed before the message they stand for is let go.
      await channel.confirmSelect();
      await declare(channel);
      await channel.basicQos({ prefetchCount });
      await channel.basicConsume({ queue }, (message) => {
        stretch.arrived.push(message);
        this.#wake?.();
      });
    };
    await inTime(answerTimeoutMs, consume());
    while (!this.#stopped && !stretch.closed) {
      if (stretch.arrived.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      const batch = stretch.arrived.splice(0, maxBatchMessages);
      if (batch.length > 0 && !stretch.closed) await this.#handle(stretch, batch);
    }
  }

  async #handle(stretch: Stretch, batch: readonly AsyncMessage[]): Promise<void> {
    try {
      const rejected = await this.#options.handler(batch.map((message) => deliveryOf(message, false)));
      await this.#finish(stretch, batch, (id) => rejected?.get(id));
      this.#pauses.succeeded();
    } catch {
      for (const message of batch) await this.#alone(stretch, message);
    }
  }

  /** One by one, so that neighbours of a message that kills do not pay for it. */
  async #alone(stretch: Stretch, message: AsyncMessage): Promise<void> {
    const { handler, maxDeliveries } = this.#options;
    for (let failures = 1; ; failures++) {
      if (this.#stopped || stretch.closed)
        throw new Error('reading ends; the server gives it to the next reader');
      if (failures >= maxDeliveries) {
        await this.#finish(stretch, [message], () => `begun ${failures} times without an end`);
        return;
      }
      try {
        const rejected = await handler([deliveryOf(message, true)]);
        await this.#finish(stretch, [message], (id) => rejected?.get(id));
        return;
      } catch {
        await this.#pauses.failed();
      }
    }
  }

  async #finish(
    { channel }: Stretch,
    batch: readonly AsyncMessage[],
    reasonOf: (id: string) => string | undefined,
  ): Promise<void> {
    for (const message of batch) {
      const { id, body } = deliveryOf(message, false);
      const reason = reasonOf(id);
      if (reason === undefined) continue;
      const letter = {
        routingKey: this.#options.deadQueue,
        durable: true,
        messageId: id,
        headers: { reason },
      };
      await inTime(this.#options.answerTimeoutMs, channel.basicPublish(letter, bodyOf(body)));
    }
    channel.basicAck({ deliveryTag: batch.at(-1)?.deliveryTag ?? 0, multiple: true });
  }
}

function deliveryOf({ messageId, body, redelivered }: AsyncMessage, again: boolean): RelayDelivery {
  return { id: String(messageId ?? ''), body: textOf(body), redelivered: again || redelivered };
}

/** One byte in front, because the client cannot send an empty body. */
export function bodyOf(text: string): Buffer {
  return Buffer.from(`=${text}`);
}

export function textOf(body: unknown): string {
  return String(body).slice(1);
}
