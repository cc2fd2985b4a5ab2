import { expect, test } from 'vitest';
import type { Fill, Order } from '../../shared/domain/order.ts';
import { compareBooks, statesLost } from './books.ts';

const order = (client_order_id: string, more: Partial<Order> = {}) =>
  ({
    ...{ client_order_id, position_id: 'p', leg: 'entry', signal_id: 's', quantity: '2', state: 'filled' },
    ...{ filled_quantity: '2', created_at: 10 },
    ...more,
  }) as Order;
const fill = (id: string, client_order_id: string, quantity = '2') =>
  ({ id, client_order_id, quantity, at: 20 }) as Fill;
const held = (client_order_id: string, state: string, quantity = '2') =>
  ({ request: { client_order_id, quantity }, state }) as never;
const compared = (orders: Order[], fills: Fill[], theirs: Fill[]) => {
  const { lost, doubled } = compareBooks(orders, fills, { orders: [], fills: theirs });
  return { lost, doubled };
};

test('a fill counts by its id and quantity', () => {
  expect(compared([order('a')], [fill('f', 'a')], [fill('f', 'a')])).toEqual({ lost: 0, doubled: 0 });
  expect(compared([order('a')], [fill('f', 'a')], [fill('f', 'a', '3')])).toEqual({ lost: 1, doubled: 0 });
  const halves = [fill('f', 'a', '1'), fill('f', 'a', '1')];
  expect(compared([order('a')], halves, [fill('f', 'a', '1')]), 'booked twice').toEqual({
    lost: 0,
    doubled: 1,
  });
});

test('two exits of one position that both did their work are a double, whatever their ids', () => {
  const exit = (id: string) => order(id, { leg: 'exit', signal_id: null });
  const fills = ['a', 'b', 'c'].map((id) => fill(`f${id}`, id));
  expect(compared([order('a'), exit('b')], fills.slice(0, 2), fills.slice(0, 2)).doubled).toBe(0);
  expect(compared([order('a'), exit('b'), exit('c')], fills, fills).doubled).toBe(1);
  const again = [order('a'), order('b', { position_id: 'q' })];
  expect(compared(again, fills.slice(0, 2), fills.slice(0, 2)).doubled, 'two entries of one signal').toBe(1);
});

test('an order of which only one side thinks that it works is lost, both ways', () => {
  const states = (state: Order['state'], there: ReturnType<typeof held>[]) =>
    statesLost([order('a', { state })], { orders: there });
  expect(states('accepted', []), 'held open, and the venue never had it').toBe(1);
  expect(states('accepted', [held('a', 'filled')])).toBe(1);
  expect(states('cancelled', [held('a', 'accepted')])).toBe(1);
  expect(states('cancel_requested', [held('a', 'accepted')])).toBe(0);
  expect(states('accepted', [held('a', 'accepted', '3')]), 'for another quantity').toBe(1);
  expect(states('rejected', []), 'the venue kept nothing of it').toBe(0);
});
