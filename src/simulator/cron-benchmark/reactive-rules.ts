// The usual "adaptive polling": intervals that follow the last answer. Measured against, never used.
import type { Find } from './finds.ts';
import type { Panel } from './panel.ts';
import type { PollLog, World } from './poll-log.ts';

export type ReactiveRule = 'back_off' | 'volatility_proportional';

const windowBudgetBars = 288;

/** Hour volatility against that of the last three days, per bar: what a poll shows of a symbol. */
export function volatilityRatios(panel: Panel, tauBars: number): Float64Array[] {
  const fast = 0.5 ** (1 / (2 * tauBars));
  const slow = 0.5 ** (1 / (144 * tauBars));
  return panel.close.map((closes) => {
    let now = 0;
    let usual = 0;
    return Float64Array.from(closes, (close, t) => {
      const step = t === 0 || panel.reopened[t] === 1 ? 0 : Math.log(close / (closes[t - 1] as number));
      now += (1 - fast) * (step * step - now);
      usual += Math.max(1 - slow, 1 / (t + 1)) * (step * step - usual);
      return usual > 0 ? Math.sqrt(now / usual) : 1;
    });
  });
}

/**
 * Each symbol has a wished interval: halved by a find and grown by 1.3 otherwise (back_off), or divided by
 * (1 h volatility / normal)^1.5 at the last poll. A common factor follows the token bucket so that all is spent.
 */
export function reactive(
  world: World,
  rule: ReactiveRule,
  ratios: readonly Float64Array[],
  periodBars: number,
): PollLog {
  const log: number[][] = Array.from({ length: world.symbols }, () => []);
  const bySymbol = Array.from({ length: world.symbols }, (_, symbol) =>
    world.finds.filter((find: Find) => find.symbol === symbol).map((find) => find.bar),
  );
  const refill = world.symbols / periodBars;
  const capacity = refill * windowBudgetBars * (world.tauBars / 6);
  let tokens = 0;
  let factor = 1;
  const interval = new Float64Array(world.symbols).fill(periodBars);
  const last = Float64Array.from(
    { length: world.symbols },
    (_, k) => world.from - (periodBars * k) / world.symbols,
  );
  const seen = new Int32Array(world.symbols);
  for (let bar = world.from; bar < world.to; bar += 1) {
    tokens = Math.min(capacity, tokens + refill);
    factor *= Math.exp(-0.01 * (tokens / capacity - 0.1));
    const due = Array.from({ length: world.symbols }, (_, symbol) => symbol)
      .map((symbol) => ({
        symbol,
        ratio: (bar - (last[symbol] as number)) / ((interval[symbol] as number) * factor),
      }))
      .filter(({ ratio }) => ratio >= 1)
      .sort((left, right) => right.ratio - left.ratio);
    for (const { symbol } of due) {
      if (tokens < 1) break;
      tokens -= 1;
      last[symbol] = bar;
      log[symbol]?.push(bar);
      if (rule === 'volatility_proportional') {
        const ratio = Math.max(0.2, Math.min(5, ratios[symbol]?.[bar] ?? 1));
        interval[symbol] = periodBars / ratio ** 1.5;
        continue;
      }
      const finds = bySymbol[symbol] ?? [];
      let hit = false;
      while ((finds[seen[symbol] as number] ?? Number.POSITIVE_INFINITY) <= bar) {
        hit = true;
        seen[symbol] = (seen[symbol] as number) + 1;
      }
      const next = (interval[symbol] as number) * (hit ? 0.5 : 1.3);
      interval[symbol] = Math.max(1, Math.min(8 * periodBars, next));
    }
  }
  return log;
}
