// The orchestrator's schedule as people see it: plain values, computed on request and never kept.
import type { AssetClass } from './instrument.ts';
import type { MarketMode } from './mode.ts';
import type { TaskKind, TaskState } from './task.ts';
import type { EpochMs } from './time.ts';

export interface NextSlot {
  readonly asset_class: AssetClass;
  readonly symbol: string;
  /** When it would be looked at, if nothing new is learnt before. */
  readonly due_at: EpochMs;
  readonly reason: 'gain' | 'floor' | 'overflow' | 'asked';
  readonly gain: number;
  readonly price: number;
  readonly text: string;
}

interface KindView {
  readonly kind: TaskKind;
  /** Why it may not run now; null when it may. */
  readonly obstacle: string | null;
  readonly paused: boolean;
  readonly last_start_at: EpochMs | null;
  /** Minimum interval: no start before this. */
  readonly not_before_at: EpochMs | null;
  /** Maximum interval: a start by this at the latest; null while it is not admissible. */
  readonly latest_start_at: EpochMs | null;
  readonly task_state: TaskState | null;
}

export interface LockView {
  readonly name: string;
  readonly units: number;
  readonly taken: number;
  readonly holders: readonly TaskKind[];
}

export interface BudgetView {
  readonly asset_class: AssetClass;
  readonly name: string;
  readonly per_hour: number;
  readonly capacity: number;
  readonly level: number;
  readonly spent: number;
  /** Price of a unit in find values: what one must promise to be spent. */
  readonly price: number;
}

interface ModelView {
  readonly asset_class: AssetClass;
  readonly symbols: number;
  /** live: what was learnt here; prior: the shipped one; rates: each symbol's own rate only. */
  readonly level: 'live' | 'prior' | 'rates';
  /** Bars learnt from. */
  readonly examples: number;
}

export interface ScheduleView {
  readonly mode: MarketMode;
  readonly pinned_mode: MarketMode | null;
  readonly paused: boolean;
  readonly slots: readonly NextSlot[];
  readonly kinds: readonly KindView[];
  readonly locks: readonly LockView[];
  readonly budgets: readonly BudgetView[];
  readonly models: readonly ModelView[];
}
