// The benchmark on a small market: the gate asks less than every cycle, the day fits, and every answer was acceptable.
import { expect, test } from 'vitest';
import { benchDecisions } from '../../src/runtime/bench/bench-decisions.ts';

test('a gated day costs a part of asking at every cycle, fits the free plan, and gives up little', async () => {
  const report = await benchDecisions({ symbols: ['BTCUSDT'], seed: 3, days: 9, note: () => undefined });
  expect(report.days.map(({ day }) => day)).toEqual(['active', 'calm']);
  expect(report.fits_groq_free_plan).toBe(true);
  const [active, calm] = report.days;
  expect(active?.mean_activity).toBeGreaterThan(calm?.mean_activity ?? Number.NaN);
  for (const {
    cycles,
    gated,
    every_cycle: always,
    calls_saved,
    decisions_that_differ: differ,
  } of report.days) {
    expect(always.model_calls).toBeGreaterThan(0.8 * cycles);
    expect(gated.model_calls).toBeGreaterThan(0);
    expect(gated.model_calls).toBeLessThan(always.model_calls / 2);
    expect(calls_saved).toBeCloseTo(1 - gated.model_calls / always.model_calls, 3);
    expect([gated.rejected_answers, always.rejected_answers, gated.refused_by_ledger]).toEqual([0, 0, 0]);
    expect(gated.tokens_per_day).toBeLessThanOrEqual(200_000);
    expect(gated.usd).toBeGreaterThan(0);
    expect(gated.usd).toBeLessThan(always.usd);
    expect(differ.every_cycle_from_policy).toBeLessThan(0.5);
    expect(differ.every_cycle_from_gated).toBeLessThanOrEqual(differ.every_cycle_from_policy);
  }
});

test('a market without days to compare is refused', async () => {
  await expect(
    benchDecisions({ symbols: ['BTCUSDT'], seed: 1, days: 4, note: () => undefined }),
  ).rejects.toThrow(/too short/);
});
