// Counts what looks showed and how long finds had to wait for their look, since this process started.
// Regret is an upper bound read from what was committed; it must never ask the scheduler.
import type { TaskAssignment, TaskCompletion } from '../../shared/bus/catalogue.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import { taskKinds } from '../../shared/domain/task.ts';
import { LabelCounts } from './label-counts.ts';

/** Assignments remembered until they are completed. */
const maxAssignments = 200;

export class SchedulerTally {
  readonly looks = new LabelCounts(['found', 'nothing', 'unseen'].map((result) => ({ result })));
  readonly lookedAt = new LabelCounts(taskKinds.map((kind) => ({ kind })));
  readonly found = new LabelCounts(taskKinds.map((kind) => ({ kind })));
  readonly effects = new LabelCounts(
    taskKinds.flatMap((kind) => ['observed', 'missing'].map((effect) => ({ kind, effect }))),
  );
  #regretMs = 0;
  readonly #assigned = new Map<string, TaskAssignment>();

  /**
   * Milliseconds by which finds could have been seen earlier at most: from the first closed bar that nobody had looked at
   * to the newest one. A look at every bar has none. First looks at a symbol are left out: nobody could have come sooner.
   */
  get regretMs(): number {
    return this.#regretMs;
  }

  observe(message: AnyMessage): void {
    if (message.message_type === 'task.assigned') {
      const [oldest] = this.#assigned.keys();
      if (this.#assigned.size >= maxAssignments && oldest !== undefined) this.#assigned.delete(oldest);
      this.#assigned.set(message.data.task_id, message.data);
    } else if (message.message_type === 'task.completed') this.#completed(message.data);
  }

  #completed({ task_id, kind, result }: TaskCompletion): void {
    const assignment = this.#assigned.get(task_id);
    this.#assigned.delete(task_id);
    this.lookedAt.add({ kind }, result.looked_at);
    this.found.add({ kind }, result.found);
    this.effects.add({ kind, effect: result.effect_observed ? 'observed' : 'missing' });
    for (const { symbol, seen, found, bars } of result.looks ?? []) {
      this.looks.add({ result: seen ? (found > 0 ? 'found' : 'nothing') : 'unseen' });
      const place = assignment?.symbols.indexOf(symbol) ?? -1;
      const lookedBefore = (assignment?.look?.after[place] ?? 0) > 0;
      const [first] = bars;
      const last = bars.at(-1);
      if (found > 0 && lookedBefore && first !== undefined && last !== undefined)
        this.#regretMs += Math.max(0, last[0] - first[0]);
    }
  }
}
