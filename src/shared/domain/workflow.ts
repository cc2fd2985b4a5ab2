// Work done by a workflow server beside the system: who runs tasks, what such a server says, what a run came to.
import type { EpochMs } from './time.ts';

/** `auto`: the workflow server while it answers, else the agents. `native`: the agents only. */
export const taskRunnerChoices = ['auto', 'n8n', 'native'] as const;

export const workflowOutcomes = ['finished', 'not_run'] as const;
/** `finished`: it ran to an end, good or bad. `not_run`: it certainly never began, so the agent may do the work. */
export type WorkflowOutcome = (typeof workflowOutcomes)[number];

export const workflowWitnesses = ['response', 'executions', 'callback', 'deadline', 'none'] as const;
/** Who told how it ended; `none` when nothing was called, `deadline` when nobody told in time. */
export type WorkflowWitness = (typeof workflowWitnesses)[number];

/** What a workflow server says of itself. */
export interface WorkflowServerStatus {
  readonly server: string;
  readonly ok: boolean;
  /** 1 answers, 0.5 answers but cannot be followed, 0 does not answer. */
  readonly health: number;
  readonly detail: string;
  readonly latency_ms: number | null;
  readonly at: EpochMs;
}

/** What the orchestrator tells a workflow of the situation it was started in; plain values, null where unknown. */
export interface WorkflowContext {
  readonly mode: string;
  readonly sessions_open: readonly string[];
  readonly crypto_activity: number | null;
  readonly forex_activity: number | null;
  readonly crypto_volatility: number | null;
  readonly forex_volatility: number | null;
  readonly trading_state: string;
  readonly open_positions: number;
  readonly equity: number | null;
}
