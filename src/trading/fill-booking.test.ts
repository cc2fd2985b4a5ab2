import { expect, test } from 'vitest';
import { worldSettings } from '../../test/contract/broker-world.ts';
import type { Turn } from '../kernel/agent.ts';
import type { Fill, Order } from '../shared/domain/order.ts';
import type { Position } from '../shared/domain/position.ts';
import { Desk } from './desk.ts';
import { bookFill } from './fill-booking.ts';

const turn: Turn = {
  now: 1,
  emit: () => '',
  effect: () => '',
  put: () => undefined,
  remove: () => undefined,
  setAlarm: () => undefined,
  cancelAlarm: () => undefined,
  random: () => ({ next: () => 0.5 }) as unknown as ReturnType<Turn['random']>,
  id: (...parts) => parts.join('-'),
};

/** A desk that is long 1,000 EURGBP at 0.80, and the order that closes it. */
function closing(): { desk: Desk; order: Order } {
  const desk = new Desk({ ...worldSettings, starting_cash: 10_000 });
  const none = { stop_price: null, target_price: null, signal_id: null, closed_at: null, close_reason: null };
  const position: Position = {
    ...{ id: 'p', symbol: 'EURGBP', side: 'long', quantity: '1000', average_entry_price: '0.80' },
    ...{ realised_profit: '0', fees: '0', correlation_id: 'c', opened_at: 0, updated_at: 0, open: true },
    ...none,
  } as Position;
  desk.positions.set('EURGBP', position);
  const order = {
    ...{ client_order_id: 'o', id: 'o', symbol: 'EURGBP', side: 'sell', type: 'market', leg: 'exit' },
    ...{ quantity: '1000', price: null, reduce_only: true, bracket: null, signal_id: null },
    ...{ correlation_id: 'c', position_id: 'p', state: 'accepted', filled_quantity: '0', fees: '0' },
    ...{ average_price: null, fill_ids: [], reason: '', created_at: 0, updated_at: 0, open: true },
  } as unknown as Order;
  return { desk, order };
}

const fill: Fill = {
  ...{ id: 'f', client_order_id: 'o', symbol: 'EURGBP', side: 'sell', quantity: '1000', price: '0.90' },
  ...{ fee: '0', liquidity: 'taker', at: 1 },
};

test('a profit reaches the account at the rate of the fill, else at that of the market', () => {
  const told = closing();
  bookFill(told.desk, told.order, { ...fill, account_rate: '1.3' }, turn);
  expect(told.desk.memory.cash).toBe('10130');
  const known = closing();
  const quotes = [{ symbol: 'GBPUSD', bid: 1.25, ask: 1.25, happenedAt: 1 }];
  known.desk.market.quotes({ source: 'test', quotes, known_at: 1 });
  bookFill(known.desk, known.order, fill, turn);
  expect(known.desk.memory.cash).toBe('10125');
  expect(known.desk.memory.blocks).toEqual({});
});

test('without any rate the money is booked at par, and that is said and stops entries in the symbol', () => {
  const { desk, order } = closing();
  bookFill(desk, order, fill, turn);
  expect(desk.memory.cash).toBe('10100');
  expect(desk.memory.blocks).toEqual({
    EURGBP: 'a fill was booked at par: no rate into the account currency',
  });
});
