// What the vitals say of the relay between processes, turned into causes and into what its playbook needs to know.
// It must never ask or send anything itself.
import type { Turn } from '../kernel/agent.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { RelayWay } from '../shared/domain/probe-names.ts';
import type { RelayLag, RelayVitals } from '../shared/domain/vitals.ts';
import { causeKey, parseCause } from './cause-kinds.ts';
import { durationText } from './duration-text.ts';
import type { IncidentBook } from './incident-book.ts';
import { relayDrained, relayLagLimitMs, relayLatencyLimitMs } from './limits.ts';
import { type RelayMemory, remember } from './memory.ts';
import { levelOf } from './system-monitor.ts';

const singleRow = 'only';
const nothingWaits: RelayMemory = { messages: 0, oldest_ms: 0 };

export class RelayView {
  readonly #book: IncidentBook;
  readonly #server: string | undefined;
  readonly #needed: boolean;
  #waiting: RelayMemory = nothingWaits;

  constructor(book: IncidentBook, relay: AgentSettings['relay']) {
    this.#book = book;
    this.#server = relay?.server;
    this.#needed = relay?.needed === true;
  }

  restore(waiting: RelayMemory | undefined): void {
    this.#waiting = waiting ?? nothingWaits;
  }

  /** What waits here for agents elsewhere; undefined when all agents are here. Nothing worth mentioning counts as nothing. */
  get waiting(): RelayMemory | undefined {
    return this.#needed ? this.#waiting : undefined;
  }

  /** What is no longer configured cannot be down. */
  dropUnconfigured(turn: Turn): void {
    for (const { cause } of this.#book.active()) {
      const { kind, subject } = parseCause(cause);
      const gone =
        (kind === 'relay_down' && subject !== this.#server) || (kind === 'relay_lag' && !this.#needed);
      if (gone) this.#book.clear(cause, turn.now);
    }
  }

  observe(relay: RelayVitals, turn: Turn): void {
    if (this.#server === undefined) return;
    const cause = causeKey('relay_down', this.#server);
    const { ok, latency_ms: latencyMs, detail, sent, received } = relay;
    const level = ok ? levelOf(latencyMs ?? 0, relayLatencyLimitMs, this.#book.isActive(cause)) : 'warning';
    if (level === undefined) this.#book.clear(cause, turn.now);
    else
      this.#book.raise(
        cause,
        turn.now,
        level,
        ok ? `a round trip takes ${Math.round(latencyMs ?? 0)} ms` : detail,
      );
    const lagging = sent.filter(({ messages }) => messages > 0).map(({ agent }) => agent);
    const total = {
      messages: sent.reduce((sum, lane) => sum + lane.messages, 0),
      oldest_ms: Math.max(0, ...sent.map(({ oldest_ms }) => oldest_ms)),
    };
    this.#lag('sent', total, ` for ${lagging.join(', ')}`, turn);
    this.#lag('received', received, '', turn);
    this.#remember(total, turn);
  }

  #lag(way: RelayWay, lag: RelayLag, forWhom: string, turn: Turn): void {
    const cause = causeKey('relay_lag', way);
    const level = levelOf(lag.oldest_ms, relayLagLimitMs, this.#book.isActive(cause));
    if (level === undefined) this.#book.clear(cause, turn.now);
    else this.#book.raise(cause, turn.now, level, `${lagWords(lag)}${forWhom}`);
  }

  /** A few messages on their way are how it always is: only what waits is worth a row. */
  #remember({ messages, oldest_ms }: RelayLag, turn: Turn): void {
    const drained = messages <= relayDrained.messages && oldest_ms <= relayDrained.oldestMs;
    const next = drained ? nothingWaits : { messages, oldest_ms };
    if (next.messages === this.#waiting.messages && next.oldest_ms === this.#waiting.oldest_ms) return;
    this.#waiting = next;
    remember(turn, 'relay', singleRow, next);
  }
}

/** Evidence of a lag. */
function lagWords({ messages, oldest_ms }: RelayLag): string {
  return `${messages} message(s) wait, the oldest for ${durationText(oldest_ms)}`;
}
