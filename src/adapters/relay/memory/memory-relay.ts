// The relay inside one process, for tests and for agents that share it. Nothing survives the process.
import {
  type DeadRelayMessage,
  type Relay,
  type RelayDelivery,
  RelayFull,
  type RelayHandler,
  type RelayHealth,
  type RelayMessage,
} from '../../../shared/ports/relay.ts';
import {
  defaultRelayLimits,
  maxBatchMessages,
  maxDeadLetters,
  Pauses,
  type RelayLimits,
  wordsOf,
} from '../shared/relay-limits.ts';

interface Held extends RelayMessage {
  deliveries: number;
}

interface Queue {
  readonly held: Held[];
  readonly dead: DeadRelayMessage[];
  wake: (() => void) | undefined;
}

/** What outlives one relay object: several of them on one place see the same queues. */
export type MemoryRelayPlace = Map<string, Queue>;

export class MemoryRelay implements Relay {
  readonly kind = 'memory';
  readonly #queues: MemoryRelayPlace;
  readonly #limits: RelayLimits;
  readonly #readers = new Set<() => Promise<void>>();

  constructor(place: MemoryRelayPlace = new Map(), limits: Partial<RelayLimits> = {}) {
    this.#queues = place;
    this.#limits = { ...defaultRelayLimits, ...limits };
  }

  async open(): Promise<void> {}

  async send(queue: string, messages: readonly RelayMessage[]): Promise<void> {
    const found = this.#queue(queue);
    if (found.held.length + messages.length > this.#limits.maxWaiting)
      throw new RelayFull(`${found.held.length} messages wait in ${queue}`);
    for (const { id, body } of messages) found.held.push({ id, body, deliveries: 0 });
    found.wake?.();
  }

  async receive(queue: string, handler: RelayHandler): Promise<() => Promise<void>> {
    const state = { stopped: false };
    const reading = this.#read(queue, handler, state);
    const stop = async () => {
      state.stopped = true;
      this.#queue(queue).wake?.();
      await reading;
    };
    this.#readers.add(stop);
    return stop;
  }

  async #read(queue: string, handler: RelayHandler, state: { stopped: boolean }): Promise<void> {
    const found = this.#queue(queue);
    const pauses = new Pauses();
    while (!state.stopped) {
      this.#buryPoison(found);
      const batch = found.held.slice(0, batchSize(found.held));
      if (batch.length === 0) {
        await new Promise<void>((resolve) => {
          found.wake = resolve;
        });
        found.wake = undefined;
        continue;
      }
      const deliveries: RelayDelivery[] = batch.map(({ id, body, deliveries }) => ({
        id,
        body,
        redelivered: deliveries > 0,
      }));
      for (const held of batch) held.deliveries++;
      try {
        const rejected = await handler(deliveries);
        for (const { id, body } of batch) {
          const reason = rejected?.get(id);
          if (reason !== undefined) bury(found, { id, body, reason });
        }
        found.held.splice(0, batch.length);
        pauses.succeeded();
      } catch {
        await pauses.failed();
      }
    }
  }

  #buryPoison(queue: Queue): void {
    for (let first = queue.held[0]; first !== undefined; first = queue.held[0]) {
      if (first.deliveries < this.#limits.maxDeliveries) return;
      const reason = `begun ${first.deliveries} times without an end`;
      bury(queue, { id: first.id, body: first.body, reason });
      queue.held.shift();
    }
  }

  async waiting(queue: string): Promise<number> {
    return this.#queue(queue).held.length;
  }

  async deadLetters(queue: string, limit: number): Promise<readonly DeadRelayMessage[]> {
    return this.#queue(queue).dead.slice(0, limit);
  }

  async reconnect(): Promise<void> {}

  async check(): Promise<RelayHealth> {
    return { ok: true, latencyMs: 0, detail: 'inside this process' };
  }

  async close(): Promise<void> {
    try {
      await Promise.all([...this.#readers].map((stop) => stop()));
    } catch (error) {
      throw new Error(`a reader did not end: ${wordsOf(error)}`);
    }
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { held: [], dead: [], wake: undefined };
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

/** A message that somebody failed on goes alone, so that its neighbours do not pay for it. */
function batchSize(held: readonly Held[]): number {
  if ((held[0]?.deliveries ?? 0) > 0) return 1;
  const suspect = held.findIndex(({ deliveries }) => deliveries > 0);
  return Math.min(suspect === -1 ? held.length : suspect, maxBatchMessages);
}

function bury(queue: Queue, letter: DeadRelayMessage): void {
  queue.dead.push(letter);
  if (queue.dead.length > maxDeadLetters) queue.dead.shift();
}
