// The built-in strategy: join a breakout of the 20-candle channel when the slower timeframe leans the same way,
// the market is neither asleep nor in turmoil, and the price has not yet run away. Leave when the trend ends.
// Long and short alike. It promises nothing; its hit rate is measured by the analyst's calibration.
import { timeframeMs } from '../../shared/domain/candle.ts';
import type {
  LastSignal,
  Strategy,
  StrategyVerdict,
  StrategyView,
  TimeframeView,
  VerdictEvidence,
} from '../strategy.ts';

/** A breakout is still news for this many candles, so that a scan need not hit the very candle. */
const freshBreakoutCandles = 4;
/** Farther than this beyond the channel, in average true ranges, is chasing. */
const maxExtensionRanges = 1.5;
/** The slower EMA 20 must have moved this many of its own average true ranges over slopeCandles. */
const slopeCandles = 3;
const minimumSlopeRanges = 0.1;
/** Volatility relative to normal within which breakouts are judged. */
const asleepRatio = 0.6;
const turmoilRatio = 3;
/** An average range below this many spreads cannot pay for the trade. */
const minimumRangeSpreads = 5;
const horizonCandles = 24;
/** Breakouts on candles that miss more than half of their base candles are not believed. */
const minimumCoverage = 0.5;
/** Significant digits of ranges in the evidence; the signal itself carries the exact range. */
const rangeDigits = 5;

export const trendBreakout: Strategy = {
  name: 'trend-breakout',
  description:
    'Breakout of the 20-candle channel with the slower trend, filtered by volatility and distance; closes when the trend ends.',
  timeframes: { normal: '15m', fast: '5m' },
  warmUpCandles: 30,
  evaluate(view: StrategyView): StrategyVerdict | null {
    return exitVerdict(view) ?? entryVerdict(view);
  },
};

/** Movement of the slower EMA 20 in its own average true ranges; positive when rising, NaN before warm-up. */
function slopeOf(window: TimeframeView): number {
  const moved = window.indicator('ema_20') - window.indicator('ema_20', slopeCandles);
  return moved / window.indicator('atr_14');
}

function exitVerdict(view: StrategyView): StrategyVerdict | null {
  const last = view.lastSignal;
  if (last === undefined || last.action === 'CLOSE') return null;
  const window = view.window(last.timeframe) ?? view.entry;
  const at = window.closeTime();
  if (at <= last.observed_at) return null;
  const long = last.action === 'BUY';
  const channel = long ? 'donchian_low_10' : 'donchian_high_10';
  const close = window.close();
  const level = window.indicator(channel);
  const broken = long ? close < level : close > level;
  const slower = view.slowerThan(window.timeframe);
  const slope = slopeOf(slower);
  const turned = long ? slope <= -minimumSlopeRanges : slope >= minimumSlopeRanges;
  if (!broken && !turned) return null;
  const side = long ? 'rise' : 'fall';
  const evidence: VerdictEvidence[] = [{ name: 'close', value: close, at }];
  if (broken) evidence.push({ name: channel, value: level, at });
  if (turned) evidence.push({ name: 'higher_slope', value: readable(slope), at: slower.closeTime() });
  const why = [
    broken
      ? `{close} lies ${long ? 'below' : 'above'} the 10-candle channel at {${channel}}`
      : 'last close {close}',
    turned ? `the ${slower.timeframe} EMA 20 now moves {higher_slope} average ranges` : '',
  ].filter((part) => part !== '');
  return {
    symbol: view.symbol,
    action: 'CLOSE',
    timeframe: window.timeframe,
    confidence: broken && turned ? 0.8 : 0.4,
    horizonMs: horizonCandles * timeframeMs[window.timeframe],
    evidence,
    reasoning: `The ${side} signalled on ${window.timeframe} has ended: ${why.join(', and ')}.`,
  };
}

function entryVerdict(view: StrategyView): StrategyVerdict | null {
  const { entry, higher } = view;
  const slope = slopeOf(higher);
  if (!(Math.abs(slope) >= minimumSlopeRanges)) return null;
  const long = slope > 0;
  if (stillClaimed(view.lastSignal, long, view.now)) return null;

  const range = entry.indicator('atr_14');
  const ratio = entry.indicator('volatility_ratio');
  if (!(ratio >= asleepRatio && ratio <= turmoilRatio)) return null;
  if (!(range >= minimumRangeSpreads * view.typicalSpread * view.price)) return null;

  const ago = breakoutAgo(entry, long);
  if (ago === undefined) return null;
  const channel = long ? 'donchian_high_20' : 'donchian_low_20';
  const level = entry.indicator(channel, ago);
  const extension = ((view.price - level) / range) * (long ? 1 : -1);
  if (!(extension > 0 && extension <= maxExtensionRanges)) return null;
  return describe(view, { long, ago, level, slope, range, ratio, extension });
}

/** An earlier signal of the same direction speaks until its horizon: repeating it would add nothing. */
function stillClaimed(last: LastSignal | undefined, long: boolean, now: number): boolean {
  return last?.action === (long ? 'BUY' : 'SELL') && now < last.issued_at + last.horizon_ms;
}

/** Candles since the first close beyond the channel within the fresh ones; undefined when there was none. */
function breakoutAgo(entry: TimeframeView, long: boolean): number | undefined {
  for (let ago = freshBreakoutCandles - 1; ago >= 0; ago--) {
    if (!(entry.coverage(ago) >= minimumCoverage)) continue;
    const close = entry.close(ago);
    const beyond = long
      ? close > entry.indicator('donchian_high_20', ago)
      : close < entry.indicator('donchian_low_20', ago);
    if (beyond) return ago;
  }
  return undefined;
}

interface Breakout {
  readonly long: boolean;
  readonly ago: number;
  readonly level: number;
  readonly slope: number;
  readonly range: number;
  readonly ratio: number;
  readonly extension: number;
}

function describe(view: StrategyView, found: Breakout): StrategyVerdict {
  const { entry, higher } = view;
  const { long, ago, level, slope, range, ratio, extension } = found;
  const brokenAt = entry.closeTime(ago);
  const at = entry.closeTime();
  const index = entry.indicator('adx_14');
  const strengths = [
    Math.min(1, Math.abs(slope)),
    Number.isNaN(index) ? 0 : Math.min(1, Math.max(0, (index - 15) / 25)),
    1 - extension / maxExtensionRanges,
  ];
  const evidence: VerdictEvidence[] = [
    { name: 'breakout_close', value: entry.close(ago), at: brokenAt },
    { name: 'channel_level', value: level, at: brokenAt },
    { name: 'extension_ranges', value: readable(extension), at: view.priceAt },
    { name: 'average_true_range', value: Number(range.toPrecision(rangeDigits)), at },
    { name: 'volatility_ratio', value: readable(ratio), at },
    { name: 'higher_slope', value: readable(slope), at: higher.closeTime() },
  ];
  if (!Number.isNaN(index)) evidence.push({ name: 'adx_14', value: readable(index), at });
  const trend = Number.isNaN(index) ? '' : ', ADX {adx_14}';
  return {
    symbol: view.symbol,
    action: long ? 'BUY' : 'SELL',
    timeframe: entry.timeframe,
    confidence: strengths.reduce((sum, strength) => sum + strength, 0) / strengths.length,
    horizonMs: horizonCandles * timeframeMs[entry.timeframe],
    evidence,
    reasoning:
      `Closed at {breakout_close} on ${entry.timeframe}, ${long ? 'above' : 'below'} the 20-candle channel at {channel_level}; ` +
      `the price is {extension_ranges} average ranges of {average_true_range} beyond it; the ${higher.timeframe} EMA 20 ` +
      `moves {higher_slope} average ranges; volatility is {volatility_ratio} of normal${trend}.`,
  };
}

/** Ratios are cited with three decimals: more would only feign precision. */
function readable(ratio: number): number {
  return Math.round(ratio * 1_000) / 1_000;
}
