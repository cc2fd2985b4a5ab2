// In what situation a decision is made: the cells its outcome is counted in, and the vector that finds similar ones.
// Read from the snapshot alone; it must never know what was decided.
import type { MarketMode } from '../../shared/domain/mode.ts';
import { dayMs, hourMs } from '../../shared/domain/time.ts';
import { classesOf } from '../admission.ts';
import { clamp, rounded } from '../numbers.ts';
import { calmActivity, extremeActivity, livelyActivity } from '../scheduler.ts';
import { assetClasses, type Snapshot } from '../snapshot.ts';

/** By what success is counted, in the order in which it is shown. */
export const dimensions = ['mode', 'session', 'hour', 'regime', 'api', 'kind'] as const;

export interface Situation {
  readonly mode: MarketMode;
  /** `dimension/value`, such as `hour/14`; several sessions can be open at once. */
  readonly cells: readonly string[];
  /** Numbers of about the same size, by which the distance of two situations is measured. */
  readonly vector: readonly number[];
  /** What the values of the variants may depend on; the first is always 1. */
  readonly features: readonly number[];
}

export const vectorLength = 10;
/** Place of the hour's sine in the vector; its cosine comes next. */
export const hourAt = 2;
export const featureLength = 6;

export function situationOf(snapshot: Snapshot, mode: MarketMode): Situation {
  const activity = activityOf(snapshot, mode);
  const api = apiHealthOf(snapshot, mode);
  const hour = Math.floor((((snapshot.now % dayMs) + dayMs) % dayMs) / hourMs);
  const sessions: readonly string[] = snapshot.sessions.length === 0 ? ['none'] : snapshot.sessions;
  return {
    mode,
    cells: [
      `mode/${mode}`,
      ...sessions.map((session) => `session/${session}`),
      `hour/${String(hour).padStart(2, '0')}`,
      `regime/${regimeWord(activity)}`,
      `api/${healthWord(api)}`,
    ],
    vector: vectorOf(snapshot, hour, api),
    features: [
      1,
      logActivity(activity),
      rounded((api ?? 0.5) - 0.5, 2),
      rounded(clamp(snapshot.systemLoad, 0, 1), 2),
      snapshot.sessions.some((session) => session === 'london' || session === 'newyork') ? 1 : 0,
      rounded(clamp(snapshot.openPositions / 5, 0, 1), 2),
    ],
  };
}

/** Largest activity among the admitted classes (in standby: among all); null when none is measured. */
function activityOf({ views }: Snapshot, mode: MarketMode): number | null {
  const admitted = mode === 'standby' ? assetClasses : classesOf(mode);
  const known = admitted.flatMap((name) => views[name].activity ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

/** Worst of the admitted classes' best sources; null before any report. */
function apiHealthOf({ views }: Snapshot, mode: MarketMode): number | null {
  const admitted = mode === 'standby' ? assetClasses : classesOf(mode);
  const known = admitted.flatMap((name) => (views[name].inUniverse ? (views[name].sourceHealth ?? []) : []));
  return known.length === 0 ? null : Math.min(...known);
}

function regimeWord(activity: number | null): string {
  if (activity === null) return 'unknown';
  if (activity >= extremeActivity) return 'extreme';
  if (activity >= livelyActivity) return 'lively';
  return activity < calmActivity ? 'calm' : 'normal';
}

function healthWord(health: number | null): string {
  if (health === null) return 'unknown';
  if (health >= 0.9) return 'good';
  return health >= 0.5 ? 'fair' : 'poor';
}

/** -1 at a quarter of normal or less, 0 at normal, 1 at four times or more. */
function logActivity(activity: number | null): number {
  if (activity === null || !(activity > 0)) return 0;
  return rounded(clamp(Math.log2(activity) / 2, -1, 1), 2);
}

function vectorOf(snapshot: Snapshot, hour: number, api: number | null): number[] {
  const turn = (2 * Math.PI * hour) / 24;
  const weekend = snapshot.sessions.length === 0 ? 0.5 : 0;
  return [
    logActivity(snapshot.views.crypto.activity),
    logActivity(snapshot.views.forex.activity),
    rounded(0.5 * Math.sin(turn), 2),
    rounded(0.5 * Math.cos(turn), 2),
    weekend,
    rounded(api ?? 0.5, 2),
    rounded(clamp(snapshot.systemLoad, 0, 1), 2),
    rounded(clamp(snapshot.drawdownPct / 10, 0, 1), 2),
    rounded(clamp(snapshot.openPositions / 5, 0, 1), 2),
    rounded(clamp(snapshot.openIncidents / 3, 0, 1), 2),
  ];
}
