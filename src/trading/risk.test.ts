// Limits of the risk manager one by one, each with the limit and what was found; and the properties that hold over all.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerWorld, worldSettings } from '../../test/contract/broker-world.ts';
import { projectFolder } from '../../test/support/system-process.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { Order } from '../shared/domain/order.ts';
import type { EquityPoint } from '../shared/domain/position.ts';
import type { Refusal } from '../shared/domain/risk.ts';
import type { Signal } from '../shared/domain/signal.ts';
import { kellyShare, type SizingQuestion, sizeEntry } from './position-sizer.ts';

const bitcoin = 'BTCUSDT';
const ether = 'ETHUSDT';
const hour = 3_600_000;

function world(
  risk: Partial<AgentSettings['risk']> = {},
  universe: readonly string[] = worldSettings.universe,
): BrokerWorld {
  const settings = { ...worldSettings, universe, risk: { ...worldSettings.risk, ...risk } };
  const made = new BrokerWorld({ settings });
  made.mandate({ universe, expires_at: made.now + 90 * 86_400_000 });
  return made;
}

function quiet(made: BrokerWorld, symbol = bitcoin, price = 100): void {
  made.candle(symbol, price, price, price, price);
}

const refusals = (made: BrokerWorld) =>
  made.rows<Refusal>('refusals').map(({ code, limit, actual }) => ({ code, limit, actual }));
const entries = (made: BrokerWorld) => made.rows<Order>('orders').filter((order) => order.leg === 'entry');
const worth = (made: BrokerWorld, symbol: string) =>
  entries(made)
    .filter((order) => order.symbol === symbol)
    .reduce((sum, order) => sum + Number(order.quantity) * 100, 0);

/** Two markets hour by hour; the second follows the first by this factor. */
function hours(made: BrokerWorld, count: number, factor: number): void {
  for (let place = 0; place < count; place++) {
    made.advance((Math.floor(made.now / hour) + 1) * hour - 60_000);
    const move = place === count - 1 ? 0 : 2 * Math.sin(place * 1.7);
    const openTime = made.now;
    for (const [symbol, price] of [
      [bitcoin, 100 + move],
      [ether, 100 + factor * move],
    ] as const)
      made.flatCandle(symbol, openTime, {
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 1_000,
      });
    made.advance(openTime + 60_000);
  }
  quiet(made);
  quiet(made, ether);
}

test('Approved is minted in one file only', () => {
  const sources = globSync('src/**/*.ts', { cwd: projectFolder }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  const minting = sources.filter((file) =>
    /\bas (unknown as )?Approved\b|<Approved>|: Approved = /.test(
      readFileSync(path.join(projectFolder, file), 'utf8'),
    ),
  );
  expect(minting).toEqual([path.join('src', 'trading', 'risk-manager.ts')]);
});

test('without a rate into the account currency nothing is entered; one more pair gives it', () => {
  const made = world({}, ['EURGBP', 'EURUSD']);
  quiet(made, 'EURGBP', 0.8);
  made.signal('EURGBP', 'BUY', 0.8);
  expect(refusals(made)).toEqual([
    { code: 'no_conversion', limit: 'a rate into the account currency', actual: 'EURGBP' },
  ]);
  expect(entries(made)).toEqual([]);
  quiet(made, 'EURUSD', 1.2);
  quiet(made, 'EURGBP', 0.8);
  made.signal('EURGBP', 'BUY', 0.8);
  const [order] = entries(made);
  // 0.8 EURGBP at 1.2 / 0.8 dollars a pound: a euro is worth its 1.2 dollars.
  expect(Number(order?.quantity) * 1.2).toBeLessThanOrEqual(10_000);
  expect(Number(order?.quantity)).toBeGreaterThan(0);
});

describe('exposure', () => {
  test('net: the second long position gets what the limit leaves, a short one is not bound', () => {
    const made = world({ max_net_exposure_pct: 30, max_correlated_exposure_pct: 1_000 });
    quiet(made);
    quiet(made, ether);
    made.signal(bitcoin, 'BUY', 100);
    made.signal(ether, 'BUY', 100);
    expect(worth(made, bitcoin)).toBeCloseTo(2_500, 6);
    expect(worth(made, ether), 'the first is still in flight').toBeCloseTo(500, 6);
    const hedged = world({ max_net_exposure_pct: 30, max_correlated_exposure_pct: 1_000 });
    quiet(hedged);
    quiet(hedged, ether);
    hedged.signal(bitcoin, 'BUY', 100);
    hedged.signal(ether, 'SELL', 100);
    expect(worth(hedged, ether)).toBeCloseTo(2_500, 6);
  });

  test.each([
    ['net_exposure', { max_net_exposure_pct: 25 }, 25],
    ['mode_budget', { crypto_budget_pct: 25 }, 25],
    ['correlated_exposure', { max_correlated_exposure_pct: 25 }, 25],
    ['gross_exposure', { max_gross_exposure_pct: 25 }, 25],
  ] as const)(
    '%s: with nothing left the refusal says the limit and what is held, in percent',
    (code, risk, limit) => {
      const made = world(risk);
      quiet(made);
      quiet(made, ether);
      made.signal(bitcoin, 'BUY', 100);
      made.signal(ether, 'BUY', 100);
      expect(refusals(made)).toEqual([{ code, limit, actual: expect.closeTo(25, 3) }]);
    },
  );

  test('a budget of zero closes a kind of market', () => {
    const made = world({ forex_budget_pct: 0 }, [bitcoin, 'EURUSD']);
    quiet(made, 'EURUSD', 1.1);
    quiet(made);
    made.signal('EURUSD', 'BUY', 1.1);
    made.signal(bitcoin, 'BUY', 100);
    expect(refusals(made)).toEqual([{ code: 'mode_budget', limit: 0, actual: 0 }]);
    expect(entries(made)).toHaveLength(1);
  });

  test.each([
    ['moves with it', 1, 'BUY', 1],
    ['moves against it', -1, 'BUY', 2],
    ['moves against it, and is sold', -1, 'SELL', 1],
  ] as const)('correlated: the other market %s', (_, factor, action, orders) => {
    const made = world({ max_correlated_exposure_pct: 25, quote_stale_ms: hour });
    hours(made, 30, factor);
    made.signal(bitcoin, 'BUY', 100);
    made.signal(ether, action, 100);
    expect(entries(made)).toHaveLength(orders);
    if (orders === 1) expect(refusals(made)[0]?.code).toBe('correlated_exposure');
    expect(refusals(made)).toHaveLength(2 - orders);
  });

  test('what was measured survives a restart', () => {
    const made = world({ max_correlated_exposure_pct: 25, quote_stale_ms: hour });
    hours(made, 30, -1);
    made.crash();
    quiet(made);
    quiet(made, ether);
    made.signal(bitcoin, 'BUY', 100);
    made.signal(ether, 'BUY', 100);
    expect(entries(made)).toHaveLength(2);
  });
});

describe('size', () => {
  const question: SizingQuestion = {
    equity: 10_000,
    riskPct: 0.5,
    stopDistance: 2,
    price: 100,
    rate: 1,
    caps: [],
    quantityStep: '0.001',
    minimumNotional: '5',
  };

  test('Kelly on a confidence calibrated at equal distances', () => {
    expect(kellyShare(0.5)).toBe(0);
    expect(kellyShare(0.6)).toBeCloseTo(0.2, 12);
    expect(kellyShare(1)).toBe(1);
  });

  test('no edge is refused; a small one risks a fraction of the stake, a large one the limit', () => {
    const sized = (confidence: number) => {
      const made = world({ kelly_fraction: 0.25, risk_per_trade_pct: 0.1 });
      quiet(made);
      made.signal(bitcoin, 'BUY', 100, { confidence });
      return made;
    };
    expect(refusals(sized(0.5))).toEqual([{ code: 'no_edge', limit: 0, actual: 0 }]);
    // 0.25 x (2 x 0.501 - 1) = 0.05 % of 10,000 is 5; the stop is 0.8 away.
    expect(entries(sized(0.501))[0]?.quantity).toBe('6.25');
    expect(entries(sized(0.9))[0]?.quantity).toBe('12.5');
  });

  test('the volatility target binds by the measured volatility, before that by the range of the signal', () => {
    const made = world({ target_daily_volatility_pct: 1 });
    quiet(made);
    made.signal(bitcoin, 'BUY', 100);
    const daily = (0.004 / Math.sqrt(8 / Math.PI)) * Math.sqrt(1_440);
    expect(worth(made, bitcoin)).toBeCloseTo(100 / daily, 1);
    const measured = world({ target_daily_volatility_pct: 0.5, quote_stale_ms: hour });
    hours(measured, 30, 1);
    measured.signal(bitcoin, 'BUY', 100);
    expect(worth(measured, bitcoin)).toBeLessThan(50 / 0.04);
    expect(worth(measured, bitcoin)).toBeGreaterThan(50 / 0.12);
  });

  test('winding down: between its start and the largest drawdown the risk shrinks in a straight line', () => {
    const made = world({ wind_down_from_pct: 0.05, max_drawdown_pct: 0.9, risk_per_trade_pct: 0.1 });
    quiet(made);
    made.signal(bitcoin, 'BUY', 100);
    quiet(made);
    made.candle(bitcoin, 97, 97, 97, 97);
    made.advance(made.now + 30_000);
    quiet(made);
    expect(made.openPositions()).toEqual([]);
    const drawdown = made.rows<EquityPoint>('equity').at(-1)?.drawdown_pct ?? 0;
    expect(drawdown).toBeGreaterThan(0.3);
    made.signal(bitcoin, 'BUY', 100);
    const equity = 10_000 * (1 - drawdown / 100);
    const expected = ((equity * 0.001) / 0.8) * ((0.9 - drawdown) / 0.85);
    expect(Number(entries(made).at(-1)?.quantity)).toBeCloseTo(expected, 3);
  });

  test('whatever the caps: never above one of them, never more than the risk, never below the smallest order', () => {
    const rooms = fc.array(fc.double({ min: -1_000, max: 20_000, noNaN: true }), { maxLength: 5 });
    fc.assert(
      fc.property(
        rooms,
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        (values, riskPct, stopDistance) => {
          const caps = values.map((room) => ({ code: 'gross_exposure' as const, room, limit: 1, actual: 2 }));
          const sized = sizeEntry({ ...question, caps, riskPct, stopDistance });
          if (!sized.ok) {
            expect(['gross_exposure', 'trade_risk']).toContain(sized.reason.code);
            return;
          }
          const value = Number(sized.value.quantity) * question.price;
          for (const room of values) expect(value).toBeLessThanOrEqual(Math.max(0, room) + 1e-6);
          expect(sized.value.riskAmount).toBeLessThanOrEqual((question.equity * riskPct) / 100 + 1e-6);
          expect(value).toBeGreaterThanOrEqual(5);
        },
      ),
    );
  });
});

describe('markets that are not fit', () => {
  test('too little traded', () => {
    const made = world();
    made.candle(bitcoin, 100, 100, 100, 100, 1);
    made.signal(bitcoin, 'BUY', 100);
    expect(refusals(made)).toEqual([{ code: 'insufficient_liquidity', limit: 10_000, actual: 6_000 }]);
  });

  test('an order is a small share of what is traded', () => {
    const made = world();
    made.candle(bitcoin, 100, 100, 100, 100, 2);
    made.signal(bitcoin, 'BUY', 100);
    expect(worth(made, bitcoin)).toBeCloseTo(600, 6);
  });

  test('shortly before the forex week closes', () => {
    const made = world({ weekend_guard_ms: hour }, ['EURUSD']);
    // Monday 00:00 UTC; New York closes on Friday at 21:00 UTC.
    made.advance(made.now + 4 * 24 * hour + 20.5 * hour);
    quiet(made, 'EURUSD', 1.1);
    made.signal('EURUSD', 'BUY', 1.1);
    expect(refusals(made).map(({ code, limit }) => [code, limit])).toEqual([['week_closing', hour]]);
  });

  test('a DEX token of which nothing is known', () => {
    const token = 'solana:7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr';
    const made = world({}, [token]);
    quiet(made, token, 1);
    made.signal(token, 'BUY', 1);
    expect(refusals(made)).toEqual([{ code: 'token_unsafe', limit: 'a safety record', actual: 'unknown' }]);
    expect(made.submitted).toEqual([]);
  });
});

describe('DEX tokens', () => {
  const address = '7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr';
  const token = `solana:${address}`;
  const safe = {
    mint_authority: 'renounced',
    freeze_authority: 'renounced',
    liquidity_lock: 'burned',
    liquidity_usd: 80_000,
    top_10_holders_pct: 12,
    created_at: Date.UTC(2026, 0, 1),
    buys_h24: 500,
    sells_h24: 400,
  } as const;

  function told(...facts: readonly object[]): BrokerWorld {
    const made = world({ max_spread_pct: 2 }, [token]);
    quiet(made, token, 1);
    for (const part of facts)
      made.input({
        from: 'market',
        message_type: 'market.candidates',
        data: {
          source: 'test',
          observations: [{ chain: 'solana', address, origin: null, name: 'n', symbol: 's', facts: part }],
          known_at: made.now,
        },
        at: made.now,
      });
    return made;
  }

  test('what several sources say together makes a record, which survives a restart', () => {
    const { liquidity_usd, ...rest } = safe;
    const made = told(rest, { liquidity_usd });
    made.crash();
    made.advance(made.now + 30_000);
    quiet(made, token, 1);
    made.signal(token, 'BUY', 1);
    expect(refusals(made)).toEqual([]);
    expect(entries(made)).toHaveLength(1);
  });

  test.each([
    ['held mint authority', [safe, { mint_authority: 'held' }], 'held'],
    ['never told liquidity lock', [{ ...safe, liquidity_lock: undefined }], 'unknown'],
    ['liquidity that ran away', [safe, { liquidity_usd: 500 }], 500],
  ] as const)('%s is refused', (_, facts, actual) => {
    const made = told(...facts);
    made.signal(token, 'BUY', 1);
    expect(refusals(made)).toMatchObject([{ code: 'token_unsafe', actual }]);
  });

  test('a record that nobody renewed is stale', () => {
    const made = told(safe);
    made.advance(made.now + 16 * 60_000);
    quiet(made, token, 1);
    made.signal(token, 'BUY', 1);
    expect(refusals(made)).toMatchObject([{ code: 'token_unsafe' }]);
  });
});

describe('pauses', () => {
  /** Loses once on the symbol: stopped out by the next candles. */
  function lose(made: BrokerWorld, symbol: string): void {
    quiet(made, symbol);
    made.signal(symbol, 'BUY', 100);
    quiet(made, symbol);
    made.candle(symbol, 98, 98, 97.9, 98);
    made.advance(made.now + 30_000);
  }

  test('several losses in a row pause everything, also over a restart, and a pause ends', () => {
    const made = world({ loss_streak: 2, loss_streak_cooldown_ms: hour });
    lose(made, bitcoin);
    lose(made, bitcoin);
    quiet(made, ether);
    made.crash();
    made.advance(made.now + 30_000);
    quiet(made, ether);
    made.signal(ether, 'BUY', 100);
    expect(refusals(made)).toEqual([{ code: 'loss_streak', limit: expect.any(Number), actual: made.now }]);
    made.advance(made.now + hour);
    quiet(made, ether);
    made.signal(ether, 'BUY', 100);
    expect(refusals(made)).toHaveLength(1);
  });

  test('a gain ends the streak', () => {
    const made = world({ loss_streak: 2, loss_streak_cooldown_ms: hour });
    lose(made, bitcoin);
    quiet(made);
    made.signal(bitcoin, 'BUY', 100);
    quiet(made);
    made.candle(bitcoin, 100, 104, 100, 104);
    made.advance(made.now + 30_000);
    lose(made, bitcoin);
    quiet(made, ether);
    made.signal(ether, 'BUY', 100);
    expect(refusals(made)).toEqual([]);
  });
});

describe('bad signals are refused with a code, counted, and never traded', () => {
  const now = Date.UTC(2026, 2, 23);
  const bad: readonly [string, Partial<Record<keyof Signal, unknown>>, string][] = [
    ['confidence NaN', { confidence: Number.NaN }, 'signal_invalid'],
    ['confidence 7', { confidence: 7 }, 'signal_invalid'],
    ['confidence -1', { confidence: -1 }, 'signal_invalid'],
    ['confidence text', { confidence: '0.9' }, 'signal_invalid'],
    ['confidence missing', { confidence: undefined }, 'signal_invalid'],
    ['price NaN', { reference_price: Number.NaN }, 'signal_invalid'],
    ['price infinite', { reference_price: Number.POSITIVE_INFINITY }, 'signal_invalid'],
    ['price absurd', { reference_price: 1e15 }, 'signal_invalid'],
    ['price negative', { reference_price: -100 }, 'signal_invalid'],
    ['price text', { reference_price: '100' }, 'signal_invalid'],
    ['price far off', { reference_price: 1 }, 'price_collar'],
    ['range zero', { average_true_range: 0 }, 'signal_invalid'],
    ['range as large as the price', { average_true_range: 99 }, 'signal_invalid'],
    ['range within the spread', { average_true_range: 1e-9 }, 'signal_invalid'],
    ['range of half the spread', { average_true_range: 0.009 }, 'signal_invalid'],
    ['action unknown', { action: 'HOLD' }, 'signal_invalid'],
    ['action missing', { action: undefined }, 'signal_invalid'],
    ['symbol unknown', { symbol: 'DOGEUSDT' }, 'unknown_symbol'],
    ['symbol a number', { symbol: 5 }, 'signal_invalid'],
    ['symbol hostile', { symbol: '__proto__' }, 'unknown_symbol'],
    ['id missing', { signal_id: undefined }, 'signal_invalid'],
    ['id endless', { signal_id: 'x'.repeat(10_000) }, 'signal_invalid'],
    ['expired', { expires_at: now }, 'signal_expired'],
    ['expiry text', { expires_at: 'tomorrow' }, 'signal_invalid'],
    ['expiry infinite', { expires_at: Number.POSITIVE_INFINITY }, 'signal_invalid'],
    ['from the future', { issued_at: now + 86_400_000, expires_at: now + 2 * 86_400_000 }, 'signal_invalid'],
    ['lives for ever', { expires_at: now + 400 * 86_400_000 }, 'signal_invalid'],
  ];

  test.each(bad)('%s', (_, change, code) => {
    const made = world({ price_collar_pct: 1 });
    quiet(made);
    made.signal(bitcoin, 'BUY', 100, change as Partial<Signal>);
    expect(refusals(made).map((refusal) => refusal.code)).toEqual([code]);
    expect(made.submitted).toEqual([]);
    expect(made.failures).toBe(0);
    const { id, signal_id, symbol } = made.rows<Refusal>('refusals')[0] ?? {};
    for (const text of [id, signal_id, symbol]) expect(String(text).length).toBeLessThanOrEqual(200);
  });

  test('an id that was used is refused, also after a restart', () => {
    const made = world();
    quiet(made);
    made.signal(bitcoin, 'BUY', 100, { signal_id: 'once' });
    made.crash();
    made.advance(made.now + 30_000);
    made.signal(ether, 'BUY', 100, { signal_id: 'once' });
    expect(refusals(made)).toEqual([{ code: 'duplicate_signal', limit: 1, actual: 'once' }]);
  });

  test('whatever arrives, the agent stands', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...signalFields), fc.anything()), (change) => {
        const made = world();
        quiet(made);
        // What the bus carries is JSON.
        const json = JSON.parse(JSON.stringify(change) ?? '{}');
        made.signal(bitcoin, 'BUY', 100, json);
        expect(made.failures).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

const signalFields = [
  'signal_id',
  'action',
  'symbol',
  'confidence',
  'horizon_ms',
  'issued_at',
  'expires_at',
  'timeframe',
  'evidence',
  'reference_price',
  'average_true_range',
  'task_id',
];
