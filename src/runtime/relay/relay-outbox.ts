// Messages for agents of other processes. They are committed with the turn that sent them, sent after that, and kept until the
// other process has committed them: so a relay that loses everything loses nothing of ours. It must never send what is not
// committed, nor out of order.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TurnRecord } from '../../kernel/journal.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { AnyPut, RelayLinkRow, RelayOutboxRow } from '../../shared/bus/collections.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import { isRelayedType, relayedInputs, relayHearers } from '../../shared/bus/relay-schemas.ts';
import { type AgentName, agentNames } from '../../shared/domain/agent-name.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { RelayVitals } from '../../shared/domain/vitals.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Relay } from '../../shared/ports/relay.ts';
import { ageOf, type Envelope, wireForm } from './envelope.ts';

/** Messages on the way that the other process has not acknowledged; more wait in the database. */
const windowMessages = 1_000;
const batchMessages = 100;
/** Rows kept in memory per link; older ones are read from the database when their turn comes. */
const cachedRows = 5_000;
/** The queue's own count is not believed for longer than this. */
const resendAnywayMs = 300_000;
const numberDigits = 15;

export interface RelayTiming {
  readonly retryPauseMs: number;
  readonly maxRetryPauseMs: number;
  /** Without an acknowledgement for this long, and nothing waiting in the queue, what was sent is sent again. */
  readonly resendAfterMs: number;
}

const usualTiming: RelayTiming = { retryPauseMs: 250, maxRetryPauseMs: 2_000, resendAfterMs: 5_000 };

export interface RelayOutboxOptions {
  readonly relay: Relay;
  readonly here: readonly AgentName[];
  /** Name of this process among the others, for ids. */
  readonly process: string;
  readonly links: ReadonlyMap<string, RelayLinkRow>;
  readonly readRow: (key: string) => Promise<RelayOutboxRow | undefined>;
  /** Resolves when the rows are committed. */
  readonly keep: (puts: readonly AnyPut[]) => Promise<void>;
  readonly log: Log;
  readonly timing?: RelayTiming;
}

interface Lane {
  readonly to: AgentName;
  readonly link: string;
  readonly cache: Map<number, RelayOutboxRow>;
  /** Numbered, perhaps not yet committed. */
  planned: number;
  committed: number;
  sent: number;
  acknowledged: number;
  progressAt: number;
  wake: (() => void) | undefined;
  trouble: boolean;
}

export class RelayOutbox {
  readonly #options: RelayOutboxOptions;
  readonly #lanes: readonly Lane[];
  readonly #timing: RelayTiming;
  #stopped = false;
  #sending: Promise<void>[] = [];

  constructor(options: RelayOutboxOptions) {
    this.#options = options;
    this.#timing = options.timing ?? usualTiming;
    this.#lanes = agentNames
      .filter((agent) => !options.here.includes(agent))
      .map((to) => laneFrom(to, options.links.get(to)));
  }

  /** Messages that the other processes have not committed yet. */
  get unacknowledged(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.planned - lane.acknowledged, 0);
  }

  /** What waits for each agent elsewhere; the oldest by the time at which it was said. */
  async lag(now: EpochMs): Promise<RelayVitals['sent']> {
    return Promise.all(
      this.#lanes.map(async (lane) => {
        const { to: agent } = lane;
        const messages = lane.planned - lane.acknowledged;
        if (messages === 0) return { agent, messages, oldest_ms: 0 };
        const first = rowKey(lane, lane.acknowledged + 1);
        const row = lane.cache.get(lane.acknowledged + 1) ?? (await this.#options.readRow(first));
        // Acknowledged meanwhile, or not yet committed: then it is young.
        return { agent, messages, oldest_ms: row === undefined ? 0 : ageOf(row.body, now) };
      }),
    );
  }

  /** Sends everything again that is not acknowledged; returns how many of them were on the way. */
  resend(): number {
    let count = 0;
    for (const lane of this.#lanes) {
      count += lane.sent - lane.acknowledged;
      lane.sent = lane.acknowledged;
      lane.progressAt = performance.now();
      lane.wake?.();
    }
    return count;
  }

  start(): void {
    this.#sending = this.#lanes.map((lane) => this.#send(lane));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const lane of this.#lanes) lane.wake?.();
    await Promise.all(this.#sending);
  }

  /** Rows to be committed with these turns; `relayed` tells inputs that came from another process. */
  plan(
    records: readonly TurnRecord[],
    inputs: readonly KernelInput[],
    relayed: (input: KernelInput) => boolean,
  ): AnyPut[] {
    const puts: AnyPut[] = [];
    const touched = new Set<Lane>();
    const post = (message: AnyMessage) => {
      for (const lane of this.#lanesOf(message)) {
        puts.push(this.#number(lane, message));
        touched.add(lane);
      }
    };
    for (const [index, record] of records.entries()) {
      const input = inputs[index];
      if (input !== undefined && !relayed(input) && this.#passesOn(record.input)) post(record.input);
      for (const message of record.emitted) post(message);
    }
    for (const lane of touched) puts.push(linkPut(lane));
    return puts;
  }

  /** What was planned is committed and may leave. */
  released(): void {
    for (const lane of this.#lanes) {
      if (lane.committed === lane.planned) continue;
      lane.committed = lane.planned;
      lane.wake?.();
    }
  }

  /** The other process has committed everything up to `n`. */
  heard({ link, n, missed }: Extract<Envelope, { kind: 'heard' }>): void {
    const lane = this.#lanes.find((one) => one.link === link);
    if (lane === undefined || n > lane.committed) return;
    if (n > lane.acknowledged) {
      const puts: AnyPut[] = [];
      for (let done = lane.acknowledged + 1; done <= n; done++) {
        lane.cache.delete(done);
        puts.push({ collection: 'relay_outbox', key: rowKey(lane, done), value: null });
      }
      lane.acknowledged = n;
      lane.sent = Math.max(lane.sent, n);
      lane.progressAt = performance.now();
      // When this is not committed, the messages are sent once more and recognised there.
      this.#options.keep([...puts, linkPut(lane)]).catch(() => undefined);
    }
    if (missed && lane.sent > n && performance.now() - lane.progressAt > this.#timing.retryPauseMs) {
      lane.sent = n;
      lane.progressAt = performance.now();
    }
    lane.wake?.();
  }

  #lanesOf(message: AnyMessage): readonly Lane[] {
    const type: string = message.message_type;
    if (!isRelayedType(type)) return [];
    const hearers: readonly AgentName[] = relayHearers[type];
    return this.#lanes.filter(
      ({ to }) => hearers.includes(to) && (message.to === 'all' || message.to === to),
    );
  }

  /** Whether an input from outside goes on to the other processes from here. */
  #passesOn(message: AnyMessage): boolean {
    const home = relayedInputs[message.message_type];
    return home !== undefined && (home === null || this.#options.here.includes(home));
  }

  #number(lane: Lane, message: AnyMessage): AnyPut {
    const n = ++lane.planned;
    const body = JSON.stringify(wireForm(message, lane.to, this.#options.process));
    const row: RelayOutboxRow = { link: lane.link, to: lane.to, n, body };
    if (lane.cache.size < cachedRows) lane.cache.set(n, row);
    return { collection: 'relay_outbox', key: rowKey(lane, n), value: row };
  }

  async #send(lane: Lane): Promise<void> {
    const { retryPauseMs, maxRetryPauseMs } = this.#timing;
    let pauseMs = retryPauseMs;
    while (!this.#stopped) {
      const to = Math.min(lane.committed, lane.sent + batchMessages, lane.acknowledged + windowMessages);
      if (to <= lane.sent) {
        await this.#wait(lane);
        continue;
      }
      try {
        await this.#sendUpTo(lane, to);
        pauseMs = retryPauseMs;
        if (lane.trouble) this.#options.log.info({ to: lane.to }, 'the relay takes messages again');
        lane.trouble = false;
      } catch (error) {
        if (!lane.trouble)
          this.#options.log.warn(
            { to: lane.to, waiting: lane.committed - lane.acknowledged, error: String(error) },
            'the relay does not take messages: they wait in the database',
          );
        lane.trouble = true;
        if (!this.#stopped) await delay(pauseMs);
        pauseMs = Math.min(maxRetryPauseMs, pauseMs * 2);
      }
    }
  }

  async #sendUpTo(lane: Lane, to: number): Promise<void> {
    const { relay, here } = this.#options;
    const from = lane.sent + 1;
    const reply = here[0] ?? 'orchestrator_ai';
    const rows = await Promise.all(
      Array.from({ length: to - lane.sent }, (_, index) => this.#row(lane, from + index)),
    );
    const messages = rows.map(({ n, body }) => ({
      id: `${lane.link}/${n}`,
      // Written by hand around the message's own text, which is not parsed again.
      body: `{"kind":"message","link":"${lane.link}","n":${n},"base":${lane.acknowledged},"reply":"${reply}","message":${body}}`,
    }));
    await relay.send(lane.to, messages);
    // An acknowledgement or a miss may have moved it meanwhile.
    if (lane.sent === from - 1) lane.sent = to;
    lane.progressAt = performance.now();
  }

  async #row(lane: Lane, n: number): Promise<RelayOutboxRow> {
    const row = lane.cache.get(n) ?? (await this.#options.readRow(rowKey(lane, n)));
    if (row === undefined) throw new Error(`message ${n} to ${lane.to} is not in the database`);
    return row;
  }

  /** Until there is something to send, or until what was sent must be sent again. */
  async #wait(lane: Lane): Promise<void> {
    const { resendAfterMs } = this.#timing;
    const unheard = lane.sent > lane.acknowledged;
    const timer = unheard ? setTimeout(() => lane.wake?.(), resendAfterMs) : undefined;
    await new Promise<void>((resolve) => {
      lane.wake = resolve;
    });
    lane.wake = undefined;
    clearTimeout(timer);
    const silentMs = performance.now() - lane.progressAt;
    if (this.#stopped || lane.sent <= lane.acknowledged || silentMs < resendAfterMs) return;
    const waiting = await this.#options.relay.waiting(lane.to).catch(() => undefined);
    if (waiting === undefined || (waiting > 0 && silentMs < resendAnywayMs)) return;
    this.#options.log.warn(
      { to: lane.to, messages: lane.sent - lane.acknowledged },
      'sent messages were not acknowledged: sending them again',
    );
    lane.sent = lane.acknowledged;
    lane.progressAt = performance.now();
  }
}

function laneFrom(to: AgentName, row: RelayLinkRow | undefined): Lane {
  return {
    to,
    link: row?.link ?? randomUUID(),
    cache: new Map(),
    planned: row?.last ?? 0,
    committed: row?.last ?? 0,
    sent: row?.acknowledged ?? 0,
    acknowledged: row?.acknowledged ?? 0,
    progressAt: performance.now(),
    wake: undefined,
    trouble: false,
  };
}

function rowKey(lane: Lane, n: number): string {
  return `${lane.to}/${String(n).padStart(numberDigits, '0')}`;
}

function linkPut(lane: Lane): AnyPut {
  const value = { link: lane.link, to: lane.to, last: lane.planned, acknowledged: lane.acknowledged };
  return { collection: 'relay_links', key: lane.to, value };
}
