// An example of a strategy of your own: buy weakness and sell strength while the market goes sideways.
// Copy this file, change the judgement, and point ATO_STRATEGY_FILE at it. It is a lesson, not advice.
//
// The rules of the house for a strategy:
// - judge only what the view shows; no clock, no randomness, no files, no memory between calls
//   (a replay must come to the same verdicts);
// - return null when there is nothing to say; NaN means "not warmed up yet", and every comparison with it is false;
// - cite evidence by its name in braces; the analyst puts the numbers in, so text and numbers cannot differ.
import type { Strategy, StrategyVerdict, StrategyView, VerdictEvidence } from '../../src/analyst/strategy.ts';

/** Above this, Wilder's ADX says "trend", and a trend runs over those who fade it. */
const trendingAdx = 25;
const oversoldRsi = 35;
const overboughtRsi = 65;
/** The way back to the mean must be worth at least this many spreads. */
const minimumRewardSpreads = 4;
/** Give the price this many candles to come back. */
const horizonCandles = 16;

export const strategy: Strategy = {
  name: 'mean-reversion',
  description:
    'Fades closes outside the Bollinger bands with an extreme RSI while there is no trend; closes at the mean.',
  timeframes: { normal: '15m', fast: '5m' },
  // ADX needs 28 candles; a few more let it settle.
  warmUpCandles: 40,

  evaluate(view: StrategyView): StrategyVerdict | null {
    return leave(view) ?? enter(view);
  },
};

/** The claim is done when the price is back at the mean, or when a trend has begun after all. */
function leave(view: StrategyView): StrategyVerdict | null {
  const last = view.lastSignal;
  if (last === undefined || last.action === 'CLOSE') return null;
  const window = view.window(last.timeframe) ?? view.entry;
  const at = window.closeTime();
  if (at <= last.observed_at) return null;

  const close = window.close();
  const mean = window.indicator('sma_20');
  const adx = window.indicator('adx_14');
  const back = last.action === 'BUY' ? close >= mean : close <= mean;
  const trending = adx > trendingAdx + 10;
  if (!back && !trending) return null;

  return {
    symbol: view.symbol,
    action: 'CLOSE',
    timeframe: window.timeframe,
    confidence: back ? 0.6 : 0.4,
    horizonMs: horizonCandles * durationMs(window.openTime(), at),
    evidence: [
      { name: 'close', value: close, at },
      { name: 'mean', value: mean, at },
      { name: 'adx', value: Math.round(adx * 10) / 10, at },
    ],
    reasoning: back
      ? 'The price has come back: closed at {close} against a 20-candle mean of {mean} (ADX {adx}).'
      : 'A trend has begun against the claim: ADX {adx}, closed at {close}, mean {mean}.',
  };
}

function enter(view: StrategyView): StrategyVerdict | null {
  const { entry } = view;
  const at = entry.closeTime();
  const close = entry.close();
  const rsi = entry.indicator('rsi_14');
  const adx = entry.indicator('adx_14');
  const mean = entry.indicator('sma_20');
  const lower = entry.indicator('bollinger_lower');
  const upper = entry.indicator('bollinger_upper');

  const cheap = close < lower && rsi < oversoldRsi;
  const dear = close > upper && rsi > overboughtRsi;
  if (!cheap && !dear) return null;
  if (!(adx < trendingAdx)) return null;

  // One claim at a time: an open one of the same direction still speaks.
  const action = cheap ? 'BUY' : 'SELL';
  const last = view.lastSignal;
  if (last?.action === action && view.now < last.issued_at + last.horizon_ms) return null;

  // The reward is the way back to the mean; it has to pay for the spread several times over.
  const reward = Math.abs(mean - close) / close;
  if (!(reward >= minimumRewardSpreads * view.typicalSpread)) return null;

  const band = cheap ? lower : upper;
  const extremity = cheap ? (oversoldRsi - rsi) / oversoldRsi : (rsi - overboughtRsi) / (100 - overboughtRsi);
  const evidence: VerdictEvidence[] = [
    { name: 'close', value: close, at },
    { name: 'band', value: band, at },
    { name: 'mean', value: mean, at },
    { name: 'rsi', value: Math.round(rsi * 10) / 10, at },
    { name: 'adx', value: Math.round(adx * 10) / 10, at },
  ];
  return {
    symbol: view.symbol,
    action,
    timeframe: entry.timeframe,
    // Conviction within 0..1; the analyst turns it into a probability from realised outcomes.
    confidence: Math.min(1, Math.max(0, 0.3 + extremity)),
    horizonMs: horizonCandles * durationMs(entry.openTime(), at),
    evidence,
    reasoning:
      `Closed at {close}, ${cheap ? 'below the lower' : 'above the upper'} Bollinger band at {band}, with RSI {rsi} ` +
      'and no trend (ADX {adx}); the 20-candle mean is {mean}.',
  };
}

function durationMs(openTime: number, closeTime: number): number {
  return closeTime - openTime;
}
