// A strategy that trades all the time, so that faults meet orders on their way. For simulation only; it says nothing of a market.
import type { Strategy } from '../analyst/strategy.ts';
import { minuteMs } from '../shared/domain/time.ts';

const holdMs = 6 * minuteMs;

export const chaosHealthStrategy: Strategy = {
  name: 'chaos-health',
  description: 'Enters at every look and leaves soon after. For tests of healing only.',
  timeframes: { normal: '1m', fast: '1m' },
  warmUpCandles: 10,
  evaluate(view) {
    const last = view.lastSignal;
    const holds = last !== undefined && last.action !== 'CLOSE';
    if (holds && view.now - last.issued_at < holdMs) return null;
    const rising = view.entry.close() >= view.entry.open();
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
