// Durable messages per second between two processes over each relay, and how late they are at half of that, side by side.
import { type ChildProcess, fork } from 'node:child_process';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Relay, RelayMessage } from '../../../shared/ports/relay.ts';
import { rabbitMissing, startRabbit } from '../../fault-lab/rabbitmq-server.ts';
import { type LabServer, redisMissing, startRedis } from '../../fault-lab/redis-server.ts';
import { makeRelay, type ServerRelayKind } from '../../relay/open-relay.ts';

const receiver = fileURLToPath(new URL('./receiver.ts', import.meta.url));
const prefix = 'ato-bench';
const batchMessages = 200;
/** Batches on the way at the same time; order within a sender is kept by the server's connection. */
const batchesInFlight = 4;
const warmUpMessages = 2_000;
const paceMs = 5;
const patienceMs = 60_000;
/** Messages a second that a relay must manage at least. */
const aimPerSecond: Readonly<Record<ServerRelayKind, number>> = { redis: 10_000, rabbitmq: 5_000 };
/** As long as a signal with its evidence on the wire. */
const padding = 'x'.repeat(560);

const progress = z.object({ latenciesMs: z.array(z.number()), lastAt: z.number() });

export interface RelayFigures {
  readonly relay: ServerRelayKind;
  readonly skipped?: string;
  readonly durability?: string;
  readonly messages?: number;
  readonly messages_per_second?: number;
  /** At half of what was reached, where the processor is shared by sender, receiver and server. */
  readonly half_load?: PacedFigures;
  /** At half of what must be reached. */
  readonly half_aim?: PacedFigures;
}

export interface PacedFigures {
  readonly messages_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

export interface RelayBenchReport {
  readonly cores: number;
  readonly message_bytes: number;
  readonly relays: readonly RelayFigures[];
}

export interface RelayBenchRequest {
  /** How long each of the three parts lasts. */
  readonly seconds: number;
  /** Servers to use instead of own ones. */
  readonly redisUrl?: string;
  readonly rabbitUrl?: string;
  readonly note: (text: string) => void;
}

/** Both relays, one after the other, each with its server started and removed unless an address is given. */
export async function benchRelay(request: RelayBenchRequest): Promise<RelayBenchReport> {
  const relays = [
    await measured('redis', request, request.redisUrl, redisMissing, startRedis),
    await measured('rabbitmq', request, request.rabbitUrl, rabbitMissing, startRabbit),
  ];
  return { cores: os.availableParallelism(), message_bytes: message(0).body.length, relays };
}

async function measured(
  kind: ServerRelayKind,
  request: RelayBenchRequest,
  url: string | undefined,
  missing: () => string | undefined,
  start: () => Promise<LabServer>,
): Promise<RelayFigures> {
  const reason = url === undefined ? missing() : undefined;
  if (reason !== undefined) return { relay: kind, skipped: reason };
  request.note(`${kind}: starting`);
  const server = url === undefined ? await start() : undefined;
  try {
    return await figures(kind, url ?? server?.url ?? '', request);
  } finally {
    await server?.remove();
  }
}

async function figures(
  kind: ServerRelayKind,
  url: string,
  request: RelayBenchRequest,
): Promise<RelayFigures> {
  const queue = `bench-${process.pid}`;
  const relay = makeRelay(kind, url, prefix);
  const other = await OtherProcess.start(kind, url, queue);
  try {
    await relay.open();
    await relay.waiting(queue);
    await pour(relay, queue, warmUpMessages);
    await other.received(warmUpMessages);
    request.note(`${kind}: as fast as it goes`);
    other.forget();
    const begun = now();
    const sent = await pour(relay, queue, Number.POSITIVE_INFINITY, begun + request.seconds * 1_000);
    await other.received(sent);
    const perSecond = (sent * 1_000) / (other.lastAt - begun);
    request.note(`${kind}: ${Math.round(perSecond)} messages/s; now at half of it, and of the aim`);
    const paced = async (rate: number) => {
      other.forget();
      const { sent: count, perSecond: reached } = await drip(relay, queue, rate, request.seconds);
      await other.received(count);
      const figures = { messages_per_second: Math.round(reached), ...spread(other.latenciesMs) };
      return { count, figures };
    };
    const half = await paced(perSecond / 2);
    const aim = await paced(aimPerSecond[kind] / 2);
    return {
      relay: kind,
      durability:
        kind === 'redis'
          ? 'append-only file, written every second; each message confirmed'
          : 'quorum queue; each message confirmed',
      messages: sent + half.count + aim.count,
      messages_per_second: Math.round(perSecond),
      half_load: half.figures,
      half_aim: aim.figures,
    };
  } finally {
    other.end();
    await relay.close();
  }
}

/** As many as allowed until the moment, each batch confirmed; returns how many. */
async function pour(
  relay: Relay,
  queue: string,
  most: number,
  until = Number.POSITIVE_INFINITY,
): Promise<number> {
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < most && now() < until) {
      const batch = Array.from({ length: batchMessages }, () => message(sent++));
      await relay.send(queue, batch);
    }
  };
  await Promise.all(Array.from({ length: batchesInFlight }, lane));
  return sent;
}

/** Evenly spread at the rate. */
async function drip(
  relay: Relay,
  queue: string,
  perSecond: number,
  seconds: number,
): Promise<{ readonly sent: number; readonly perSecond: number }> {
  const begun = now();
  const unconfirmed = new Set<Promise<void>>();
  let sent = 0;
  while (now() - begun < seconds * 1_000) {
    const due = Math.floor(((now() - begun) / 1_000) * perSecond) - sent;
    if (due > 0) {
      const sending = relay.send(
        queue,
        Array.from({ length: due }, () => message(sent++)),
      );
      unconfirmed.add(sending);
      void sending.finally(() => unconfirmed.delete(sending)).catch(() => undefined);
    }
    await delay(paceMs);
  }
  await Promise.all(unconfirmed);
  return { sent, perSecond: (sent * 1_000) / (now() - begun) };
}

function message(n: number): RelayMessage {
  return { id: `bench-${n}`, body: `${now().toFixed(3)} ${padding}` };
}

/** Wall clock of this machine with fractions: comparable between its processes. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function spread(latencies: readonly number[]) {
  const sorted = latencies.toSorted((left, right) => left - right);
  const at = (share: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
  return { p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) };
}

class OtherProcess {
  readonly #child: ChildProcess;
  #latenciesMs: number[] = [];
  #lastAt = 0;
  #wake: (() => void) | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(kind: ServerRelayKind, url: string, queue: string): Promise<OtherProcess> {
    const child = fork(receiver, [kind, url, prefix, queue], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const other = new OtherProcess(child);
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`the receiving process ended with ${code}`)));
    });
    child.on('message', (said) => other.#hear(said));
    return other;
  }

  get latenciesMs(): readonly number[] {
    return this.#latenciesMs;
  }

  get lastAt(): number {
    return this.#lastAt;
  }

  forget(): void {
    this.#latenciesMs = [];
  }

  /** Waits until that many came since it last forgot. Throws when they do not come. */
  async received(count: number): Promise<void> {
    const late = now() + patienceMs;
    while (this.#latenciesMs.length < count) {
      if (now() > late)
        throw new Error(`${count - this.#latenciesMs.length} of ${count} messages did not arrive`);
      await Promise.race([delay(1_000), new Promise<void>((resolve) => (this.#wake = resolve))]);
    }
  }

  end(): void {
    this.#child.disconnect();
  }

  #hear(said: unknown): void {
    const { latenciesMs, lastAt } = progress.parse(said);
    for (const latency of latenciesMs) this.#latenciesMs.push(latency);
    this.#lastAt = lastAt;
    this.#wake?.();
  }
}
