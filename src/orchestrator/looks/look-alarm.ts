// When to ask next what is worth a look: keeps the orchestrator's `looks` alarm. It must never choose a symbol or a kind.
import { type EpochMs, minuteMs } from '../../shared/domain/time.ts';
import type { Alarms } from '../alarms.ts';
import type { ControlState } from '../control-state.ts';
import type { Observations } from '../observations.ts';
import type { Schedule } from '../schedule.ts';
import type { TaskManager } from '../task-manager.ts';
import type { LookDesk } from './look-desk.ts';
import { followUpAt, lookDue } from './look-plan.ts';

/** Scans of a first start wait so long for prices, and are then tried without. */
const firstPricesMs = 2 * minuteMs;

export interface LookAlarmParts {
  readonly control: ControlState;
  readonly observed: Observations;
  readonly schedule: Schedule;
  readonly tasks: TaskManager;
  readonly looks: LookDesk;
  readonly alarms: Alarms;
}

export class LookAlarm {
  readonly #parts: LookAlarmParts;

  constructor(parts: LookAlarmParts) {
    this.#parts = parts;
  }

  /** True while scans wait for the first prices of a first start. */
  waitsForPrices(now: EpochMs): boolean {
    return now < (this.#parts.control.memory.begun_at ?? now) + firstPricesMs;
  }

  /** Must be called when the alarm has come back. True when a look is due: it is to be decided on at once. */
  rang(now: EpochMs): boolean {
    const { alarms } = this.#parts;
    alarms.fired('looks');
    const due = this.#due(now);
    if (due !== true && due !== undefined) alarms.move('looks', due);
    return due === true;
  }

  /** After an answer: what it showed may make another look worth while soon. */
  followUp(now: EpochMs): void {
    this.#move(followUpAt(this.#due(now), now));
  }

  /** After a decision: what it declined is not asked again before the next bar, or an answer. */
  decided(now: EpochMs): void {
    const { looks, control } = this.#parts;
    const due = this.#due(now);
    this.#move(due === true ? looks.nextAskAt(control.memory.mode, now) : due);
  }

  #move(at: EpochMs | undefined): void {
    const { alarms } = this.#parts;
    // A decision that comes first asks anyway.
    if (at !== undefined && at < (alarms.dueAt('decide') ?? Number.POSITIVE_INFINITY))
      alarms.move('looks', at);
  }

  #due(now: EpochMs): true | EpochMs | undefined {
    const { looks, schedule, tasks, control, observed } = this.#parts;
    return lookDue(
      looks,
      schedule,
      tasks,
      control.memory.mode,
      now,
      (name) => observed.wasMeasured(name) || !this.waitsForPrices(now),
    );
  }
}
