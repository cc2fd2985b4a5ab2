// Treats what is ill: one attempt at a time per target, with back-off, an attempt limit, verification and interlocks.
// It must never act where an interlock applies, and escalates to a person once instead of trying for ever.
import type { Turn } from '../kernel/agent.ts';
import type { HealAnswer } from '../shared/bus/catalogue.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { causeKey } from './cause-kinds.ts';
import type { HealLedger } from './heal-ledger.ts';
import { maxDetailLength, reflexPrefix } from './limits.ts';
import type { HealState } from './memory.ts';
import { playbooks } from './playbooks/all-playbooks.ts';
import { blockingInterlock } from './playbooks/interlocks.ts';
import type { HealContext, Patient, Playbook } from './playbooks/playbook.ts';

export class AutoHealer {
  readonly #ledger: HealLedger;

  constructor(ledger: HealLedger) {
    this.#ledger = ledger;
  }

  /** Follows the attempts under way and begins those that are due. */
  step(turn: Turn, context: HealContext): void {
    const busy = this.#ledger.busy ? this.#ledger.all() : [];
    for (const playbook of playbooks) {
      const patients = playbook.patients(context, false);
      for (const state of busy)
        if (state.playbook === playbook.name) this.#follow(state, playbook, patients, turn, context);
      for (const patient of patients) this.#treat(patient, playbook, turn, context);
    }
  }

  /** What a step came to. A step that could not be done fails at once; whether a done one helped is seen by itself. */
  answer({ heal_id, ok, detail, target }: HealAnswer, turn: Turn): void {
    const state = this.#ledger.all().find((one) => one.record_id === heal_id && one.phase === 'verifying');
    if (state === undefined) {
      if (heal_id.startsWith(reflexPrefix)) this.#ledger.reflex(heal_id, target, detail, turn);
      return;
    }
    const told = detail.slice(0, maxDetailLength);
    this.#ledger.set({ ...state, told, ...(ok ? {} : { next_at: turn.now }) }, turn);
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
      if (this.#isOver(state, patients, context)) this.#end(state, playbook, turn, context);
      return;
    }
    if (playbook.healed(target, context)) {
      this.#succeed(state, playbook, turn, context);
      return;
    }
    const hopeless = playbook.hopeless?.(context) !== undefined;
    if (!hopeless && (state.next_at === null || state.next_at > turn.now)) return;
    const after = this.#ledger.finish(state, 'failed', resultOf(state, playbook, context), turn);
    if (hopeless || state.attempt >= playbook.attemptLimit(context))
      this.#giveUp(after, playbook, turn, context);
    else
      this.#ledger.set(
        { ...after, phase: 'waiting', next_at: turn.now + playbook.backoffMs(state.attempt) },
        turn,
      );
  }

  #succeed(state: HealState, playbook: Playbook, turn: Turn, context: HealContext): void {
    const after = this.#ledger.finish(state, 'verified', resultOf(state, playbook, context), turn);
    const next_at = turn.now + playbook.backoffMs(state.attempt);
    this.#ledger.set(
      playbook.repeats ? { ...after, phase: 'waiting', next_at } : { ...after, phase: 'done', next_at: null },
      turn,
    );
    playbook.afterwards?.(state.target, state, turn, context);
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
      if (known.attempt >= playbook.attemptLimit(context)) this.#giveUp(known, playbook, turn, context);
      else {
        const next = { ...fresh(playbook, patient, turn, context), attempt: known.attempt + 1 };
        this.#attempt(next, playbook, turn, context);
      }
    }
  }

  #attempt(state: HealState, playbook: Playbook, turn: Turn, context: HealContext): void {
    const { target } = state;
    if (playbook.healed(target, context)) {
      if (playbook.recordsWhenHealed === true)
        this.#succeed(this.#ledger.begin(state, turn), playbook, turn, context);
      else this.#ledger.set({ ...state, phase: 'done', next_at: null }, turn);
      return;
    }
    const lock = blockingInterlock(playbook.name, target, context);
    if (lock !== undefined) {
      if (this.#ledger.get(playbook.name, target)?.phase === 'refused') return;
      this.#ledger.set({ ...state, phase: 'refused', next_at: null }, turn);
      this.#ledger.note(state, 'refused', `${lock.id}: ${lock.reason}`, turn);
      return;
    }
    if (playbook.attemptLimit(context) < state.attempt) {
      this.#giveUp(state, playbook, turn, context);
      return;
    }
    const next_at = turn.now + playbook.verifyMs(state.attempt, context);
    const begun = this.#ledger.begin({ ...state, phase: 'verifying', next_at }, turn);
    playbook.act(target, state.attempt, turn, context, begun.record_id ?? '');
  }

  #rehearse(state: HealState, playbook: Playbook, turn: Turn, context: HealContext): void {
    const lock = blockingInterlock(playbook.name, state.target, context);
    const after =
      lock === undefined ? `would ${playbook.deed}` : `would be refused by ${lock.id}: ${lock.reason}`;
    this.#ledger.note(state, 'dry_run', after, turn);
  }

  #giveUp(state: HealState, playbook: Playbook, turn: Turn, context: HealContext): void {
    this.#ledger.set({ ...state, phase: 'exhausted', next_at: null }, turn);
    const why = playbook.hopeless?.(context) ?? `${state.playbook} did not help in ${state.attempt} attempts`;
    const plea = playbook.plea?.(context);
    const reason = `${why}; a person is needed${plea === undefined ? '' : `: ${plea}`}`;
    context.book.escalate(state.cause, reason);
  }

  /** The trouble is over: what was only meant for its time is taken back, with a record of its own. */
  #end(state: HealState, playbook: Playbook, turn: Turn, context: HealContext): void {
    this.#ledger.drop(state, turn);
    const healId = turn.id('heal', state.playbook, state.target, 'undo', turn.now);
    const undone = playbook.undo?.(state.target, state.attempt, turn, context, healId) ?? [];
    if (undone.length === 0) return;
    this.#ledger.undone(state, healId, `took back: ${undone.join(', ')}`, turn);
  }

  /** The target is well again and the incidents it was treated for are over. */
  #isOver(state: HealState, patients: readonly Patient[], { book }: HealContext): boolean {
    if (patients.some((patient) => patient.target === state.target)) return false;
    const own = causeKey('source_stale', state.target);
    return [state.cause, own].every((cause) => !book.isActive(cause) && !book.isOpen(cause));
  }
}

function resultOf(state: HealState, playbook: Playbook, context: HealContext): string {
  const seen = playbook.describe(state.target, context);
  return state.told === undefined ? seen : `${state.told}; now: ${seen}`;
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
