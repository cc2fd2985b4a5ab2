// What a strategy is: a pure judgement of closed candles. Users implement this in a file of their own.
// A strategy must never keep state, read the clock, draw randomness or touch the outside world.
import { type Timeframe, timeframes } from '../shared/domain/candle.ts';
import type { SignalAction } from '../shared/domain/signal.ts';
import type { EpochMs } from '../shared/domain/time.ts';

/** Most candles of one timeframe that a window holds, hence the longest warm-up a strategy may ask for. */
export const windowCapacity = 256;
/** How many past values of each indicator a window holds. */
export const indicatorCapacity = 64;

/**
 * Indicators kept for every timeframe. Donchian channels leave the candle itself out: the value at a candle is
 * the extreme of the N candles before it, so that `close > donchian_high_20` is a breakout.
 */
export const indicatorNames = [
  'ema_20',
  'ema_50',
  'sma_20',
  'rsi_14',
  'atr_14',
  'adx_14',
  'plus_di_14',
  'minus_di_14',
  'macd_line',
  'macd_signal',
  'bollinger_upper',
  'bollinger_lower',
  'donchian_high_20',
  'donchian_low_20',
  'donchian_high_10',
  'donchian_low_10',
  /** Volatility of the last candles (half-life 10) relative to its normal (half-life 100); 1 is normal. */
  'volatility_ratio',
] as const;
export type IndicatorName = (typeof indicatorNames)[number];

/** Read-only window of one timeframe. `ago` counts closed candles back; 0 is the newest. Unknown values are NaN. */
export interface TimeframeView {
  readonly timeframe: Timeframe;
  /** Candles held, at most windowCapacity. */
  readonly size: number;
  openTime(ago?: number): EpochMs;
  closeTime(ago?: number): EpochMs;
  open(ago?: number): number;
  high(ago?: number): number;
  low(ago?: number): number;
  close(ago?: number): number;
  volume(ago?: number): number;
  /** Fraction of the base candles that were there, 0..1; below 1 the candle is partial. */
  coverage(ago?: number): number;
  /** Indicator as it stood when that candle closed; NaN before warm-up and beyond indicatorCapacity. */
  indicator(name: IndicatorName, ago?: number): number;
}

/** What a scan asks for; see docs/strategies.md. */
export type ScanIntensity = 'light' | 'normal' | 'aggressive' | 'deep';

/** The last signal of this symbol, whoever acted on it. */
export interface LastSignal {
  readonly action: SignalAction;
  readonly timeframe: Timeframe;
  readonly issued_at: EpochMs;
  /** Close time of the candle it rested on. */
  readonly observed_at: EpochMs;
  readonly horizon_ms: number;
  readonly reference_price: number;
}

export interface StrategyView {
  readonly symbol: string;
  readonly now: EpochMs;
  readonly intensity: ScanIntensity;
  /** Close of the newest base candle, and when it closed. */
  readonly price: number;
  readonly priceAt: EpochMs;
  /** Typical full spread as a fraction of the price; a floor for any move worth trading. */
  readonly typicalSpread: number;
  /** The timeframe under judgement. */
  readonly entry: TimeframeView;
  /** The next slower timeframe; the entry timeframe itself when there is none. */
  readonly higher: TimeframeView;
  /** Window of any timeframe built from this feed, undefined when it is not. */
  window(timeframe: Timeframe): TimeframeView | undefined;
  /** The next slower window after that timeframe; the slowest there is at the top. */
  slowerThan(timeframe: Timeframe): TimeframeView;
  readonly lastSignal: LastSignal | undefined;
}

/** A number the verdict rests on; `at` is when it was true, normally a candle's close. */
export interface VerdictEvidence {
  readonly name: string;
  readonly value: number;
  readonly at: EpochMs;
}

export interface StrategyVerdict {
  readonly symbol: string;
  readonly action: SignalAction;
  readonly timeframe: Timeframe;
  /** Strength of conviction, 0..1. It is not yet a probability: the analyst calibrates it by outcomes. */
  readonly confidence: number;
  /** How long the claim should be given to come true. */
  readonly horizonMs: number;
  readonly evidence: readonly VerdictEvidence[];
  /** A sentence that cites evidence by name in braces: "closed at {close}, above {donchian_high_20}". */
  readonly reasoning: string;
}

export interface Strategy {
  /** Lower-case words joined by dashes; part of every signal. */
  readonly name: string;
  readonly description: string;
  /** Preferred entry timeframes; where the feed lacks one, the next slower one is used. */
  readonly timeframes: { readonly normal: Timeframe; readonly fast: Timeframe };
  /** Candles of the entry timeframe needed before the strategy is asked, 1..windowCapacity. */
  readonly warmUpCandles: number;
  /** Null when there is nothing to say. Must depend on the view only. */
  evaluate(view: StrategyView): StrategyVerdict | null;
}

/** What is wrong with a strategy, for the person who wrote it. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError';
}

/** Checks what a strategy file exports as `strategy`. Throws StrategyError listing everything that is wrong. */
export function validateStrategy(candidate: unknown): Strategy {
  if (typeof candidate !== 'object' || candidate === null)
    throw new StrategyError(
      'the file must say `export const strategy: Strategy = { ... }`; no such object found',
    );
  const problems = strategyProblems(candidate as Readonly<Record<string, unknown>>);
  if (problems.length > 0) throw new StrategyError(`not a usable strategy: ${problems.join('; ')}`);
  return candidate as Strategy;
}

function strategyProblems(fields: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  if (typeof fields.name !== 'string' || !/^[a-z][a-z0-9-]{1,39}$/.test(fields.name))
    problems.push('name must be 2 to 40 lower-case letters, digits and dashes, beginning with a letter');
  if (typeof fields.description !== 'string' || fields.description.trim() === '')
    problems.push('description must be a sentence');
  const preferred = fields.timeframes as Readonly<Record<string, unknown>> | null | undefined;
  for (const role of ['normal', 'fast'])
    if (!timeframes.some((timeframe) => timeframe === preferred?.[role]))
      problems.push(`timeframes.${role} must be one of ${timeframes.join(', ')}`);
  const warmUp = fields.warmUpCandles;
  if (typeof warmUp !== 'number' || !Number.isInteger(warmUp) || warmUp < 1 || warmUp > windowCapacity)
    problems.push(`warmUpCandles must be a whole number from 1 to ${windowCapacity}`);
  if (typeof fields.evaluate !== 'function') problems.push('evaluate must be a function');
  return problems;
}
