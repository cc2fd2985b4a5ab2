// The trading agent from a signal to its order: size, protection, one thread of correlation; what it says and what it keeps.
import { expect, test } from 'vitest';
import { buy, codes, lastSummary, long, symbol, world } from '../../test/support/trading-world.ts';
import type { EquityPoint, Position } from '../shared/domain/position.ts';

test('a signal becomes one order, committed as pending before it leaves, with its protection attached', () => {
  const made = world();
  buy(made);
  const [order] = made.orders();
  expect(order).toMatchObject({
    state: 'pending_submit',
    leg: 'entry',
    side: 'buy',
    correlation_id: 'sig-1',
    bracket: { stop_price: '99.2', target_price: '101.2' },
  });
  expect(made.submitted).toHaveLength(1);
  expect(Number(order?.quantity) * 100).toBeLessThanOrEqual(2_500);
});

test('size is the risk budget over the stop distance when no cap binds', () => {
  const made = world({ risk_per_trade_pct: 0.1 });
  buy(made);
  expect(made.orders()[0]?.quantity).toBe('12.5');
});

test('the appetite of the mandate scales the risk and never above the configured one', () => {
  const made = world({ risk_per_trade_pct: 0.1 });
  made.mandate({ risk_appetite: 0.5 });
  buy(made);
  expect(made.orders()[0]?.quantity).toBe('6.25');
});

test('one correlation id runs from the signal to the settlement', () => {
  const made = long();
  made.candle(symbol, 100, 102, 99.9, 101.5);
  const told = made.emitted.filter(
    (message) =>
      message.message_type === 'trading.order_changed' || message.message_type === 'trading.position_changed',
  );
  expect(told.length).toBeGreaterThan(5);
  expect(new Set(told.map((message) => message.correlation_id))).toEqual(new Set(['sig-1']));
  expect(made.rows<Position>('positions')[0]).toMatchObject({
    open: false,
    close_reason: 'target',
    quantity: '0',
  });
});

test('the same signal twice is one order; in flight it already occupies the symbol', () => {
  const made = world();
  buy(made, { signal_id: 'same' });
  buy(made, { signal_id: 'same' });
  buy(made, { signal_id: 'other' });
  expect(codes(made)).toEqual(['duplicate_signal', 'position_exists']);
  expect(made.submitted).toHaveLength(1);
  made.crash();
  made.advance(made.now + 1);
  buy(made, { signal_id: 'same' });
  expect(codes(made).at(-1)).toBe('duplicate_signal');
});

test('equity points follow fills and the clock, with peak and drawdown', () => {
  const made = long();
  made.candle(symbol, 100, 101, 100, 101);
  made.advance(made.now + 1_000_000);
  const points = made.rows<EquityPoint>('equity');
  const last = points.at(-1);
  expect(points.length).toBe(3);
  expect(last?.open_positions).toBe(1);
  expect(last?.equity).toBeGreaterThan(10_000);
  expect(last?.peak_equity).toBe(last?.equity);
});

test('settled orders leave memory, so the state that a start loads stays bounded', () => {
  const made = world();
  for (let count = 0; count < 20; count++) {
    made.mandate();
    made.signal(symbol, 'BUY', 100);
    made.candle(symbol, 100, 100, 100, 100);
    made.candle(symbol, 100, 102, 100, 100);
    made.candle(symbol, 100, 100, 100, 100);
  }
  expect(made.rows<Position>('positions').length).toBe(20);
  expect(made.orders().filter((order) => order.open)).toEqual([]);
  expect(JSON.stringify(made.rows('agent_memory')).length).toBeLessThan(4_000);
});

test('a restarted agent carries on as one that kept running', () => {
  const stories = [false, true].map((restart) => {
    const made = long();
    if (restart) made.crash();
    made.candle(symbol, 100, 100.4, 99.9, 100.3);
    made.signal(symbol, 'CLOSE', 100);
    made.candle(symbol, 100, 100, 100, 100);
    return { positions: made.rows('positions'), orders: made.orders(), cash: made.venue.cash };
  });
  expect(stories[1]).toEqual(stories[0]);
});

test('in a hurried market a broker is silent after the same real time, not after an instant', () => {
  const unknownAfter = (pace: number | undefined, waitedMs: number): number => {
    const made = world({}, pace === undefined ? {} : { market_pace: pace });
    made.fate = () => 'lose-silently';
    made.candle(symbol, 100, 100, 100, 100);
    buy(made);
    made.advance(made.now + waitedMs);
    return lastSummary(made).unknown_orders;
  };
  expect(unknownAfter(undefined, 30_000)).toBe(1);
  expect(unknownAfter(1_200, 30_000)).toBe(0);
  expect(unknownAfter(1_200, 5 * 3_600_000)).toBe(1);
});
