import { expect, test } from 'vitest';
import { randomStream } from '../kernel/random-stream.ts';
import { type Order, orderStates } from '../shared/domain/order.ts';
import { isFinalState } from '../shared/domain/order-lifecycle.ts';
import { OpenOrders } from './open-orders.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'EURUSD'];

test('whatever happens to orders, what is found by symbol is what a look through all of them finds', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomStream(seed, 'open orders');
    const orders = new OpenOrders();
    const all = new Map<string, Order>();
    for (let step = 0; step < 300; step++) {
      const number = random.integer(12);
      const order = {
        client_order_id: `o${number}`,
        symbol: symbols[number % symbols.length],
        reduce_only: number % 2 === 0,
        state: orderStates[random.integer(orderStates.length)],
        open: random.next() < 0.7,
      } as Order;
      orders.keep(order);
      if (order.open) all.set(order.client_order_id, order);
      else all.delete(order.client_order_id);
      expectSame(orders, [...all.values()]);
    }
  }
});

function expectSame(orders: OpenOrders, all: readonly Order[]): void {
  const live = all.filter((order) => !isFinalState(order.state));
  const entries = live.filter((order) => !order.reduce_only);
  expect([...orders.all.values()]).toEqual(all);
  expect(new Set(orders.live.values())).toEqual(new Set(live));
  expect(orders.entering).toEqual(new Set(entries.map(({ symbol }) => symbol)));
  for (const symbol of symbols) {
    expect([...orders.liveOf(symbol)]).toEqual(live.filter((order) => order.symbol === symbol));
    expect(orders.liveEntry(symbol)).toEqual(entries.find((order) => order.symbol === symbol));
  }
}
