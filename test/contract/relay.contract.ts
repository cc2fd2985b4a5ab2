// What every relay promises, run against each of them; the part about the server's death and the network's silence runs where
// there is a server.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RelayLimits } from '../../src/adapters/relay/shared/relay-limits.ts';
import {
  type Relay,
  type RelayDelivery,
  RelayFull,
  type RelayMessage,
  RelayUnreachable,
} from '../../src/shared/ports/relay.ts';

export interface RelaySubject {
  /** Another client of the same place. */
  make(limits?: Partial<RelayLimits>): Relay;
  /** What can be done to the server and the way to it; absent where there is none. */
  readonly server?: {
    kill(): Promise<void>;
    start(): Promise<void>;
    freeze(): void;
    thaw(): void;
    /** Bytes vanish, nobody is told. */
    cut(): void;
    join(): void;
    /** A client whose server is not there. */
    unreachable(): Relay;
  };
  dispose(): Promise<void>;
}

const patienceMs = 30_000;
const settleMs = 1_500;
const quickLimits = { answerTimeoutMs: 1_000 };
let names = 0;

function numbered(sender: string, from: number, to: number): RelayMessage[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    id: `${sender}-${from + index}`,
    body: JSON.stringify({ sender, n: from + index }),
  }));
}

/** What a careful receiver keeps: each id once, in the order it came. */
class Receiver {
  readonly deliveries: RelayDelivery[] = [];
  readonly ids = new Set<string>();

  readonly handler = async (deliveries: readonly RelayDelivery[]) => {
    for (const delivery of deliveries) {
      this.deliveries.push(delivery);
      this.ids.add(delivery.id);
    }
    return undefined;
  };

  async has(count: number): Promise<void> {
    await expect.poll(() => this.ids.size, { timeout: patienceMs, interval: 20 }).toBe(count);
  }
}

/** Sends until the server has confirmed, as every sender does. */
async function sendSurely(relay: Relay, queue: string, messages: readonly RelayMessage[]): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await relay.send(queue, messages);
      return failures;
    } catch {
      await delay(50);
    }
  }
}

export function relayContract(makeSubject: () => Promise<RelaySubject>, withServer: boolean): void {
  let subject: RelaySubject;
  const opened: Relay[] = [];
  beforeAll(async () => {
    subject = await makeSubject();
  }, 120_000);
  afterAll(async () => {
    await Promise.allSettled(opened.map((relay) => relay.close()));
    await subject?.dispose();
  }, 60_000);

  async function relay(limits?: Partial<RelayLimits>): Promise<Relay> {
    const made = subject.make(limits);
    opened.push(made);
    await made.open();
    return made;
  }
  const fresh = () => `q${++names}`;

  test('each sender is heard in order, once, by the reader of the queue alone', async () => {
    const [left, right, reader] = [await relay(), await relay(), await relay()];
    const [queue, other] = [fresh(), fresh()];
    const [receiver, stranger] = [new Receiver(), new Receiver()];
    const stop = await reader.receive(queue, receiver.handler);
    // A queue that is being made may refuse at first; here it exists.
    for (const sender of [left, right]) expect(await sender.waiting(queue)).toBe(0);
    await reader.receive(other, stranger.handler);
    await Promise.all(
      [left, right].map(async (sender, index) => {
        const name = index === 0 ? 'left' : 'right';
        for (let from = 1; from <= 600; from += 100)
          await sender.send(queue, numbered(name, from, from + 99));
      }),
    );
    await receiver.has(1_200);
    await expect.poll(() => reader.waiting(queue), { timeout: patienceMs }).toBe(0);
    await stop();
    expect(receiver.deliveries.length, 'nothing twice in fair weather').toBe(1_200);
    for (const sender of ['left', 'right'])
      expect(receiver.deliveries.filter(({ id }) => id.startsWith(sender)).map(({ id }) => id)).toEqual(
        numbered(sender, 1, 600).map(({ id }) => id),
      );
    expect(receiver.deliveries.some(({ redelivered }) => redelivered)).toBe(false);
    expect(stranger.deliveries).toEqual([]);
    await left.send(queue, numbered('late', 1, 3));
    await expect.poll(() => reader.waiting(queue), { timeout: patienceMs, message: 'nobody reads' }).toBe(3);
  }, 60_000);

  test('any text survives', async () => {
    const both = await relay();
    const queue = fresh();
    const texts = [
      '',
      ' ',
      'a\u0000b',
      '"quoted" \\ $1 %s',
      '🦊 عربى 中文 \u202e',
      '\r\n',
      'x'.repeat(300_000),
    ];
    const receiver = new Receiver();
    await both.receive(queue, receiver.handler);
    await both.send(
      queue,
      texts.map((body, index) => ({ id: `t${index}`, body })),
    );
    await receiver.has(texts.length);
    expect(receiver.deliveries.map(({ body }) => body)).toEqual(texts);
  }, 60_000);

  test('what a handler failed on comes again, in the same order and marked, and nothing overtakes it', async () => {
    const both = await relay();
    const queue = fresh();
    const seen: RelayDelivery[] = [];
    const done: string[] = [];
    let failures = 3;
    await both.send(queue, numbered('s', 1, 40));
    await both.receive(queue, async (deliveries) => {
      seen.push(...deliveries);
      if (deliveries.some(({ id }) => id === 's-20') && failures-- > 0) throw new Error('not now');
      done.push(...deliveries.map(({ id }) => id));
      return undefined;
    });
    await expect.poll(() => new Set(done).size, { timeout: patienceMs }).toBe(40);
    const firstTimes = done.filter((id, index) => done.indexOf(id) === index);
    expect(firstTimes).toEqual(numbered('s', 1, 40).map(({ id }) => id));
    expect(seen.filter(({ id, redelivered }) => id === 's-20' && redelivered).length).toBeGreaterThan(0);
  }, 60_000);

  test('a reader that vanishes in the middle leaves its messages to the next one', async () => {
    const [sender, first, second] = [await relay(), subject.make(), await relay()];
    await first.open();
    const queue = fresh();
    await sender.send(queue, numbered('s', 1, 50));
    const begun = Promise.withResolvers<void>();
    const stop = await first.receive(queue, () => {
      begun.resolve();
      return new Promise((_, reject) => setTimeout(() => reject(new Error('the process is gone')), 200));
    });
    await begun.promise;
    await stop();
    await first.close();
    const receiver = new Receiver();
    await second.receive(queue, receiver.handler);
    await receiver.has(50);
    expect(receiver.deliveries.map(({ id }) => id)).toEqual(numbered('s', 1, 50).map(({ id }) => id));
    expect(receiver.deliveries[0]?.redelivered).toBe(true);
  }, 60_000);

  test('what the handler refuses is kept with its reason, and the others go on', async () => {
    const both = await relay();
    const queue = fresh();
    const receiver = new Receiver();
    await both.receive(queue, async (deliveries) => {
      await receiver.handler(deliveries);
      return new Map(deliveries.filter(({ id }) => id === 's-3').map(({ id }) => [id, 'not a message']));
    });
    await both.send(queue, numbered('s', 1, 5));
    await receiver.has(5);
    await expect
      .poll(() => both.deadLetters(queue, 10), { timeout: patienceMs })
      .toEqual([{ id: 's-3', body: '{"sender":"s","n":3}', reason: 'not a message' }]);
    await expect.poll(() => both.waiting(queue), { timeout: patienceMs }).toBe(0);
  }, 60_000);

  test('a message that fails every time ends among the dead letters; its neighbours do not', async () => {
    const both = await relay({ maxDeliveries: 4 });
    const queue = fresh();
    const receiver = new Receiver();
    await both.send(queue, numbered('s', 1, 6));
    await both.receive(queue, async (deliveries) => {
      if (deliveries.some(({ id }) => id === 's-3')) throw new Error('it kills');
      return receiver.handler(deliveries);
    });
    await receiver.has(5);
    expect([...receiver.ids].toSorted()).toEqual(['s-1', 's-2', 's-4', 's-5', 's-6']);
    await expect
      .poll(async () => (await both.deadLetters(queue, 10)).map(({ id }) => id), { timeout: patienceMs })
      .toEqual(['s-3']);
    expect((await both.deadLetters(queue, 10))[0]?.reason).toMatch(/without an end/);
  }, 60_000);

  test('a queue that nobody reads refuses more than it may hold, and takes again what there is room for', async () => {
    const both = await relay({ maxWaiting: 50 });
    const queue = fresh();
    let refused: unknown;
    let sent = 0;
    for (; sent < 100 && refused === undefined; sent += 10)
      await both.send(queue, numbered('s', sent + 1, sent + 10)).catch((error: unknown) => (refused = error));
    expect(refused).toBeInstanceOf(RelayFull);
    expect(sent).toBeGreaterThanOrEqual(50);
    expect(sent).toBeLessThanOrEqual(70);
    const receiver = new Receiver();
    await both.receive(queue, receiver.handler);
    await expect.poll(() => receiver.ids.size, { timeout: patienceMs }).toBeGreaterThanOrEqual(50);
    await sendSurely(both, queue, numbered('t', 1, 10));
    await expect.poll(() => receiver.ids.has('t-10'), { timeout: patienceMs }).toBe(true);
  }, 60_000);

  test('reconnect() in the middle of a stream loses nothing and keeps the order', async () => {
    const [sender, reader] = [await relay(quickLimits), await relay(quickLimits)];
    const queue = fresh();
    const receiver = new Receiver();
    await reader.receive(queue, receiver.handler);
    const sending = (async () => {
      for (let n = 1; n <= 600; n += 20) {
        await sendSurely(sender, queue, numbered('s', n, n + 19));
        await delay(5);
      }
    })();
    await expect.poll(() => receiver.ids.size, { timeout: patienceMs }).toBeGreaterThan(100);
    await Promise.all([sender.reconnect(), reader.reconnect()]);
    await sending;
    await receiver.has(600);
    expect([...receiver.ids]).toEqual(numbered('s', 1, 600).map(({ id }) => id));
    expect(await sender.check()).toMatchObject({ ok: true });
  }, 60_000);

  test('check() tells a good connection', async () => {
    expect(await (await relay()).check()).toMatchObject({ ok: true, latencyMs: expect.any(Number) });
  });

  if (!withServer) return;

  /** Sends all the time while something happens to the server; whatever was confirmed must arrive, each sender in order. */
  async function nothingIsLost(during: (server: NonNullable<RelaySubject['server']>) => Promise<void>) {
    const { server } = subject;
    if (server === undefined) throw new Error('this subject has no server');
    const [sender, reader] = [await relay(quickLimits), await relay(quickLimits)];
    const queue = fresh();
    const receiver = new Receiver();
    await reader.receive(queue, receiver.handler);
    const state = { over: false, sent: 0, failures: 0 };
    const sending = (async () => {
      while (!state.over) {
        const messages = numbered('s', state.sent + 1, state.sent + 20);
        state.failures += await sendSurely(sender, queue, messages);
        state.sent += messages.length;
        await delay(5);
      }
    })();
    await expect.poll(() => receiver.ids.size, { timeout: patienceMs }).toBeGreaterThan(100);
    // RabbitMQ 3 remembers a new quorum queue half a second late: killed before, it comes back without it.
    await delay(settleMs);
    await during(server);
    const before = receiver.ids.size;
    await expect.poll(() => receiver.ids.size, { timeout: patienceMs }).toBeGreaterThan(before + 100);
    state.over = true;
    await sending;
    await receiver.has(state.sent);
    const firstTimes = [...receiver.ids];
    expect(firstTimes).toEqual(numbered('s', 1, state.sent).map(({ id }) => id));
    return state.failures;
  }

  test('kill -9 of the server loses nothing that was confirmed', async () => {
    const failures = await nothingIsLost(async (server) => {
      await server.kill();
      await delay(500);
      await server.start();
    });
    expect(failures, 'the sender was told').toBeGreaterThan(0);
  }, 120_000);

  test('a frozen server is noticed, and what waits arrives when it thaws', async () => {
    const failures = await nothingIsLost(async (server) => {
      server.freeze();
      await delay(2_500);
      server.thaw();
    });
    expect(failures, 'the sender was told').toBeGreaterThan(0);
  }, 120_000);

  test('a cut network is noticed, and what waits arrives when it is whole again', async () => {
    const failures = await nothingIsLost(async (server) => {
      server.cut();
      await delay(2_500);
      server.join();
    });
    expect(failures, 'the sender was told').toBeGreaterThan(0);
  }, 120_000);

  test('a server that is not there is named with the fix, without its password', async () => {
    const missing = subject.server?.unreachable();
    const error = await missing?.open().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RelayUnreachable);
    expect(String(error)).toMatch(/Fix: start the .* server, or correct RELAY_URL/);
    expect(String(error)).not.toContain('hush');
    expect(await missing?.check()).toMatchObject({ ok: false });
    await missing?.close();
  }, 60_000);
}
