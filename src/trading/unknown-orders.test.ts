// Orders and positions of which the broker and we know different things: asked about, never guessed, never sent twice.
import { expect, test } from 'vitest';
import {
  buy,
  codes,
  lastSummary,
  long,
  orders,
  strayFill,
  symbol,
  world,
} from '../../test/support/trading-world.ts';
import type { Refusal } from '../shared/domain/risk.ts';

test('no entries before the broker has told its truth; an incomplete answer does not count as one', () => {
  const made = world();
  made.fate = (kind) => (kind === 'snapshot' ? 'lose-and-say-unknown' : 'deliver');
  made.crash();
  buy(made);
  made.advance(made.now + 15_000);
  buy(made);
  expect(codes(made)).toEqual(['order_outcome_unknown', 'order_outcome_unknown']);
  made.fate = () => 'deliver';
  made.advance(made.now + 60_000);
  made.candle(symbol, 100, 100, 100, 100);
  buy(made);
  expect(made.submitted).toHaveLength(1);
});

test('an incomplete answer never makes a position flat or an order gone', () => {
  const made = long();
  const before = made.openPositions();
  made.fate = (kind) => (kind === 'snapshot' ? 'lose-and-say-unknown' : 'deliver');
  made.crash();
  made.advance(made.now + 3_600_000);
  expect(made.openPositions()).toEqual(before);
  expect(orders(made, 'stop')).toMatchObject([{ state: 'accepted' }]);
});

test('executed, then timed out: the order is found by asking, and is not sent again', () => {
  const made = world();
  made.fate = (kind) =>
    kind === 'submit' ? 'execute-and-say-unknown' : kind === 'report' ? 'lose-silently' : 'deliver';
  buy(made);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'unknown' }]);
  made.signal(symbol, 'BUY', 100);
  expect(codes(made)).toEqual(['order_outcome_unknown']);
  made.fate = () => 'deliver';
  made.advance(made.now + 11_000);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'accepted' }]);
  made.candle(symbol, 100, 100, 100, 100);
  expect(made.submitted).toHaveLength(1);
  expect(made.openPositions()).toHaveLength(1);
});

test('lost on the way: proven absent, sent again under the same id', () => {
  const made = world();
  made.fate = (kind) => (kind === 'submit' ? 'lose-and-say-unknown' : 'deliver');
  buy(made);
  made.fate = () => 'deliver';
  made.advance(made.now + 11_000);
  expect(made.submitted).toHaveLength(2);
  expect(made.submitted[1]?.data).toEqual(made.submitted[0]?.data);
  made.advance(made.now + 60_000);
  expect(orders(made, 'entry')).toHaveLength(1);
});

test('lost on the way and no longer wanted: it ends, saying that it never arrived', () => {
  const made = world();
  made.fate = (kind) => (kind === 'submit' ? 'lose-silently' : 'deliver');
  buy(made, { expires_at: made.now + 5_000 });
  made.fate = () => 'deliver';
  made.advance(made.now + 60_000);
  expect(made.submitted).toHaveLength(1);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'cancelled', open: false }]);
});

test('not being named is no answer: only an id that the broker was asked for and denied is absent', () => {
  const made = world();
  made.fate = (kind) => (kind === 'submit' ? 'lose-and-say-unknown' : 'deliver');
  made.answer = (honest) => ({ ...honest, absent: [] });
  buy(made, { expires_at: made.now + 7_200_000 });
  made.fate = () => 'deliver';
  made.advance(made.now + 3_600_000);
  expect(made.submitted).toHaveLength(1);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'unknown' }]);
  expect(lastSummary(made).blocked).toMatchObject([
    { symbol, reason: expect.stringContaining('not answer') },
  ]);
  made.answer = (honest) => honest;
  made.advance(made.now + 600_000);
  expect(orders(made, 'entry')).toMatchObject([
    { state: 'cancelled', reason: expect.stringContaining('never reached the broker') },
  ]);
  expect(lastSummary(made)).toMatchObject({ blocked: [], unknown_orders: 0 });
});

test('an unknown order stays counted as unknown while a cancel of it goes unanswered', () => {
  const made = world();
  made.fate = () => 'lose-silently';
  buy(made, { expires_at: made.now + 60_000 });
  made.advance(made.now + 600_000);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'cancel_requested' }]);
  expect(lastSummary(made).unknown_orders).toBe(1);
});

test('a submit that nobody answers becomes unknown, without a word from the adapter', () => {
  const made = world();
  made.fate = (kind) => (kind === 'submit' || kind === 'snapshot' ? 'lose-silently' : 'deliver');
  buy(made);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'pending_submit' }]);
  made.advance(made.now + 11_000);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'unknown' }]);
  expect(lastSummary(made).unknown_orders).toBe(1);
});

test('what cannot be reconciled stops entries in that instrument only, and says why', () => {
  const made = world();
  made.candle('ETHUSDT', 50, 50, 50, 50);
  made.answer = (honest) => ({
    ...honest,
    positions: [{ symbol, quantity: String(made.now % 97), average_price: null }],
    unanswered: [{ symbol: 'ETHUSDT', reason: 'HTTP 502' }],
  });
  made.crash();
  made.candle(symbol, 100, 100, 100, 100);
  made.candle('ETHUSDT', 50, 50, 50, 50);
  buy(made);
  made.signal('ETHUSDT', 'BUY', 50);
  const refusals = made.rows<Refusal>('refusals');
  expect(refusals).toMatchObject([
    { symbol, code: 'not_reconciled', actual: expect.stringContaining('more than our fills say') },
    { symbol: 'ETHUSDT', code: 'not_reconciled', actual: expect.stringContaining('HTTP 502') },
  ]);
  made.answer = ({ unanswered: _, ...honest }) => honest;
  made.advance(made.now + 600_000);
  made.candle(symbol, 100, 100, 100, 100);
  buy(made);
  expect(made.submitted).toHaveLength(1);
});

test('a fill of an order we do not have is not booked, and stops entries in its symbol until the broker was asked', () => {
  const made = world();
  made.fate = (kind) => (kind === 'snapshot' ? 'lose-silently' : 'deliver');
  const fill = { ...strayFill, at: made.now };
  const report = { broker: 'paper', report_id: 'r', client_order_id: 'stray', kind: 'fill' } as const;
  const data = { ...report, fill, order: null, reason: null, at: made.now };
  made.input({ from: 'broker', message_type: 'broker.report', data, at: made.now });
  expect(made.openPositions()).toEqual([]);
  buy(made);
  expect(codes(made)).toEqual(['not_reconciled']);
  made.fate = () => 'deliver';
  made.advance(made.now + 600_000);
  expect(lastSummary(made).blocked).toEqual([]);
});

test('an over-fill is booked, marked and asked about', () => {
  const made = long();
  const [entry] = orders(made, 'entry');
  const id = entry?.client_order_id ?? '';
  const fill = { ...strayFill, client_order_id: id, at: made.now };
  const report = { broker: 'paper', report_id: 'r', client_order_id: id, kind: 'fill' } as const;
  const data = { ...report, fill, order: null, reason: null, at: made.now };
  made.input({ from: 'broker', message_type: 'broker.report', data, at: made.now });
  expect(orders(made, 'entry')).toMatchObject([
    { state: 'filled', reason: expect.stringContaining('filled beyond its quantity') },
  ]);
  expect(Number(made.openPositions()[0]?.quantity)).toBe(Number(entry?.filled_quantity) + 1);
  // The broker's truth wins in the end, and the profit booked before does not change by it.
  made.advance(made.now + 600_000);
  expect(made.openPositions()[0]?.quantity).toBe(made.truth().positions?.[0]?.quantity);
});

test('what certainly never left is tried a bounded number of times', () => {
  const made = world();
  made.fate = (kind) => (kind === 'submit' ? 'lose-and-say-not-sent' : 'deliver');
  buy(made);
  made.advance(made.now + 120_000);
  expect(made.submitted).toHaveLength(3);
  expect(new Set(made.submitted.map((effect) => JSON.stringify(effect.data))).size).toBe(1);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'cancelled' }]);
});

test('a position whose stop vanished gets another', () => {
  const made = long();
  made.venue.cancel(orders(made, 'stop')[0]?.client_order_id ?? '', made.now);
  made.advance(made.now + 30_000);
  const stops = made
    .truth()
    .orders.filter((order) => order.request.leg === 'stop' && order.state === 'accepted');
  expect(stops).toMatchObject([{ request: { quantity: made.openPositions()[0]?.quantity, price: '99.2' } }]);
});

test('a position that only the broker knows is adopted after two looks, and protected', () => {
  const made = world();
  const request = {
    client_order_id: 'foreign',
    symbol,
    side: 'buy',
    type: 'market',
    leg: 'entry',
    quantity: '1',
    price: null,
    reduce_only: false,
    bracket: null,
  } as const;
  made.fate = (kind) => (kind === 'report' ? 'lose-silently' : 'deliver');
  made.venue.submit(request, made.now);
  made.candle(symbol, 100, 100, 100, 100);
  made.fate = () => 'deliver';
  made.crash();
  expect(made.openPositions()).toEqual([]);
  made.advance(made.now + 60_000);
  expect(made.openPositions()).toMatchObject([{ symbol, side: 'long', quantity: '1' }]);
  expect(made.orders().some((order) => order.reason.startsWith('adopted'))).toBe(true);
  made.advance(made.now + 60_000);
  expect(orders(made, 'stop')).toMatchObject([{ state: 'accepted', quantity: '1' }]);
  expect(made.truth().cash).toBe(made.venue.cash);
});

test('an order still on its way is not absent: a question asked too early proves nothing', () => {
  const made = world();
  made.fate = (kind) => (kind === 'submit' ? 'delay' : 'deliver');
  buy(made);
  made.advance(made.now + 1_000);
  made.fate = () => 'deliver';
  made.crash();
  expect(made.submitted).toHaveLength(1);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'unknown' }]);
  made.releaseDelayed();
  made.advance(made.now + 1_000);
  expect(made.submitted).toHaveLength(1);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'accepted' }]);
});

test('a fill nobody told is found before its cancelled order is forgotten, however long the broker is silent', () => {
  const made = world();
  made.candle(symbol, 100, 100, 100, 100, 20);
  buy(made);
  made.advance(made.now + 1_000);
  made.fate = (kind) => (kind === 'report' || kind === 'snapshot' ? 'lose-silently' : 'deliver');
  made.candle(symbol, 100, 100, 100, 100, 20);
  made.fate = (kind) => (kind === 'snapshot' ? 'lose-silently' : 'deliver');
  made.signal(symbol, 'SELL', 100);
  made.advance(made.now + 600_000);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'cancelled', open: true, filled_quantity: '0' }]);
  made.fate = () => 'deliver';
  made.advance(made.now + 300_000);
  expect(made.openPositions()).toMatchObject([{ quantity: '2', side: 'long' }]);
  expect(made.orders().filter((order) => order.reason.startsWith('adopted'))).toEqual([]);
});

test('a snapshot older than our last fill is never booked as a difference', () => {
  const made = long();
  made.advance(made.now + 55_000);
  made.fate = (kind) => (kind === 'snapshot' ? 'delay' : 'deliver');
  made.crash();
  made.candle(symbol, 98, 98, 97.9, 98);
  expect(made.openPositions()).toEqual([]);
  made.fate = () => 'deliver';
  made.releaseDelayed();
  expect(made.openPositions()).toEqual([]);
  made.advance(made.now + 120_000);
  expect(made.openPositions()).toEqual([]);
  expect(made.orders().filter((order) => order.reason.startsWith('adopted'))).toEqual([]);
});
