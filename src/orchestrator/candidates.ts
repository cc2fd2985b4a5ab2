// Consult: weighs every kind of the catalogue and says of each why it is chosen or not.
// It must never choose what is not admissible, and always chooses what the floor asks for.
import type { DecisionCandidate } from '../shared/domain/decision.ts';
import type { AssetClass } from '../shared/domain/instrument.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import type { ModelAdvice } from '../shared/domain/model.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import { type Admission, classesOf, inadmissibleReason } from './admission.ts';
import { floorDueKinds } from './floor.ts';
import type { Insight } from './learning/insight.ts';
import type { LookDesk } from './looks/look-desk.ts';
import { looksOf, scanKinds } from './looks/look-limits.ts';
import { durationText, rounded } from './numbers.ts';
import type { Policy } from './policy.ts';
import type { Schedule } from './schedule.ts';
import type { Snapshot } from './snapshot.ts';
import { taskCatalogue } from './task-catalogue.ts';
import type { TaskManager } from './task-manager.ts';

/** Added to the score of a kind that the floor or an operator asks for; above anything the policy gives. */
const floorTerm = 10;

export interface Consultation {
  readonly snapshot: Snapshot;
  readonly mode: MarketMode;
  readonly admission: Admission;
  readonly policy: Policy;
  readonly schedule: Schedule;
  readonly tasks: TaskManager;
  readonly insight: Insight;
  /** A model's advice in force; it scales priorities, never floors, safety kinds or admission. */
  readonly advice: ModelAdvice | undefined;
  readonly looks: LookDesk;
  /** True in the first minutes of a first start, while prices are still to come. */
  readonly waitForPrices: boolean;
  /** Kind that an operator asks for; it runs whatever its score, but not against a limit. */
  readonly requested: TaskKind | null;
}

/** All kinds in catalogue order, each with score, terms, and the reason for its fate. */
export function weighCandidates(consultation: Consultation): DecisionCandidate[] {
  const { snapshot, schedule, tasks, policy } = consultation;
  const floorDue = new Set(floorDueKinds(schedule, tasks, snapshot.now));
  for (const kind of lookFloorKinds(consultation, floorDue)) floorDue.add(kind);
  const weighed = schedule.served.map((kind) => weigh(kind, consultation, floorDue.has(kind)));
  const best = new Map<AssetClass, Weighed>();
  for (const candidate of weighed) {
    const assetClass = looksOf(candidate.kind);
    if (assetClass === undefined || !candidate.due) continue;
    const rival = best.get(assetClass);
    if (rival === undefined || isBetter(candidate, rival, schedule)) best.set(assetClass, candidate);
  }
  for (const candidate of weighed) {
    if (!candidate.due) continue;
    const { kind, score } = candidate;
    const assetClass = looksOf(kind);
    const rival = assetClass === undefined ? undefined : best.get(assetClass);
    if (floorDue.has(kind) || kind === consultation.requested) candidate.chosen = true;
    else if (score < policy.threshold) candidate.reason = `score ${score} is below ${policy.threshold}`;
    else if (rival !== undefined && rival.kind !== kind)
      candidate.reason = `${rival.kind} is the better look: ${rival.score} against ${score}`;
    else {
      candidate.chosen = true;
      candidate.reason = `score ${score} reaches ${policy.threshold}`;
    }
  }
  return weighed;
}

/** Kinds that must run because a symbol's own maximum interval is nearly over: the cheapest that may, for each class. */
function lookFloorKinds(consultation: Consultation, already: ReadonlySet<TaskKind>): TaskKind[] {
  const { snapshot, mode, looks, tasks } = consultation;
  return classesOf(mode).flatMap((assetClass) => {
    const kinds = scanKinds(assetClass);
    const [any] = kinds;
    if (any === undefined || looks.wish(any, snapshot.now)?.floor !== true) return [];
    if (kinds.some((kind) => already.has(kind) || tasks.waiting(kind))) return [];
    return kinds.filter((kind) => obstacleOf(kind, consultation, false) === undefined).slice(0, 1);
  });
}

/** Of two intensities of one look the higher score; at equal scores the one that has waited longer. */
function isBetter(candidate: Weighed, rival: Weighed, schedule: Schedule): boolean {
  if (candidate.score !== rival.score) return candidate.score > rival.score;
  return (schedule.of(candidate.kind).last_start ?? 0) < (schedule.of(rival.kind).last_start ?? 0);
}

/** A candidate whose fate is still to be said. */
type Weighed = { -readonly [Field in keyof DecisionCandidate]: DecisionCandidate[Field] };

function weigh(kind: TaskKind, consultation: Consultation, floor: boolean): Weighed {
  const { snapshot, policy, schedule, insight } = consultation;
  const asked = floor || kind === consultation.requested;
  const obstacle =
    obstacleOf(kind, consultation, floor) ?? (asked ? undefined : unmeasuredReason(kind, consultation));
  if (obstacle !== undefined)
    return { kind, score: 0, due: false, chosen: false, terms: {}, reason: obstacle };
  const lastLook = schedule.lastLook(kind);
  const terms = policy.terms({
    kind,
    snapshot,
    ageMs: lastLook === null ? null : snapshot.now - lastLook,
    worth: consultation.looks.wish(kind, snapshot.now)?.worth ?? null,
    learned: insight.termsOf(kind),
  });
  let score = sumOf(terms);
  const scale = taskCatalogue[kind].safety ? 1 : (consultation.advice?.scales[kind] ?? 1);
  if (scale !== 1 && score > 0) score += terms.advice = rounded(score * (scale - 1));
  if (floor) score += terms.floor = floorTerm;
  else if (kind === consultation.requested) score += terms.operator = floorTerm;
  const reason = floor
    ? 'floor: its maximum interval is nearly over'
    : kind === consultation.requested
      ? 'asked for by an operator'
      : '';
  return { kind, score: rounded(score), due: true, chosen: false, terms, reason };
}

function sumOf(terms: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const name of Object.keys(terms)) sum += terms[name] ?? 0;
  return sum;
}

/** Why a kind cannot be queued now, whatever its score. */
function obstacleOf(kind: TaskKind, consultation: Consultation, floor: boolean): string | undefined {
  const { snapshot, admission, schedule, tasks, looks } = consultation;
  const inadmissible = inadmissibleReason(kind, admission, snapshot.sessions);
  if (inadmissible !== undefined || floor) return inadmissible;
  const open = tasks.openTask(kind);
  if (open !== undefined) {
    if (open.state === 'running') return 'already running';
    return open.attempts === 0 ? 'already waiting for its locks' : 'waiting to be repeated';
  }
  const notBefore = schedule.notBefore(kind);
  if (notBefore > snapshot.now) {
    const { minIntervalMs } = taskCatalogue[kind];
    const gone = minIntervalMs - (notBefore - snapshot.now);
    return `min interval not over: ${durationText(gone)} of ${durationText(minIntervalMs)}`;
  }
  const wish = looks.wish(kind, snapshot.now);
  if (wish === undefined || wish.count > 0 || kind === consultation.requested) return undefined;
  if (wish.best === null) return 'no symbol may be looked at yet, by interval or budget';
  return `no symbol is worth its price yet: the best, ${wish.best}, ${rounded(wish.worth, 2)} of it`;
}

/**
 * Before any price has come there is nothing to look at. Only the floor asks then; a scan is tried all the same once the
 * system has run for a while without being told.
 */
function unmeasuredReason(
  kind: TaskKind,
  { mode, snapshot, waitForPrices }: Consultation,
): string | undefined {
  const admitted = taskCatalogue[kind].classes.filter((assetClass) => classesOf(mode).includes(assetClass));
  if (admitted.length === 0 || admitted.some((name) => snapshot.measured.includes(name))) return undefined;
  if (looksOf(kind) !== undefined && !waitForPrices) return undefined;
  return `${admitted.join(' and ')} not measured yet: nothing could be seen`;
}
