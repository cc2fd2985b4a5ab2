import { expect, test } from 'vitest';
import type { Claim } from './analyst-memory.ts';
import { blindGraceCandles, OutcomeScorer, quietGapCandles } from './outcome-scorer.ts';

const minute = 60_000;
const from = 1_000 * minute;

function claim(overrides: Partial<Claim> = {}): Claim {
  return {
    signal_id: 'sig-1',
    strategy: 's',
    action: 'BUY',
    direction: 1,
    conviction: 0.5,
    claimed: 0.55,
    reference_price: 100,
    average_true_range: 2,
    from,
    until: from + 60 * minute,
    ...overrides,
  };
}

function outcomes(
  one: Claim,
  candles: readonly (readonly [minuteNumber: number, high: number, low: number])[],
): string[] {
  const scorer = new OutcomeScorer(minute);
  scorer.add(one);
  return candles.flatMap(([number, high, low]) =>
    scorer.onCandle(from + number * minute, high, low).map((scored) => `${number} ${scored.outcome}`),
  );
}

test('a claim is right when one range its way comes first, wrong when one range against it does', () => {
  const rise = [
    [0, 101, 99.5],
    [1, 102, 100],
    [2, 90, 80],
  ] as const;
  expect(outcomes(claim(), rise)).toEqual(['1 right']);
  expect(outcomes(claim({ direction: -1, action: 'SELL' }), rise)).toEqual(['1 wrong']);
  expect(
    outcomes(claim(), [
      [0, 101, 98],
      [1, 110, 100],
    ]),
  ).toEqual(['0 wrong']);
});

test('both barriers in one candle give no credit to either side', () => {
  expect(outcomes(claim(), [[0, 103, 97]])).toEqual(['0 wrong']);
  expect(outcomes(claim({ direction: -1 }), [[0, 103, 97]])).toEqual(['0 wrong']);
});

test('candles before the claim and after its horizon do not speak for it', () => {
  const quiet = Array.from({ length: 60 }, (_, index) => [index, 100.5, 99.5] as const);
  expect(outcomes(claim(), [[-1, 110, 100], ...quiet])).toEqual([]);
  expect(outcomes(claim(), [...quiet, [60, 110, 100]])).toEqual(['60 wrong']);
});

test('a quiet gap is tolerated; a blind one leaves the claim open and, unfilled, drops it unscored', () => {
  expect(outcomes(claim(), [[quietGapCandles, 102, 100]])).toEqual([`${quietGapCandles} right`]);
  const last = 60 + blindGraceCandles;
  expect(
    outcomes(claim(), [
      [quietGapCandles + 1, 102, 100],
      [last - 1, 120, 100],
      [last, 100, 90],
    ]),
  ).toEqual([`${last} unknown`]);
});

test('watching anew from the beginning forgets the blindness', () => {
  const scorer = new OutcomeScorer(minute);
  scorer.add(claim());
  scorer.onCandle(from + 30 * minute, 101, 99);
  scorer.watch(scorer.open);
  expect(scorer.onCandle(from, 101, 97.9).map((scored) => scored.outcome)).toEqual(['wrong']);
  expect(scorer.open).toEqual([]);
});
