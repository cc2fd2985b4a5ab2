// The life of tasks: queue, locks, attempts, deadlines, retries. At most one task per kind is open.
// It must never choose what to run, and never let a task past the table of transitions.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { TaskCompletion } from '../shared/bus/catalogue.ts';
import type { AgentName } from '../shared/domain/agent-name.ts';
import type { LookRequest } from '../shared/domain/look.ts';
import {
  type Task,
  type TaskKind,
  type TaskState,
  taskKinds,
  taskTransitions,
} from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { isFloorDue, latestServingStart } from './floor.ts';
import type { Schedule } from './schedule.ts';
import {
  floorLeadMs,
  type ResourceName,
  resourceUnits,
  retryDelayMs,
  taskCatalogue,
} from './task-catalogue.ts';

export interface TaskOrder {
  readonly kind: TaskKind;
  readonly decisionId: string;
  readonly symbols: readonly string[];
  readonly priority: number;
  readonly reason: string;
}

export class TaskManager {
  readonly #open = new Map<TaskKind, Task>();
  /** Tasks to write when the handler is done: queued and started in one handler is one change. */
  readonly #unsaved = new Map<string, Task>();
  readonly #schedule: Schedule;
  readonly #lookRequest: (symbols: readonly string[]) => LookRequest | undefined;

  /** `lookRequest`: what a handler is asked to report of the symbols of a task. */
  constructor(
    schedule: Schedule,
    lookRequest: (symbols: readonly string[]) => LookRequest | undefined = () => undefined,
  ) {
    this.#schedule = schedule;
    this.#lookRequest = lookRequest;
  }

  restore(state: StateReader): void {
    this.#open.clear();
    this.#unsaved.clear();
    for (const [, task] of state.all('tasks')) this.#open.set(task.kind, task);
  }

  get openCount(): number {
    return this.#open.size;
  }

  openTask(kind: TaskKind): Task | undefined {
    return this.#open.get(kind);
  }

  waiting(kind: TaskKind): boolean {
    const task = this.#open.get(kind);
    return task !== undefined && task.state === 'queued' && task.attempts === 0;
  }

  running(kind: TaskKind): boolean {
    return this.#open.get(kind)?.state === 'running';
  }

  /** Queues a task for the current slot and returns it. A repeat that still waits gives way and is returned closed. */
  enqueue(turn: Turn, order: TaskOrder): { readonly task: Task; readonly superseded: Task | undefined } {
    const { kind } = order;
    const entry = taskCatalogue[kind];
    const old = this.#open.get(kind);
    if (old !== undefined && (old.state === 'running' || old.attempts === 0))
      throw new Error(`${kind} is open already`);
    const superseded = old && this.#close(turn, old, 'expired', 'its repeat gave way to the next slot');
    const task: Task = {
      id: taskIdOf(turn, kind),
      kind,
      slot_at: slotOf(kind, turn.now),
      decision_id: order.decisionId,
      agent: entry.agent,
      runner: 'native',
      priority: order.priority,
      resources: entry.resources.map((lock) => lock.name),
      state: 'queued',
      attempts: 0,
      deadline_at: turn.now + floorLeadMs[kind] + entry.deadlineMs,
      queued_at: turn.now,
      started_at: null,
      finished_at: null,
      symbols: order.symbols,
      result: null,
      reason: order.reason,
      open: true,
    };
    this.#schedule.queued(kind, task.slot_at);
    this.#keep(task);
    return { task, superseded };
  }

  /** Closes waiting tasks whose kind may no longer run. */
  skipInadmissible(turn: Turn): Task[] {
    const skipped: Task[] = [];
    for (const kind of taskKinds) {
      const task = this.#open.get(kind);
      if (task?.state === 'queued' && !this.#schedule.isAdmissible(kind))
        skipped.push(this.#close(turn, task, 'skipped', 'no longer admissible'));
    }
    return skipped;
  }

  /** Ends attempts whose answer has not come in time; returns the tasks that are finally closed. */
  expire(turn: Turn): Task[] {
    const closed: Task[] = [];
    for (const kind of taskKinds) {
      const task = this.#open.get(kind);
      if (task?.state !== 'running' || task.deadline_at > turn.now) continue;
      const done = this.#attemptFailed(turn, task, 'expired', 'no answer by its deadline', turn.now);
      if (done !== undefined) closed.push(done);
    }
    return closed;
  }

  /** Takes an agent's answer; undefined when nothing is closed by it (unknown, late, or to be tried again). */
  complete(turn: Turn, answer: TaskCompletion): Task | undefined {
    const task = this.#open.get(answer.kind);
    if (task === undefined || task.id !== answer.task_id || task.state !== 'running') return undefined;
    const { looks: _, ...result } = answer.result;
    const withResult = { ...task, result };
    if (answer.succeeded) return this.#close(turn, withResult, 'succeeded', answer.result.summary);
    const reason = answer.result.error ?? answer.result.summary;
    return this.#attemptFailed(turn, withResult, 'failed', reason, turn.now);
  }

  /** The agent that held attempts has died: they are lost, and repeated no earlier than its restart. */
  agentFailed(turn: Turn, agent: AgentName, restartAt: EpochMs): Task[] {
    const closed: Task[] = [];
    for (const kind of taskKinds) {
      const task = this.#open.get(kind);
      if (task?.state !== 'running' || task.agent !== agent) continue;
      const done = this.#attemptFailed(turn, task, 'failed', `${agent} failed`, restartAt);
      if (done !== undefined) closed.push(done);
    }
    return closed;
  }

  /**
   * Starts every waiting task whose locks are all free: safety first, then what the floor asks for by latest start,
   * then by priority. A floor task that cannot start keeps its locks from being taken by anything after it.
   */
  dispatch(turn: Turn): void {
    const ready = this.#readyInOrder(turn.now);
    if (ready.length === 0) return;
    const taken = this.#locksTaken();
    for (const task of ready) {
      const { resources } = taskCatalogue[task.kind];
      const fits = resources.every(
        (lock) => (taken.get(lock.name) ?? 0) + lock.units <= resourceUnits[lock.name],
      );
      if (!fits && !this.#goesFirst(task, turn.now)) continue;
      for (const lock of resources) taken.set(lock.name, (taken.get(lock.name) ?? 0) + lock.units);
      if (fits) this.#start(turn, task);
    }
  }

  /** Next deadline of an attempt or time of a repeat; undefined when nothing is under way. */
  nextEventAt(now: EpochMs): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const kind of taskKinds) {
      const task = this.#open.get(kind);
      if (task === undefined) continue;
      const at = task.state === 'running' ? task.deadline_at : this.#schedule.of(kind).retry_at;
      if (at !== null && (task.state === 'running' || at > now) && (next === undefined || at < next))
        next = at;
    }
    return next;
  }

  /** Writes and announces this handler's changes, one row and one message for each changed task. */
  save(turn: Turn): void {
    for (const [id, task] of this.#unsaved) {
      turn.put('tasks', id, task);
      turn.emit('task.changed', task);
    }
    this.#unsaved.clear();
  }

  #readyInOrder(now: EpochMs): Task[] {
    const ready: Task[] = [];
    for (const kind of taskKinds) {
      const task = this.#open.get(kind);
      if (task?.state === 'queued' && (this.#schedule.of(kind).retry_at ?? 0) <= now) ready.push(task);
    }
    if (ready.length < 2) return ready;
    const rank = new Map(ready.map((task) => [task, this.#rank(task, now)]));
    return ready.sort((left, right) => {
      const [leftClass, leftWithin] = rank.get(left) ?? [9, 0];
      const [rightClass, rightWithin] = rank.get(right) ?? [9, 0];
      return leftClass - rightClass || leftWithin - rightWithin;
    });
  }

  #rank(task: Task, now: EpochMs): readonly [number, number] {
    if (taskCatalogue[task.kind].safety) return [0, 0];
    if (this.#goesFirst(task, now)) return [1, latestServingStart(this.#schedule, task.kind) ?? 0];
    return [2, -task.priority];
  }

  #goesFirst(task: Task, now: EpochMs): boolean {
    return task.attempts === 0 && isFloorDue(this.#schedule, task.kind, now);
  }

  #locksTaken(): Map<ResourceName, number> {
    const taken = new Map<ResourceName, number>();
    for (const kind of taskKinds) {
      if (!this.running(kind)) continue;
      for (const lock of taskCatalogue[kind].resources)
        taken.set(lock.name, (taken.get(lock.name) ?? 0) + lock.units);
    }
    return taken;
  }

  #start(turn: Turn, task: Task): void {
    if (task.attempts === 0) this.#schedule.started(turn, task.kind);
    else this.#schedule.retryAt(task.kind, null);
    const deadline_at = turn.now + taskCatalogue[task.kind].deadlineMs;
    this.#keep(moved(task, 'running', { attempts: task.attempts + 1, started_at: turn.now, deadline_at }));
    const { id, kind, symbols, decision_id, agent } = task;
    const look = this.#lookRequest(symbols);
    turn.emit(
      'task.assigned',
      { task_id: id, kind, symbols, decision_id, deadline_at, ...(look === undefined ? {} : { look }) },
      { to: agent },
    );
  }

  /** Puts the task back for another attempt, or closes it and returns it when there is none left. */
  #attemptFailed(
    turn: Turn,
    task: Task,
    finalState: 'failed' | 'expired',
    reason: string,
    notBefore: EpochMs,
  ): Task | undefined {
    if (task.attempts >= taskCatalogue[task.kind].attempts)
      return this.#close(turn, task, finalState, reason);
    this.#schedule.retryAt(task.kind, Math.max(notBefore, turn.now + retryDelayMs(task.attempts)));
    this.#keep(moved(task, 'queued', { reason: `attempt ${task.attempts} failed: ${reason}` }));
    return undefined;
  }

  #close(turn: Turn, task: Task, state: TaskState, reason: string): Task {
    const closed = moved(task, state, { reason, finished_at: turn.now, open: false });
    this.#schedule.retryAt(task.kind, null);
    this.#keep(closed);
    return closed;
  }

  #keep(task: Task): void {
    if (task.open) this.#open.set(task.kind, task);
    else this.#open.delete(task.kind);
    this.#unsaved.set(task.id, task);
  }
}

/** Start of the kind's slot at `now`; slots are one minimum interval wide, so two starts never share one. */
function slotOf(kind: TaskKind, now: EpochMs): EpochMs {
  const width = taskCatalogue[kind].minIntervalMs;
  return Math.floor(now / width) * width;
}

/** Id of the kind's task in the slot of this turn. */
export function taskIdOf(turn: Turn, kind: TaskKind): string {
  return turn.id('task', kind, slotOf(kind, turn.now));
}

/** The task in its next state. Throws Error when the table does not allow the step: that is a bug. */
function moved(task: Task, state: TaskState, changes: Partial<Task>): Task {
  if (!taskTransitions[task.state].includes(state))
    throw new Error(`${task.id} cannot go from ${task.state} to ${state}`);
  return { ...task, ...changes, state };
}
