import { expect, test } from 'vitest';
import { BrokerWorld, worldSettings } from '../../test/contract/broker-world.ts';
import {
  type AgentSettings,
  defaultExitSettings,
  type ExitSettings,
} from '../shared/domain/agent-settings.ts';
import type { Order } from '../shared/domain/order.ts';

const symbol = 'BTCUSDT';
const off: ExitSettings = {
  ...defaultExitSettings,
  trailing: 'none',
  break_even_at_risk: 0,
  time_limit_hours: 0,
};
const far: Partial<AgentSettings['risk']> = { target_atr_multiple: 50 };

/** A long position from about 100; average true range 0.4, stop at 99.2, risk 0.8. */
function long(exits: Partial<ExitSettings>, change = far): BrokerWorld {
  const risk = { ...worldSettings.risk, ...change };
  const made = new BrokerWorld({ settings: { ...worldSettings, risk, exits: { ...off, ...exits } } });
  made.mandate();
  made.candle(symbol, 100, 100.1, 99.9, 100);
  made.signal(symbol, 'BUY', 100);
  made.candle(symbol, 100, 100.1, 99.9, 100);
  expect(made.openPositions()).toMatchObject([{ stop_price: '99.2' }]);
  return made;
}

/** Candles that rise by a step each, from the price given. */
function rise(made: BrokerWorld, from: number, candles: number, step = 0.5): number {
  let price = from;
  for (let count = 0; count < candles; count++) {
    made.candle(symbol, price, price + step, price - 0.05, price + step);
    price += step;
  }
  return price;
}

const stopsAtVenue = (made: BrokerWorld) =>
  made
    .truth()
    .orders.filter(({ request, state }) => request.leg === 'stop' && state === 'accepted')
    .map(({ request }) => Number(request.price));

const closeReason = (made: BrokerWorld) => made.rows<{ close_reason: string }>('positions')[0]?.close_reason;

test('chandelier: the stop follows at the venue, never loosens, and closes the position', () => {
  const made = long({ trailing: 'chandelier', trailing_atr_multiple: 3 });
  let before = 0;
  let price = 100;
  for (let minute = 0; minute < 10; minute++) {
    price = rise(made, price, 1);
    const now = Number(made.openPositions()[0]?.stop_price);
    expect(now).toBeGreaterThanOrEqual(before);
    before = now;
  }
  // Entry fills at half a spread above 100, so risk and range are a little larger than the signal's.
  expect(before).toBeGreaterThan(103.5);
  expect(before).toBeLessThan(103.9);
  made.candle(symbol, price, price, price, price);
  made.advance(made.now + 1_000);
  expect(stopsAtVenue(made)).toEqual([before]);
  made.candle(symbol, price, price, 103, 103);
  expect(made.openPositions()).toEqual([]);
  expect(closeReason(made)).toBe('stop');
  made.advance(made.now + 120_000);
  expect(stopsAtVenue(made)).toEqual([]);
});

test('the old stop stands at the venue until the new one is known to', () => {
  const made = long({ trailing: 'percent', trailing_pct: 1, trailing_offset_pct: 1 });
  made.fate = (kind) => (kind === 'submit' ? 'lose-silently' : 'deliver');
  const price = rise(made, 100, 4);
  expect(stopsAtVenue(made)).toEqual([99.2]);
  made.fate = () => 'deliver';
  made.advance(made.now + 30_000);
  made.candle(symbol, price, price, price, price);
  made.candle(symbol, price, price, price, price);
  made.advance(made.now + 1_000);
  expect(stopsAtVenue(made)).toHaveLength(1);
  expect(stopsAtVenue(made)[0]).toBeGreaterThan(100.5);
});

test('at no instant is the position bare while stops move', () => {
  const made = long({ trailing: 'atr', trailing_atr_multiple: 2 });
  let price = 100;
  for (let minute = 0; minute < 15; minute++) {
    price = rise(made, price, 1, 0.3);
    for (let second = 0; second < 10; second++) {
      made.advance(made.now + 1_000);
      expect(stopsAtVenue(made).length).toBeGreaterThanOrEqual(1);
    }
  }
  rise(made, price, 2, 0);
  made.advance(made.now + 1_000);
  expect(stopsAtVenue(made)).toHaveLength(1);
});

test('a target that fills in part leaves the rest protected, and the next stop is for the rest', () => {
  const made = long(
    { trailing: 'percent', trailing_pct: 1, trailing_offset_pct: 1 },
    { target_atr_multiple: 3 },
  );
  made.candle(symbol, 101, 101.5, 101, 101.4, 100);
  const [position] = made.openPositions();
  expect(position?.quantity).toBe('15');
  const stops = () =>
    made.truth().orders.filter(({ request, state }) => request.leg === 'stop' && state === 'accepted');
  expect(Number(stops()[0]?.request.quantity)).toBeGreaterThanOrEqual(15);
  made.candle(symbol, 101.1, 101.15, 101, 101.1, 100);
  made.candle(symbol, 101.1, 101.15, 101, 101.1, 100);
  made.advance(made.now + 1_000);
  expect(stops()).toHaveLength(1);
  expect(Number(stops()[0]?.request.quantity)).toBeGreaterThanOrEqual(Number(position?.quantity));
  expect(Number(stops()[0]?.request.price)).toBeGreaterThan(100);
});

test('break-even: after one risk of profit the stop stands at the entry plus two spreads', () => {
  const made = long({ break_even_at_risk: 1 });
  rise(made, 100, 2);
  const [position] = made.openPositions();
  const entry = Number(position?.average_entry_price);
  expect(Number(position?.stop_price)).toBeCloseTo(entry * 1.0008, 6);
});

test('a later target and the time limit end the position at market', () => {
  const early = long({ target_steps: [{ after_minutes: 3, profit: 0.002 }] });
  rise(early, 100, 1);
  expect(early.orders().filter((order) => order.leg === 'exit')).toEqual([]);
  rise(early, 100.5, 3, 0.01);
  expect(closeReason(early)).toBe('roi');
  const late = long({ time_limit_hours: 0.05 });
  rise(late, 100, 4, 0.01);
  expect(closeReason(late)).toBe('time_limit');
  expect(late.openPositions()).toEqual([]);
});

test('halted: the stop stands still and nothing ends by age', () => {
  const made = long({ trailing: 'chandelier', time_limit_hours: 0.05 });
  made.operator('halt');
  rise(made, 100, 6);
  expect(stopsAtVenue(made)).toEqual([99.2]);
  expect(made.orders().filter((order: Order) => order.leg === 'exit')).toEqual([]);
});

test('a restart in the middle changes nothing', () => {
  const stories = [false, true].map((restart) => {
    const made = long({ trailing: 'chandelier', break_even_at_risk: 1 });
    rise(made, 100, 4, 0.35);
    if (restart) made.crash();
    rise(made, 101.4, 4, 0.21);
    return { positions: made.openPositions(), stops: stopsAtVenue(made) };
  });
  expect(stories[1]).toEqual(stories[0]);
});
