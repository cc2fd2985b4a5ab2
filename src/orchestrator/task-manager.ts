// The life of tasks: queue, locks, attempts, deadlines, retries. At most one task per kind is open.
// It must never choose what to run, and never let a task past the table of transitions.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { JobResult, TaskCompletion, WorkflowHandover, WorkflowResult } from '../shared/bus/catalogue.ts';
import type { AgentName } from '../shared/domain/agent-name.ts';
import type { LookRequest } from '../shared/domain/look.ts';
import {
  isJobKind,
  type Task,
  type TaskKind,
  type TaskState,
  taskKinds,
  taskTransitions,
} from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { isFloorDue, latestServingStart } from './floor.ts';
import type { ChosenRunner } from './n8n-bridge.ts';
import type { Schedule } from './schedule.ts';
import {
  floorLeadMs,
  type ResourceName,
  resourceUnits,
  retryDelayMs,
  taskCatalogue,
} from './task-catalogue.ts';

const maxDeadLetterChars = 500;

export interface TaskOrder {
  readonly kind: TaskKind;
  readonly decisionId: string;
  readonly symbols: readonly string[];
  readonly priority: number;
  readonly reason: string;
}

/** Who else than the agents may do an attempt. */
export interface OutsideHands {
  choose(task: Task): ChosenRunner;
  call(turn: Turn, task: Task): void;
}

export class TaskManager {
  readonly #open = new Map<TaskKind, Task>();
  /** Tasks to write when the handler is done: queued and started in one handler is one change. */
  readonly #unsaved = new Map<string, Task>();
  readonly #schedule: Schedule;
  readonly #lookRequest: (symbols: readonly string[]) => LookRequest | undefined;
  readonly #outside: OutsideHands | undefined;

  /** `lookRequest`: what a handler is asked to report of the symbols of a task. Without outside hands the agents do everything. */
  constructor(
    schedule: Schedule,
    lookRequest: (symbols: readonly string[]) => LookRequest | undefined = () => undefined,
    outside?: OutsideHands,
  ) {
    this.#schedule = schedule;
    this.#lookRequest = lookRequest;
    this.#outside = outside;
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
    return this.#completed(turn, answer, undefined);
  }

  /** Takes what became of a job; of another attempt than the running one it is too late. */
  jobEnded(turn: Turn, end: JobResult): Task | undefined {
    return this.#completed(turn, end, end.attempt);
  }

  #completed(turn: Turn, answer: TaskCompletion, attempt: number | undefined): Task | undefined {
    const task = this.#open.get(answer.kind);
    if (task?.id !== answer.task_id || task.state !== 'running' || !isWithAgent(task)) return undefined;
    if (attempt !== undefined && attempt !== task.attempts) return undefined;
    return this.#answered(turn, task, answer);
  }

  /**
   * Takes what became of a workflow; undefined when nothing is closed by it. Only the first word on the running attempt
   * counts. What certainly never ran is given to the agent at once; once handed over, the agent's answer decides.
   */
  workflowEnded(turn: Turn, end: WorkflowResult): Task | undefined {
    const task = this.#open.get(end.kind);
    if (task?.id !== end.task_id || task.state !== 'running' || isWithAgent(task)) return undefined;
    if (end.attempt !== task.attempts) return undefined;
    const seen = { ...task, execution_id: end.execution_id ?? task.execution_id ?? null };
    if (end.outcome === 'finished') return this.#answered(turn, seen, end);
    const why = end.result.error ?? end.result.summary;
    this.#give(turn, {
      ...seen,
      runner: 'native',
      runner_note: `not run in n8n, done by ${task.agent}: ${why}`,
    });
    return undefined;
  }

  /** Gives the work of a running workflow to the agent, once; false when that workflow is not under way. */
  handOver(turn: Turn, { task_id, execution_id }: WorkflowHandover): boolean {
    const task = [...this.#open.values()].find((open) => open.id === task_id);
    if (task?.state !== 'running' || isWithAgent(task)) return false;
    this.#give(turn, { ...task, delegated: true, execution_id });
    return true;
  }

  #answered(turn: Turn, task: Task, answer: TaskCompletion): Task | undefined {
    const { looks: _, ...result } = answer.result;
    const withResult = { ...task, result };
    if (answer.succeeded) return this.#close(turn, withResult, 'succeeded', answer.result.summary);
    const reason = answer.result.error ?? answer.result.summary;
    return this.#attemptFailed(turn, withResult, 'failed', reason, turn.now);
  }

  #give(turn: Turn, task: Task): void {
    this.#keep(task);
    const { id, kind, symbols, decision_id, deadline_at, agent } = task;
    if (isJobKind(kind)) {
      turn.effect('job.run', { task_id: id, kind, attempt: task.attempts, deadline_at });
      return;
    }
    const look = this.#lookRequest(symbols);
    turn.emit(
      'task.assigned',
      { task_id: id, kind, symbols, decision_id, deadline_at, ...(look === undefined ? {} : { look }) },
      { to: agent },
    );
  }

  /** The agent that held attempts has died: they are lost, and repeated no earlier than its restart. */
  agentFailed(turn: Turn, agent: AgentName, restartAt: EpochMs): Task[] {
    const closed: Task[] = [];
    for (const kind of taskKinds) {
      const task = this.#open.get(kind);
      if (task?.state !== 'running' || task.agent !== agent || !isWithAgent(task)) continue;
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
    const begun = { attempts: task.attempts + 1, started_at: turn.now, deadline_at };
    if (this.#outside === undefined) {
      this.#give(turn, moved(task, 'running', begun));
      return;
    }
    const { runner, note } = this.#outside.choose(task);
    const fresh = { ...begun, runner, execution_id: null, delegated: false };
    const attempt = moved(task, 'running', { ...fresh, runner_note: note ?? '' });
    if (runner === 'native') this.#give(turn, attempt);
    else {
      this.#keep(attempt);
      this.#outside.call(turn, attempt);
    }
  }

  /** Puts the task back for another attempt, or closes it and returns it when there is none left. */
  #attemptFailed(
    turn: Turn,
    task: Task,
    finalState: 'failed' | 'expired',
    reason: string,
    notBefore: EpochMs,
  ): Task | undefined {
    if (task.attempts >= taskCatalogue[task.kind].attempts) {
      if (isJobKind(task.kind)) deadLetter(turn, task, reason);
      return this.#close(turn, task, finalState, reason);
    }
    const waiting = moved(task, 'queued', { reason: `attempt ${task.attempts} failed: ${reason}` });
    // Another hand takes it: there is nothing to wait for.
    const passedOn = task.runner === 'n8n' && this.#outside?.choose(waiting).runner === 'native';
    const delay = passedOn ? 0 : retryDelayMs(task.attempts);
    this.#schedule.retryAt(task.kind, Math.max(notBefore, turn.now + delay));
    this.#keep(waiting);
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

/** A job that failed for good is kept for people beside the messages that nobody could handle. */
function deadLetter(turn: Turn, { id, kind, attempts, decision_id }: Task, reason: string): void {
  turn.put('dead_letters', id, {
    id,
    reason: `${kind} failed ${attempts} times: ${reason}`.slice(0, maxDeadLetterChars),
    message_type: 'job.run',
    excerpt: JSON.stringify({ task_id: id, kind, decision_id }),
    at: turn.now,
  });
}

/** True while the agent, not a workflow, is doing the running attempt. */
function isWithAgent(task: Task): boolean {
  return task.runner === 'native' || task.delegated === true;
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
