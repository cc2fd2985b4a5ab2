import { expect, test } from 'vitest';
import { BrokerWorld, worldSettings } from '../../test/contract/broker-world.ts';
import type { TradingSummary } from '../shared/bus/catalogue.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { Order } from '../shared/domain/order.ts';
import type { EquityPoint, Position } from '../shared/domain/position.ts';
import type { Refusal } from '../shared/domain/risk.ts';
import type { Signal } from '../shared/domain/signal.ts';
import type { TradingStateRecord } from '../shared/domain/trading-state.ts';

const symbol = 'BTCUSDT';
const bounds = {
  ...worldSettings.risk,
  price_collar_pct: 1,
  max_orders_per_minute: 2,
  loss_cooldown_ms: 900_000,
};

function world(risk: Partial<AgentSettings['risk']> = {}, change: Partial<AgentSettings> = {}): BrokerWorld {
  const made = new BrokerWorld({ settings: { ...worldSettings, ...change, risk: { ...bounds, ...risk } } });
  made.mandate();
  made.candle(symbol, 100, 100.5, 99.5, 100);
  return made;
}

function buy(made: BrokerWorld, change: Partial<Signal> = {}): void {
  made.signal(symbol, 'BUY', 100, change);
}

/** A long position from 100 with its legs standing at the venue. */
function long(made = world()): BrokerWorld {
  buy(made);
  made.candle(symbol, 100, 100.2, 99.8, 100);
  expect(made.openPositions()).toHaveLength(1);
  return made;
}

function codes(made: BrokerWorld): string[] {
  return made.rows<Refusal>('refusals').map((refusal) => refusal.code);
}

function orders(made: BrokerWorld, leg: Order['leg']): Order[] {
  return made.orders().filter((order) => order.leg === leg);
}

const strayFill = {
  id: 'stray.1',
  client_order_id: 'stray',
  symbol,
  side: 'buy',
  quantity: '1',
  price: '100',
  fee: '0',
  liquidity: 'taker',
} as const;

function lastSummary(made: BrokerWorld): TradingSummary {
  const said = made.emitted.filter((message) => message.message_type === 'trading.summary').at(-1);
  return said?.data as TradingSummary;
}

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

const refusals: readonly [
  string,
  (made: BrokerWorld) => void,
  Partial<AgentSettings>?,
  Partial<AgentSettings['risk']>?,
][] = [
  ['no_mandate', (made) => buy(made)],
  [
    'mandate_expired',
    (made) => {
      made.mandate({ expires_at: made.now });
      buy(made);
    },
  ],
  [
    'outside_mandate',
    (made) => {
      made.mandate({ universe: ['ETHUSDT'] });
      buy(made);
    },
  ],
  [
    'trading_halted',
    (made) => {
      made.mandate();
      made.operator('halt');
      buy(made);
    },
  ],
  [
    'reduce_only',
    (made) => {
      made.mandate();
      made.operator('reduce_only');
      buy(made);
    },
  ],
  ['signal_expired', (made) => buy(made, { expires_at: made.now })],
  ['signal_invalid', (made) => buy(made, { average_true_range: 0 })],
  ['signal_invalid', (made) => buy(made, { confidence: Number.POSITIVE_INFINITY })],
  ['unknown_symbol', (made) => made.signal('DOGEUSDT', 'BUY', 1)],
  ['no_position', (made) => made.signal(symbol, 'CLOSE', 100)],
  [
    'confidence_too_low',
    (made) => {
      made.mandate();
      buy(made, { confidence: 0.49 });
    },
  ],
  [
    'no_quote',
    (made) => {
      made.mandate();
      made.signal('ETHUSDT', 'BUY', 100);
    },
  ],
  [
    'quote_stale',
    (made) => {
      made.mandate();
      made.advance(made.now + 151_000);
      buy(made);
    },
  ],
  [
    'spread_too_wide',
    (made) => {
      made.mandate();
      buy(made);
    },
    {},
    { max_spread_pct: 0.01 },
  ],
  [
    'price_collar',
    (made) => {
      made.mandate();
      made.signal(symbol, 'BUY', 98);
    },
  ],
  [
    'short_not_supported',
    (made) => {
      made.mandate();
      made.signal(symbol, 'SELL', 100);
    },
    { broker: { ...worldSettings.broker, short: false } },
  ],
  [
    'max_open_positions',
    (made) => {
      made.mandate();
      buy(made);
    },
    {},
    { max_open_positions: 0 },
  ],
  [
    'trade_risk',
    (made) => {
      made.mandate();
      buy(made);
    },
    {},
    { risk_per_trade_pct: 0.0001 },
  ],
  [
    'instrument_exposure',
    (made) => {
      made.mandate();
      buy(made);
    },
    {},
    { max_instrument_exposure_pct: 0 },
  ],
  [
    'gross_exposure',
    (made) => {
      made.mandate();
      buy(made);
    },
    {},
    { max_gross_exposure_pct: 0 },
  ],
  [
    'order_rate',
    (made) => {
      made.mandate();
      buy(made);
    },
    {},
    { max_orders_per_minute: 0 },
  ],
  [
    'daily_loss',
    (made) => {
      made.mandate();
      buy(made);
    },
    {},
    { max_daily_loss_pct: 0 },
  ],
];
test.each(refusals)(
  'refuses with %s, saying limit and actual, and sends nothing',
  (code, act, change = {}, risk = {}) => {
    const made = new BrokerWorld({ settings: { ...worldSettings, ...change, risk: { ...bounds, ...risk } } });
    made.candle(symbol, 100, 100.5, 99.5, 100);
    act(made);
    expect(codes(made)).toEqual([code]);
    expect(made.submitted).toEqual([]);
    expect(made.emitted.filter((message) => message.message_type === 'trading.refused')).toHaveLength(1);
  },
);

test('a forex signal at the weekend is refused', () => {
  const made = new BrokerWorld({ settings: { ...worldSettings, universe: ['EURUSD'] } });
  made.mandate({ universe: ['EURUSD'], expires_at: made.now + 30 * 86_400_000 });
  made.advance(made.now + (5 * 24 + 2) * 3_600_000);
  made.candle('EURUSD', 1.1, 1.1, 1.1, 1.1);
  made.signal('EURUSD', 'BUY', 1.1);
  expect(codes(made)).toEqual(['session_closed']);
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

test('after a losing trade the symbol rests', () => {
  const made = long();
  made.candle(symbol, 98, 98, 97.9, 98);
  expect(made.openPositions()).toEqual([]);
  made.signal(symbol, 'BUY', 98);
  expect(codes(made)).toEqual(['cooldown']);
});

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

test('the daily loss refusal ends with the day', () => {
  const made = long(world({ max_daily_loss_pct: 0.1, loss_cooldown_ms: 0 }));
  made.candle(symbol, 98, 98, 97.9, 98);
  made.signal(symbol, 'BUY', 98);
  expect(codes(made)).toEqual(['daily_loss']);
  made.advance(Math.ceil(made.now / 86_400_000) * 86_400_000);
  made.candle(symbol, 98, 98, 97.9, 98);
  made.mandate();
  made.signal(symbol, 'BUY', 98);
  expect(codes(made)).toEqual(['daily_loss']);
  expect(made.submitted).toHaveLength(2);
});

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
