// What venues do on bad days, against every real adapter: nothing, half, or everything was done before the answer was lost.
// No answer that is not certain may become a no, nothing is sent twice, and no key appears in any word of the adapter.
import { afterEach, describe, expect, test } from 'vitest';
import { CcxtLink } from '../../src/adapters/broker/ccxt/ccxt-link.ts';
import { OandaLink } from '../../src/adapters/broker/oanda/oanda-link.ts';
import { PolledBroker } from '../../src/adapters/broker/shared/polled-broker.ts';
import type { BrokerReport, BrokerUncertainty } from '../../src/shared/bus/catalogue.ts';
import type { OrderRequest } from '../../src/shared/domain/order.ts';
import { BinanceVenue } from '../stand-in/binance-venue.ts';
import type { Asked, Fault, Misbehaviour } from '../stand-in/faulty-server.ts';
import { OandaVenue } from '../stand-in/oanda-venue.ts';

const timeoutMs = 800;
const now = () => Date.now();

interface Stage {
  readonly broker: PolledBroker;
  readonly venue: OandaVenue | BinanceVenue;
  readonly symbol: string;
  readonly quantity: string;
  readonly secrets: readonly string[];
  /** True for the request that places an order. */
  readonly isOrder: (asked: Asked) => boolean;
  /** True for the question about one order by its id. */
  readonly isQuestion: (asked: Asked) => boolean;
  readonly isList: (asked: Asked) => boolean;
}

const stages: Readonly<Record<string, () => Promise<Stage>>> = {
  oanda: async () => {
    const venue = new OandaVenue();
    const { token, account } = venue;
    const link = new OandaLink({
      token,
      account,
      host: 'practice',
      symbols: ['EURUSD'],
      baseUrl: await venue.listen(),
      now,
      timeoutMs,
    });
    await link.open();
    return {
      broker: new PolledBroker({ link, now }),
      venue,
      symbol: 'EURUSD',
      quantity: '100',
      secrets: [token, account],
      isOrder: ({ method }) => method === 'POST',
      isQuestion: ({ path }) => path.includes('/orders/@') || path.includes('/orders/%40'),
      isList: ({ method, path }) => method === 'GET' && path.endsWith('/orders'),
    };
  },
  'ccxt spot': () => binance('spot'),
  'ccxt swap': () => binance('swap'),
};

async function binance(kind: 'spot' | 'swap'): Promise<Stage> {
  const venue = new BinanceVenue(kind);
  const symbol = kind === 'spot' ? 'BTCUSDT' : 'BTC-PERP';
  const link = await CcxtLink.prepare({
    exchange: kind === 'spot' ? 'binance' : 'binanceusdm',
    credentials: { apiKey: venue.key, secret: venue.secret },
    account: String(venue.uid),
    sandbox: false,
    symbols: [symbol],
    baseUrl: await venue.listen(),
    now,
    timeoutMs,
  });
  await link.open();
  return {
    broker: new PolledBroker({ link, now }),
    venue,
    symbol,
    quantity: '0.01',
    secrets: [venue.key, venue.secret],
    isOrder: ({ method, path }) => method === 'POST' && path.endsWith('/order'),
    isQuestion: ({ method, path }) => method === 'GET' && path.endsWith('/order'),
    isList: ({ path }) => path.endsWith('/openOrders'),
  };
}

const doubts: readonly Fault[] = (
  ['hang', 'reset', 'server-error', 'bad-gateway-html', 'html', 'missing-fields'] satisfies Misbehaviour[]
).flatMap((how) => [{ when: 'before', how } as const, { when: 'after', how } as const]);

describe.each(Object.keys(stages))('%s on a bad day', (name) => {
  let stage: Stage;
  const reports: BrokerReport[] = [];
  const uncertainties: BrokerUncertainty[] = [];
  const said: string[] = [];

  async function begin(): Promise<void> {
    reports.length = 0;
    uncertainties.length = 0;
    said.length = 0;
    const build = stages[name];
    if (build === undefined) throw new Error(name);
    stage = await build();
    await stage.broker.start({
      report: (report) => void reports.push(report),
      uncertain: (uncertainty) => void uncertainties.push(uncertainty),
    });
  }

  afterEach(async () => {
    await stage.broker.stop();
    await stage.venue.stop();
    const words = JSON.stringify([reports, uncertainties, said]);
    for (const secret of [...stage.secrets, 'signature=', 'Bearer'])
      expect(words, 'a secret in the words of the adapter').not.toContain(secret);
  });

  function order(id = 'a', change: Partial<OrderRequest> = {}): OrderRequest {
    const { symbol, quantity } = stage;
    const plain = { symbol, quantity, side: 'buy', type: 'market', leg: 'entry' } as const;
    return {
      ...plain,
      client_order_id: `ord-${id}`,
      price: null,
      reduce_only: false,
      bracket: null,
      ...change,
    };
  }

  const question = (id = 'a') => ({ client_order_id: `ord-${id}`, symbol: stage.symbol, created_at: now() });
  const kinds = () =>
    reports.filter((report) => report.client_order_id === 'ord-a').map((report) => report.kind);

  async function snapshotOrError(ids: readonly string[]) {
    try {
      return await stage.broker.snapshot(
        'q',
        ids.map((id) => question(id)),
      );
    } catch (error) {
      said.push(String(error));
      return undefined;
    }
  }

  test.each(doubts)(
    'an order lost $when it was acted upon ($how) is unknown, and found out by its id',
    async (fault) => {
      await begin();
      const { broker, venue, isOrder } = stage;
      venue.failOnce(isOrder, fault);
      await broker.submit(order());
      expect(kinds()).toEqual([]);
      expect(uncertainties).toMatchObject([
        { client_order_id: 'ord-a', action: 'submit', outcome: 'unknown' },
      ]);
      const truth = await broker.snapshot('q', [question()]);
      if (fault.when === 'before') {
        expect(truth).toMatchObject({ absent: ['ord-a'], orders: [], fills: [] });
      } else {
        expect(truth.absent).toEqual([]);
        expect(truth.orders).toMatchObject([{ request: { client_order_id: 'ord-a' }, state: 'filled' }]);
        expect(truth.fills).toHaveLength(1);
      }
      // Told to send again all the same: what is there already is found, and stays the only one.
      await broker.submit(order());
      expect(kinds()).toEqual(['accepted', 'fill']);
      expect(venue.ordersOf('ord-a')).toBe(1);
    },
  );

  test('an order on its way is neither absent nor sent again', async () => {
    await begin();
    const { broker, venue, isOrder } = stage;
    venue.failOnce(isOrder, { when: 'before', how: 'hang' });
    const sending = broker.submit(order());
    const truth = await broker.snapshot('q', [question()]);
    expect(truth).toMatchObject({ absent: [], unanswered: [{ symbol: stage.symbol }] });
    await broker.submit(order());
    expect(venue.asked.filter(isOrder)).toHaveLength(1);
    await sending;
    expect(uncertainties).toMatchObject([{ outcome: 'unknown' }]);
  });

  test('half an answer is no answer', async () => {
    await begin();
    stage.venue.failOnce(stage.isOrder, { when: 'after', how: 'half-an-answer' });
    await stage.broker.submit(order());
    expect(uncertainties).toMatchObject([{ outcome: 'unknown' }]);
    await stage.broker.look();
    expect(kinds()).toEqual(['accepted', 'fill']);
  });

  test('a rate limit means not sent, and nothing leaves until the venue may be asked again', async () => {
    await begin();
    const { broker, venue, isOrder } = stage;
    venue.failOnce(isOrder, { when: 'before', how: 'rate-limit' });
    await broker.submit(order());
    expect(uncertainties).toMatchObject([{ outcome: 'not-sent' }]);
    const sent = venue.asked.length;
    await broker.submit(order('b'));
    expect(uncertainties).toMatchObject([{ outcome: 'not-sent' }, { outcome: 'not-sent' }]);
    expect(venue.asked).toHaveLength(sent);
  });

  test('no connection means not sent', async () => {
    await begin();
    await stage.venue.stop();
    // The first request may have gone into a connection that was still open; that one is a doubt.
    await snapshotOrError([]);
    await stage.broker.submit(order());
    expect(uncertainties).toMatchObject([{ outcome: 'not-sent' }]);
    stage.venue.stop = async () => undefined;
  });

  test('a no of the venue is a no, once, with its reason', async () => {
    await begin();
    await stage.broker.submit(order('a', { quantity: name === 'oanda' ? '1000000' : '900' }));
    expect(reports).toMatchObject([{ kind: 'rejected', client_order_id: 'ord-a' }]);
    expect(reports[0]?.reason).toMatch(/UNITS_LIMIT_EXCEEDED|insufficient/);
    expect(uncertainties).toEqual([]);
  });

  test('numbers where there should be text, and rows told twice, change nothing', async () => {
    await begin();
    const { broker, venue } = stage;
    venue.fault = () => ({ when: 'after', how: 'numbers-for-strings' });
    await broker.submit(order());
    expect(kinds()).toEqual(['accepted', 'fill']);
    venue.fault = () => ({ when: 'after', how: 'rows-twice' });
    const resting = order('b', { type: 'limit', price: name === 'oanda' ? '1.1' : '40000' });
    venue.fault = () => undefined;
    await broker.submit(resting);
    venue.fault = ({ method }) => (method === 'GET' ? { when: 'after', how: 'rows-twice' } : undefined);
    const truth = await snapshotOrError(['a', 'b']);
    const ids = truth?.orders.map((held) => held.request.client_order_id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    const fills = truth?.fills.map((fill) => fill.id) ?? [];
    expect(new Set(fills).size).toBe(fills.length);
  });

  test.each([
    'hang',
    'reset',
    'server-error',
    'bad-gateway-html',
    'html',
    'missing-fields',
    'rate-limit',
  ] as const)('a question that fails (%s) is never an absence', async (how) => {
    await begin();
    const { broker, venue, isQuestion } = stage;
    await broker.submit(order());
    venue.fault = (asked) => (isQuestion(asked) ? { when: 'before', how } : undefined);
    const truth = await snapshotOrError(['a', 'nobody']);
    expect(truth?.absent ?? []).toEqual([]);
    if (truth !== undefined) {
      expect(truth.unanswered).toMatchObject([{ symbol: stage.symbol }]);
      said.push(JSON.stringify(truth));
    }
  });

  test.each(['reset', 'server-error', 'bad-gateway-html', 'html', 'missing-fields'] as const)(
    'a list of orders that fails (%s) is never an empty one',
    async (how) => {
      await begin();
      const { venue, isList } = stage;
      venue.fault = (asked) => (isList(asked) ? { when: 'before', how } : undefined);
      expect(await snapshotOrError([])).toBeUndefined();
    },
  );

  test('a cancel that nobody answers is unknown; what became of it is found by looking', async () => {
    await begin();
    const { broker, venue, symbol } = stage;
    await broker.submit(order('a', { type: 'limit', price: name === 'oanda' ? '1.1' : '40000' }));
    venue.failOnce(({ method }) => method === 'PUT' || method === 'DELETE', { when: 'after', how: 'reset' });
    await broker.cancel('ord-a', symbol);
    expect(uncertainties).toMatchObject([{ action: 'cancel', outcome: 'unknown' }]);
    await broker.look();
    expect(kinds()).toEqual(['accepted', 'cancelled']);
  });
});
