// The floor: the hard guarantee that no admissible kind starves. It uses last starts and the clock only,
// and must never ask the policy.
import { type TaskKind, taskKinds } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { Schedule } from './schedule.ts';
import { type FamilyName, familyMembers, floorLeadMs, taskCatalogue } from './task-catalogue.ts';

const families = Object.keys(familyMembers) as FamilyName[];

/** What the floor must know of the tasks that exist. */
export interface TaskView {
  /** True while a first attempt waits to start; it will serve the floor itself. */
  waiting(kind: TaskKind): boolean;
  /** True while an attempt is under way. */
  running(kind: TaskKind): boolean;
}

/** Latest start that serves the kind's own limit and its family's. */
export function latestServingStart(schedule: Schedule, kind: TaskKind): EpochMs | undefined {
  const own = schedule.latestStart(kind);
  const { family } = taskCatalogue[kind];
  const shared = family === null ? undefined : schedule.latestFamilyStart(family);
  if (own === undefined || shared === undefined) return own;
  return Math.min(own, shared);
}

/** Kinds that must be queued now lest a limit be broken. */
export function floorDueKinds(schedule: Schedule, tasks: TaskView, now: EpochMs): TaskKind[] {
  const due = taskKinds.filter(
    (kind) =>
      isDue(schedule.latestStart(kind), kind, now) &&
      !tasks.waiting(kind) &&
      !tasks.running(kind) &&
      schedule.notBefore(kind) <= now,
  );
  for (const family of families) {
    const members = familyMembers[family];
    const latest = schedule.latestFamilyStart(family);
    const chosen = members.find(
      (kind) =>
        schedule.isAdmissible(kind) &&
        isDue(latest, kind, now) &&
        !tasks.running(kind) &&
        schedule.notBefore(kind) <= now,
    );
    if (chosen === undefined) continue;
    if (!members.some((kind) => tasks.waiting(kind) || due.includes(kind))) due.push(chosen);
  }
  return due;
}

/** True when a waiting kind goes before everything that is not itself due. */
export function isFloorDue(schedule: Schedule, kind: TaskKind, now: EpochMs): boolean {
  return isDue(latestServingStart(schedule, kind), kind, now);
}

/** When the floor will next ask for a kind that does not wait already; undefined when it will not. */
export function nextFloorAt(schedule: Schedule, tasks: TaskView, now: EpochMs): EpochMs | undefined {
  let next: EpochMs | undefined;
  const consider = (latest: EpochMs | undefined, kind: TaskKind) => {
    if (latest === undefined) return;
    const at = latest - floorLeadMs[kind];
    if (at > now && (next === undefined || at < next)) next = at;
  };
  for (const kind of taskKinds) if (!tasks.waiting(kind)) consider(schedule.latestStart(kind), kind);
  for (const family of families)
    for (const kind of familyMembers[family])
      if (schedule.isAdmissible(kind)) consider(schedule.latestFamilyStart(family), kind);
  return next;
}

function isDue(latest: EpochMs | undefined, kind: TaskKind, now: EpochMs): boolean {
  return latest !== undefined && now >= latest - floorLeadMs[kind];
}
