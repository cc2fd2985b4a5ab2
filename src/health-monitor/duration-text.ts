// Lengths of time in words. Pure functions.
import { minuteMs, secondMs } from '../shared/domain/time.ts';

/** Rough length of time for people, such as "4 min". */
export function durationText(ms: number): string {
  return ms < 2 * minuteMs ? `${Math.round(ms / secondMs)} s` : `${Math.round(ms / minuteMs)} min`;
}
