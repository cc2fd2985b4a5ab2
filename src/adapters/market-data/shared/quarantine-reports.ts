// Turns single drops into reports: the same fault of the same symbol is said at most once a minute, with its count.
// It must never lose a count: what was kept back is said by the next call after the minute.
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { MarketDataSink } from '../../../shared/ports/market-data.ts';

const reportEveryMs = 60_000;
const maxReportKeys = 10_000;

interface ReportState {
  readonly reason: string;
  lastAt: EpochMs;
  pending: number;
  lastWhere: string;
}

export class QuarantineReports {
  readonly #source: string;
  readonly #sink: MarketDataSink;
  readonly #reports = new Map<string, ReportState>();
  #dropped = 0;
  #pending = 0;
  #flushAt: EpochMs = 0;

  constructor(source: string, sink: MarketDataSink) {
    this.#source = source;
    this.#sink = sink;
  }

  /** Drops since the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  drop(reason: string, symbol: string, where: string, at: EpochMs): void {
    this.#dropped += 1;
    const key = `${symbol}\n${reason}`;
    const report = this.#reports.get(key);
    if (report !== undefined && at - report.lastAt < reportEveryMs) {
      if (this.#pending === 0) this.#flushAt = at + reportEveryMs;
      report.pending += 1;
      report.lastWhere = where;
      this.#pending += 1;
      return;
    }
    if (this.#reports.size >= maxReportKeys) this.#forget(at);
    const kept = report?.pending ?? 0;
    this.#pending -= kept;
    this.#reports.set(key, { reason, lastAt: at, pending: 0, lastWhere: where });
    this.#sink.quarantined({ source: this.#source, reason, where, count: 1 + kept });
  }

  /** Says what was kept back for a minute; cheap when there is nothing. Call it with good data too. */
  flush(at: EpochMs): void {
    if (this.#pending === 0 || at < this.#flushAt) return;
    this.#say(at);
  }

  #forget(at: EpochMs): void {
    this.#say(at);
    this.#reports.clear();
  }

  #say(at: EpochMs): void {
    for (const report of this.#reports.values()) {
      if (report.pending === 0) continue;
      const { reason, lastWhere: where, pending: count } = report;
      report.pending = 0;
      report.lastAt = at;
      this.#sink.quarantined({ source: this.#source, reason, where, count });
    }
    this.#pending = 0;
  }
}
