// What has been learnt, as people see it: rates with how sure they are, the ways of looking compared, memories, calibration.
// Plain values, computed on request from durable rows and never kept.
import type { MarketMode } from './mode.ts';
import type { TaskKind } from './task.ts';
import type { EpochMs } from './time.ts';

/** Posterior mean with its 90 % credible interval; `weight` is what it rests on, after forgetting. */
export interface BeliefView {
  readonly mean: number;
  readonly lo: number;
  readonly hi: number;
  readonly weight: number;
}

export interface CellView {
  /** `all`, or the mode, session, hour (UTC), regime, API health or kind that is counted. */
  readonly dimension: 'all' | 'mode' | 'session' | 'hour' | 'regime' | 'api' | 'kind';
  readonly value: string;
  /** Share of decisions that kept what they promised. */
  readonly kept: BeliefView;
  /** Share of the worth of what was there that looks still caught; null where nothing was there. */
  readonly caught: BeliefView | null;
  /** Share of signals that came true; null before the first. */
  readonly signals_right: BeliefView | null;
  /** Found less missed less paid per decision, in find values; null where it is not counted. */
  readonly net: BeliefView | null;
  /** Looks taken and what they cost, after forgetting. */
  readonly looks: number;
  readonly paid: number;
}

export interface VariantView {
  readonly kind: TaskKind;
  /** Expected reward, -1 to 1, in the situation of the last decision. */
  readonly mean: number;
  /** What an optimist adds for not knowing better. */
  readonly width: number;
  readonly weight: number;
  /** What learning adds to its score there. */
  readonly terms: { readonly learned: number; readonly variant: number; readonly memory: number };
}

export interface MemoryView {
  readonly similarity: number;
  /** Newest decision of this kind of episode. */
  readonly last_at: EpochMs;
  readonly mode: MarketMode;
  readonly kinds: readonly TaskKind[];
  readonly decisions: number;
  readonly kept_share: number;
  readonly found: number;
  readonly missed: number;
  /** Per decision. */
  readonly net: number;
}

/** How far confidences that were given came true. */
export interface Reliability {
  /** Decisions scored, after forgetting. */
  readonly decisions: number;
  /** Mean squared error of the confidences given; 0 is perfect. */
  readonly brier: number | null;
  /** The same of always saying the share of successes. */
  readonly brier_of_base_rate: number | null;
  readonly base_rate: number | null;
  /** Mean distance between what was said and what happened, by tenths of confidence. */
  readonly calibration_error: number | null;
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly decisions: number;
    readonly said: number | null;
    readonly happened: number | null;
  }[];
}

export interface CalibrationView extends Reliability {
  readonly coefficients: readonly number[];
  /** Times that refitted coefficients were put in force. */
  readonly retrained: number;
}

export interface LearningView {
  /** False: outcomes are scored and shown, but change no score. */
  readonly influences: boolean;
  /** Decisions that wait for hindsight. */
  readonly open_decisions: number;
  readonly half_life_days: number;
  readonly cells: readonly CellView[];
  readonly variants: readonly VariantView[];
  readonly calibration: CalibrationView;
  readonly episodes: { readonly held: number; readonly limit: number };
  /** Those most like the situation of the last decision. */
  readonly recalled: readonly MemoryView[];
}
