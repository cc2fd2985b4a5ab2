// Judges candles of the past that a source answered with, as the gate judges those that it publishes.
// It must never repair a candle, nor hand on one that cannot be real.
import { type Candle, candleDefect, timeframeMs } from '../../../shared/domain/candle.ts';
import { SpikeGuard, spikeLimitsOf, spikeReason, wickReason } from './spike-guard.ts';

export interface RefusedCandle {
  readonly candle: Candle;
  readonly reason: string;
}

/** Candles of one symbol, oldest first; a suspect at the end stays out, because nothing there speaks for it. */
export function judgeHistory(candles: readonly Candle[]): {
  readonly kept: readonly Candle[];
  readonly refused: readonly RefusedCandle[];
} {
  const [first] = candles;
  if (first === undefined) return { kept: candles, refused: [] };
  const guard = new SpikeGuard(spikeLimitsOf(first.symbol), timeframeMs[first.timeframe]);
  const kept: Candle[] = [];
  const refused: RefusedCandle[] = [];
  let waiting: Candle[] = [];
  let last = 0;
  for (const candle of candles) {
    const { openTime, open, high, low, close } = candle;
    const fault =
      candleDefect(candle) ??
      (openTime === last ? 'duplicate candle' : openTime < last ? 'time runs backwards' : undefined);
    const verdict = fault === undefined ? guard.judge(openTime, open, high, low, close) : undefined;
    if (verdict === undefined || verdict === 'wick') {
      refused.push({ candle, reason: fault ?? wickReason });
      continue;
    }
    last = openTime;
    if (verdict === 'suspect') {
      waiting.push(candle);
      continue;
    }
    if (verdict === 'confirms') kept.push(...waiting);
    else for (const one of waiting) refused.push({ candle: one, reason: spikeReason });
    waiting = verdict === 'replaces' ? [candle] : [];
    if (verdict !== 'replaces') kept.push(candle);
  }
  for (const one of waiting) refused.push({ candle: one, reason: spikeReason });
  return refused.length === 0 ? { kept: candles, refused } : { kept, refused };
}
