// When to decide next: often while markets are busy, seldom while they are calm, always at a session's edge.

import type { MarketMode } from '../shared/domain/mode.ts';
import type { SessionCalendar } from '../shared/domain/sessions.ts';
import { type EpochMs, minuteMs, secondMs } from '../shared/domain/time.ts';
import { classesOf } from './admission.ts';
import type { Snapshot } from './snapshot.ts';

const minDecisionIntervalMs = minuteMs;
export const maxDecisionIntervalMs = 10 * minuteMs;
/** An event brings a decision forward, but not closer than this to the one before. */
export const earlyDecisionGapMs = 15 * secondMs;
/** Activity from which a market counts as lively. */
export const livelyActivity = 1.4;
/** Activity from which it is extreme: decided on every minute, and the mandate tightens. */
export const extremeActivity = 2.2;
export const calmActivity = 0.7;

export interface Cadence {
  readonly intervalMs: number;
  readonly reason: string;
}

/** Interval until the next decision, bounded by minDecisionIntervalMs and maxDecisionIntervalMs. */
export function decisionCadence(snapshot: Snapshot, mode: MarketMode): Cadence {
  if (snapshot.criticalIncidents > 0)
    return { intervalMs: 2 * minuteMs, reason: `${snapshot.criticalIncidents} critical incident(s)` };
  const classes = classesOf(mode);
  if (classes.length === 0) return { intervalMs: maxDecisionIntervalMs, reason: 'no market is admitted' };
  const known = classes.map((assetClass) => snapshot.views[assetClass].activity ?? 1);
  const activity = Math.max(...known);
  const slow = snapshot.systemLoad >= 0.8;
  const intervalMs = activityInterval(activity, snapshot.openPositions > 0) * (slow ? 2 : 1);
  const reason = `activity ${activity}${slow ? `, slowed by system load ${snapshot.systemLoad}` : ''}`;
  return { intervalMs: Math.min(maxDecisionIntervalMs, intervalMs), reason };
}

function activityInterval(activity: number, holding: boolean): number {
  if (activity >= extremeActivity) return minDecisionIntervalMs;
  if (activity >= livelyActivity) return 2 * minuteMs;
  return activity < calmActivity && !holding ? maxDecisionIntervalMs : 5 * minuteMs;
}

/** Time of the next decision: the interval, or the next session change if it comes first; without forex none matters. */
export function nextDecisionAt(
  now: EpochMs,
  intervalMs: number,
  calendar: SessionCalendar | undefined,
): EpochMs {
  const at = now + intervalMs;
  return calendar === undefined ? at : Math.min(at, calendar.nextChange(now));
}
