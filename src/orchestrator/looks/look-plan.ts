// Joins a verdict's kinds with the symbols they look at, and says when to ask again. It must never choose a kind.
import type { DecisionCandidate } from '../../shared/domain/decision.ts';
import type { AssetClass } from '../../shared/domain/instrument.ts';
import { type LookRecord, maxLooksTold } from '../../shared/domain/look.ts';
import type { MarketMode } from '../../shared/domain/mode.ts';
import { type EpochMs, secondMs } from '../../shared/domain/time.ts';
import { classesOf } from '../admission.ts';
import type { Schedule } from '../schedule.ts';
import type { Snapshot } from '../snapshot.ts';
import { taskCatalogue } from '../task-catalogue.ts';
import type { TaskManager } from '../task-manager.ts';
import type { Demand, LookDesk } from './look-desk.ts';
import { looksOf, scanKinds } from './look-limits.ts';

/** Looks put in words in a decision's reasoning. */
const looksInReasoning = 3;
/** Answers that make another look worth while are followed up no sooner than this. */
const followUpMs = 15 * secondMs;

export interface PlannedTask {
  readonly candidate: DecisionCandidate;
  readonly looks: readonly LookRecord[];
}

/** Chooses and pays for the symbols of the chosen kinds; a kind that finds none to pay for is left out. */
export function planTasks(
  chosen: readonly DecisionCandidate[],
  desk: LookDesk,
  mode: MarketMode,
  now: EpochMs,
): PlannedTask[] {
  return chosen.flatMap((candidate) => {
    const { kind, terms } = candidate;
    if (taskCatalogue[kind].classes.length === 0) return [{ candidate, looks: [] }];
    const own: Demand = looksOf(kind) === undefined || terms.operator !== undefined ? 'all' : 'worth';
    const looks = desk.plan(kind, mode, now, terms.floor === undefined ? own : 'must');
    return looks.length === 0 ? [] : [{ candidate, looks }];
  });
}

/** The candidates with what became of those that were chosen but found nothing to look at. */
export function withoutEmpty(
  candidates: readonly DecisionCandidate[],
  planned: readonly PlannedTask[],
): readonly DecisionCandidate[] {
  return candidates.map((candidate) =>
    !candidate.chosen || planned.some((task) => task.candidate === candidate)
      ? candidate
      : { ...candidate, chosen: false, reason: 'no symbol could be looked at, by interval or budget' },
  );
}

/** Looks as the decision records them. */
export function looksTold(planned: readonly PlannedTask[]): LookRecord[] {
  return planned.flatMap((task) => task.looks).slice(0, maxLooksTold);
}

/** A sentence with the reasons of the first looks; empty when there are none. */
export function looksText(planned: readonly PlannedTask[]): string {
  const looks = planned.flatMap((task) => task.looks);
  if (looks.length === 0) return '';
  const more = looks.length - looksInReasoning;
  const told = looks.slice(0, looksInReasoning).map((look) => look.text);
  return ` Looks: ${told.join('. ')}${more > 0 ? `. And ${more} more` : ''}.`;
}

/** Classes that could be looked at now: admitted, measured, no scan of theirs under way, and a kind that may start. */
export function lookableClasses(
  schedule: Schedule,
  tasks: TaskManager,
  mode: MarketMode,
  snapshot: Pick<Snapshot, 'now' | 'measured'>,
): AssetClass[] {
  return classesOf(mode).filter((assetClass) => {
    const kinds = scanKinds(assetClass);
    return (
      snapshot.measured.includes(assetClass) &&
      kinds.every((kind) => tasks.openTask(kind) === undefined) &&
      kinds.some((kind) => schedule.isAdmissible(kind) && schedule.notBefore(kind) <= snapshot.now)
    );
  });
}

/**
 * True when some class has a look worth while and a kind that may take it now; otherwise the time at which to ask
 * again, undefined when no class is admitted.
 */
export function lookDue(
  desk: LookDesk,
  schedule: Schedule,
  tasks: TaskManager,
  mode: MarketMode,
  now: EpochMs,
  maySee: (assetClass: AssetClass) => boolean,
): true | EpochMs | undefined {
  let again = desk.nextAskAt(mode, now);
  for (const assetClass of classesOf(mode)) {
    const kinds = scanKinds(assetClass).filter(
      (kind) => schedule.isAdmissible(kind) && tasks.openTask(kind) === undefined,
    );
    const [any] = kinds;
    const wish = any === undefined ? undefined : desk.wish(any, now);
    // Before any price has come only floors are served: there is nothing to see.
    if (wish === undefined || wish.count === 0 || !(wish.floor || maySee(assetClass))) continue;
    const free = Math.min(...kinds.map((kind) => schedule.notBefore(kind)));
    if (free <= now) return true;
    again = Math.min(again ?? free, free);
  }
  return again;
}

/** When to ask after something has been answered: soon when that made a look worth while. */
export function followUpAt(due: true | EpochMs | undefined, now: EpochMs): EpochMs | undefined {
  return due === true ? now + followUpMs : due;
}
