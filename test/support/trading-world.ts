// The trading agent with a simulated venue, in the state from which most of its tests begin.
import { expect } from 'vitest';
import type { TradingSummary } from '../../src/shared/bus/catalogue.ts';
import type { AgentSettings } from '../../src/shared/domain/agent-settings.ts';
import type { Order } from '../../src/shared/domain/order.ts';
import type { Refusal } from '../../src/shared/domain/risk.ts';
import type { Signal } from '../../src/shared/domain/signal.ts';
import { BrokerWorld, worldSettings } from '../contract/broker-world.ts';

export const symbol = 'BTCUSDT';
export const bounds = {
  ...worldSettings.risk,
  price_collar_pct: 1,
  max_orders_per_minute: 2,
  loss_cooldown_ms: 900_000,
};

export function world(
  risk: Partial<AgentSettings['risk']> = {},
  change: Partial<AgentSettings> = {},
): BrokerWorld {
  const made = new BrokerWorld({ settings: { ...worldSettings, ...change, risk: { ...bounds, ...risk } } });
  made.mandate();
  made.candle(symbol, 100, 100.5, 99.5, 100);
  return made;
}

export function buy(made: BrokerWorld, change: Partial<Signal> = {}): void {
  made.signal(symbol, 'BUY', 100, change);
}

/** A long position from 100 with its legs standing at the venue. */
export function long(made = world()): BrokerWorld {
  buy(made);
  made.candle(symbol, 100, 100.2, 99.8, 100);
  expect(made.openPositions()).toHaveLength(1);
  return made;
}

export function codes(made: BrokerWorld): string[] {
  return made.rows<Refusal>('refusals').map((refusal) => refusal.code);
}

export function orders(made: BrokerWorld, leg: Order['leg']): Order[] {
  return made.orders().filter((order) => order.leg === leg);
}

export const strayFill = {
  id: 'stray.1',
  client_order_id: 'stray',
  symbol,
  side: 'buy',
  quantity: '1',
  price: '100',
  fee: '0',
  liquidity: 'taker',
} as const;

export function lastSummary(made: BrokerWorld): TradingSummary {
  const said = made.emitted.filter((message) => message.message_type === 'trading.summary').at(-1);
  return said?.data as TradingSummary;
}
