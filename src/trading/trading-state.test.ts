// Active, reducing, halted: who may tighten, who may loosen, and what closing means in each.
import { expect, test } from 'vitest';
import { BrokerWorld } from '../../test/contract/broker-world.ts';
import { buy, codes, long, orders, symbol, world } from '../../test/support/trading-world.ts';
import type { TradingStateRecord } from '../shared/domain/trading-state.ts';

test('closing needs no mandate, happens once, and leaves the protection standing until the position is gone', () => {
  const made = long();
  made.mandate({ expires_at: made.now });
  made.signal(symbol, 'CLOSE', 100);
  made.signal(symbol, 'SELL', 100);
  expect(orders(made, 'exit')).toMatchObject([
    { reduce_only: true, type: 'market', state: 'pending_submit' },
  ]);
  expect(orders(made, 'stop')).toMatchObject([{ state: 'accepted' }]);
  made.candle(symbol, 100, 100, 100, 100);
  expect(made.openPositions()).toEqual([]);
  expect(made.truth().positions).toEqual([]);
  expect(orders(made, 'exit')).toHaveLength(1);
});

test('halted means nothing is sent for a signal, but a person can still close', () => {
  const made = long();
  made.operator('halt');
  made.signal(symbol, 'CLOSE', 100);
  expect(codes(made)).toEqual(['trading_halted']);
  made.operator('close_position', symbol);
  made.candle(symbol, 100, 100, 100, 100);
  expect(made.openPositions()).toEqual([]);
});

test('closing everything closes every position and cancels every entry under way, halted or not', () => {
  const made = long();
  made.candle('ETHUSDT', 100, 100, 100, 100);
  made.signal('ETHUSDT', 'BUY', 100);
  expect(orders(made, 'entry').at(-1)).toMatchObject({ symbol: 'ETHUSDT', state: 'pending_submit' });
  made.operator('halt');
  made.operator('close_all');
  made.operator('close_all');
  made.candle(symbol, 100, 100, 100, 100);
  expect(made.openPositions()).toEqual([]);
  expect(made.truth().positions).toEqual([]);
  expect(orders(made, 'exit')).toHaveLength(1);
  expect(orders(made, 'entry').at(-1)).toMatchObject({ symbol: 'ETHUSDT', state: 'cancelled' });
});

test('a position that only comes to be after a close of everything is not part of it', () => {
  const made = world();
  made.operator('close_all');
  buy(made);
  made.candle(symbol, 100, 100.2, 99.8, 100);
  expect(made.openPositions()).toHaveLength(1);
});

test('halting survives a restart and only a person loosens it', () => {
  const made = world();
  made.operator('halt');
  made.crash();
  const tighten = { state: 'reducing', reason: 'looser' } as const;
  made.input({ from: 'health_ai', message_type: 'trading.tighten', data: tighten, at: made.now });
  buy(made);
  expect(codes(made)).toEqual(['trading_halted']);
  expect(made.rows<TradingStateRecord>('trading_state')[0]).toMatchObject({ state: 'halted', by: 'tester' });
  made.operator('resume');
  made.candle(symbol, 100, 100, 100, 100);
  buy(made);
  expect(made.submitted).toHaveLength(1);
});

test('an agent can tighten, and an entry under way is cancelled by it', () => {
  const made = world();
  buy(made);
  const data = { state: 'reducing', reason: 'broker unwell' } as const;
  made.input({ from: 'health_ai', message_type: 'trading.tighten', data, at: made.now });
  expect(orders(made, 'entry')).toMatchObject([{ state: 'cancel_requested' }]);
  made.candle(symbol, 100, 100, 100, 100);
  expect(orders(made, 'entry')).toMatchObject([{ state: 'cancelled' }]);
  expect(made.rows<TradingStateRecord>('trading_state')[0]).toMatchObject({
    state: 'reducing',
    by: 'health_ai',
  });
});

test('a state that is asked for again is no change, and asking again does not measure the drawdown anew', () => {
  const made = new BrokerWorld();
  const changes = () =>
    made.emitted.filter((message) => message.message_type === 'trading.state_changed').length;
  made.operator('resume');
  const before = changes();
  const memory = JSON.stringify(made.rows('trading_state'));
  made.operator('resume');
  expect(changes()).toBe(before);
  expect(JSON.stringify(made.rows('trading_state'))).toBe(memory);
  made.operator('halt');
  made.operator('halt');
  expect(changes()).toBe(before + 1);
  made.operator('reduce_only');
  expect(changes()).toBe(before + 2);
});

test('a drawdown tightens to reducing by itself, and a resume measures it anew', () => {
  const made = long(world({ max_drawdown_pct: 0.1 }));
  made.candle(symbol, 99.9, 99.9, 99.3, 99.4);
  expect(made.rows<TradingStateRecord>('trading_state')[0]).toMatchObject({
    state: 'reducing',
    by: 'trading_ai',
  });
  made.operator('resume');
  made.candle(symbol, 99.4, 99.4, 99.3, 99.4);
  expect(made.rows<TradingStateRecord>('trading_state')[0]).toMatchObject({ state: 'active', by: 'tester' });
});
