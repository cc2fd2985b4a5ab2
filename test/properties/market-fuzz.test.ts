import { expect, test } from 'vitest';
import { fuzzMarkets } from '../../src/runtime/market-fuzz/fuzz-markets.ts';
import { casesTarget, type FuzzTarget } from '../../src/runtime/market-fuzz/fuzz-target.ts';
import { fuzzTargets } from '../../src/runtime/market-fuzz/registry.ts';

const leaky: FuzzTarget = {
  name: 'leaky',
  open: ({ sink, now }) => ({
    sample: () => JSON.stringify({ bid: 1, ask: 2 }),
    feed: (input) => {
      const { bid, ask } = JSON.parse(input) as { bid: number; ask: number };
      sink.quotes({ source: 'x', known_at: now(), quotes: [{ symbol: 'X', bid, ask, happenedAt: now() }] });
    },
  }),
};

test('the fuzzer finds crashes and what passes a missing gate, and a finding can be reproduced alone', async () => {
  const report = await fuzzMarkets({ runs: 2_000, seed: 3, socketRuns: 0, targets: [leaky] });
  expect(report.crashes).toBeGreaterThan(0);
  expect(report.impossible_prices_past_gate).toBeGreaterThan(0);
  expect(report.adapters.leaky?.accepted).toBeGreaterThan(0);
  for (const finding of report.findings.slice(0, 5)) {
    const { adapter, session } = finding;
    const again = await fuzzMarkets({ runs: 1, seed: 3, socketRuns: 0, targets: [leaky], adapter, session });
    expect(again.findings).toContainEqual(finding);
  }
});

test('cases of another part are counted as crash or impossible by what they throw', async () => {
  const cases = casesTarget('cases', [
    {
      name: 'one',
      sample: '[1]',
      feed: (input) => {
        if (input === '[1]') throw new Error('an impossible price passed: -1');
        if (input === '') throw new TypeError('nothing there');
      },
    },
  ]);
  const { adapters } = await fuzzMarkets({ runs: 3_000, seed: 1, socketRuns: 0, targets: [cases] });
  expect(adapters.cases?.impossible_prices_past_gate).toBeGreaterThan(0);
  expect(adapters.cases?.crashes).toBeGreaterThan(0);
});

test('every registered adapter stands a short fuzzing, takes sound input and refuses the rest', async () => {
  const report = await fuzzMarkets({ runs: 500 * fuzzTargets.length, seed: 11, socketRuns: 0 });
  expect(report.findings).toEqual([]);
  for (const one of Object.values(report.adapters)) {
    expect(one.runs).toBe(500);
    expect(one.rejected).toBeGreaterThan(0);
    expect(one.accepted).toBeGreaterThan(0);
  }
  const { adapters } = await fuzzMarkets({ runs: 500 * fuzzTargets.length, seed: 11, socketRuns: 0 });
  expect(adapters).toEqual(report.adapters);
});

test('whole sources stand a venue that half-closes, lies and floods', async () => {
  const { sockets, crashes } = await fuzzMarkets({ runs: 1, seed: 5, socketRuns: 2, targets: [] });
  expect(crashes, JSON.stringify(sockets)).toBe(0);
  expect(Object.values(sockets).every((one) => one.runs === 2)).toBe(true);
}, 60_000);
