// A strategy that trades all the time, so that faults meet orders on their way. It says nothing of a market, and must never
// be offered to a person as one that trades.
import type { Strategy, StrategyView } from '../../analyst/strategy.ts';

export interface BusyStrategy {
  readonly name: string;
  /** What such runs are for. */
  readonly purpose: string;
  readonly warmUpCandles: number;
  /** A position is held for about this long before it is closed. */
  readonly holdMs: number;
  /** Which side to enter on. */
  readonly rising: (view: StrategyView) => boolean;
}

/** True above its 20-candle mean. */
export function aboveMean(view: StrategyView): boolean {
  return view.entry.close() >= view.entry.indicator('ema_20');
}

export function busyStrategy({ name, purpose, warmUpCandles, holdMs, rising }: BusyStrategy): Strategy {
  return {
    name,
    description: `Enters at every look and leaves soon after. For ${purpose} only.`,
    timeframes: { normal: '1m', fast: '1m' },
    warmUpCandles,
    evaluate(view) {
      const last = view.lastSignal;
      const holds = last !== undefined && last.action !== 'CLOSE';
      if (holds && view.now - last.issued_at < holdMs) return null;
      return {
        symbol: view.symbol,
        action: holds ? 'CLOSE' : rising(view) ? 'BUY' : 'SELL',
        timeframe: '1m',
        confidence: 0.9,
        horizonMs: holdMs,
        evidence: [{ name: 'close', value: view.entry.close(), at: view.entry.closeTime() }],
        reasoning: 'close {close}',
      };
    },
  };
}
