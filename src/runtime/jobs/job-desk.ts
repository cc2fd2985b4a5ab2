// Does committed jobs: one handler per kind, each with a deadline. How it ended comes back as an input, and only when that
// is committed is the effect settled: so a job survives a crash between its decision and its result.
// It must never retry by itself: attempts, waits and dead letters are the orchestrator's, where a replay sees them.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { Effect } from '../../shared/bus/effects.ts';
import type { JobKind, TaskResult } from '../../shared/domain/task.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { JobOutcome } from '../../shared/ports/job-queue.ts';
import type { Log } from '../../shared/ports/log.ts';

/** An end is told this long before the deadline, so that the orchestrator hears why. */
const deadlineMarginMs = 500;
const maxErrorChars = 500;

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly attempt: number;
  readonly now: EpochMs;
}

/** Does one job; the same job done again must leave the same behind. Throws when it failed. */
export type JobHandler = (job: Job, signal: AbortSignal) => Promise<Omit<TaskResult, 'error'>>;

export interface JobDeskOptions {
  readonly handlers: Readonly<Record<JobKind, JobHandler>>;
  readonly clock: Pick<Clock, 'now'>;
  /** Resolves once the input is committed. */
  readonly postAndWait: (input: KernelInput) => Promise<unknown>;
  readonly settle: (effectId: string) => void;
  readonly log: Log;
}

export class JobDesk {
  readonly #options: JobDeskOptions;
  readonly #running = new Set<AbortController>();
  #stopped = false;

  constructor(options: JobDeskOptions) {
    this.#options = options;
  }

  /** Jobs under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Ends everything under way with an error, so that the orchestrator tries again or gives up; returns how many. */
  letGo(): number {
    const held = this.#running.size;
    for (const cancel of this.#running) cancel.abort(new Error('healing let go of it'));
    return held;
  }

  /** Lets go of everything under way; the next start does it again. */
  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#running) cancel.abort(new Error('the system stops'));
  }

  /** Does the job of an effect, just committed or left by an earlier process. */
  async release(effect: Effect<'job.run'>): Promise<void> {
    const { task_id, kind, attempt, deadline_at } = effect.data;
    const { clock, postAndWait, settle, log } = this.#options;
    const begun = clock.now();
    const cancel = new AbortController();
    this.#running.add(cancel);
    const job = { id: task_id, kind, attempt, now: begun };
    const ended = await withinDeadline(
      this.#options.handlers[kind],
      job,
      deadline_at - begun,
      cancel.signal,
    ).finally(() => this.#running.delete(cancel));
    if (this.#stopped) return;
    const at = clock.now();
    const { correlation_id } = effect;
    log.info(
      { job: kind, task: task_id, attempt, ms: at - begun, error: ended.result.error, correlation_id },
      'job',
    );
    try {
      await postAndWait({
        from: 'system',
        message_type: 'job.result',
        data: { task_id, kind, attempt, ...ended },
        at,
      });
    } catch (error) {
      if (this.#stopped) return;
      throw error;
    }
    settle(effect.id);
  }
}

/** How the job ended: by itself, at its deadline, or by the signal. Never rejects. */
export async function withinDeadline(
  handler: JobHandler,
  job: Job,
  leftMs: number,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const cancel = new AbortController();
  const either = AbortSignal.any([cancel.signal, signal]);
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => undefined);
  either.addEventListener('abort', () => late.reject(either.reason), { once: true });
  const expire = () => cancel.abort(new Error('it did not end before its deadline'));
  const workMs = leftMs - deadlineMarginMs;
  const timer = setTimeout(expire, Math.max(0, workMs));
  if (workMs <= 0) expire();
  try {
    const work = either.aborted ? late.promise : handler(job, either);
    // A handler that does not hear the signal is left behind, not waited for.
    const done = await Promise.race([work, late.promise]);
    return { succeeded: true, result: { ...done, error: null } };
  } catch (error) {
    const text = (error instanceof Error ? error.message : String(error)).slice(0, maxErrorChars);
    const nothing = { effect_observed: false, looked_at: 0, found: 0, summary: '' };
    return { succeeded: false, result: { ...nothing, error: text } };
  } finally {
    clearTimeout(timer);
  }
}
