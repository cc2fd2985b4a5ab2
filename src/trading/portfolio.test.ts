import { expect, test } from 'vitest';
import { worldSettings } from '../../test/contract/broker-world.ts';
import type { Turn } from '../kernel/agent.ts';
import type { Order } from '../shared/domain/order.ts';
import type { Position } from '../shared/domain/position.ts';
import { Desk } from './desk.ts';
import { equityOf, exposuresOf, recordEquity, unvaluedSymbols } from './portfolio.ts';

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
  [
    'pounds, by the pair itself and another of its base',
    { EURGBP: 0.8, EURUSD: 1.2 },
    position('EURGBP', 'long', '1000', '0.70'),
    150,
  ],
  [
    'Canadian dollars, by one more currency',
    { NZDCAD: 0.9, AUDCAD: 0.88, AUDUSD: 0.66 },
    position('NZDCAD', 'long', '1000', '0.80'),
    75,
  ],
])('unrealised profit in %s counts in account currency', (_, prices, held, profit) => {
  expect(equityOf(deskWith(prices, held))).toBeCloseTo(10_000 + profit, 6);
});

test('exposure counts positions and what is still in flight, in account currency', () => {
  const desk = deskWith({ USDJPY: 160, EURUSD: 1.25 }, position('USDJPY', 'short', '1000', '150'));
  const turn = { put: () => undefined, remove: () => undefined } as unknown as Turn;
  const entry = entryOrder('EURUSD', '800', '300');
  desk.saveOrder(entry, turn);
  expect(Object.fromEntries(exposuresOf(desk))).toEqual({
    USDJPY: { net: -1_000, gross: 1_000 },
    EURUSD: { net: 625, gross: 625 },
  });
  desk.saveOrder({ ...entry, reduce_only: true }, turn);
  expect([...exposuresOf(desk).keys()]).toEqual(['USDJPY']);
  desk.saveOrder({ ...entry, state: 'cancelled' }, turn);
  expect([...exposuresOf(desk).keys()], 'final orders are no exposure').toEqual(['USDJPY']);
  desk.saveOrder({ ...entryOrder('USDJPY', '500', '0'), client_order_id: 'p' }, turn);
  expect(exposuresOf(desk).get('USDJPY'), 'one of the two may come to nothing').toEqual({
    net: -500,
    gross: 1_500,
  });
});

test('without any rate nothing is counted at par, the symbol is named, and a rate once known is kept', () => {
  const held = position('EURGBP', 'long', '1000', '0.70');
  const desk = deskWith({ EURGBP: 0.8 }, held);
  expect(equityOf(desk)).toBe(10_000);
  expect(unvaluedSymbols(desk)).toEqual(['EURGBP']);
  expect(exposuresOf(desk).get('EURGBP')?.gross).toBe(0);

  const quotes = [{ symbol: 'GBPUSD', bid: 1.25, ask: 1.25, happenedAt: 1 }];
  desk.market.quotes({ source: 'test', quotes, known_at: 1 });
  expect(unvaluedSymbols(desk)).toEqual([]);
  const rows: unknown[] = [];
  recordEquity(desk, { now: 5, put: (...row: unknown[]) => rows.push(row) } as unknown as Turn);
  expect(desk.memory.rates).toEqual({ EURGBP: 1.25 });
  expect(equityOf(desk)).toBeCloseTo(10_125, 6);

  const restarted = new Desk({ ...worldSettings, starting_cash: 10_000 });
  restarted.remember(desk.memory);
  restarted.positions.set('EURGBP', held);
  expect(unvaluedSymbols(restarted)).toEqual([]);
  restarted.market.quotes({
    source: 'test',
    quotes: [{ symbol: 'EURGBP', bid: 0.8, ask: 0.8, happenedAt: 1 }],
    known_at: 1,
  });
  expect(equityOf(restarted)).toBeCloseTo(10_125, 6);
});
