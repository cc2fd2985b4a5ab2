// Watches the work itself: whether planned slots begin on time, and whether jobs wait behind one that does not end.
// It must never judge what the work found.
import type { Turn } from '../kernel/agent.ts';
import { isJobKind, type Task } from '../shared/domain/task.ts';
import { type EpochMs, minuteMs, secondMs } from '../shared/domain/time.ts';
import type { MetricRule } from './baseline.ts';
import { durationText } from './duration-text.ts';
import type { IncidentBook } from './incident-book.ts';
import type { Measured } from './metric-rules.ts';

/** A running job this far past its deadline should have been ended by its own timer. */
const overdueMs = 5 * secondMs;
const maxQueuedMs = 20 * minuteMs;
const maxQueuedJobs = 10;
const lateSlotMs = minuteMs;
const maxFollowed = 64;

const depthRule: MetricRule = {
  ...{ name: 'jobs_waiting', unit: 'jobs', minScale: 1, minScaleShare: 0.5, minSamples: 12 },
};
const ageRule: MetricRule = {
  ...{ name: 'oldest_job', unit: 's', minScale: 30, minScaleShare: 0.5, minSamples: 12 },
};

type Followed = Pick<Task, 'id' | 'kind' | 'state' | 'queued_at' | 'started_at' | 'deadline_at'>;

export class WorkWatch {
  readonly #book: IncidentBook;
  readonly #jobs = new Map<string, Followed>();

  constructor(book: IncidentBook) {
    this.#book = book;
  }

  restore(tasks: Iterable<readonly [string, Task]>): void {
    for (const [, task] of tasks) if (task.open) this.#follow(task);
  }

  observe(task: Task, turn: Turn): void {
    if (task.open) this.#follow(task);
    else this.#jobs.delete(task.id);
    // Said once, as it begins: `slot_at` is when it was meant to.
    if (
      task.state === 'running' &&
      task.attempts === 1 &&
      task.started_at === turn.now &&
      !isJobKind(task.kind)
    ) {
      const late = turn.now - task.queued_at;
      if (late >= lateSlotMs)
        this.#book.pulse('slots_late', turn.now, 'warning', `${task.kind} began ${durationText(late)} late`);
    }
  }

  /** Looks at the queue; called with every report of vitals. */
  judge(turn: Turn): void {
    const evidence = this.#stuck(turn.now);
    if (evidence === undefined) this.#book.clear('queue_stuck', turn.now);
    else this.#book.raise('queue_stuck', turn.now, 'warning', evidence);
  }

  /** Depth and age of the queue, while there is one: what is usual is learnt of the times when jobs wait. */
  measured(now: EpochMs): Measured[] {
    const waiting = [...this.#jobs.values()].filter(({ state }) => state === 'queued');
    if (waiting.length === 0) return [];
    const oldest = Math.min(...waiting.map(({ queued_at }) => queued_at));
    return [
      { rule: depthRule, value: waiting.length },
      { rule: ageRule, value: Math.max(0, now - oldest) / secondMs },
    ];
  }

  #follow(task: Followed): void {
    if (!isJobKind(task.kind)) return;
    if (this.#jobs.has(task.id) || this.#jobs.size < maxFollowed) this.#jobs.set(task.id, task);
  }

  #stuck(now: EpochMs): string | undefined {
    // By time and id, so that nothing depends on the order in which they were met or restored.
    const jobs = [...this.#jobs.values()].sort(
      (left, right) => left.queued_at - right.queued_at || (left.id < right.id ? -1 : 1),
    );
    const overdue = jobs.find(
      ({ state, deadline_at }) => state === 'running' && now > deadline_at + overdueMs,
    );
    if (overdue !== undefined)
      return `${overdue.kind} runs ${durationText(now - overdue.deadline_at)} past its deadline`;
    const queued = jobs.filter(({ state }) => state === 'queued');
    if (queued.length > maxQueuedJobs) return `${queued.length} jobs wait`;
    const [oldest] = queued;
    if (oldest === undefined || now - oldest.queued_at < maxQueuedMs) return undefined;
    return `${oldest.kind} has waited ${durationText(now - oldest.queued_at)}, ${queued.length} wait`;
  }
}
