// Committed jobs as workers see them: claimed by one worker at a time, given to another when the first shows no sign of life.
import type { Effect } from '../bus/effects.ts';
import type { JobKind, TaskResult } from '../domain/task.ts';

export interface ClaimedJob {
  readonly effect: Effect<'job.run'>;
  /** Grows with each claim; what an earlier claimer says no longer counts. */
  readonly claim: number;
}

export interface JobOutcome {
  readonly succeeded: boolean;
  readonly result: TaskResult;
}

export interface JobQueue {
  /** The oldest job of these kinds that nobody does; undefined when there is none. */
  claim(worker: string, kinds: readonly JobKind[], leaseMs: number): Promise<ClaimedJob | undefined>;
  /** A sign of life. False when the job is no longer this worker's: it must stop. */
  renew(job: ClaimedJob, leaseMs: number): Promise<boolean>;
  /** Gives the job back undone. */
  release(job: ClaimedJob): Promise<void>;
  /** False when the job was no longer this worker's, so that nothing was kept. */
  finish(job: ClaimedJob, outcome: JobOutcome): Promise<boolean>;
  /** Outcomes of those of these jobs that are done, by effect id. */
  outcomes(effectIds: readonly string[]): Promise<ReadonlyMap<string, JobOutcome>>;
  close(): Promise<void>;
}
