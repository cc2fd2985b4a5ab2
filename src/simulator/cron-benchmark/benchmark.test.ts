import { expect, test } from 'vitest';
import { randomStream } from '../../kernel/random-stream.ts';
import { defaultFind } from '../../orchestrator/intensity/intensity-settings.ts';
import { benchmarkAgainstCron } from './benchmark.ts';
import { periodChoices, staggered, tunedPerSymbol, uniform } from './crontabs.ts';
import { controlPanel, disguised } from './disguise.ts';
import { Environment } from './environment.ts';
import { findsOf } from './finds.ts';
import { buildPanel, type Panel, type RecordedSeries } from './panel.ts';
import { scorePolls, type World } from './poll-log.ts';
import { bestPollTimes } from './poll-times.ts';

const barMs = 300_000;
const start = Date.UTC(2026, 0, 5);

function recording(symbol: string, bars: number, seed: number, from = 0): RecordedSeries {
  const random = randomStream(seed, symbol);
  const market = randomStream(seed, 'market');
  let log = 0;
  let volatility = 1;
  const close = new Float64Array(bars);
  for (let t = 0; t < bars; t += 1) {
    volatility += 0.05 * (1 - volatility) + (market.next() < 0.004 ? 6 : 0);
    log += 0.002 * volatility * (market.next() + random.next() - 1);
    close[t] = 100 * Math.exp(log);
  }
  return {
    symbol,
    count: bars,
    openTime: Float64Array.from({ length: bars }, (_, t) => start + (from + t) * barMs),
    close,
    volume: new Float64Array(bars).fill(1),
  };
}

function panelOf(count: number, bars: number): Panel {
  return buildPanel(
    Array.from({ length: count }, (_, k) => recording(`X${k}`, bars, 1)),
    barMs,
  ).panel;
}

const world: World = {
  symbols: 2,
  from: 100,
  to: 1_060,
  barMs,
  tauBars: 6,
  barsPerDay: 288,
  finds: [
    { symbol: 0, bar: 111, value: 1 },
    { symbol: 1, bar: 500, value: 3 },
  ],
};

test('a poll in the bar of the find is worth all of it, one tau later 1/e', () => {
  const at = scorePolls(world, [[111], [506]]);
  expect(at.value).toBeCloseTo((1 + 3 * Math.exp(-1)) / 4, 12);
  expect(at.detectedIn30Min).toBe(1);
  expect(at.meanDelayMin).toBe(15);
  expect(at.pollsUsed).toBe(2);
  expect(scorePolls(world, [[110], [499]]).value).toBe(0);
});

test('fixed crontabs spend what their period says', () => {
  for (const plan of [uniform(world, 12), staggered(world, 12)])
    expect(plan.map((polls) => polls.length)).toEqual([80, 80]);
  const choices = periodChoices(world, [1, 12, 48, 96], world.finds);
  const tuned = tunedPerSymbol(world, choices, 40);
  expect(tuned.reduce((sum, polls) => sum + polls.length, 0)).toBeLessThanOrEqual(40);
  expect(scorePolls(world, tuned).value).toBe(1);
});

test('the planned poll times are the best of all subsets', () => {
  const random = randomStream(4, 'rates');
  const rates = Float64Array.from({ length: 11 }, () => random.next() ** 3);
  const worth = (polls: readonly number[]) => {
    let sum = 0;
    rates.forEach((rate, x) => {
      const next = polls.find((bar) => bar >= x);
      if (next !== undefined) sum += rate * Math.exp(-(next - x) / 6);
    });
    return sum - 0.4 * polls.length;
  };
  let best = 0;
  for (let mask = 0; mask < 2 ** rates.length; mask += 1)
    best = Math.max(best, worth([...rates.keys()].filter((bar) => (mask >> bar) & 1)));
  expect(worth(bestPollTimes(rates, 6, 0.4))).toBeCloseTo(best, 10);
});

test('the environment reveals each bar once, only when polled, and counts what has no token', () => {
  const panel = panelOf(2, 2_000);
  const environment = new Environment(panel, 12, 900);
  environment.step();
  expect(environment.poll(0).count).toBe(901);
  environment.step();
  environment.step();
  const answer = environment.poll(0);
  expect(answer.count).toBe(2);
  expect(answer.at[1]).toBe(panel.at[902]);
  expect(environment.overdrawn).toBe(0);
  environment.poll(1);
  environment.poll(1);
  expect(environment.overdrawn).toBe(1);
  expect(environment.longestGap()).toBe(3);
});

test('finds do not depend on names, prices, order or calendar', () => {
  const panel = panelOf(4, 3_000);
  const plain = findsOf(panel, defaultFind);
  const other = findsOf(disguised(panel, 77), defaultFind);
  expect(plain.length).toBeGreaterThan(10);
  const key = (finds: typeof plain) => finds.map((one) => `${one.bar}/${one.value.toFixed(6)}`).sort();
  expect(key(other)).toEqual(key(plain));
});

test("a move across a closed market is nobody's find", () => {
  const open = recording('FX', 1_500, 5);
  const later = recording('FX', 1_500, 6, 1_500 + 600);
  const joined: RecordedSeries = {
    symbol: 'FX',
    count: 3_000,
    openTime: Float64Array.from([...open.openTime, ...later.openTime]),
    close: Float64Array.from([...open.close, ...later.close.map((close) => close * 9)]),
    volume: new Float64Array(3_000),
  };
  const { panel } = buildPanel([joined], barMs);
  expect(panel.bars).toBe(3_000);
  expect(panel.reopened[1_500]).toBe(1);
  expect(findsOf(panel, defaultFind).some((one) => Math.abs(one.bar - 1_501) <= 3)).toBe(false);
});

test('the panel takes the stretch most recordings share and says what it left out', () => {
  const { panel, leftOut } = buildPanel(
    [recording('A', 3_000, 1), recording('B', 3_000, 2), recording('OLD', 900, 3, -9_000)],
    barMs,
  );
  expect(panel.symbols).toEqual(['A', 'B']);
  expect(leftOut.map((one) => one.symbol)).toEqual(['OLD']);
  expect(() => buildPanel([recording('A', 100, 1)], barMs)).toThrow('3 days');
});

test('shuffling keeps every move and destroys their order', () => {
  const panel = panelOf(1, 2_000);
  const shuffled = controlPanel(panel, 'shuffle', 3);
  // The first bar has no move of its own; after shuffling one of the others stands there.
  const total = (one: Panel, first: number) => {
    const closes = one.close[0] as Float64Array;
    return Math.log((closes.at(-1) as number) / first);
  };
  expect(total(shuffled, 100)).toBeCloseTo(total(panel, panel.close[0]?.[0] as number), 9);
  expect(shuffled.close[0]).not.toEqual(panel.close[0]);
});

test('a whole run keeps budget and floor, answers alike for one seed, and finds more than cron where there is a pattern', () => {
  const panel = panelOf(4, 10 * 288);
  const options = {
    budgetsMin: [60, 1],
    seed: 3,
    controls: ['shuffle', 'prefix'] as const,
    draws: 20,
    clock: () => 0,
    note: () => undefined,
  };
  const report = benchmarkAgainstCron(panel, options);
  expect(report.problems).toEqual([]);
  expect(report.budgets).toHaveLength(1);
  expect(report.remarks.some((text) => text.includes('finer'))).toBe(true);
  const [hourly] = report.budgets;
  expect(hourly?.polls_used).toBeLessThanOrEqual(hourly?.polls_allowed ?? 0);
  expect(hourly?.ratio_to_best_cron.value).toBeGreaterThan(1.1);
  expect(hourly?.value.intensity_optimum).toBeGreaterThan(hourly?.value.intensity_scheduler ?? 1);
  expect(benchmarkAgainstCron(panel, { ...options, controls: [] }).budgets).toEqual(report.budgets);
});
