// What the scheduler is given, gives and keeps: plain shapes, and what a budget's price starts from.
// It must never hold state.
import type { BudgetSettings, BudgetState } from './budget-price.ts';
import type { IntensityPrior } from './features.ts';
import type { IntensityModelState } from './intensity-model.ts';
import type { FindDefinition } from './intensity-settings.ts';
import type { OpenTimeState } from './open-time.ts';

export interface SubjectSettings {
  readonly id: string;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** Units of each budget one look costs; a budget that is not named costs nothing. */
  readonly costs: Readonly<Record<string, number>>;
  /** Relative worth of a find here; 1 when not given. */
  readonly weight?: number;
}

export interface SchedulerSettings {
  readonly find?: FindDefinition;
  readonly budgets: readonly BudgetSettings[];
  readonly subjects: readonly SubjectSettings[];
  /** How often the scheduler is asked; floors are served one such step early. Default: the bar. */
  readonly stepMs?: number;
  readonly prior?: IntensityPrior;
  /** False keeps the prior's coefficients. */
  readonly learning?: boolean;
}

/** `asked`: taken outside the queue, for a person or for a kind of task that must look at something. */
export type SlotReason = 'floor' | 'gain' | 'overflow' | 'asked';

export interface Slot {
  /** `<subject>@<bar start or floor time>`: the same slot has the same id after a restart. */
  readonly id: string;
  readonly subject: string;
  readonly at: number;
  readonly reason: SlotReason;
  /** Expected gain of the look and its price, both in find values. */
  readonly gain: number;
  readonly price: number;
}

export interface SchedulerState {
  readonly version: number;
  readonly subjects: readonly string[];
  readonly time: OpenTimeState;
  readonly model: IntensityModelState;
  readonly floors: { readonly last: readonly number[]; readonly not_before: readonly number[] };
  readonly budgets: readonly BudgetState[];
  readonly failures: readonly number[];
  /** [subject, gain] of the last scoring, worst first. */
  readonly waiting_candidates: readonly (readonly [number, number])[];
  readonly slots: number;
}

/** What looking would be worth at one instant; asking spends nothing. */
export interface Wish {
  /** Subjects that would be looked at now. */
  readonly count: number;
  /** True when one of them must be, lest its maximum interval be broken. */
  readonly floor: boolean;
  /** Largest gain over price among those that may be looked at; 0 when none may. */
  readonly worth: number;
  readonly best: string | null;
  /** Expected worth of what has happened unseen, by subject in the order of the settings. */
  readonly waiting: Readonly<Float64Array>;
}

/** Units one look costs. Throws RangeError unless it is a finite number, not negative. */
export function costOf(subject: SubjectSettings, budget: string): number {
  const cost = subject.costs[budget] ?? 0;
  if (!(cost >= 0 && Number.isFinite(cost)))
    throw new RangeError(`cost of ${subject.id} in ${budget} must not be ${cost}`);
  return cost;
}

/** Index of a constant usual intensity at the age the budget allows on average, per unit: where the price starts. */
export function startPrice(budget: BudgetSettings, costs: Float64Array, find: FindDefinition): number {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  if (total === 0 || !(budget.perHour > 0)) return 1e-6;
  const tauBars = find.tauMs / find.barMs;
  const periodBars = ((total / budget.perHour) * 3_600_000) / find.barMs;
  const age = periodBars / tauBars;
  const perBar = 1.2 / (48 * tauBars);
  const full = (0.7 * perBar) / (1 - Math.exp(-1 / tauBars));
  return (full * (1 - Math.exp(-age) * (1 + age)) * costs.length) / total;
}
