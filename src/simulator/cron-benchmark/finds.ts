// What there was to find, ex post: moves beyond k sigma, by a fixed rule that knows nothing of any scheduler.
import type { FindDefinition } from '../../orchestrator/intensity/intensity-settings.ts';
import { dayMs } from '../../shared/domain/time.ts';
import type { Panel } from './panel.ts';

export interface Find {
  readonly symbol: number;
  /** Bar of the onset. */
  readonly bar: number;
  /** min(|move| / threshold, 3). */
  readonly value: number;
}

const cappedSquare = 64;
const maxValue = 3;
const warmUpBars = 288;

/**
 * Onset at t iff |C(t) - C(t-m)| > k sigma(t-m) sqrt(m) and t - last onset > R, C = log close, sigma the EWMA
 * standard deviation of one-bar returns with a half-life of 3 days (144 tau), squares capped at 64 times the
 * running variance. A move across a closed market counts for nobody.
 */
export function findsOf(panel: Panel, find: FindDefinition): Find[] {
  const move = Math.max(1, Math.round(find.moveMs / find.barMs));
  const refractory = Math.round(find.refractoryMs / find.barMs);
  const halfLifeBars = Math.min((3 * dayMs) / find.barMs, (144 * find.tauMs) / find.barMs);
  const found: Find[] = [];
  panel.close.forEach((closes, symbol) => {
    const weight = 1 - 0.5 ** (1 / halfLifeBars);
    const logs = new Float64Array(panel.bars);
    const sigma = new Float64Array(panel.bars);
    let variance = 0;
    let last = Number.NEGATIVE_INFINITY;
    let shift = 0;
    for (let t = 0; t < panel.bars; t += 1) {
      const raw = Math.log(closes[t] as number);
      if (t > 0 && panel.reopened[t] === 1) shift += raw - Math.log(closes[t - 1] as number);
      logs[t] = raw - shift;
      const step = t === 0 ? 0 : (logs[t] as number) - (logs[t - 1] as number);
      const square = variance > 0 ? Math.min(step * step, cappedSquare * variance) : step * step;
      variance += Math.max(weight, 1 / (t + 1)) * (square - variance);
      sigma[t] = Math.sqrt(variance);
      if (t < Math.max(move, Math.min(warmUpBars, halfLifeBars / 3))) continue;
      const threshold = find.thresholdSigmas * (sigma[t - move] as number) * Math.sqrt(move);
      const size = Math.abs((logs[t] as number) - (logs[t - move] as number));
      if (threshold > 0 && size > threshold && t - last > refractory) {
        last = t;
        found.push({ symbol, bar: t, value: Math.min(maxValue, size / threshold) });
      }
    }
  });
  return found;
}
