// The model layer's durable memory: one row, bounded, read at a restart. All of it is plain JSON.
import type { ModelAdvice, ModelProvider } from '../../shared/domain/model.ts';
import type { EpochMs } from '../../shared/domain/time.ts';

/** What a provider's own headers said was left, until it is reset. */
export interface ObservedWindow {
  readonly limit: number | null;
  readonly remaining: number;
  readonly resets_at: EpochMs;
}

/** What one rung has used and how it fared. */
export interface RungMemory {
  /** Calls of the last minute: when, and tokens reserved or used. */
  readonly minute: readonly (readonly [at: EpochMs, tokens: number])[];
  /** Calls of the last day by the hour: hour number, requests, tokens. */
  readonly hours: readonly (readonly [hour: number, requests: number, tokens: number])[];
  readonly observed: Readonly<Record<string, ObservedWindow>>;
  /** Failures in a row. */
  readonly failures: number;
  /** Rejected answers in a row. */
  readonly rejections: number;
  readonly blocked_until: EpochMs | null;
  readonly last_fault: string | null;
}

/** Money of the current UTC day and month in millionths of a dollar. */
export interface MoneyMemory {
  readonly day: number;
  readonly day_micro_usd: number;
  readonly month: number;
  readonly month_micro_usd: number;
}

export interface Reservation {
  readonly at: EpochMs;
  readonly tokens: number;
  readonly micro_usd: number;
}

/** What an answer is checked against: exactly what was shown. */
export interface ShownCandidate {
  readonly kind: string;
  readonly score: number;
  /** The policy runs it. */
  readonly runs: boolean;
  /** Of candidates that share one, at most one runs. */
  readonly family: string | null;
  readonly safety: boolean;
}

export interface PendingConsult {
  readonly consult_id: string;
  readonly decision_id: string;
  readonly provider: ModelProvider;
  readonly model: string;
  readonly reservation: Reservation;
  readonly asked_at: EpochMs;
  /** The decision must be answered by then, whichever rung does it. */
  readonly deadline_at: EpochMs;
  readonly fingerprint: string;
  readonly regime: string;
  readonly reason: string;
  readonly threshold: number;
  readonly brief: string;
  readonly fields: Readonly<Record<string, number>>;
  readonly candidates: readonly ShownCandidate[];
}

/** Accepted advice, kept for equal snapshots and while its regime lasts. */
export interface KeptAdvice {
  readonly fingerprint: string;
  readonly regime: string;
  readonly at: EpochMs;
  readonly advice: ModelAdvice;
}

/** A text from outside that the next brief may quote. */
export interface HeardText {
  readonly origin: string;
  readonly text: string;
}

export interface ModelMemory {
  readonly rungs: Readonly<Partial<Record<ModelProvider, RungMemory>>>;
  readonly money: MoneyMemory;
  readonly pending: PendingConsult | null;
  readonly standing: KeptAdvice | null;
  /** Oldest first. */
  readonly cache: readonly KeptAdvice[];
  /** That of the last decision: activity bands are steadied by it. */
  readonly regime: string | null;
  /** That of the last consultation, or of the first decision: a change from it is worth asking about. */
  readonly known_regime: string | null;
  readonly heard: readonly HeardText[];
}

export const freshRung: RungMemory = {
  minute: [],
  hours: [],
  observed: {},
  failures: 0,
  rejections: 0,
  blocked_until: null,
  last_fault: null,
};

export const freshModelMemory: ModelMemory = {
  rungs: {},
  money: { day: 0, day_micro_usd: 0, month: 0, month_micro_usd: 0 },
  pending: null,
  standing: null,
  cache: [],
  regime: null,
  known_regime: null,
  heard: [],
};
