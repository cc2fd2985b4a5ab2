// Selling on spot what our own resting stop locks: the venue puts one order in the place of the other in a single request, so
// no lost line and no dead process can leave the coins without either.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CcxtLink } from '../../src/adapters/broker/ccxt/ccxt-link.ts';
import { PolledBroker } from '../../src/adapters/broker/shared/polled-broker.ts';
import type { BrokerReport, BrokerUncertainty } from '../../src/shared/bus/catalogue.ts';
import type { OrderRequest } from '../../src/shared/domain/order.ts';
import { BinanceVenue } from '../stand-in/binance-venue.ts';
import type { Asked } from '../stand-in/faulty-server.ts';

const symbol = 'BTCUSDT';
const now = () => Date.now();
let venue: BinanceVenue;
let broker: PolledBroker;
const reports: BrokerReport[] = [];
const uncertain: BrokerUncertainty[] = [];

beforeEach(async () => {
  reports.length = 0;
  uncertain.length = 0;
  venue = new BinanceVenue('spot');
  venue.balances.set('BTC', 0.5);
  const link = await CcxtLink.prepare({
    exchange: 'binance',
    credentials: { apiKey: venue.key, secret: venue.secret },
    account: String(venue.uid),
    sandbox: false,
    symbols: [symbol],
    baseUrl: await venue.listen(),
    now,
    timeoutMs: 800,
  });
  await link.open();
  broker = new PolledBroker({ link, now });
  await broker.start({
    report: (report) => void reports.push(report),
    uncertain: (uncertainty) => void uncertain.push(uncertainty),
  });
  await broker.submit(sale('stop', { type: 'stop', leg: 'stop', price: '45000' }));
  expect(told('stop')).toEqual(['accepted']);
});

afterEach(async () => {
  await broker.stop();
  await venue.stop();
});

function sale(id: string, change: Partial<OrderRequest> = {}): OrderRequest {
  return {
    client_order_id: `ord-${id}`,
    symbol,
    side: 'sell',
    type: 'market',
    leg: 'exit',
    quantity: '0.5',
    price: null,
    reduce_only: true,
    bracket: null,
    ...change,
  };
}

const told = (id: string) =>
  reports.filter((report) => report.client_order_id === `ord-${id}`).map((report) => report.kind);
const isReplace = ({ method, path }: Asked) => method === 'POST' && path.endsWith('/cancelReplace');
const wrote = () =>
  venue.asked
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
/** Runs once, at the moment the request to replace is read. */
function meanwhile(act: () => void): void {
  venue.fault = (asked) => {
    if (isReplace(asked)) act();
    return undefined;
  };
}

test('an exit takes the place of the stop in one request', async () => {
  await broker.submit(sale('exit'));
  expect(wrote()).toEqual(['POST order', 'POST cancelReplace']);
  expect(told('exit')).toEqual(['accepted', 'fill']);
  expect(venue.balances.get('BTC')).toBeCloseTo(0, 8);
  await broker.look();
  expect(told('stop')).toEqual(['accepted', 'cancelled']);
});

test('a closer stop takes the place of the one before, for all of it', async () => {
  await broker.submit(sale('closer', { type: 'stop', leg: 'stop', price: '48000' }));
  expect(wrote()).toEqual(['POST order', 'POST cancelReplace']);
  expect(venue.orderOf('ord-closer')).toMatchObject({ status: 'NEW', stopPrice: 48_000, quantity: 0.5 });
  expect(venue.orderOf('ord-stop')).toMatchObject({ status: 'CANCELED' });
  await broker.look();
  expect([told('stop'), told('closer')]).toEqual([['accepted', 'cancelled'], ['accepted']]);
});

test('a stop for less never takes the place of a larger one', async () => {
  await broker.submit(sale('small', { type: 'stop', leg: 'stop', price: '48000', quantity: '0.1' }));
  expect(wrote()).toEqual(['POST order']);
  expect(told('small')).toEqual(['rejected']);
  expect(venue.orderOf('ord-stop')).toMatchObject({ status: 'NEW' });
});

test('a stop that fills at that very moment: the exit was not tried, and nothing is sold twice', async () => {
  meanwhile(() => venue.move(symbol, 44_000));
  await broker.submit(sale('exit'));
  expect(uncertain).toMatchObject([{ client_order_id: 'ord-exit', outcome: 'not-sent' }]);
  expect(venue.ordersOf('ord-exit')).toBe(0);
  await broker.look();
  expect(told('stop')).toEqual(['accepted', 'fill']);
  expect(told('exit')).toEqual([]);
});

test('cancelled but not placed: that the stop is gone is told before the refusal', async () => {
  meanwhile(() => venue.balances.set('BTC', 0.4));
  await broker.submit(sale('exit'));
  expect(reports.slice(1).map(({ client_order_id, kind }) => `${client_order_id} ${kind}`)).toEqual([
    'ord-stop cancelled',
    'ord-exit rejected',
  ]);
});

test.each(['hang', 'reset', 'server-error', 'html'] as const)(
  'done, then %s: unknown, and found by its id',
  async (how) => {
    venue.fault = (asked) => (isReplace(asked) ? { when: 'after', how } : undefined);
    await broker.submit(sale('exit'));
    expect(uncertain).toMatchObject([{ client_order_id: 'ord-exit', outcome: 'unknown' }]);
    expect(told('exit')).toEqual([]);
    await broker.look();
    expect(told('exit')).toEqual(['accepted', 'fill']);
    expect(venue.ordersOf('ord-exit')).toBe(1);
  },
);

test.each(['hang', 'reset', 'server-error'] as const)(
  'not done, and %s: unknown, the stop stands',
  async (how) => {
    venue.fault = (asked) => (isReplace(asked) ? { when: 'before', how } : undefined);
    await broker.submit(sale('exit'));
    expect(uncertain).toMatchObject([{ client_order_id: 'ord-exit', outcome: 'unknown' }]);
    const question = { client_order_id: 'ord-exit', symbol, created_at: now() };
    expect((await broker.snapshot('q', [question])).absent).toEqual(['ord-exit']);
    expect(venue.orderOf('ord-stop')).toMatchObject({ status: 'NEW' });
  },
);
