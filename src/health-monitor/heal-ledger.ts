// What is being healed and the record of every attempt. It writes rows and messages and decides nothing.
import type { Turn } from '../kernel/agent.ts';
import type { HealRecord } from '../shared/domain/incident.ts';
import { maxDetailLength } from './limits.ts';
import { type HealState, remember } from './memory.ts';

export class HealLedger {
  readonly #states = new Map<string, HealState>();

  restore(states: Iterable<HealState>): void {
    for (const state of states) this.#states.set(keyOf(state), state);
  }

  get busy(): boolean {
    return this.#states.size > 0;
  }

  get(playbook: HealState['playbook'], target: string): HealState | undefined {
    return this.#states.get(`${playbook}/${target}`);
  }

  /** By key, so that nothing depends on the order in which they began or were restored. */
  all(): HealState[] {
    return [...this.#states.values()].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  }

  set(state: HealState, turn: Turn): void {
    this.#states.set(keyOf(state), state);
    remember(turn, 'heal', keyOf(state), state);
  }

  drop(state: HealState, turn: Turn): void {
    this.#states.delete(keyOf(state));
    remember(turn, 'heal', keyOf(state), null);
  }

  /** Records that an attempt begins; the state then carries its record. */
  begin(state: HealState, turn: Turn): HealState {
    const record_id = turn.id('heal', state.playbook, state.target, state.attempt, turn.now);
    const begun: HealState = { ...state, record_id, started_at: turn.now };
    this.set(begun, turn);
    publish(recordOf(begun, record_id, 'started', null), turn);
    return begun;
  }

  /** Records how the attempt under way ended; returns the state without it. Nothing to record is fine. */
  finish(state: HealState, outcome: 'verified' | 'failed', after: string, turn: Turn): HealState {
    if (state.record_id !== null)
      publish({ ...recordOf(state, state.record_id, outcome, after), finished_at: turn.now }, turn);
    return { ...state, record_id: null };
  }

  /** Records what the process did by itself while commits hung and no agent could act. */
  reflex(id: string, target: string, told: string, turn: Turn): void {
    const record: HealRecord = {
      id: turn.id('heal', id),
      playbook: 'database_slow',
      target,
      incident_id: null,
      before: 'a commit hung, so that no agent could act',
      after: told.slice(0, maxDetailLength),
      outcome: 'verified',
      attempt: 1,
      at: turn.now,
      finished_at: turn.now,
    };
    publish(record, turn);
  }

  /** Records that something temporary was taken back. */
  undone(state: HealState, id: string, after: string, turn: Turn): void {
    const before = 'the trouble is over';
    publish(
      { ...recordOf({ ...state, before }, id, 'verified', after), at: turn.now, finished_at: turn.now },
      turn,
    );
  }

  /** Records something that was not done: refused by an interlock, or only said in a dry run. */
  note(state: HealState, outcome: 'refused' | 'dry_run', after: string, turn: Turn): void {
    const id = turn.id('heal', state.playbook, state.target, outcome, state.attempt, turn.now);
    publish({ ...recordOf(state, id, outcome, after), at: turn.now, finished_at: turn.now }, turn);
  }
}

function keyOf(state: HealState): string {
  return `${state.playbook}/${state.target}`;
}

function recordOf(
  state: HealState,
  id: string,
  outcome: HealRecord['outcome'],
  after: string | null,
): HealRecord {
  return {
    id,
    playbook: state.playbook,
    target: state.target,
    incident_id: state.incident_id,
    before: state.before.slice(0, maxDetailLength),
    after: after === null ? null : after.slice(0, maxDetailLength),
    outcome,
    attempt: state.attempt,
    at: state.started_at,
    finished_at: null,
  };
}

function publish(record: HealRecord, turn: Turn): void {
  turn.put('heals', record.id, record);
  turn.emit('health.heal', record);
}
