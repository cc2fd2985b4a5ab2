// What the orchestrator holds of itself between decisions: the operator's switches, the mode in force, and when and what it
// last decided, all in one durable row. It must never decide anything.
import type { StateReader, Turn } from '../kernel/agent.ts';
import { type ControlMemory, readMemory, writeMemory } from './memory-rows.ts';
import { maxDecisionIntervalMs } from './scheduler.ts';

const initialControl: ControlMemory = {
  paused: false,
  pinned_mode: null,
  paused_kinds: [],
  mode: 'standby',
  begun_at: null,
  decisions: 0,
  mode_switches: 0,
  last_decision_id: null,
  last_decision_at: null,
  interval_ms: maxDecisionIntervalMs,
  pending_cause: null,
};

export class ControlState {
  #memory = initialControl;

  restore(state: StateReader): void {
    this.#memory = { ...initialControl, ...readMemory(state, 'control') };
  }

  get memory(): ControlMemory {
    return this.#memory;
  }

  /** Takes changes in without writing them: a decision must follow in the same turn, and writes what it was made under. */
  change(changes: Partial<ControlMemory>): void {
    this.#memory = { ...this.#memory, ...changes };
  }

  /** Takes changes in and writes the row. */
  keep(turn: Turn, changes: Partial<ControlMemory>): void {
    this.change(changes);
    writeMemory(turn, 'control', this.#memory);
  }
}
