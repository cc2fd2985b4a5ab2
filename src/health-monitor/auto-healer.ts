// Treats what is ill: one attempt at a time per target, with back-off, an attempt limit, verification and interlocks.
// It must never act where an interlock applies, and escalates to a person once instead of trying for ever.
import type { Turn } from '../kernel/agent.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { causeKey } from './cause-kinds.ts';
import type { HealLedger } from './heal-ledger.ts';
import type { HealState } from './memory.ts';
import { blockingInterlock, type HealContext, type Patient, type Playbook } from './playbooks/playbook.ts';
import { restartSource } from './playbooks/restart-source.ts';
import { tightenTrading } from './playbooks/tighten-trading.ts';

const playbooks: readonly Playbook[] = [restartSource, tightenTrading];

export class AutoHealer {
  readonly #ledger: HealLedger;

  constructor(ledger: HealLedger) {
    this.#ledger = ledger;
  }

  /** Follows the attempts under way and begins those that are due. */
  step(turn: Turn, context: HealContext): void {
    for (const playbook of playbooks) {
      const patients = playbook.patients(context, false);
      for (const state of this.#ledger.all())
        if (state.playbook === playbook.name) this.#follow(state, playbook, patients, turn, context);
      for (const patient of patients) this.#treat(patient, playbook, turn, context);
    }
  }

  /** Runs every admissible playbook now, forgetting earlier attempts; returns how many things needed one. */
  force(turn: Turn, context: HealContext, dryRun: boolean): number {
    let count = 0;
    for (const playbook of playbooks) {
      for (const patient of playbook.patients(context, true)) {
        count++;
        const known = this.#ledger.get(playbook.name, patient.target);
        const state = fresh(playbook, patient, turn, context);
        if (dryRun) this.#rehearse(state, playbook, turn, context);
        else if (known?.phase !== 'verifying') this.#attempt(state, playbook, turn, context);
      }
    }
    return count;
  }

  nextDeadline(context: HealContext): EpochMs | undefined {
    const due: EpochMs[] = [];
    for (const { next_at: at } of this.#ledger.all()) if (at !== null && at > context.now) due.push(at);
    for (const playbook of playbooks) {
      const at = playbook.nextPatientAt(context);
      if (at !== undefined) due.push(at);
    }
    return due.length === 0 ? undefined : Math.min(...due);
  }

  #follow(
    state: HealState,
    playbook: Playbook,
    patients: readonly Patient[],
    turn: Turn,
    context: HealContext,
  ): void {
    const { target } = state;
    if (state.phase !== 'verifying') {
      if (this.#isOver(state, patients, context)) this.#ledger.drop(state, turn);
      return;
    }
    if (playbook.healed(target, context)) {
      const after = this.#ledger.finish(state, 'verified', playbook.describe(target, context), turn);
      const next_at = turn.now + playbook.backoffMs(state.attempt);
      this.#ledger.set(
        playbook.repeats
          ? { ...after, phase: 'waiting', next_at }
          : { ...after, phase: 'done', next_at: null },
        turn,
      );
      return;
    }
    if (state.next_at === null || state.next_at > turn.now) return;
    const after = this.#ledger.finish(state, 'failed', playbook.describe(target, context), turn);
    if (state.attempt >= playbook.attemptLimit) this.#giveUp(after, turn, context);
    else
      this.#ledger.set(
        { ...after, phase: 'waiting', next_at: turn.now + playbook.backoffMs(state.attempt) },
        turn,
      );
  }

  #treat(patient: Patient, playbook: Playbook, turn: Turn, context: HealContext): void {
    const known = this.#ledger.get(playbook.name, patient.target);
    if (known === undefined) {
      this.#attempt(fresh(playbook, patient, turn, context), playbook, turn, context);
      return;
    }
    const due = known.next_at === null || known.next_at <= turn.now;
    if (known.phase === 'refused') this.#attempt(known, playbook, turn, context);
    else if (known.phase === 'waiting' && due) {
      if (known.attempt >= playbook.attemptLimit) this.#giveUp(known, turn, context);
      else {
        const next = { ...fresh(playbook, patient, turn, context), attempt: known.attempt + 1 };
        this.#attempt(next, playbook, turn, context);
      }
    }
  }

  #attempt(state: HealState, playbook: Playbook, turn: Turn, context: HealContext): void {
    const { target } = state;
    if (playbook.healed(target, context)) {
      this.#ledger.set({ ...state, phase: 'done', next_at: null }, turn);
      return;
    }
    const lock = blockingInterlock(playbook.name, target, context);
    if (lock !== undefined) {
      if (this.#ledger.get(playbook.name, target)?.phase === 'refused') return;
      this.#ledger.set({ ...state, phase: 'refused', next_at: null }, turn);
      this.#ledger.note(state, 'refused', `${lock.id}: ${lock.reason}`, turn);
      return;
    }
    this.#ledger.begin({ ...state, phase: 'verifying', next_at: turn.now + playbook.verifyMs }, turn);
    playbook.act(target, state.attempt, turn, context);
  }

  #rehearse(state: HealState, playbook: Playbook, turn: Turn, context: HealContext): void {
    const lock = blockingInterlock(playbook.name, state.target, context);
    const after =
      lock === undefined ? `would ${playbook.deed}` : `would be refused by ${lock.id}: ${lock.reason}`;
    this.#ledger.note(state, 'dry_run', after, turn);
  }

  #giveUp(state: HealState, turn: Turn, context: HealContext): void {
    this.#ledger.set({ ...state, phase: 'exhausted', next_at: null }, turn);
    const reason = `${state.playbook} did not help in ${state.attempt} attempts; a person is needed`;
    context.book.escalate(state.cause, reason);
  }

  /** The target is well again and the incidents it was treated for are over. */
  #isOver(state: HealState, patients: readonly Patient[], { book }: HealContext): boolean {
    if (patients.some((patient) => patient.target === state.target)) return false;
    const own = causeKey('source_stale', state.target);
    return [state.cause, own].every((cause) => !book.isActive(cause) && !book.isOpen(cause));
  }
}

function fresh(playbook: Playbook, patient: Patient, turn: Turn, context: HealContext): HealState {
  return {
    playbook: playbook.name,
    target: patient.target,
    cause: patient.cause,
    phase: 'waiting',
    attempt: 1,
    next_at: null,
    started_at: turn.now,
    record_id: null,
    incident_id: context.book.get(patient.cause)?.incident?.id ?? null,
    before: playbook.describe(patient.target, context),
  };
}
