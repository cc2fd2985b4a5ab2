// A strategy that trades all the time, so that a process killed at random dies in the middle of orders.
import { aboveMean, busyStrategy } from '../../src/runtime/chaos/busy-strategy.ts';
import { minuteMs } from '../../src/shared/domain/time.ts';

export const strategy = busyStrategy({
  name: 'busy',
  purpose: 'tests of recovery',
  warmUpCandles: 30,
  holdMs: 6 * minuteMs,
  rising: aboveMean,
});
