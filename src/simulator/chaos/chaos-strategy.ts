// A strategy that trades at nearly every look until it falls silent. For simulation only; it says nothing of a market.
// It depends on the view alone, so that a replay hears the same.
import type { Strategy, StrategyVerdict, StrategyView } from '../../analyst/strategy.ts';
import type { SignalAction } from '../../shared/domain/signal.ts';
import { type EpochMs, minuteMs } from '../../shared/domain/time.ts';

export const chaosStrategyName = 'chaos';
const holdMs = 15 * minuteMs;
/** Of this many looks while something is held too shortly, one turns around all the same. */
const turnAroundOneIn = 5;

/** Silent from that time on: a world that heals must come to rest. */
export function chaosStrategy(silentFrom: EpochMs): Strategy {
  return {
    name: chaosStrategyName,
    description: 'Enters at every look and leaves soon after. For tests of recovery only.',
    timeframes: { normal: '5m', fast: '5m' },
    warmUpCandles: 15,
    evaluate: (view) => (view.now >= silentFrom ? null : verdict(view)),
  };
}

function verdict(view: StrategyView): StrategyVerdict | null {
  const action = actionOf(view);
  if (action === null) return null;
  return {
    symbol: view.symbol,
    action,
    timeframe: '5m',
    confidence: 0.9,
    horizonMs: holdMs,
    evidence: [{ name: 'close', value: view.entry.close(), at: view.entry.closeTime() }],
    reasoning: 'close {close}',
  };
}

function actionOf(view: StrategyView): SignalAction | null {
  const { lastSignal } = view;
  const rising = view.entry.close() >= view.entry.open();
  if (lastSignal === undefined || lastSignal.action === 'CLOSE') return rising ? 'BUY' : 'SELL';
  const dice = Math.floor(view.entry.close() * 100) % turnAroundOneIn;
  if (view.now - lastSignal.issued_at < holdMs && dice !== 0) return null;
  if (dice === 1) return lastSignal.action === 'BUY' ? 'SELL' : 'BUY';
  return 'CLOSE';
}
