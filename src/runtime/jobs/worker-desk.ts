// Stands where the job desk stands when workers do the jobs: waits for what they bring and hands it to the kernel. A job that no
// worker finished before its deadline has failed, as it would have here.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { Effect } from '../../shared/bus/effects.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { JobOutcome, JobQueue } from '../../shared/ports/job-queue.ts';
import type { Log } from '../../shared/ports/log.ts';

const pollMs = 500;
const deadlineMarginMs = 500;

export interface WorkerDeskOptions {
  readonly queue: JobQueue;
  readonly clock: Pick<Clock, 'now'>;
  readonly postAndWait: (input: KernelInput) => Promise<unknown>;
  readonly settle: (effectId: string) => void;
  readonly log: Log;
}

interface Waiting {
  readonly effect: Effect<'job.run'>;
  readonly resolve: (outcome: JobOutcome) => void;
}

export class WorkerDesk {
  readonly #options: WorkerDeskOptions;
  readonly #waiting = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #silent = false;

  constructor(options: WorkerDeskOptions) {
    this.#options = options;
  }

  /** Ends every wait with an error, so that the orchestrator tries again or gives up; returns how many. */
  letGo(): number {
    const held = this.#waiting.size;
    const result = {
      effect_observed: false,
      looked_at: 0,
      found: 0,
      summary: '',
      error: 'healing let go of it',
    };
    for (const { resolve } of this.#waiting.values()) resolve({ succeeded: false, result });
    return held;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    void this.#options.queue.close().catch(() => undefined);
  }

  /** Resolves when the outcome of the job is committed. The row of the effect is what workers find. */
  async release(effect: Effect<'job.run'>): Promise<void> {
    const { clock, postAndWait, settle, log } = this.#options;
    const { task_id, kind, attempt } = effect.data;
    const begun = clock.now();
    const outcome = await new Promise<JobOutcome>((resolve) => {
      this.#waiting.set(effect.id, { effect, resolve });
      this.#schedule();
    });
    this.#waiting.delete(effect.id);
    if (this.#stopped) return;
    const at = clock.now();
    log.info({ job: kind, task: task_id, attempt, ms: at - begun, error: outcome.result.error }, 'job');
    try {
      const data = { task_id, kind, attempt, ...outcome };
      await postAndWait({ from: 'system', message_type: 'job.result', data, at });
    } catch (error) {
      if (this.#stopped) return;
      throw error;
    }
    settle(effect.id);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => {
        this.#timer = undefined;
        if (this.#waiting.size > 0) this.#schedule();
      });
    }, pollMs);
  }

  async #look(): Promise<void> {
    const { queue, clock, log } = this.#options;
    try {
      const outcomes = await queue.outcomes([...this.#waiting.keys()]);
      for (const [id, outcome] of outcomes) this.#waiting.get(id)?.resolve(outcome);
      this.#silent = false;
    } catch (error) {
      if (!this.#silent) log.warn({ error: String(error) }, 'the outcomes of jobs cannot be read');
      this.#silent = true;
    }
    this.#endLate(clock.now());
  }

  #endLate(now: EpochMs): void {
    const error = 'no worker finished it before its deadline (is one running? see `ato worker`)';
    for (const { effect, resolve } of this.#waiting.values())
      if (effect.data.deadline_at - deadlineMarginMs <= now)
        resolve({
          succeeded: false,
          result: { effect_observed: false, looked_at: 0, found: 0, summary: '', error },
        });
  }
}
