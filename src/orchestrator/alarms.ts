// The orchestrator's three alarms, moved and never multiplied: a move to the same instant writes nothing.
import type { StateReader, Turn } from '../kernel/agent.ts';
import { alarmKey } from '../kernel/alarm-clock.ts';
import type { EpochMs } from '../shared/domain/time.ts';

/** `decide` is the next decision; `tasks` the next deadline, retry or floor; `looks` the next question of what is worth a look. */
const alarmNames = ['decide', 'tasks', 'looks'] as const;
export type AlarmName = (typeof alarmNames)[number];

export class Alarms {
  readonly #dueAt = new Map<AlarmName, EpochMs>();
  readonly #unsaved = new Set<AlarmName>();

  restore(state: StateReader): void {
    this.#dueAt.clear();
    this.#unsaved.clear();
    for (const name of alarmNames) {
      const row = state.get('alarms', alarmKey('orchestrator_ai', name));
      if (row !== undefined) this.#dueAt.set(name, row.due_at);
    }
  }

  dueAt(name: AlarmName): EpochMs | undefined {
    return this.#dueAt.get(name);
  }

  /** Must be called when the alarm has come back: the kernel has removed its row. */
  fired(name: AlarmName): void {
    this.#dueAt.delete(name);
  }

  move(name: AlarmName, at: EpochMs): void {
    if (this.#dueAt.get(name) === at) return;
    this.#dueAt.set(name, at);
    this.#unsaved.add(name);
  }

  /** Sets the alarms that this handler moved. */
  save(turn: Turn): void {
    for (const name of this.#unsaved) {
      const at = this.#dueAt.get(name);
      if (at !== undefined) turn.setAlarm(name, at);
    }
    this.#unsaved.clear();
  }
}
