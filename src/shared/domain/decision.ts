// The orchestrator's recorded verdict, also when the verdict is "do nothing".
import type { LookRecord } from './look.ts';
import type { MarketMode } from './mode.ts';
import type { DecisionAdvice } from './model.ts';
import type { TaskKind } from './task.ts';
import type { EpochMs } from './time.ts';

export const decisionActions = [
  'execute_trading_strategy',
  'increase_monitoring_frequency',
  'decrease_monitoring_frequency',
  'maintain_monitoring',
  'run_self_healing',
  'switch_mode',
  'stand_by',
] as const;
export type DecisionAction = (typeof decisionActions)[number];

/** One candidate that was weighed: a task kind with its score and the terms that made it. */
export interface DecisionCandidate {
  readonly kind: TaskKind;
  readonly score: number;
  readonly due: boolean;
  readonly chosen: boolean;
  /** Named terms whose sum is the score. */
  readonly terms: Readonly<Record<string, number>>;
  readonly reason: string;
}

export interface DecisionOutcome {
  readonly scored_at: EpochMs;
  /**
   * True when what it promised came true in hindsight: every task's effect was seen, what was there to be found was
   * found, and not more of its signals were wrong than right. Doing nothing promises that nothing is there.
   */
  readonly successful: boolean;
  readonly tasks_succeeded: number;
  readonly tasks_failed: number;
  readonly detail: string;
  /** Opportunities at the classes it could look at: value 1 to 3 each, less what had faded when they were seen. */
  readonly opportunities?: {
    readonly found: number;
    readonly found_value: number;
    readonly missed: number;
    readonly missed_value: number;
  };
  /** What became of the signals of its tasks; unknown ones never had candles enough to be judged by. */
  readonly signals?: {
    readonly given: number;
    readonly right: number;
    readonly wrong: number;
    readonly unknown: number;
  };
  /** Looks it took and their price under the budgets, in find values. */
  readonly cost?: { readonly looks: number; readonly paid: number };
  /** Found less missed less paid, and half a find for each signal right or wrong. */
  readonly net?: number;
}

/** What the orchestrator saw when it decided; plain named values, so every reason can be re-checked. */
export interface DecisionContext {
  readonly sessions_open: readonly string[];
  readonly crypto_volatility: number | null;
  readonly forex_volatility: number | null;
  /** Volatility now relative to its own normal level; 1 is normal. */
  readonly crypto_activity: number | null;
  readonly forex_activity: number | null;
  readonly system_load: number;
  readonly source_health: Readonly<Record<string, number>>;
  readonly simulated_sources: readonly string[];
  readonly open_positions: number;
  readonly queued_tasks: number;
  readonly trading_state: string;
  readonly equity: number | null;
}

export interface Decision {
  readonly id: string;
  readonly at: EpochMs;
  readonly mode: MarketMode;
  readonly previous_mode: MarketMode;
  readonly action: DecisionAction;
  readonly confidence: number;
  /** What the confidence was made from, see docs/learning.md: 1, log odds of tasks and unseen worth, situation, what is not known. */
  readonly confidence_inputs?: readonly number[];
  readonly reasoning: string;
  readonly trigger: 'schedule' | 'operator' | 'event' | 'start';
  readonly context: DecisionContext;
  readonly candidates: readonly DecisionCandidate[];
  readonly task_ids: readonly string[];
  /** Symbols its tasks look at, and why now; the first of them when there are very many. */
  readonly looks?: readonly LookRecord[];
  readonly next_decision_at: EpochMs;
  readonly policy_version: string;
  /**
   * Who decided, with the prompt in force: `groq/openai/gpt-oss-120b decision@1#hash` when a model's advice weighed,
   * `policy decision@1#hash` when it did not; null when no model is configured.
   */
  readonly model: string | null;
  /** The model layer's part; absent when no model is configured. */
  readonly advice?: DecisionAdvice;
  /** Whether it rests on simulated or recorded market data. */
  readonly data_kind: 'live' | 'simulated' | 'recorded' | 'none';
  readonly outcome: DecisionOutcome | null;
  /** True until the outcome is scored. */
  readonly open: boolean;
}

/** What became of a decision, with what it is counted by; everything else about it was said when it was made. */
export type DecisionScore = Pick<Decision, 'id' | 'mode' | 'action' | 'confidence' | 'task_ids'> & {
  readonly outcome: DecisionOutcome;
  readonly open: false;
};
