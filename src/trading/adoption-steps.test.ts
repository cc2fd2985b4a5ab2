import fc from 'fast-check';
import { expect, test } from 'vitest';
import { averagePrice, flatHolding, foldFill, type Holding } from '../shared/domain/holding.ts';
import { addDecimal, compareDecimal } from '../shared/domain/money.ts';
import { adoptionSteps } from './adoption-steps.ts';

const quantity = fc.integer({ min: -500_000, max: 500_000 }).map((units) => String(units / 1_000));
const price = fc.integer({ min: 5_000, max: 20_000 }).map((ticks) => String(ticks / 100));

function hold(signed: string, at: string): Holding {
  const size = signed.replace('-', '');
  if (Number(signed) === 0) return flatHolding;
  return foldFill(flatHolding, Number(signed) > 0 ? 'buy' : 'sell', size, at).holding;
}

function follow(ours: Holding, steps: NonNullable<ReturnType<typeof adoptionSteps>>) {
  let holding = ours;
  let realised = '0';
  for (const step of steps) {
    const change = foldFill(holding, step.side, step.quantity, step.price);
    holding = change.holding;
    realised = addDecimal(realised, change.realised);
  }
  return { holding, realised: Number(realised) };
}

/** Unrealised profit at the mark. */
function paper({ quantity: held, cost }: Holding, mark: number): number {
  return Number(held) * mark - Math.sign(Number(held)) * Number(cost);
}

test('the quantity becomes exactly the broker’s, the average within 0.01 %, by the same steps every time', () => {
  fc.assert(
    fc.property(quantity, price, quantity, price, price, (own, ownAt, theirs, theirAt, mark) => {
      const ours = hold(own, ownAt);
      const steps = adoptionSteps(ours, theirs, Number(theirs) === 0 ? null : theirAt, mark);
      if (steps === undefined) throw new Error('a price was known');
      expect(adoptionSteps(ours, theirs, Number(theirs) === 0 ? null : theirAt, mark)).toEqual(steps);
      const { holding } = follow(ours, steps);
      expect(compareDecimal(holding.quantity, theirs)).toBe(0);
      if (Number(theirs) === 0) return;
      // An average that only a negative price could reach is left where the last price puts it.
      const reachable = 2 * Number(theirAt) > Number(averagePrice(holding) ?? 0);
      if (reachable)
        expect(Math.abs(Number(averagePrice(holding)) / Number(theirAt) - 1)).toBeLessThanOrEqual(0.0001);
    }),
    { numRuns: 500 },
  );
});

test('adding to a holding leaves the realised profit alone; taking away realises at the mark', () => {
  const ours = hold('2', '100');
  const added = adoptionSteps(ours, '3', '110', '120');
  expect(added).toEqual([{ side: 'buy', quantity: '1', price: '130' }]);
  expect(follow(ours, added ?? []).realised).toBe(0);
  const taken = adoptionSteps(ours, '1', '100', '120');
  expect(taken).toEqual([{ side: 'sell', quantity: '1', price: '120' }]);
  expect(follow(ours, taken ?? []).realised).toBe(20);
});

test('correcting an average alone changes equity at no mark, and never closes the position', () => {
  fc.assert(
    fc.property(quantity, price, price, price, (own, ownAt, theirAt, mark) => {
      fc.pre(Number(own) !== 0 && 2 * Number(theirAt) > Number(ownAt));
      const ours = hold(own, ownAt);
      const steps = adoptionSteps(ours, own, theirAt, undefined) ?? [];
      const { holding, realised } = follow(ours, steps);
      expect(paper(holding, Number(mark)) + realised).toBeCloseTo(paper(ours, Number(mark)), 6);
      let left = ours;
      for (const step of steps) {
        left = foldFill(left, step.side, step.quantity, step.price).holding;
        expect(Math.sign(Number(left.quantity))).toBe(Math.sign(Number(own)));
      }
    }),
    { numRuns: 300 },
  );
});

test('nothing is booked at a price that nobody knows', () => {
  expect(adoptionSteps(flatHolding, '1', null, undefined)).toBeUndefined();
  expect(adoptionSteps(flatHolding, '1', null, '50')).toEqual([{ side: 'buy', quantity: '1', price: '50' }]);
});
