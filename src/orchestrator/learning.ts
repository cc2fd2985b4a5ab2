// Learn: decaying counts of what succeeded, by mode and kind, and what they say of a coming decision.
// It must never count anything as a success whose promised effect was not observed.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { Decision } from '../shared/domain/decision.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import { type Task, type TaskKind, taskKinds } from '../shared/domain/task.ts';
import {
  type Count,
  forgetMemory,
  type LearningMemory,
  readMemory,
  type TallyMemory,
  writeMemory,
} from './memory-rows.ts';
import { rounded } from './numbers.ts';

/** Each new trial weighs 1 and fades by this factor with every later one: about the last 50 count. */
const forgetting = 0.98;
/** Decisions that may wait for their tasks; the oldest beyond this are scored as they stand. */
const maxOpenDecisions = 32;

export class Learning {
  #counts: LearningMemory = { kinds: {}, decisions: {} };
  readonly #open = new Map<string, Decision>();
  readonly #tallies = new Map<string, TallyMemory>();

  restore(state: StateReader): void {
    this.#counts = readMemory(state, 'learning') ?? { kinds: {}, decisions: {} };
    this.#open.clear();
    this.#tallies.clear();
    for (const [id, decision] of state.all('decisions')) {
      this.#open.set(id, decision);
      const tally = readMemory(state, `tally/${id}`);
      if (tally !== undefined) this.#tallies.set(id, tally);
    }
  }

  /** Share of successes of a kind in a mode, with a prior of one success in two; null before any trial. */
  successRate(mode: MarketMode, kind: TaskKind): number | null {
    const count = this.#counts.kinds[mode]?.[kind];
    return count === undefined ? null : laplace(count);
  }

  /** Probability that all these kinds succeed in this mode, as far as counts can tell. */
  jointSuccess(mode: MarketMode, kinds: readonly TaskKind[]): number {
    return kinds.reduce((product, kind) => product * laplace(this.#counts.kinds[mode]?.[kind] ?? [0, 0]), 1);
  }

  /** Share of scored decisions of a mode that were successful; null before any. */
  decisionRate(mode: MarketMode): number | null {
    const count = this.#counts.decisions[mode];
    return count === undefined ? null : laplace(count);
  }

  /** Keeps a decision until its tasks are done; returns those that had to be given up to keep the list bounded. */
  follow(turn: Turn, decision: Decision): Decision[] {
    this.#open.set(decision.id, decision);
    if (this.#open.size <= maxOpenDecisions) return [];
    const [oldest] = [...this.#open.values()].sort((left, right) => left.at - right.at);
    return oldest === undefined ? [] : [this.#score(turn, oldest, this.#tallies.get(oldest.id) ?? {})];
  }

  /** Takes a closed task into account; returns its decision, scored, when this was the last one awaited. */
  taskClosed(turn: Turn, task: Task, mode: MarketMode): Decision | undefined {
    const succeeded = task.state === 'succeeded';
    const observed = succeeded && task.result?.effect_observed === true;
    const result = { ran: task.state !== 'skipped', succeeded, observed };
    const decision = this.#open.get(task.decision_id);
    if (decision === undefined || !decision.task_ids.includes(task.id)) {
      if (!result.ran) return undefined;
      this.#countKind(mode, task.kind, observed);
      writeMemory(turn, 'learning', this.#counts);
      return undefined;
    }
    const tally = { ...this.#tallies.get(decision.id), [task.kind]: result };
    if (Object.keys(tally).length === decision.task_ids.length) return this.#score(turn, decision, tally);
    this.#tallies.set(decision.id, tally);
    writeMemory(turn, `tally/${decision.id}`, tally);
    return undefined;
  }

  #score(turn: Turn, decision: Decision, tally: TallyMemory): Decision {
    this.#open.delete(decision.id);
    if (this.#tallies.delete(decision.id)) forgetMemory(turn, `tally/${decision.id}`);
    const expected = decision.task_ids.length;
    const kinds = taskKinds.filter((kind) => tally[kind] !== undefined);
    for (const kind of kinds)
      if (tally[kind]?.ran) this.#countKind(decision.mode, kind, tally[kind].observed);
    const succeeded = kinds.filter((kind) => tally[kind]?.succeeded).length;
    const observed = kinds.filter((kind) => tally[kind]?.observed).length;
    const successful = observed === expected;
    const decisions = { ...this.#counts.decisions };
    decisions[decision.mode] = counted(decisions[decision.mode], successful);
    this.#counts = { ...this.#counts, decisions };
    writeMemory(turn, 'learning', this.#counts);
    const unseen = succeeded - observed;
    return {
      ...decision,
      outcome: {
        scored_at: turn.now,
        successful,
        tasks_succeeded: succeeded,
        tasks_failed: expected - succeeded,
        detail: `${succeeded} of ${expected} tasks finished${unseen > 0 ? `, ${unseen} without the promised effect` : ''}`,
      },
      open: false,
    };
  }

  #countKind(mode: MarketMode, kind: TaskKind, success: boolean): void {
    const ofMode = this.#counts.kinds[mode];
    const next = { ...ofMode, [kind]: counted(ofMode?.[kind], success) };
    this.#counts = { ...this.#counts, kinds: { ...this.#counts.kinds, [mode]: next } };
  }
}

/** A decision that promised no task is closed with its record: nothing was executed, so it is no success. */
export function nothingPromised(decision: Decision): Decision {
  return {
    ...decision,
    outcome: {
      scored_at: decision.at,
      successful: false,
      tasks_succeeded: 0,
      tasks_failed: 0,
      detail: 'no task promised',
    },
    open: false,
  };
}

function counted(count: Count | undefined, success: boolean): Count {
  const [successes, trials] = count ?? [0, 0];
  return [rounded(successes * forgetting + (success ? 1 : 0)), rounded(trials * forgetting + 1)];
}

/** Laplace's rule of succession: (successes + 1) / (trials + 2). */
function laplace([successes, trials]: Count): number {
  return (successes + 1) / (trials + 2);
}
