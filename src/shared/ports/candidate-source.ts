// Where candidates come from: feeds of new, promoted and growing tokens. A source must say when it is blind, and
// must never hand on text or numbers that were not cleaned and checked.
import type { MarketQuarantine } from '../bus/catalogue.ts';
import type { CandidateBatch } from '../domain/candidate.ts';
import type { SourceStatus } from '../domain/source-status.ts';

export interface TokenReference {
  readonly chain: string;
  readonly address: string;
}

export interface CandidateSink {
  candidates(batch: CandidateBatch): void;
  status(status: SourceStatus): void;
  quarantined(report: MarketQuarantine): void;
}

export interface CandidateSource {
  readonly name: string;
  /** True when the source answers right now. */
  reachable(timeoutMs: number): Promise<boolean>;
  /** Begins publishing into the sink; resolves when started, never waits for data. */
  start(sink: CandidateSink): Promise<void>;
  /** Asks to look again at tokens that another source found; a source may ignore what it cannot serve. */
  watch(tokens: readonly TokenReference[]): void;
  restart(reason: string): Promise<void>;
  stop(): Promise<void>;
}
