// Candles and timeframes. A candle is only ever published closed.
import type { EpochMs } from './time.ts';

export const timeframes = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type Timeframe = (typeof timeframes)[number];

export const timeframeMs: Readonly<Record<Timeframe, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
};

/** One closed candle. Prices are floats for analytics; the ledger never reads them directly. */
export interface Candle {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Epoch ms of the candle's open; it closes at openTime + timeframeMs[timeframe]. */
  readonly openTime: EpochMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Traded volume in base units; 0 where the venue gives none. */
  readonly volume: number;
}

export function closeTimeOf(candle: Candle): EpochMs {
  return candle.openTime + timeframeMs[candle.timeframe];
}

/** Why a candle cannot be real, or undefined when it can. */
export function candleDefect(candle: Candle): string | undefined {
  const { open, high, low, close, volume, openTime } = candle;
  if (!Number.isSafeInteger(openTime) || openTime <= 0) return 'open time is not a positive integer';
  if (!(open > 0 && high > 0 && low > 0 && close > 0)) return 'a price is not above zero';
  if (!Number.isFinite(open + high + low + close)) return 'a price is not finite';
  if (!(volume >= 0) || !Number.isFinite(volume)) return 'volume is negative or not a number';
  if (high < low) return 'high is below low';
  if (high < Math.max(open, close) || low > Math.min(open, close)) return 'high or low lies inside the body';
  return undefined;
}
