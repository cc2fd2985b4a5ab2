// The last check before a candidate reaches the house: what cannot be true is dropped and reported, never repaired.
import type { MarketQuarantine } from '../../../shared/bus/catalogue.ts';
import {
  type CandidateObservation,
  maxObservationsPerBatch,
  observationDefect,
} from '../../../shared/domain/candidate.ts';
import { canonicalAddress } from '../../../shared/domain/instrument.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { CandidateSink } from '../../../shared/ports/candidate-source.ts';
import { type Decoded, excerpt } from './lenient-json.ts';

/** The same fault is reported at most this often; the count says how many there were. */
const reportEveryMs = 60_000;
const maxReportKeys = 1_000;

export type GateSink = Pick<CandidateSink, 'candidates' | 'quarantined'>;

export class CandidateGate {
  readonly #source: string;
  readonly #sink: GateSink;
  readonly #reports = new Map<string, { lastAt: EpochMs; pending: number }>();
  #dropped = 0;

  constructor(sink: GateSink, source: string) {
    this.#sink = sink;
    this.#source = source;
  }

  /** Observations and frames dropped since the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Publishes what may be true; answers how many that were. */
  publish(decoded: Decoded, knownAt: EpochMs): number {
    for (const { reason, where } of decoded.faults) this.#drop(reason, where, knownAt);
    const kept: CandidateObservation[] = [];
    for (const read of decoded.observations) {
      const observation = { ...read, address: canonicalAddress(read.chain, read.address) };
      const defect = observationDefect(observation, knownAt);
      if (defect === undefined) kept.push(observation);
      else this.#drop(defect, `${observation.chain} ${excerpt(observation.address)}`, knownAt);
    }
    for (let begin = 0; begin < kept.length; begin += maxObservationsPerBatch) {
      const observations = kept.slice(begin, begin + maxObservationsPerBatch);
      this.#sink.candidates({ source: this.#source, observations, known_at: knownAt });
    }
    return kept.length;
  }

  #drop(reason: string, where: string, at: EpochMs): void {
    this.#dropped += 1;
    const report = this.#reports.get(reason);
    if (report !== undefined && at - report.lastAt < reportEveryMs) {
      report.pending += 1;
      return;
    }
    if (this.#reports.size >= maxReportKeys) this.#reports.clear();
    this.#reports.set(reason, { lastAt: at, pending: 0 });
    const quarantine: MarketQuarantine = {
      source: this.#source,
      reason,
      where,
      count: 1 + (report?.pending ?? 0),
    };
    this.#sink.quarantined(quarantine);
  }
}
