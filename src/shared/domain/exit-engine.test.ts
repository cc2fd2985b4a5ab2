import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CandlePrices, exitInCandle, moveStop } from './exit-engine.ts';
import {
  type ExitPlan,
  isBetter,
  openExitState,
  type PositionSide,
  priceForProfit,
  profitRatio,
} from './exit-plan.ts';

const plain: ExitPlan = {
  stop: 0.1,
  targets: [],
  trailing: null,
  break_even: null,
  time_limit_minutes: null,
  signal_exit: true,
  candle_model: 'resting',
  fee: 0,
  leverage: 1,
};
const candle = (open: number, high: number, low: number, close: number): CandlePrices => ({
  open,
  high,
  low,
  close,
});

/** Walks candles of an hour; the exit with the candle it happened in, or the stop that stands at the end. */
function walk(
  plan: ExitPlan,
  candles: CandlePrices[],
  side: PositionSide = 'long',
  atr: number | null = null,
) {
  let state = openExitState(plan, side, candles[0]?.open ?? 0);
  for (const [place, prices] of candles.entries()) {
    const outcome = exitInCandle(plan, state, prices, {
      age_minutes: place * 60,
      timeframe_minutes: 60,
      exit_signal: false,
      average_true_range: atr,
    });
    if (outcome.exit !== undefined) return { ...outcome.exit, place };
    state = outcome.state;
  }
  return { stands: Number(state.stop_price.toFixed(6)), kind: state.stop_kind };
}

describe('orders that rest at the venue', () => {
  test('the stop is believed before the target, and a gap pays the open', () => {
    const plan = { ...plain, targets: [{ after_minutes: 0, profit: 0.05 }] };
    expect(walk(plan, [candle(100, 110, 90, 100)])).toEqual({ reason: 'stop_loss', price: 90, place: 0 });
    expect(walk(plan, [candle(100, 101, 99, 100), candle(80, 85, 78, 80)])).toMatchObject({ price: 80 });
    expect(walk(plan, [candle(100, 101, 99, 100), candle(80, 95, 78, 80)])).toMatchObject({ price: 80 });
    expect(walk(plan, [candle(100, 106, 99, 100)])).toMatchObject({ reason: 'roi', price: 105 });
    expect(walk(plan, [candle(100, 105, 99, 100)]), 'touching is not enough').toMatchObject({ stands: 90 });
  });

  test('a percent trailing stop moves when the candle has closed, and is tested by the next', () => {
    const trailing = {
      kind: 'percent',
      distance: 0.1,
      positive: 0.02,
      offset: 0.05,
      only_after_offset: true,
    } as const;
    const plan = { ...plain, trailing };
    expect(walk(plan, [candle(100, 104, 99, 104)])).toMatchObject({ stands: 90, kind: 'initial' });
    expect(walk(plan, [candle(100, 110, 99, 109)])).toMatchObject({ stands: 107.8, kind: 'trailing' });
    expect(walk(plan, [candle(100, 110, 99, 109), candle(109, 109, 107, 107)])).toMatchObject({
      reason: 'trailing_stop_loss',
      price: 107.8,
      place: 1,
    });
  });

  test('atr follows the best close, chandelier the best high, and neither loosens when the range grows', () => {
    const atr = { ...plain, trailing: { kind: 'atr', multiple: 3 } as const };
    const chandelier = { ...plain, trailing: { kind: 'chandelier', multiple: 3 } as const };
    expect(walk(atr, [candle(100, 112, 99, 108)], 'long', 2)).toMatchObject({ stands: 102 });
    expect(walk(chandelier, [candle(100, 112, 99, 108)], 'long', 2)).toMatchObject({ stands: 106 });
    expect(walk(chandelier, [candle(100, 101, 88.5, 92)], 'short', 2)).toMatchObject({ stands: 94.5 });
    const state = moveStop(chandelier, openExitState(chandelier, 'long', 100), candle(100, 112, 99, 108), 2);
    expect(moveStop(chandelier, state, candle(108, 109, 107, 108), 20)).toEqual(state);
    expect(walk(chandelier, [candle(100, 112, 99, 108)], 'long', null)).toMatchObject({ stands: 90 });
  });

  test('break-even moves the stop once, and never onto the wrong side of the market', () => {
    const plan = { ...plain, break_even: { trigger: 0.04, lock: 0.002 } };
    expect(walk(plan, [candle(100, 105, 99, 103)])).toEqual({ stands: 100.2, kind: 'break_even' });
    expect(walk(plan, [candle(100, 105, 99, 100.1)])).toMatchObject({ stands: 90, kind: 'initial' });
    expect(walk(plan, [candle(100, 105, 99, 103), candle(103, 104, 99, 99)])).toMatchObject({
      reason: 'break_even',
      price: 100.2,
    });
  });

  test('the time limit leaves at the open, before anything inside the candle', () => {
    const plan = { ...plain, time_limit_minutes: 90 };
    expect(
      walk(
        plan,
        Array.from({ length: 4 }, () => candle(100, 101, 99, 100)),
      ),
    ).toEqual({
      reason: 'time_limit',
      price: 100,
      place: 2,
    });
  });

  test('a later target step takes a better open', () => {
    const plan = {
      ...plain,
      targets: [
        { after_minutes: 0, profit: 0.1 },
        { after_minutes: 60, profit: 0.02 },
      ],
    };
    expect(walk(plan, [candle(100, 105, 99, 104), candle(104, 105, 101, 104)])).toMatchObject({ price: 104 });
    expect(walk(plan, [candle(100, 101, 99, 101), candle(101, 105, 101, 104)])).toMatchObject({ price: 102 });
  });
});

test('profit after fees and its price are inverse, for both sides and any leverage', () => {
  const sides = fc.constantFrom<PositionSide>('long', 'short');
  fc.assert(
    fc.property(
      sides,
      fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      fc.double({ min: -0.5, max: 0.5, noNaN: true }),
      fc.double({ min: 0, max: 0.01, noNaN: true }),
      fc.integer({ min: 1, max: 20 }),
      (side, entry, ratio, fee, leverage) => {
        const price = priceForProfit(side, entry, ratio, fee, leverage);
        expect(profitRatio(side, entry, price, fee, leverage)).toBeCloseTo(ratio, 6);
      },
    ),
  );
});

const plans: fc.Arbitrary<ExitPlan> = fc.record({
  stop: fc.double({ min: 0.002, max: 0.5, noNaN: true }),
  targets: fc.array(
    fc.record({
      after_minutes: fc.constantFrom(0, 30, 60, 61, 120, 180),
      profit: fc.double({ min: -1, max: 0.3, noNaN: true }),
    }),
    { maxLength: 3 },
  ),
  trailing: fc.oneof(
    fc.constant(null),
    fc.record({
      kind: fc.constant('percent' as const),
      distance: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
      positive: fc.option(fc.double({ min: 0.001, max: 0.1, noNaN: true })),
      offset: fc.double({ min: 0, max: 0.2, noNaN: true }),
      only_after_offset: fc.boolean(),
    }),
    fc.record({
      kind: fc.constantFrom('atr' as const, 'chandelier' as const),
      multiple: fc.double({ min: 0.5, max: 5, noNaN: true }),
    }),
  ),
  break_even: fc.option(
    fc.record({
      trigger: fc.double({ min: 0.001, max: 0.2, noNaN: true }),
      lock: fc.double({ min: 0, max: 0.01, noNaN: true }),
    }),
  ),
  time_limit_minutes: fc.option(fc.integer({ min: 1, max: 1_000 })),
  signal_exit: fc.boolean(),
  candle_model: fc.constantFrom('resting' as const, 'intracandle' as const),
  fee: fc.constantFrom(0, 0.001),
  leverage: fc.constantFrom(1, 3),
});

const moves = fc.array(
  fc.record({
    gap: fc.double({ min: -0.05, max: 0.05, noNaN: true }),
    up: fc.double({ min: 0, max: 0.08, noNaN: true }),
    down: fc.double({ min: 0, max: 0.08, noNaN: true }),
    close: fc.double({ min: 0, max: 1, noNaN: true }),
    signal: fc.boolean(),
    atr: fc.option(fc.double({ min: 0.01, max: 20, noNaN: true })),
  }),
  { minLength: 1, maxLength: 30 },
);

test('whatever the plan and the path: fills lie inside the candle, stops never loosen, a passed stop is never held', () => {
  fc.assert(
    fc.property(plans, fc.constantFrom<PositionSide>('long', 'short'), moves, (plan, side, path) => {
      let last = 100;
      let state = openExitState(plan, side, last * (1 + (path[0]?.gap ?? 0)));
      for (const [place, move] of path.entries()) {
        const open = last * (1 + move.gap);
        const high = open * (1 + move.up);
        const low = open * (1 - move.down);
        const prices = candle(open, high, low, low + (high - low) * move.close);
        const { exit, state: next } = exitInCandle(plan, state, prices, {
          age_minutes: place * 60,
          timeframe_minutes: 60,
          exit_signal: move.signal,
          average_true_range: move.atr,
        });
        expect(isBetter(side, state.stop_price, next.stop_price)).toBe(false);
        expect(isBetter(side, state.best_price, next.best_price)).toBe(false);
        if (exit !== undefined) {
          expect(exit.price).toBeGreaterThanOrEqual(low);
          expect(exit.price).toBeLessThanOrEqual(high);
          if (plan.candle_model === 'resting' && exit.reason.startsWith('stop'))
            expect(isBetter(side, exit.price, state.stop_price), 'no better than its stop').toBe(false);
          return;
        }
        const worst = side === 'long' ? low : high;
        expect(isBetter(side, state.stop_price, worst), 'a stop that the price passed must have closed').toBe(
          false,
        );
        state = next;
        last = prices.close;
      }
    }),
    { numRuns: Number(process.env.ATO_PROPERTY_RUNS ?? 500) },
  );
});

// Floats lie twice as dense just below a price as just above it, so a mirror image is exact only where both sides can be
// written exactly: a target of -5.6e-17 is a price below 100 but none above.
const exactly = (share: number): number => Math.round(share * 2 ** 20) / 2 ** 20;

function onExactGrid(plan: ExitPlan): ExitPlan {
  const { targets, break_even } = plan;
  return {
    ...plan,
    // Mirrored around the entry by sign, with fixed distances: only plans without multiplicative trailing mirror exactly.
    ...{ trailing: null, fee: 0, leverage: 1 },
    stop: exactly(plan.stop),
    targets: targets.map((target) => ({ ...target, profit: exactly(target.profit) })),
    break_even: break_even && { trigger: exactly(break_even.trigger), lock: exactly(break_even.lock) },
  };
}

// The seed is one at which the mirror image once differed by rounding.
test.each([{}, { seed: 547644024 }])('a short position is the mirror of a long one %j', (parameters) => {
  fc.assert(
    fc.property(plans.map(onExactGrid), moves, (simple, path) => {
      const run = (side: PositionSide) => {
        const sign = side === 'long' ? 1 : -1;
        let state = openExitState(simple, side, 100);
        for (const [place, drawn] of path.entries()) {
          const { signal } = drawn;
          const [gap, up, down, share] = [drawn.gap, drawn.up, drawn.down, drawn.close].map(exactly) as [
            number,
            number,
            number,
            number,
          ];
          const at = (part: number) => 100 + sign * 100 * part;
          const [top, bottom] = [Math.max(0, gap) + up, Math.min(0, gap) - down];
          const open = place === 0 ? 100 : at(gap);
          const [high, low] = sign === 1 ? [at(top), at(bottom)] : [at(bottom), at(top)];
          const close = at(bottom + (top - bottom) * share);
          const { exit, state: next } = exitInCandle(simple, state, candle(open, high, low, close), {
            age_minutes: place * 60,
            timeframe_minutes: 60,
            exit_signal: signal,
            average_true_range: null,
          });
          if (exit !== undefined) return [exit.reason, place, (sign * (exit.price - 100)).toFixed(6)];
          state = next;
        }
        return ['open', path.length, ''];
      };
      const long = run('long');
      const short = run('short');
      fc.pre(Math.abs(Number(long[2])) < 99);
      expect(short).toEqual(long);
    }),
    { ...parameters, numRuns: Number(process.env.ATO_PROPERTY_RUNS ?? 100) },
  );
});
