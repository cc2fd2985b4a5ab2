// Every reason for which a signal becomes no order, each with its code, and when it no longer holds.
import { expect, test } from 'vitest';
import { BrokerWorld, worldSettings } from '../../test/contract/broker-world.ts';
import { bounds, buy, codes, long, symbol, world } from '../../test/support/trading-world.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';

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

test('after a losing trade the symbol rests', () => {
  const made = long();
  made.candle(symbol, 98, 98, 97.9, 98);
  expect(made.openPositions()).toEqual([]);
  made.signal(symbol, 'BUY', 98);
  expect(codes(made)).toEqual(['cooldown']);
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
