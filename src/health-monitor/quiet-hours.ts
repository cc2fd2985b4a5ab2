// Whether a moment lies in the quiet hours, and when they end. Pure functions.
import type { QuietHours } from '../shared/domain/alert.ts';
import { type EpochMs, minuteMs } from '../shared/domain/time.ts';
import { localMinutes } from '../shared/domain/time-zone.ts';

const minutesPerDay = 1_440;

export function isQuiet(quiet: QuietHours | undefined, now: EpochMs): boolean {
  if (quiet === undefined) return false;
  const minute = localMinutes(quiet.time_zone, now) % minutesPerDay;
  const { from_minute: from, to_minute: to } = quiet;
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

export function quietEnds(quiet: QuietHours | undefined, now: EpochMs): EpochMs {
  if (quiet === undefined) return now;
  const minute = localMinutes(quiet.time_zone, now) % minutesPerDay;
  const left = (quiet.to_minute - minute + minutesPerDay) % minutesPerDay;
  return now - (now % minuteMs) + left * minuteMs;
}
