// Which timeframes are built from a feed, and which of them a strategy's wish lands on.
import { type Timeframe, timeframeMs } from '../shared/domain/candle.ts';

/** Timeframes built from each base, fastest first; the base itself comes first. */
export const timeframeLadders: Readonly<Record<Timeframe, readonly [Timeframe, ...Timeframe[]]>> = {
  '1m': ['1m', '5m', '15m', '1h'],
  '5m': ['5m', '15m', '1h', '4h'],
  '15m': ['15m', '1h', '4h', '1d'],
  '1h': ['1h', '4h', '1d'],
  '4h': ['4h', '1d'],
  '1d': ['1d'],
};

/** The wished timeframe, or the next slower one of the feed, or its slowest. */
export function nearestTimeframe(base: Timeframe, wished: Timeframe): Timeframe {
  const ladder = timeframeLadders[base];
  const rung = ladder.find((timeframe) => timeframeMs[timeframe] >= timeframeMs[wished]);
  return rung ?? ladder[ladder.length - 1] ?? base;
}

/** The next slower timeframe of the feed after any timeframe; its slowest at the top. */
export function slowerTimeframe(base: Timeframe, timeframe: Timeframe): Timeframe {
  const ladder = timeframeLadders[base];
  const rung = ladder.find((candidate) => timeframeMs[candidate] > timeframeMs[timeframe]);
  return rung ?? ladder[ladder.length - 1] ?? base;
}
