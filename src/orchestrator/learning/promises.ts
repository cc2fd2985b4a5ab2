// What each open decision promised and what hindsight says of it: tasks whose effect was seen, opportunities that were
// there, found or missed, what became of its signals, and what it paid. It must never take an answer for an effect.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import type { AssetClass } from '../../shared/domain/instrument.ts';
import type { Task, TaskKind } from '../../shared/domain/task.ts';
import { type EpochMs, hourMs, minuteMs } from '../../shared/domain/time.ts';
import { forgetMemory, readMemory, writeMemory } from '../memory-rows.ts';
import { rounded } from '../numbers.ts';
import { taskCatalogue } from '../task-catalogue.ts';
import type { CalibrationInputs } from './calibration.ts';
import type { Situation } from './situation.ts';

/** Decisions that may wait for hindsight; the oldest beyond this are scored as they stand. */
const maxOpenDecisions = 512;
/** A find loses its worth by 1/e in this time: that of the looks' own definition. */
const freshMs = 30 * minuteMs;
/** What is worth less than this when it could have been looked at was not worth looking for. */
export const materialWorth = 0.37;
const maxSignals = 32;
/** A signal's own horizon, and then so long for the analyst to score it. */
const signalGraceMs = 70 * minuteMs;
const maxSignalWaitMs = 24 * hourMs;

/** An opportunity that a look brought to light. */
export interface Find {
  readonly assetClass: AssetClass;
  readonly symbol: string;
  /** When it could first be seen. */
  readonly at: EpochMs;
  /** 1 to 3: the size of the move over the threshold. */
  readonly value: number;
}

export type KindState = 'open' | 'observed' | 'unseen' | 'failed' | 'skipped';

interface KindAccount {
  readonly state: KindState;
  readonly right: number;
  readonly wrong: number;
}

export interface ClassAccount {
  readonly looks: number;
  /** Price of the looks, in find values. */
  readonly paid: number;
  readonly found: number;
  readonly found_value: number;
  readonly missed: number;
  readonly missed_value: number;
}

export interface PromiseRow {
  readonly at: EpochMs;
  readonly situation: Situation;
  readonly inputs: CalibrationInputs;
  /** Hindsight is complete from then on. */
  readonly due_at: EpochMs;
  readonly kinds: Readonly<Partial<Record<TaskKind, KindAccount>>>;
  /** Classes at which it could have looked. */
  readonly classes: Readonly<Partial<Record<AssetClass, ClassAccount>>>;
  /** Signals without an outcome: until when one is awaited, and the kind that gave them. */
  readonly waiting: Readonly<Record<string, readonly [EpochMs, TaskKind]>>;
  readonly signals: number;
  readonly unknown: number;
}

export const emptyAccount: ClassAccount = {
  looks: 0,
  paid: 0,
  found: 0,
  found_value: 0,
  missed: 0,
  missed_value: 0,
};

/** What is left of a find's worth after this time. */
export function freshWorth(value: number, ageMs: number): number {
  return value * Math.exp(-Math.max(0, ageMs) / freshMs);
}

export class Promises {
  readonly #decisions = new Map<string, Decision>();
  readonly #rows = new Map<string, PromiseRow>();
  readonly #unsaved = new Set<string>();

  restore(state: StateReader): void {
    this.#decisions.clear();
    this.#rows.clear();
    this.#unsaved.clear();
    for (const [id, decision] of state.all('decisions')) {
      const row = readMemory(state, `promise/${id}`) as PromiseRow | undefined;
      this.#decisions.set(id, decision);
      if (row !== undefined) this.#rows.set(id, row);
    }
  }

  get size(): number {
    return this.#decisions.size;
  }

  row(decisionId: string): PromiseRow | undefined {
    return this.#rows.get(decisionId);
  }

  open(decision: Decision, row: PromiseRow): void {
    this.#decisions.set(decision.id, decision);
    this.#keep(decision.id, row);
  }

  /** Decision that promised this task, with its promise; undefined for work that no open decision chose. */
  of(task: Task): PromiseRow | undefined {
    const promised = this.#decisions.get(task.decision_id)?.task_ids.includes(task.id);
    return promised === true ? this.#rows.get(task.decision_id) : undefined;
  }

  taskClosed(task: Task, state: KindState): void {
    const row = this.of(task);
    if (row === undefined) return;
    const account = row.kinds[task.kind] ?? { right: 0, wrong: 0 };
    this.#keep(task.decision_id, { ...row, kinds: { ...row.kinds, [task.kind]: { ...account, state } } });
  }

  /** A look of this decision showed something; every earlier decision that could have looked then missed it. */
  found(find: Find, decisionId: string, now: EpochMs): void {
    const finder = this.#rows.get(decisionId);
    const decidedAt = finder?.at ?? now;
    if (finder !== undefined) {
      const worth = freshWorth(find.value, now - find.at);
      this.#addTo(decisionId, finder, find.assetClass, { found: 1, found_value: worth });
    }
    for (const [id, row] of this.#rows) {
      if (row.at < find.at || row.at >= decidedAt || row.classes[find.assetClass] === undefined) continue;
      const worth = freshWorth(find.value, row.at - find.at);
      this.#addTo(id, row, find.assetClass, { missed: 1, missed_value: worth });
    }
  }

  #addTo(id: string, row: PromiseRow, assetClass: AssetClass, more: Partial<ClassAccount>): void {
    const account = row.classes[assetClass] ?? emptyAccount;
    const sum = (name: keyof ClassAccount) => rounded(account[name] + (more[name] ?? 0), 4);
    this.#keep(id, {
      ...row,
      classes: {
        ...row.classes,
        [assetClass]: {
          ...account,
          found: sum('found'),
          found_value: sum('found_value'),
          missed: sum('missed'),
          missed_value: sum('missed_value'),
        },
      },
    });
  }

  /** A signal of one of its tasks: its outcome belongs to the decision. */
  signalGiven(signalId: string, taskId: string, horizonMs: number, now: EpochMs): void {
    const id = [...this.#decisions.values()].find((one) => one.task_ids.includes(taskId))?.id;
    const row = id === undefined ? undefined : this.#rows.get(id);
    const decision = id === undefined ? undefined : this.#decisions.get(id);
    if (id === undefined || row === undefined || decision === undefined) return;
    const kind = kindOfTask(decision, taskId);
    if (kind === undefined || Object.keys(row.waiting).length >= maxSignals) return;
    const until = now + Math.min(maxSignalWaitMs, Math.max(0, horizonMs) + signalGraceMs);
    this.#keep(id, {
      ...row,
      signals: row.signals + 1,
      waiting: { ...row.waiting, [signalId]: [until, kind] },
    });
  }

  /** Returns the promise and kind that gave the signal; undefined when nobody waits for it. */
  signalScored(
    signalId: string,
    outcome: 'right' | 'wrong' | 'unknown',
  ): { readonly row: PromiseRow; readonly kind: TaskKind } | undefined {
    for (const [id, row] of this.#rows) {
      const awaited = row.waiting[signalId];
      if (awaited === undefined) continue;
      const [, kind] = awaited;
      const { [signalId]: _, ...waiting } = row.waiting;
      const account = row.kinds[kind] ?? { state: 'open' as const, right: 0, wrong: 0 };
      const counted = outcome === 'unknown' ? account : { ...account, [outcome]: account[outcome] + 1 };
      this.#keep(id, {
        ...row,
        waiting,
        unknown: row.unknown + (outcome === 'unknown' ? 1 : 0),
        kinds: { ...row.kinds, [kind]: counted },
      });
      return { row, kind };
    }
    return undefined;
  }

  /** Decisions whose hindsight is complete at `now`, and those given up for the bound, oldest first; they are let go. */
  takeComplete(now: EpochMs): { readonly decision: Decision; readonly row: PromiseRow | undefined }[] {
    if (!this.#anyComplete(now)) return [];
    const waiting = [...this.#decisions.values()].sort(
      (left, right) => left.at - right.at || (left.id < right.id ? -1 : 1),
    );
    const surplus = waiting.length - maxOpenDecisions;
    const complete = waiting.filter((decision, index) => {
      const row = this.#rows.get(decision.id);
      return index < surplus || row === undefined || isComplete(row, now);
    });
    return complete.map((decision) => {
      const row = this.#rows.get(decision.id);
      this.#decisions.delete(decision.id);
      if (this.#rows.delete(decision.id)) this.#unsaved.add(decision.id);
      return { decision, row };
    });
  }

  #anyComplete(now: EpochMs): boolean {
    if (this.#decisions.size > maxOpenDecisions) return true;
    for (const id of this.#decisions.keys()) {
      const row = this.#rows.get(id);
      if (row === undefined || isComplete(row, now)) return true;
    }
    return false;
  }

  save(turn: Turn): void {
    // Sorted: after a restart the open ones are in another order.
    for (const id of [...this.#unsaved].sort()) {
      const row = this.#rows.get(id);
      if (row === undefined) forgetMemory(turn, `promise/${id}`);
      else writeMemory(turn, `promise/${id}`, row);
    }
    this.#unsaved.clear();
  }

  #keep(id: string, row: PromiseRow): void {
    this.#rows.set(id, row);
    this.#unsaved.add(id);
  }
}

function isComplete(row: PromiseRow, now: EpochMs): boolean {
  if (now < row.due_at || Object.values(row.kinds).some((account) => account.state === 'open')) return false;
  return Object.values(row.waiting).every(([until]) => until <= now);
}

/** The task ids of a decision are in the order of its chosen candidates. */
function kindOfTask(decision: Decision, taskId: string): TaskKind | undefined {
  const chosen = decision.candidates.filter((candidate) => candidate.chosen);
  return chosen[decision.task_ids.indexOf(taskId)]?.kind;
}

/** What a task's end means for its promise. */
export function stateOf(task: Task): KindState {
  if (task.state === 'skipped') return 'skipped';
  if (task.state !== 'succeeded') return 'failed';
  return task.result?.effect_observed === true ? 'observed' : 'unseen';
}

/** True for kinds that look at markets: what they find or miss is known only in hindsight. */
export function looksAtMarkets(kind: TaskKind): boolean {
  return taskCatalogue[kind].classes.length > 0;
}
