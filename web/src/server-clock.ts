// The server's time as the page knows it between two readings. A hurried market's clock runs faster than ours, so the
// pace is learned from the readings and not taken to be one.
import type { ServerClock } from './store.ts';

/** Readings closer than this say little about the pace: an answer may take that long. */
const minPaceMs = 2_000;
/** A pace this near to one is ours, and the rest is the way of the answer. */
const paceTolerance = 0.1;
const maxPace = 100_000;

/** Server time, epoch ms, when our own clock says `now`. */
export function serverTime({ at, heardAt, pace }: ServerClock, now: number): number {
  return Math.round(at + (now - heardAt) * pace);
}

/** The clock after a reading `at` of the server, heard when our own clock said `now`. */
export function followServer(clock: ServerClock, at: number, now: number): ServerClock {
  const elapsed = now - clock.heardAt;
  // Nothing was heard yet: our own clock has counted.
  if (clock.heardAt === 0) return { at, heardAt: now, pace: 1 };
  if (elapsed < minPaceMs) return { at, heardAt: now, pace: clock.pace };
  const pace = (at - clock.at) / elapsed;
  const ours = Math.abs(pace - 1) <= paceTolerance || !(pace > 0 && pace <= maxPace);
  return { at, heardAt: now, pace: ours ? 1 : pace };
}
