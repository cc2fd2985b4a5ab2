// Measures a start with many open orders: the real agent asks, a real adapter asks a stand-in venue over HTTP, and the
// clock stops when every order of the books has been met at the venue. The stand-ins live with the tests.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { CcxtLink } from '../../adapters/broker/ccxt/ccxt-link.ts';
import { OandaLink } from '../../adapters/broker/oanda/oanda-link.ts';
import { PolledBroker } from '../../adapters/broker/shared/polled-broker.ts';
import type { VenueLink } from '../../adapters/broker/shared/venue-link.ts';
import { Kernel, type KernelInput } from '../../kernel/kernel.ts';
import { collectionNames } from '../../shared/bus/collections.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { defaultRiskSettings } from '../../shared/domain/agent-settings.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { LoadedState } from '../../shared/ports/store.ts';
import { createTrading } from '../../trading/trading.ts';
import { projectFolder } from '../system/page-build.ts';
import { version } from '../version.ts';

const openOrders = 1_000;

export interface ReconcileFigure {
  readonly venue: string;
  readonly open_orders: number;
  readonly requests: number;
  readonly wall_ms: number;
  /** Orders of the books that the venue's answer confirmed; all of them, or the figure means nothing. */
  readonly confirmed: number;
}

/** What a stand-in offers; the tests hold the real ones. */
interface StandIn {
  readonly asked: readonly unknown[];
  listen(): Promise<string>;
  stop(): Promise<void>;
  stock(count: number, idOf: (index: number) => string): void;
}
interface BinanceStandIn extends StandIn {
  readonly key: string;
  readonly secret: string;
  readonly uid: number;
}
interface OandaStandIn extends StandIn {
  readonly token: string;
  readonly account: string;
}

/** Null with a note where the stand-ins are not there, as in an installation without tests. */
export async function benchReconcile(
  note: (text: string) => void,
): Promise<readonly ReconcileFigure[] | null> {
  const folder = path.join(projectFolder, 'test', 'stand-in');
  if (!existsSync(folder)) {
    note('no stand-in venues here: reconciling is not measured');
    return null;
  }
  const load = async (file: string) =>
    import(pathToFileURL(path.join(folder, file)).href) as Promise<unknown>;
  const { BinanceVenue } = (await load('binance-venue.ts')) as {
    BinanceVenue: new (kind: 'spot') => BinanceStandIn;
  };
  const { OandaVenue } = (await load('oanda-venue.ts')) as { OandaVenue: new () => OandaStandIn };
  note(`${openOrders} open orders at each stand-in venue`);
  const binance = new BinanceVenue('spot');
  const oanda = new OandaVenue();
  const now = () => Date.now();
  return [
    await reconcile(binance, 'BTCUSDT', '0.001', '10000', async (baseUrl) => {
      const link = await CcxtLink.prepare({
        exchange: 'binance',
        credentials: { apiKey: binance.key, secret: binance.secret },
        account: String(binance.uid),
        sandbox: false,
        symbols: ['BTCUSDT'],
        now,
        baseUrl,
      });
      await link.open();
      return link;
    }),
    await reconcile(oanda, 'EURUSD', '100', '1', async (baseUrl) => {
      const { token, account } = oanda;
      const link = new OandaLink({ token, account, host: 'practice', symbols: ['EURUSD'], now, baseUrl });
      await link.open();
      return link;
    }),
  ];
}

async function reconcile(
  venue: StandIn,
  symbol: string,
  quantity: string,
  price: string,
  connect: (baseUrl: string) => Promise<VenueLink>,
): Promise<ReconcileFigure> {
  const idOf = (index: number): string => `ord-${index.toString(16).padStart(20, '0')}`;
  venue.stock(openOrders, idOf);
  const baseUrl = await venue.listen();
  try {
    const link = await connect(baseUrl);
    const broker = new PolledBroker({ link, now: () => Date.now() });
    const orders = Array.from({ length: openOrders }, (_, index) =>
      orderOf(idOf(index), symbol, quantity, price),
    );
    const before = venue.asked.length;
    const begun = performance.now();
    const confirmed = await meet(broker, symbol, orders);
    const wallMs = Math.round(performance.now() - begun);
    await broker.stop();
    return {
      venue: link.name,
      open_orders: openOrders,
      requests: venue.asked.length - before,
      wall_ms: wallMs,
      confirmed,
    };
  } finally {
    await venue.stop();
  }
}

/** Starts the agent on rows that do not know whether their orders arrived; returns how many the answer settled. */
async function meet(broker: PolledBroker, symbol: string, orders: readonly Order[]): Promise<number> {
  const settings = settingsOf(symbol);
  const at = Date.now();
  const rows = Object.fromEntries(
    collectionNames.map((name) => [name, new Map()]),
  ) as unknown as LoadedState['rows'];
  for (const order of orders) (rows.orders as Map<string, Order>).set(order.client_order_id, order);
  const kernel = new Kernel({
    build: () => ({ trading_ai: () => createTrading(settings) }),
    loaded: { sequence: 0, hash: '0', lastAt: at, rows, pendingEffects: [] },
  });
  const data = {
    run_mode: 'live',
    seed: 1,
    version,
    agent_settings: { ...settings },
    first_start: false,
  } as const;
  const first: KernelInput = { from: 'kernel', message_type: 'kernel.started', data, at };
  const question = kernel.process(first).record.effects.find((effect) => effect.kind === 'broker.snapshot');
  if (question?.kind !== 'broker.snapshot') throw new Error('the agent did not ask the broker');
  const snapshot = await broker.snapshot(question.data.request_id, question.data.orders);
  const { record } = kernel.process({
    from: 'broker',
    message_type: 'broker.snapshot',
    data: snapshot,
    at: Date.now(),
  });
  return record.puts.filter((put) => put.collection === 'orders' && put.value?.state === 'accepted').length;
}

function orderOf(id: string, symbol: string, quantity: string, price: string): Order {
  return {
    id,
    client_order_id: id,
    symbol,
    side: 'buy',
    type: 'limit',
    leg: 'entry',
    quantity,
    price,
    reduce_only: false,
    bracket: null,
    signal_id: null,
    correlation_id: id,
    position_id: `pos-${id}`,
    state: 'unknown',
    filled_quantity: '0',
    average_price: null,
    fees: '0',
    fill_ids: [],
    reason: 'bench',
    created_at: 0,
    updated_at: 0,
    open: true,
  };
}

function settingsOf(symbol: string): AgentSettings {
  return {
    run_mode: 'live',
    universe: [symbol],
    starting_cash: 10_000,
    base_timeframe: '1m',
    strategy: 'bench',
    sources: ['bench'],
    broker: { name: 'bench', simulated: false, short: true },
    initial_trading_state: 'active',
    risk: defaultRiskSettings,
  };
}
