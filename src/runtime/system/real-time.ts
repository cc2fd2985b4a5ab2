// The time of a run that lives in real time: one for all its clocks, never behind what was committed before.
// It must never hide that the machine's clock was set back: how far the house is ahead of it can always be asked.
import { SystemClock } from '../../adapters/clock/system/system-clock.ts';
import { SteadyTime } from '../../shared/domain/steady-time.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import { waitedOutMs } from './start-guards.ts';

export interface RealTime {
  /** A clock with a wake-up of its own; all agree on the time. */
  readonly clock: () => SystemClock;
  /** How far the time of the house is ahead of the machine's clock, milliseconds; 0 while they agree. */
  readonly aheadMs: () => number;
}

/** `lastAt`: where an earlier run of the same data ended; a start that lies too far before it is refused elsewhere. */
export function realTime(lastAt: Promise<EpochMs>, wallNow: () => EpochMs = Date.now): RealTime {
  const steady = new SteadyTime();
  const clock = () => new SystemClock(steady);
  lastAt.then(
    (at) => {
      // Without this an earlier run's alarms would wait until the clock has caught up with them.
      if (at - wallNow() <= waitedOutMs) steady.now(at, performance.now());
    },
    () => undefined,
  );
  return { clock, aheadMs: () => Math.max(0, steady.now(wallNow(), performance.now()) - wallNow()) };
}
