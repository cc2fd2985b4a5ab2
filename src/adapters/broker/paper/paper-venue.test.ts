import { expect, test } from 'vitest';
import type { BrokerReport } from '../../../shared/bus/catalogue.ts';
import type { OrderRequest } from '../../../shared/domain/order.ts';
import type { PaperVenueSettings } from './paper-settings.ts';
import { PaperVenue } from './paper-venue.ts';

const startAt = Date.UTC(2026, 2, 23);
const free: Partial<PaperVenueSettings> = {
  latencyMs: 100,
  latencySpread: 0,
  slippage: { base: 0, volatilityShare: 0, impact: 0 },
  fees: { crypto: { maker: '0', taker: '0' }, forex: { maker: '0', taker: '0' } },
};

class Market {
  readonly venue: PaperVenue;
  readonly reports: BrokerReport[] = [];
  minute = 0;
  constructor(settings: Partial<PaperVenueSettings> = free) {
    this.venue = new PaperVenue(settings);
  }
  get now(): number {
    return startAt + this.minute * 60_000;
  }
  candle(
    open: number,
    high: number,
    low: number,
    close: number,
    volume = 1_000_000,
    symbol = 'BTCUSDT',
  ): void {
    const openTime = this.now;
    this.minute++;
    const candle = { symbol, timeframe: '1m', openTime, open, high, low, close, volume } as const;
    this.venue.onCandle({ source: 't', kind: 'recorded', candle, happened_at: this.now, known_at: this.now });
    this.reports.push(...this.venue.takeReports());
  }
  submit(change: Partial<OrderRequest> = {}): void {
    this.venue.submit(
      {
        client_order_id: 'e',
        symbol: 'BTCUSDT',
        side: 'buy',
        type: 'market',
        leg: 'entry',
        quantity: '1',
        price: null,
        reduce_only: false,
        bracket: {
          stop_client_order_id: 's',
          stop_price: '95',
          target_client_order_id: 't',
          target_price: '105',
        },
        ...change,
      },
      this.now,
    );
  }
  /** `id kind quantity@price` of everything reported, in order. */
  story(): string[] {
    return this.reports.map((report) => {
      const fill =
        report.fill === null ? '' : ` ${report.fill.quantity}@${Number(report.fill.price).toFixed(2)}`;
      return `${report.client_order_id} ${report.kind}${fill}`;
    });
  }
}

function half(price: number): string {
  return (price * 1.0002).toFixed(2);
}

test('an entry fills at the next open plus half the spread, never at the candle that triggered it', () => {
  const market = new Market();
  market.candle(100, 101, 99, 100);
  market.submit();
  expect(market.venue.takeReports()).toEqual([]);
  market.candle(102, 103, 101, 102);
  expect(market.story()).toEqual(['e accepted', `e fill 1@${half(102)}`, 's accepted', 't accepted']);
});

test('an order sent in the middle of a candle waits for the next open', () => {
  const market = new Market();
  market.candle(100, 101, 99, 100);
  market.venue.advance(market.now + 30_000);
  market.venue.submit(
    {
      client_order_id: 'late',
      symbol: 'BTCUSDT',
      side: 'buy',
      type: 'market',
      leg: 'entry',
      quantity: '1',
      price: null,
      reduce_only: false,
      bracket: null,
    },
    market.now + 30_000,
  );
  market.candle(100, 101, 99, 100);
  expect(market.story()).toEqual(['late accepted']);
  market.candle(101, 101, 100, 100);
  expect(market.story()).toEqual(['late accepted', `late fill 1@${half(101)}`]);
});

test('stop before target when one candle reaches both, also in the candle of the entry', () => {
  const market = new Market();
  market.candle(100, 101, 99, 100);
  market.submit();
  market.candle(100, 110, 90, 100);
  expect(market.story().slice(1)).toEqual([
    `e fill 1@${half(100)}`,
    's accepted',
    't accepted',
    `s fill 1@${(95 * 0.9998).toFixed(2)}`,
    't cancelled',
  ]);
});

test('a gap through the stop fills at the open', () => {
  const market = new Market();
  market.candle(100, 101, 99, 100);
  market.submit();
  market.candle(100, 101, 99, 100);
  market.candle(80, 81, 79, 80);
  expect(market.story().at(-2)).toBe(`s fill 1@${(80 * 0.9998).toFixed(2)}`);
});

test('the target fills at its own price once traded through, even when the open lies beyond', () => {
  const market = new Market();
  market.candle(100, 101, 99, 100);
  market.submit();
  market.candle(100, 105, 99, 100);
  expect(market.story()).not.toContain('t fill 1@105.00');
  market.candle(120, 121, 119, 120);
  expect(market.story().slice(-2)).toEqual(['t fill 1@105.00', 's cancelled']);
  expect(market.venue.snapshot('x', market.now, []).positions).toEqual([]);
});

test('a large order fills in parts and its legs grow with it', () => {
  const market = new Market();
  market.candle(10, 10, 10, 10, 100);
  market.submit({
    quantity: '25',
    bracket: { stop_client_order_id: 's', stop_price: '9', target_client_order_id: 't', target_price: '12' },
  });
  for (let count = 0; count < 3; count++) market.candle(10, 10, 10, 10, 100);
  expect(market.reports.filter((r) => r.kind === 'fill').map((r) => r.fill?.quantity)).toEqual([
    '10',
    '10',
    '5',
  ]);
  const legs = market.reports.filter((r) => r.client_order_id === 's').map((r) => r.order?.quantity);
  expect(legs).toEqual(['10', '20', '25']);
});

test('a stop that closes the position ends what is left of its entry', () => {
  const market = new Market();
  market.candle(10, 10, 10, 10, 100);
  market.submit({
    quantity: '25',
    bracket: { stop_client_order_id: 's', stop_price: '9', target_client_order_id: 't', target_price: '12' },
  });
  market.candle(10, 10, 10, 10, 100);
  market.candle(8, 8, 8, 8, 100_000);
  const snapshot = market.venue.snapshot('x', market.now, []);
  expect(snapshot.positions).toEqual([]);
  expect(
    snapshot.orders.some((order) => order.state === 'accepted' || order.state === 'partially_filled'),
  ).toBe(false);
});

test('no volume where the feed told volumes before means no fill; a feed without volumes sets no bound', () => {
  const market = new Market();
  market.candle(100, 100, 100, 100, 5);
  market.submit();
  market.candle(100, 100, 100, 100, 0);
  expect(market.story()).toEqual(['e accepted']);
  const silent = new Market();
  silent.candle(100, 100, 100, 100, 0);
  silent.submit();
  silent.candle(100, 100, 100, 100, 0);
  expect(silent.story()).toContain(`e fill 1@${half(100)}`);
});

test('the forex weekend is closed for new orders and for fills', () => {
  const market = new Market();
  market.minute = (4 * 24 + 20) * 60; // Friday 2026-03-27 20:00 UTC; New York closes at 21:00 UTC
  market.candle(1.1, 1.1, 1.1, 1.1, 0, 'EURUSD');
  const order = { symbol: 'EURUSD', quantity: '1000', bracket: null } as const;
  market.submit({ ...order, client_order_id: 'resting', type: 'limit', price: '1.09' });
  market.minute += 120;
  market.candle(1.0, 1.0, 1.0, 1.0, 0, 'EURUSD');
  market.submit({ ...order, client_order_id: 'weekend' });
  market.candle(1.0, 1.0, 1.0, 1.0, 0, 'EURUSD');
  expect(market.story()).toEqual(['resting accepted', 'weekend rejected']);
  expect(market.reports.at(-1)?.reason).toBe('market closed');
});

test('fees and profit reach cash exactly', () => {
  const market = new Market({
    ...free,
    fees: { crypto: { maker: '0.001', taker: '0.002' }, forex: { maker: '0', taker: '0' } },
  });
  market.candle(100, 100, 100, 100);
  market.submit();
  market.candle(100, 100, 100, 100);
  market.candle(120, 121, 119, 120);
  const [entry, target] = market.reports.flatMap((report) => (report.fill === null ? [] : [report.fill]));
  expect(entry).toMatchObject({ price: '100.02', fee: '0.20004', liquidity: 'taker' });
  expect(target).toMatchObject({ price: '105', fee: '0.105', liquidity: 'maker' });
  expect(market.venue.cash).toBe('10004.67496');
});

test('profit in yen reaches a dollar account at the rate of the fill', () => {
  const market = new Market();
  market.candle(150, 150, 150, 150, 0, 'USDJPY');
  const order = { symbol: 'USDJPY', quantity: '1000', bracket: null } as const;
  market.submit(order);
  market.candle(150, 150, 150, 150, 0, 'USDJPY');
  market.submit({ ...order, client_order_id: 'x', side: 'sell', reduce_only: true, leg: 'exit' });
  market.candle(160, 160, 160, 160, 0, 'USDJPY');
  const profit = Number(market.venue.cash) - 10_000;
  expect(profit).toBeGreaterThan(62);
  expect(profit).toBeLessThan(62.5);
});

test('beyond its money the account is refused', () => {
  const market = new Market({ ...free, startingCash: '50' });
  market.candle(100, 100, 100, 100);
  market.submit();
  market.candle(100, 100, 100, 100);
  expect(market.reports.map((report) => [report.kind, report.reason])).toEqual([
    ['rejected', 'insufficient funds'],
  ]);
});

test('a venue restored from its book continues as if nothing had happened', () => {
  const whole = new Market();
  const broken = new Market();
  for (const market of [whole, broken]) {
    market.candle(100, 101, 99, 100);
    market.submit();
    market.candle(100, 101, 99, 100);
  }
  const restored = new PaperVenue(free);
  restored.restore(JSON.parse(JSON.stringify(broken.venue.takeChangedRows())));
  Object.assign(broken, { venue: restored });
  for (const market of [whole, broken]) market.candle(94, 96, 90, 91);
  expect(broken.reports).toEqual(whole.reports);
  expect(restored.cash).toBe(whole.venue.cash);
  expect(restored.snapshot('x', whole.now, [])).toEqual(whole.venue.snapshot('x', whole.now, []));
});

test('the book stays bounded however long it runs', () => {
  const market = new Market();
  market.candle(100, 100, 100, 100);
  const keys = new Set<string>();
  for (let count = 0; count < 1_000; count++) {
    market.submit({
      client_order_id: `o${count}`,
      type: 'limit',
      price: '50',
      quantity: '0.01',
      bracket: null,
    });
    market.candle(100, 100, 100, 100);
    market.venue.cancel(`o${count}`, market.now);
    market.candle(100, 100, 100, 100);
    for (const row of market.venue.takeChangedRows()) {
      if (row.value === null) keys.delete(row.key);
      else keys.add(row.key);
    }
  }
  expect(keys.size).toBeLessThanOrEqual(405);
});

test('a token trades against its pool: the curve sets the price, the pool bounds the size, the pool takes its fee', () => {
  const symbol = 'solana:So11111111111111111111111111111111111111112';
  const venue = new PaperVenue({
    latencyMs: 0,
    startingCash: '100000',
    slippage: { base: 0, volatilityShare: 0, impact: 0 },
  });
  const quotes = [{ symbol, bid: 2, ask: 2, poolValue: 20_000, happenedAt: startAt }];
  const order: OrderRequest = {
    client_order_id: 'e',
    symbol,
    side: 'buy',
    type: 'market',
    leg: 'entry',
    quantity: '500',
    price: null,
    reduce_only: false,
    bracket: null,
  };
  venue.onQuotes({ source: 't', quotes, known_at: startAt });
  venue.submit(order, startAt);
  venue.submit({ ...order, client_order_id: 'large', quantity: '4000' }, startAt);
  venue.onQuotes({ source: 't', quotes, known_at: startAt + 1 });
  const fills = venue.takeReports().flatMap(({ fill }) => (fill === null ? [] : [fill]));
  // 500 of 5,000 base units: 2 * 5000 / 4500; three tenths of the pool are the most that one quote gives.
  expect(Number(fills[0]?.price)).toBeCloseTo(2.2222, 3);
  expect(Number(fills[0]?.fee)).toBeCloseTo(500 * 2.2222 * 0.003, 2);
  expect(fills.map((fill) => fill.quantity)).toEqual(['500', '1000']);
});

test('perpetuals pay maker and taker fees of their own', () => {
  const venue = new PaperVenue({ latencyMs: 0, slippage: { base: 0, volatilityShare: 0, impact: 0 } });
  const quotes = [{ symbol: 'BTC-PERP', bid: 100, ask: 100, happenedAt: startAt }];
  const order = { symbol: 'BTC-PERP', side: 'buy', leg: 'entry', quantity: '1', reduce_only: false } as const;
  venue.onQuotes({ source: 't', quotes, known_at: startAt });
  venue.submit({ ...order, client_order_id: 'e', type: 'market', price: null, bracket: null }, startAt);
  venue.onQuotes({ source: 't', quotes, known_at: startAt + 1 });
  const fill = venue.takeReports().find((report) => report.fill !== null)?.fill;
  expect(Number(fill?.fee)).toBeCloseTo(0.05, 6);
});

test('where the book is known, an order walks through it; a stop pays what stands there', () => {
  const venue = new PaperVenue({
    latencyMs: 0,
    startingCash: '100000',
    slippage: { base: 0, volatilityShare: 0, impact: 0 },
  });
  const depth = {
    bids: [
      [99, 1],
      [98, 4],
    ],
    asks: [
      [101, 1],
      [103, 3],
    ],
  } as const;
  const quotes = [{ symbol: 'BTCUSDT', bid: 99, ask: 101, depth, happenedAt: startAt }];
  const order = {
    symbol: 'BTCUSDT',
    leg: 'entry',
    quantity: '4',
    reduce_only: false,
    bracket: null,
  } as const;
  venue.onQuotes({ source: 't', quotes, known_at: startAt });
  venue.submit({ ...order, client_order_id: 'b', side: 'buy', type: 'market', price: null }, startAt);
  venue.submit({ ...order, client_order_id: 's', side: 'sell', type: 'stop', price: '99' }, startAt);
  venue.onQuotes({ source: 't', quotes, known_at: startAt + 1 });
  const prices = venue.takeReports().flatMap(({ fill }) => (fill === null ? [] : [Number(fill.price)]));
  expect(prices[0]).toBeCloseTo((101 + 3 * 103) / 4, 2);
  expect(prices[1]).toBeCloseTo((99 + 3 * 98) / 4, 2);
});

test('latency varies from order to order around its median, and the same order always waits the same', () => {
  const waits = (seed: number) => {
    const venue = new PaperVenue({ seed });
    return Array.from({ length: 400 }, (_, place) => {
      const id = `o${place}`;
      venue.submit(
        {
          client_order_id: id,
          symbol: 'BTCUSDT',
          side: 'buy',
          type: 'limit',
          leg: 'entry',
          quantity: '0.001',
          price: '1',
          reduce_only: false,
          bracket: null,
        },
        startAt,
      );
      const due = venue.nextEventAt() ?? 0;
      venue.advance(due);
      return due - startAt;
    });
  };
  const one = waits(1);
  const sorted = [...one].sort((left, right) => left - right);
  expect(waits(1)).toEqual(one);
  expect(waits(2)).not.toEqual(one);
  expect(sorted[200]).toBeGreaterThan(100);
  expect(sorted[200]).toBeLessThan(140);
  expect(sorted[0]).toBeGreaterThan(15);
  expect(sorted[20]).toBeLessThan(80);
  expect(sorted[380]).toBeGreaterThan(200);
});

test('a holiday of the calendar that it is given is closed like the weekend', () => {
  const market = new Market({ ...free, isForexOpen: (at) => at > startAt + 120_000 });
  const wanted = { symbol: 'EURUSD', quantity: '1000', bracket: null } as const;
  market.candle(1, 1.1, 0.9, 1, 1_000, 'EURUSD');
  market.submit({ ...wanted, client_order_id: 'closed' });
  market.candle(1, 1.1, 0.9, 1, 1_000, 'EURUSD');
  market.candle(1, 1.1, 0.9, 1, 1_000, 'EURUSD');
  market.submit({ ...wanted, client_order_id: 'open' });
  market.candle(1, 1.1, 0.9, 1, 1_000, 'EURUSD');
  expect(market.story().slice(0, 2)).toEqual(['closed rejected', 'open accepted']);
  expect(market.story()[2]).toContain('open fill');
});
