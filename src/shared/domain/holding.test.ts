import fc from 'fast-check';
import { expect, test } from 'vitest';
import { averagePrice, flatHolding, foldFill } from './holding.ts';
import { addDecimal, compareDecimal, isZeroDecimal, multiplyDecimal, subtractDecimal } from './money.ts';

const fill = fc.record({
  side: fc.constantFrom('buy' as const, 'sell' as const),
  quantity: fc.integer({ min: 1, max: 1_000_000 }).map((steps) => (steps / 1_000).toFixed(3)),
  price: fc.integer({ min: 1, max: 10_000_000 }).map((steps) => (steps / 100).toFixed(2)),
});

test('once flat, realised profit is exactly sales minus purchases, in whatever parts it came', () => {
  fc.assert(
    fc.property(fc.array(fill, { minLength: 1, maxLength: 30 }), (fills) => {
      let holding = flatHolding;
      let realised = '0';
      let flow = '0';
      const book = (side: 'buy' | 'sell', quantity: string, price: string): void => {
        const change = foldFill(holding, side, quantity, price);
        holding = change.holding;
        realised = addDecimal(realised, change.realised);
        const value = multiplyDecimal(quantity, price);
        flow = side === 'sell' ? addDecimal(flow, value) : subtractDecimal(flow, value);
        expect(addDecimal(change.opened, change.closed)).toBe(addDecimal(quantity, '0'));
        expect(compareDecimal(holding.cost, '0')).toBeGreaterThanOrEqual(0);
      };
      for (const one of fills) book(one.side, one.quantity, one.price);
      const rest = holding.quantity.replace('-', '');
      if (!isZeroDecimal(rest)) book(holding.quantity.startsWith('-') ? 'buy' : 'sell', rest, '123.45');
      expect(holding).toEqual({ quantity: '0', cost: '0' });
      expect(realised).toBe(flow);
    }),
  );
});

test('a fill larger than the opposite holding turns it', () => {
  const long = foldFill(flatHolding, 'buy', '2', '100').holding;
  const change = foldFill(long, 'sell', '3', '110');
  expect(change).toMatchObject({ realised: '20', closed: '2', opened: '1' });
  expect(change.holding).toEqual({ quantity: '-1', cost: '110' });
});

test('the average is the quotient of cost and quantity, null when flat', () => {
  const first = foldFill(flatHolding, 'buy', '1', '10').holding;
  const second = foldFill(first, 'buy', '2', '13').holding;
  expect(averagePrice(second)).toBe('12');
  expect(averagePrice(flatHolding)).toBeNull();
});
