// A workflow server: runs the work of a task outside of this process. Every method answers; none ever throws.
import type { EffectDataByKind } from '../bus/effects.ts';
import type { TaskResult } from '../domain/task.ts';
import type { WorkflowOutcome, WorkflowServerStatus, WorkflowWitness } from '../domain/workflow.ts';

/** One call of one attempt, with where and until when its workflow may report back. */
export interface WorkflowCall {
  readonly task: EffectDataByKind['workflow.run'];
  /** Path and query below this system's address; carries its own signature. */
  readonly callbackPath: string;
  /** When the orchestrator asked for it, epoch ms. */
  readonly requestedAt: number;
}

export interface WorkflowEnd {
  readonly outcome: WorkflowOutcome;
  readonly succeeded: boolean;
  readonly result: TaskResult;
  readonly via: WorkflowWitness;
  readonly executionId: string | null;
}

export interface WorkflowServer {
  readonly name: string;
  /** Calls the workflow and follows it to its end or deadline. When the signal fires somebody else knows the end. */
  run(call: WorkflowCall, signal: AbortSignal): Promise<WorkflowEnd>;
  /** For a call that an earlier process may have made: finds out first, and never calls twice blindly. */
  resume(call: WorkflowCall, signal: AbortSignal): Promise<WorkflowEnd>;
  check(): Promise<Omit<WorkflowServerStatus, 'at'>>;
}
