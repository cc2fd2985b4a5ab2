// Remembers what each market source last said of itself and turns it into causes; all down at once is the network.
// It writes a source's row only when its state or health changed, never for a heartbeat.
import type { Turn } from '../kernel/agent.ts';
import { instrumentFor } from '../shared/domain/instrument.ts';
import type { SessionCalendar } from '../shared/domain/sessions.ts';
import type { SourceState, SourceStatus } from '../shared/domain/source-status.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { causeKey } from './cause-kinds.ts';
import { durationText } from './duration-text.ts';
import type { IncidentBook } from './incident-book.ts';
import { maxDetailLength, maxNameLength, maxSources } from './limits.ts';
import { remember } from './memory.ts';

const deliveringStates: ReadonlySet<SourceState> = new Set(['live', 'simulated', 'recorded', 'degraded']);
const recoveredStates: ReadonlySet<SourceState> = new Set(['live', 'simulated', 'recorded']);

export class SourceWatch {
  readonly #book: IncidentBook;
  readonly #configured: readonly string[];
  readonly #calendar: SessionCalendar;
  readonly #alwaysOpenUniverse: boolean;
  readonly #status = new Map<string, SourceStatus>();
  readonly #recorded = new Set<string>();

  constructor(
    book: IncidentBook,
    sources: readonly string[],
    universe: readonly string[],
    calendar: SessionCalendar,
  ) {
    this.#book = book;
    this.#calendar = calendar;
    this.#configured = sources;
    // A symbol that cannot be read counts as always open, so that its silence is never excused.
    this.#alwaysOpenUniverse =
      universe.length === 0 || universe.some((symbol) => instrumentFor(symbol)?.calendar !== 'forex');
  }

  restore(rows: Iterable<readonly [string, SourceStatus]>, recorded: Iterable<string>): void {
    for (const [source, status] of rows) this.#status.set(source, status);
    for (const source of recorded) this.#recorded.add(source);
  }

  /** Sources no longer configured are forgotten, so that their last word cannot keep an incident open. */
  dropUnconfigured(turn: Turn): void {
    if (this.#configured.length === 0) return;
    for (const source of this.names()) {
      if (this.#configured.includes(source)) continue;
      this.#status.delete(source);
      turn.remove('source_status', source);
      this.#book.clear(causeKey('source_stale', source), turn.now);
      this.#book.clear(causeKey('source_degraded', source), turn.now);
    }
    this.#judgeNetwork(turn.now);
  }

  /** True when the state or health of the source changed. */
  observe(reported: SourceStatus, turn: Turn): boolean {
    const source = reported.source.slice(0, maxNameLength);
    const known = this.#status.get(source);
    const health = healthOf(reported);
    const changed = known === undefined || known.state !== reported.state || known.health !== health;
    // A state that is excused outside market hours must be judged again although it did not change.
    if (!changed && reported.state !== 'stale') return false;
    if (known === undefined && this.#status.size >= maxSources) return false;
    if (changed) {
      const status: SourceStatus = {
        source,
        state: reported.state,
        health,
        detail: reported.detail.slice(0, maxDetailLength),
        latencyMs: reported.latencyMs,
        lastDataAt: reported.lastDataAt,
        at: reported.at,
      };
      this.#status.set(source, status);
      turn.put('source_status', source, status);
      if (status.state === 'recorded' && !this.#recorded.has(source)) {
        this.#recorded.add(source);
        remember(turn, 'source_kind', source, { source, recorded: true });
      }
    }
    this.#judge(source, turn.now);
    this.#judgeNetwork(turn.now);
    return changed;
  }

  names(): string[] {
    return [...this.#status.keys()].sort();
  }

  /** Configured and reported sources, by name. */
  allNames(): string[] {
    return [...new Set([...this.#configured, ...this.#status.keys()])].sort();
  }

  status(source: string): SourceStatus | undefined {
    return this.#status.get(source);
  }

  isRecorded(source: string): boolean {
    return this.#recorded.has(source);
  }

  isRecovered(source: string): boolean {
    const status = this.#status.get(source);
    return status !== undefined && recoveredStates.has(status.state);
  }

  /** True for a source that does not deliver although it should. */
  isDown(source: string, now: EpochMs): boolean {
    const status = this.#status.get(source);
    if (status === undefined || deliveringStates.has(status.state)) return false;
    return status.state !== 'stale' || this.#alwaysOpenUniverse || this.#calendar.isMarketOpen(now);
  }

  get delivering(): number {
    let count = 0;
    for (const status of this.#status.values()) if (deliveringStates.has(status.state)) count++;
    return count;
  }

  /** The cause that stands for seeing no market at all; undefined while any source delivers. */
  blindCause(now: EpochMs): string | undefined {
    const names = this.names();
    if (names.length === 0 || names.some((source) => !this.isDown(source, now))) return undefined;
    return names.length === 1 ? causeKey('source_stale', names[0]) : 'network';
  }

  healthMap(): Record<string, number> {
    const health: Record<string, number> = {};
    for (const source of this.names()) health[source] = this.#status.get(source)?.health ?? 0;
    return health;
  }

  /** Words for a heal's before and after. */
  describe(source: string, now: EpochMs): string {
    const status = this.#status.get(source);
    if (status === undefined) return 'never reported';
    const age =
      status.lastDataAt === null ? 'no data yet' : `data ${durationText(now - status.lastDataAt)} old`;
    return `${status.state}, ${age}${status.detail === '' ? '' : `: ${status.detail}`}`;
  }

  #judge(source: string, now: EpochMs): void {
    const status = this.#status.get(source);
    if (status === undefined) return;
    const cause = causeKey('source_stale', source);
    const evidence = `it is ${this.describe(source, now)}`;
    if (this.isDown(source, now)) this.#book.raise(cause, now, 'warning', evidence);
    else this.#book.clear(cause, now);
    const degraded = causeKey('source_degraded', source);
    if (status.state === 'degraded') this.#book.raise(degraded, now, 'info', evidence);
    else this.#book.clear(degraded, now);
  }

  #judgeNetwork(now: EpochMs): void {
    const names = this.names();
    if (names.length > 1 && this.blindCause(now) !== undefined)
      this.#book.raise(
        'network',
        now,
        'warning',
        `all ${names.length} sources are down: ${names.join(', ')}`,
      );
    else this.#book.clear('network', now);
  }
}

/** Health in 0..1 at two digits, so that noise is not a change. */
function healthOf(status: SourceStatus): number {
  if (!Number.isFinite(status.health)) return 0;
  return Math.round(Math.min(1, Math.max(0, status.health)) * 100) / 100;
}
