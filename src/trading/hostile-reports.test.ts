// What a broker may not say: fills of nothing, at no price, of another side or symbol, beyond all measure; and whatever else
// fits the schema. Nothing of it may stop the agent, and none of it may be booked as if it were true.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokerWorld } from '../../test/contract/broker-world.ts';
import type { TradingSummary } from '../shared/bus/catalogue.ts';
import { inputSchemas } from '../shared/bus/schemas.ts';
import type { Fill, Order } from '../shared/domain/order.ts';

const symbol = 'BTCUSDT';

function entered(): { made: BrokerWorld; entry: Order } {
  const made = new BrokerWorld();
  made.mandate();
  made.candle(symbol, 100, 100, 100, 100);
  made.signal(symbol, 'BUY', 100);
  made.candle(symbol, 100, 100, 100, 100);
  const entry = made.orders().find((order) => order.leg === 'entry');
  if (entry === undefined) throw new Error('no entry');
  return { made, entry };
}

function blocked(made: BrokerWorld): TradingSummary['blocked'] {
  const said = made.emitted.filter((message) => message.message_type === 'trading.summary').at(-1);
  return said === undefined ? [] : (said.data as TradingSummary).blocked;
}

let told = 0;
function tell(made: BrokerWorld, id: string, kind: string, fill: Partial<Fill> | null): boolean {
  const full = fill === null ? null : { ...sound(made, id), ...fill };
  const data = {
    broker: 'paper',
    report_id: `hostile-${++told}`,
    client_order_id: id,
    kind,
    fill: full,
    order: null,
    reason: null,
    at: made.now,
  };
  if (!inputSchemas['broker.report'].safeParse(data).success) return false;
  made.input({ from: 'broker', message_type: 'broker.report', data: data as never, at: made.now });
  return true;
}

function sound(made: BrokerWorld, id: string): Fill {
  return {
    id: `fill-${told}`,
    client_order_id: id,
    symbol,
    side: 'buy',
    quantity: '1',
    price: '100',
    fee: '0',
    liquidity: 'taker',
    at: made.now,
  };
}

test.each<readonly [string, Partial<Fill>]>([
  ['nothing', { quantity: '0' }],
  ['nothing, at length', { quantity: '0.000000' }],
  ['no price', { price: '0' }],
  ['the other side', { side: 'sell' }],
  ['another symbol', { symbol: 'ETHUSDT' }],
  ['another order', { client_order_id: 'ord-of-somebody' }],
  ['an absurd price', { price: '100000000' }],
  ['a price of dust', { price: '0.0000001' }],
  ['a fee beyond its value', { fee: '101' }],
  ['what the venue kept', { withheld_quantity: '1' }],
  ['no rate', { account_rate: '0' }],
])('a fill of %s is not booked; the broker is asked', (_, change) => {
  const { made, entry } = entered();
  const before = made.openPositions();
  let asked = 0;
  made.answer = (honest) => {
    asked++;
    return honest;
  };
  tell(made, entry.client_order_id, 'fill', change);
  expect(made.failures).toBe(0);
  expect(made.openPositions()).toEqual(before);
  expect(made.orders().find((order) => order.id === entry.id)?.filled_quantity).toBe(entry.filled_quantity);
  expect(blocked(made)).toMatchObject([{ symbol, reason: expect.stringContaining('is not booked') }]);
  // And in the end the books are the broker's, and nothing is blocked any more.
  made.advance(made.now + 600_000);
  expect(asked).toBeGreaterThan(0);
  expect(blocked(made)).toEqual([]);
  expect(made.openPositions()[0]?.quantity).toBe(made.truth().positions?.[0]?.quantity);
});

test('whatever the schema lets through, the agent stands and the books end as the broker’s', () => {
  const decimal = fc.constantFrom('0', '0.0', '1', '0.00000001', '999999999999999999999999999999', '3.5');
  const fill = fc.record(
    {
      id: fc.constantFrom('a', 'b', 'c'),
      client_order_id: fc.constantFrom('x', 'y'),
      symbol: fc.constantFrom(symbol, 'ETHUSDT', '__proto__'),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      quantity: decimal,
      price: decimal,
      fee: fc.constantFrom('0', '-5', '99999999999'),
      account_rate: decimal,
      withheld_quantity: decimal,
    },
    { requiredKeys: [] },
  );
  const kind = fc.constantFrom('accepted', 'rejected', 'cancelled', 'expired', 'fill');
  const report = fc.tuple(fc.integer({ min: 0, max: 3 }), kind, fc.option(fill));
  fc.assert(
    fc.property(fc.array(report, { minLength: 1, maxLength: 6 }), (reports) => {
      const { made } = entered();
      for (const [place, what, change] of reports) {
        const id = made.orders()[place]?.client_order_id ?? 'stray';
        tell(made, id, what, change);
        made.advance(made.now + 1_000);
      }
      expect(made.failures).toBe(0);
      made.advance(made.now + 3_600_000);
      expect(made.failures).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('whatever an answer holds, the agent stands, opens nothing, and an honest answer heals it', () => {
  const decimal = fc.constantFrom(
    '0',
    '0.0',
    '1',
    '-1',
    '26',
    '999999999999999999999999999999',
    '0.00000001',
  );
  const state = fc.constantFrom('accepted', 'partially_filled', 'filled', 'cancelled', 'rejected', 'expired');
  const lie = fc.record({
    orders: fc.array(fc.record({ place: fc.nat(3), state, filled: decimal, quantity: decimal }), {
      maxLength: 3,
    }),
    fills: fc.array(
      fc.record({
        place: fc.nat(3),
        quantity: decimal,
        price: decimal,
        side: fc.constantFrom('buy', 'sell'),
      }),
      { maxLength: 3 },
    ),
    cash: fc.option(decimal),
    positions: fc.option(
      fc.array(fc.record({ symbol: fc.constantFrom(symbol, '__proto__'), quantity: decimal }), {
        maxLength: 2,
      }),
    ),
    deny: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(lie, { minLength: 1, maxLength: 4 }), (lies) => {
      const { made, entry } = entered();
      const held = made.orders();
      const requestOf = (place: number) => {
        const { client_order_id, side, type, leg, price, reduce_only } = held[place] ?? entry;
        return { client_order_id, symbol, side, type, leg, price, reduce_only, bracket: null };
      };
      let asked = 0;
      made.answer = (honest) => {
        const told = lies[asked++];
        if (told === undefined) return honest;
        const data = {
          ...honest,
          orders: told.orders.map((row) => ({
            request: { ...requestOf(row.place), quantity: row.quantity },
            state: row.state,
            filled_quantity: row.filled,
          })),
          fills: told.fills.map((row, place) => ({
            ...sound(made, requestOf(row.place).client_order_id),
            ...row,
            id: `lie-${asked}-${place}`,
          })),
          cash: told.cash,
          ...(told.positions === null
            ? {}
            : { positions: told.positions.map((row) => ({ ...row, average_price: null })) }),
          absent: told.deny ? held.map((order) => order.client_order_id) : [],
        };
        return inputSchemas['broker.snapshot'].safeParse(data).success ? (data as never) : honest;
      };
      for (let look = 0; look < 6 || asked <= lies.length + 6; look++) {
        made.advance(made.now + 900_000);
        expect(look).toBeLessThan(30);
      }
      expect(made.failures).toBe(0);
      // The venue has nothing of the lies: what it holds is what the books hold in the end.
      expect(made.openPositions().map((one) => [one.symbol, one.quantity])).toEqual(
        made.truth().positions?.map((one) => [one.symbol, one.quantity.replace('-', '')]),
      );
      expect(made.orders().filter((order) => order.leg === 'entry' && order.signal_id !== null)).toHaveLength(
        1,
      );
    }),
    { numRuns: 60 },
  );
});
