// A strategy that trades all the time, so that a process killed at random dies in the middle of orders.
import type { Strategy, StrategyVerdict, StrategyView } from '../../src/analyst/strategy.ts';

const minuteMs = 60_000;
/** A position is held for about this long before the strategy closes it. */
const holdMs = 6 * minuteMs;

export const strategy: Strategy = {
  name: 'busy',
  description: 'Enters at every look and leaves soon after. For tests of recovery only.',
  timeframes: { normal: '1m', fast: '1m' },
  warmUpCandles: 30,
  evaluate(view: StrategyView): StrategyVerdict | null {
    const last = view.lastSignal;
    const holds = last !== undefined && last.action !== 'CLOSE';
    if (holds && view.now - last.issued_at < holdMs) return null;
    const rising = view.entry.close() >= view.entry.indicator('ema_20');
    return {
      symbol: view.symbol,
      action: holds ? 'CLOSE' : rising ? 'BUY' : 'SELL',
      timeframe: '1m',
      confidence: 0.9,
      horizonMs: holdMs,
      evidence: [{ name: 'close', value: view.entry.close(), at: view.entry.closeTime() }],
      reasoning: 'close {close}',
    };
  },
};
