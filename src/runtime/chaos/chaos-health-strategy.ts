// The strategy of the runs in which health heals: it trades all the time, by the last candle's own direction.
import { minuteMs } from '../../shared/domain/time.ts';
import { busyStrategy } from './busy-strategy.ts';

export const chaosHealthStrategy = busyStrategy({
  name: 'chaos-health',
  purpose: 'tests of healing',
  warmUpCandles: 10,
  holdMs: 6 * minuteMs,
  rising: (view) => view.entry.close() >= view.entry.open(),
});
