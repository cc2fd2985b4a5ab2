import { expect, test } from 'vitest';
import { worldSettings } from '../../test/contract/broker-world.ts';
import type { Order } from '../shared/domain/order.ts';
import type { Position } from '../shared/domain/position.ts';
import { Desk } from './desk.ts';
import { equityOf, exposuresOf } from './portfolio.ts';

function position(symbol: string, side: Position['side'], quantity: string, entry: string): Position {
  return {
    id: `pos-${symbol}`,
    symbol,
    side,
    quantity,
    average_entry_price: entry,
    realised_profit: '0',
    fees: '0',
    stop_price: null,
    target_price: null,
    signal_id: null,
    correlation_id: 'c',
    opened_at: 0,
    updated_at: 0,
    closed_at: null,
    close_reason: null,
    open: true,
  };
}

function entryOrder(symbol: string, quantity: string, filled: string): Order {
  return {
    ...{ client_order_id: 'o', id: 'o', symbol, side: 'buy', type: 'market', leg: 'entry' },
    ...{ quantity, price: null, reduce_only: false, bracket: null, signal_id: null, correlation_id: 'c' },
    ...{ position_id: 'p', state: 'unknown', filled_quantity: filled, average_price: null, fees: '0' },
    ...{ fill_ids: [], reason: '', created_at: 0, updated_at: 0, open: true },
  } as Order;
}

function deskWith(prices: Readonly<Record<string, number>>, ...positions: readonly Position[]): Desk {
  const desk = new Desk({ ...worldSettings, starting_cash: 10_000 });
  const quotes = Object.entries(prices).map(([symbol, price]) => ({
    symbol,
    bid: price,
    ask: price,
    happenedAt: 1,
  }));
  desk.market.quotes({ source: 'test', quotes, known_at: 1 });
  for (const held of positions) desk.positions.set(held.symbol, held);
  return desk;
}

test.each<readonly [string, Readonly<Record<string, number>>, Position, number]>([
  ['dollars', { EURUSD: 1.11 }, position('EURUSD', 'long', '1000', '1.10'), 10],
  ['dollars, short', { EURUSD: 1.11 }, position('EURUSD', 'short', '1000', '1.10'), -10],
  ['yen, by the pair itself', { USDJPY: 160 }, position('USDJPY', 'long', '1000', '150'), 62.5],
  [
    'pounds, by another pair',
    { EURGBP: 0.9, GBPUSD: 1.25 },
    position('EURGBP', 'short', '1000', '0.88'),
    -25,
  ],
  [
    'francs, by the inverse pair',
    { EURCHF: 1.02, USDCHF: 0.8 },
    position('EURCHF', 'long', '1000', '1.00'),
    25,
  ],
])('unrealised profit in %s counts in account currency', (_, prices, held, profit) => {
  expect(equityOf(deskWith(prices, held))).toBeCloseTo(10_000 + profit, 6);
});

test('exposure counts positions and what is still in flight, in account currency', () => {
  const desk = deskWith({ USDJPY: 160, EURUSD: 1.25 }, position('USDJPY', 'short', '1000', '150'));
  desk.orders.set('o', entryOrder('EURUSD', '800', '300'));
  expect(Object.fromEntries(exposuresOf(desk))).toEqual({
    USDJPY: { net: -1_000, gross: 1_000 },
    EURUSD: { net: 625, gross: 625 },
  });
  desk.orders.set('o', { ...entryOrder('EURUSD', '800', '300'), reduce_only: true });
  expect([...exposuresOf(desk).keys()]).toEqual(['USDJPY']);
  desk.orders.set('o', entryOrder('USDJPY', '500', '0'));
  expect(exposuresOf(desk).get('USDJPY'), 'one of the two may come to nothing').toEqual({
    net: -500,
    gross: 1_500,
  });
});
