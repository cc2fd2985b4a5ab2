// What the health monitor has learnt and proposes, for people and for other programs.
import type { HealAction } from './heal-action.ts';
import type { EpochMs } from './time.ts';

export const proposalStates = ['proposed', 'applied', 'kept', 'rolled_back', 'withdrawn'] as const;

/** A change of a setting that would save something, with what is expected and, once tried, what was measured. */
export interface Proposal {
  readonly id: string;
  /** What it is about: one standing proposal each. */
  readonly knob: string;
  /** Setting, or what is changed while running. */
  readonly setting: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly expected_gain: string;
  /** Only what is safe is ever applied by itself: it changes no decision and can be taken back. */
  readonly safe: boolean;
  readonly state: (typeof proposalStates)[number];
  /** What was measured before and while it was tried; null while it was not. */
  readonly before: number | null;
  readonly after: number | null;
  readonly unit: string;
  readonly at: EpochMs;
  readonly decided_at: EpochMs | null;
}

/** What applies a safe proposal, and what takes it back. */
export interface Remedy {
  readonly apply: HealAction;
  readonly revert: HealAction;
}

/** Cost and latency of one kind of task, or of one model. */
export interface UsageRow {
  readonly name: string;
  readonly runs: number;
  readonly failures: number;
  /** Exponentially weighted, milliseconds. */
  readonly mean_ms: number;
  readonly worst_ms: number;
  /** Runs whose promised effect was seen; for a model, answers that were accepted. */
  readonly effective: number;
  readonly tokens: number;
  readonly micro_usd: number;
  readonly since: EpochMs;
}

/** Normal of one metric, as learnt. */
export interface NormalRow {
  readonly metric: string;
  readonly center: number;
  readonly spread: number;
  readonly windows: number;
  /** CUSUM; from 10 on it is a drift. */
  readonly drift: number;
}
