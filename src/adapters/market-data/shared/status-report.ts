// How a source says what it can see: when that changes, and again when it is asked to repeat itself. It must never judge.
import type { SourceStatus } from '../../../shared/domain/source-status.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';

/** What a source thinks of itself. A change of these is a change; counts and times beside them are not. */
export type StatusVerdict = Pick<SourceStatus, 'state' | 'health' | 'detail'>;

export class StatusReport {
  readonly #source: string;
  #said = '';
  #at: EpochMs = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** The next verdict is told even when it is the one that was told last. */
  repeat(): void {
    this.#said = '';
  }

  /** Tells the verdict unless it was the last one told; `counts` goes behind its detail. Never dated before an earlier one. */
  publish(
    sink: { status(status: SourceStatus): void } | undefined,
    now: EpochMs,
    { state, health, detail }: StatusVerdict,
    facts: Pick<SourceStatus, 'latencyMs' | 'lastDataAt'>,
    counts = '',
  ): void {
    if (sink === undefined) return;
    const verdict = `${state} ${detail}`;
    if (verdict === this.#said) return;
    this.#said = verdict;
    this.#at = Math.max(this.#at, now);
    sink.status({
      source: this.#source,
      ...{ state, health },
      detail: detail + counts,
      latencyMs: facts.latencyMs,
      lastDataAt: facts.lastDataAt,
      at: this.#at,
    });
  }
}
