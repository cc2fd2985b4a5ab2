// Execute: keeps the work going between decisions: expiry, floors, dispatch, outcomes, and the alarm for what comes next.
// It must never weigh candidates; it holds whatever the policy does.
import type { Turn } from '../kernel/agent.ts';
import type {
  AgentFailure,
  JobResult,
  TaskCompletion,
  WorkflowHandover,
  WorkflowResult,
} from '../shared/bus/catalogue.ts';
import type { LookAnswer, LookRecord } from '../shared/domain/look.ts';
import type { SessionCalendar } from '../shared/domain/sessions.ts';
import type { Task, TaskKind } from '../shared/domain/task.ts';
import { type EpochMs, secondMs } from '../shared/domain/time.ts';
import type { Alarms } from './alarms.ts';
import { floorDueKinds, nextFloorAt } from './floor.ts';
import type { Learning } from './learning/learning.ts';
import type { LookDesk } from './looks/look-desk.ts';
import type { ControlMemory } from './memory-rows.ts';
import type { Schedule } from './schedule.ts';
import type { Universe } from './snapshot.ts';
import { taskCatalogue } from './task-catalogue.ts';
import type { TaskManager } from './task-manager.ts';

const safetyPriority = 1_000;
const floorPriority = 500;
/** A floor that found nothing it may look at asks again after this. */
const unservedRetryMs = 15 * secondMs;
/** Looks whose reasons are told in the record of a task that no decision chose. */
const reasonsShown = 3;

/** A task to queue, with what it looks at. */
interface QueueOrder {
  readonly kind: TaskKind;
  readonly score: number;
  readonly reason: string;
  readonly looks: readonly LookRecord[];
}

export interface TaskRunnerParts {
  readonly universe: Universe;
  readonly calendar: SessionCalendar;
  readonly schedule: Schedule;
  readonly tasks: TaskManager;
  readonly learning: Learning;
  readonly looks: LookDesk;
  readonly alarms: Alarms;
}

export class TaskRunner {
  readonly #parts: TaskRunnerParts;
  /** What the answer at hand says of its symbols. */
  #answers: readonly LookAnswer[] = [];

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
  }

  /** Takes an agent's answer, frees its locks and starts what waited for them. */
  complete(turn: Turn, control: ControlMemory, answer: TaskCompletion): void {
    const closed = this.#parts.tasks.complete(turn, answer);
    this.#answers = answer.result.looks ?? [];
    this.#closed(turn.now, closed);
    this.#answers = [];
    this.settle(turn, control);
  }

  /** Takes what became of a job, like an agent's answer. */
  jobEnded(turn: Turn, control: ControlMemory, end: JobResult): void {
    this.#closed(turn.now, this.#parts.tasks.jobEnded(turn, end));
    this.settle(turn, control);
  }

  /** Takes what became of a workflow, like an agent's answer. */
  workflowEnded(turn: Turn, control: ControlMemory, end: WorkflowResult): void {
    this.#closed(turn.now, this.#parts.tasks.workflowEnded(turn, end));
    this.settle(turn, control);
  }

  handOver(turn: Turn, handover: WorkflowHandover): void {
    this.#parts.tasks.handOver(turn, handover);
  }

  agentFailed(turn: Turn, control: ControlMemory, failure: AgentFailure): void {
    this.#closed(turn.now, ...this.#parts.tasks.agentFailed(turn, failure.agent, failure.restart_at));
    this.settle(turn, control);
  }

  /** Ends lost attempts and waiting tasks that may no longer run. */
  closeOverdue(turn: Turn, control: ControlMemory): void {
    const { tasks, schedule, looks } = this.#parts;
    schedule.refresh(turn, looks.admission(control));
    this.#closed(turn.now, ...tasks.expire(turn), ...tasks.skipInadmissible(turn));
  }

  /** Queues one task for the current slot, for the looks that were chosen and paid for it. */
  queue(turn: Turn, control: ControlMemory, order: QueueOrder): void {
    const { kind, reason, looks } = order;
    const entry = taskCatalogue[kind];
    const { superseded } = this.#parts.tasks.enqueue(turn, {
      kind,
      decisionId: control.last_decision_id ?? 'none',
      symbols: looks.map((look) => look.symbol),
      priority: entry.safety ? safetyPriority : Math.round(order.score * 100),
      reason,
    });
    this.#closed(turn.now, superseded);
  }

  /** Brings everything up to now: overdue work closed, floors kept, free locks used, the next alarm set. */
  settle(turn: Turn, control: ControlMemory): void {
    const { schedule, tasks } = this.#parts;
    this.closeOverdue(turn, control);
    let unserved = false;
    for (const kind of floorDueKinds(schedule, tasks, turn.now)) {
      const looks = this.#parts.looks.plan(kind, control.mode, turn.now, 'must');
      // Nothing can be looked at before its minimum interval is over: the floor asks again then.
      if (looks.length === 0 && taskCatalogue[kind].classes.length > 0) {
        unserved = true;
        continue;
      }
      const reason = ['floor: its maximum interval is nearly over', ...looks.map((look) => look.text)];
      this.queue(turn, control, {
        kind,
        score: floorPriority / 100,
        reason: reason.slice(0, 1 + reasonsShown).join('; '),
        looks,
      });
    }
    tasks.dispatch(turn);
    this.#setAlarm(turn.now, unserved);
  }

  #setAlarm(now: EpochMs, unserved: boolean): void {
    const { universe, calendar, schedule, tasks, alarms } = this.#parts;
    const candidates = [tasks.nextEventAt(now), nextFloorAt(schedule, tasks, now)];
    if (unserved) candidates.push(now + unservedRetryMs);
    if (universe.forex.length > 0) candidates.push(calendar.nextChange(now));
    const times = candidates.filter((at): at is EpochMs => at !== undefined);
    if (times.length > 0) alarms.move('tasks', Math.min(...times));
  }

  #closed(now: EpochMs, ...closed: readonly (Task | undefined)[]): void {
    for (const task of closed) {
      if (task === undefined) continue;
      const finds = this.#parts.looks.closed(task, this.#answers, now);
      this.#parts.learning.taskClosed(task, finds, now);
    }
  }
}
