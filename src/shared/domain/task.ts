// A durable piece of work of the catalogue, and the table of its life.
import type { AgentName } from './agent-name.ts';
import type { LookAnswer } from './look.ts';
import type { Refit } from './refit.ts';
import type { EpochMs } from './time.ts';

/** The users' eight: each may be a webhook of their n8n. */
export const workflowKinds = [
  'crypto-aggressive-scan',
  'crypto-normal-scan',
  'crypto-light-monitoring',
  'forex-london-session',
  'forex-newyork-session',
  'forex-asia-session',
  'health-monitor-check',
  'deep-market-analysis',
] as const;

/** Work that is done beside the kernel, by a job that survives restarts. */
export const jobKinds = ['record', 'backtest', 'report', 'retrain'] as const;
export type JobKind = (typeof jobKinds)[number];

/** Work besides the eight; only a system that names it among its chores does it. */
export const choreKinds = ['heal', 'probe-round', ...jobKinds] as const;
export type ChoreKind = (typeof choreKinds)[number];

export const taskKinds = [...workflowKinds, ...choreKinds] as const;
export type TaskKind = (typeof taskKinds)[number];

export function isWorkflowKind(kind: TaskKind): boolean {
  return (workflowKinds as readonly TaskKind[]).includes(kind);
}

export function isJobKind(kind: TaskKind): kind is JobKind {
  return (jobKinds as readonly TaskKind[]).includes(kind);
}

export function isChore(kind: TaskKind): kind is ChoreKind {
  return (choreKinds as readonly TaskKind[]).includes(kind);
}

export const taskStates = ['queued', 'running', 'succeeded', 'failed', 'expired', 'skipped'] as const;
export type TaskState = (typeof taskStates)[number];

export interface Task {
  /** Hash of kind and slot: the same slot can never make two tasks. */
  readonly id: string;
  readonly kind: TaskKind;
  /** Scheduled start of the slot this task serves. */
  readonly slot_at: EpochMs;
  readonly decision_id: string;
  readonly agent: AgentName;
  readonly runner: 'native' | 'n8n';
  readonly priority: number;
  readonly resources: readonly string[];
  readonly state: TaskState;
  readonly attempts: number;
  readonly deadline_at: EpochMs;
  readonly queued_at: EpochMs;
  readonly started_at: EpochMs | null;
  readonly finished_at: EpochMs | null;
  readonly symbols: readonly string[];
  readonly result: TaskResult | null;
  readonly reason: string;
  /** Why this runner does the attempt, when that is worth saying. */
  readonly runner_note?: string;
  /** Execution of the workflow server that does the attempt, as far as it is known. */
  readonly execution_id?: string | null;
  /** True when the workflow of this attempt has handed the work to the agent. */
  readonly delegated?: boolean;
  /** True while the task manager still has something to do with it. */
  readonly open: boolean;
}

/** What a handler reports back; `effect_observed` is the promised effect seen, not merely "no error". */
export interface TaskResult {
  readonly effect_observed: boolean;
  readonly looked_at: number;
  readonly found: number;
  readonly summary: string;
  readonly error: string | null;
  /** What each symbol showed; goes to the scheduler and is not kept in the task's row. */
  readonly looks?: readonly LookAnswer[];
  /** What a retraining proposes; it is the orchestrator that puts it in force. */
  readonly refits?: readonly Refit[];
}

/** Legal next states of a task. Anything else is a bug. */
export const taskTransitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  queued: ['running', 'expired', 'skipped', 'failed'],
  running: ['succeeded', 'failed', 'expired', 'queued'],
  succeeded: [],
  failed: [],
  expired: [],
  skipped: [],
};
