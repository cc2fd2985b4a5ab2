// Execute: keeps the work going between decisions: expiry, floors, dispatch, outcomes, and the alarm for what comes next.
// It must never weigh candidates; it holds whatever the policy does.
import type { Turn } from '../kernel/agent.ts';
import type { AgentFailure, TaskCompletion } from '../shared/bus/catalogue.ts';
import type { SessionCalendar } from '../shared/domain/sessions.ts';
import type { Task, TaskKind } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { classesOf } from './admission.ts';
import type { Alarms } from './alarms.ts';
import { floorDueKinds, nextFloorAt } from './floor.ts';
import type { Learning } from './learning.ts';
import type { ControlMemory } from './memory-rows.ts';
import type { Schedule } from './schedule.ts';
import type { Universe } from './snapshot.ts';
import { taskCatalogue } from './task-catalogue.ts';
import type { TaskManager } from './task-manager.ts';

const safetyPriority = 1_000;
const floorPriority = 500;

export interface TaskRunnerParts {
  readonly universe: Universe;
  readonly calendar: SessionCalendar;
  readonly schedule: Schedule;
  readonly tasks: TaskManager;
  readonly learning: Learning;
  readonly alarms: Alarms;
}

export class TaskRunner {
  readonly #parts: TaskRunnerParts;

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
  }

  /** Takes an agent's answer, frees its locks and starts what waited for them. */
  complete(turn: Turn, control: ControlMemory, answer: TaskCompletion): void {
    this.#closed(turn, control, this.#parts.tasks.complete(turn, answer));
    this.settle(turn, control);
  }

  agentFailed(turn: Turn, control: ControlMemory, failure: AgentFailure): void {
    this.#closed(turn, control, ...this.#parts.tasks.agentFailed(turn, failure.agent, failure.restart_at));
    this.settle(turn, control);
  }

  /** Ends lost attempts and waiting tasks that may no longer run. */
  closeOverdue(turn: Turn, control: ControlMemory): void {
    const { tasks, schedule } = this.#parts;
    schedule.refresh(turn, control);
    this.#closed(turn, control, ...tasks.expire(turn), ...tasks.skipInadmissible(turn));
  }

  /** Queues one task for the current slot; symbols are those of the kind's classes that the mode admits. */
  queue(turn: Turn, control: ControlMemory, order: { kind: TaskKind; score: number; reason: string }): void {
    const { kind, reason } = order;
    const entry = taskCatalogue[kind];
    const admitted = classesOf(control.mode);
    const { superseded } = this.#parts.tasks.enqueue(turn, {
      kind,
      decisionId: control.last_decision_id ?? 'none',
      symbols: entry.classes
        .filter((name) => admitted.includes(name))
        .flatMap((name) => this.#parts.universe[name]),
      priority: entry.safety ? safetyPriority : Math.round(order.score * 100),
      reason,
    });
    this.#closed(turn, control, superseded);
  }

  /** Brings everything up to now: overdue work closed, floors kept, free locks used, the next alarm set. */
  settle(turn: Turn, control: ControlMemory): void {
    const { schedule, tasks } = this.#parts;
    this.closeOverdue(turn, control);
    for (const kind of floorDueKinds(schedule, tasks, turn.now))
      this.queue(turn, control, {
        kind,
        score: floorPriority / 100,
        reason: 'floor: its maximum interval is nearly over',
      });
    tasks.dispatch(turn);
    this.#setAlarm(turn.now);
  }

  #setAlarm(now: EpochMs): void {
    const { universe, calendar, schedule, tasks, alarms } = this.#parts;
    const candidates = [tasks.nextEventAt(now), nextFloorAt(schedule, tasks, now)];
    if (universe.forex.length > 0) candidates.push(calendar.nextChange(now));
    const times = candidates.filter((at): at is EpochMs => at !== undefined);
    if (times.length > 0) alarms.move('tasks', Math.min(...times));
  }

  #closed(turn: Turn, control: ControlMemory, ...closed: readonly (Task | undefined)[]): void {
    for (const task of closed) {
      if (task === undefined) continue;
      const scored = this.#parts.learning.taskClosed(turn, task, control.mode);
      if (scored === undefined) continue;
      turn.put('decisions', scored.id, scored);
      turn.emit('decision.scored', scored);
    }
  }
}
