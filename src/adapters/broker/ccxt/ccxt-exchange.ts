// A ccxt exchange with keys, and what became of each request on the wire. The library is imported lazily (67 MB).
// ccxt never retries here, never logs, and its own throttle is replaced by one that lets a late order die.
import { AsyncLocalStorage } from 'node:async_hooks';
import { RequestPacer } from '../shared/request-pacer.ts';
import { BrokerRefused } from '../shared/venue-fault.ts';

/** Requests older than this die at the venue where it offers that (Binance); not longer than trading's absence grace. */
const receiveWindowMs = 5_000;
/** Cost units that may be used at once, in units of the venue's own weights. */
const burstUnits = 400;

/** Numbers are wanted as text: `number: String` keeps every digit that the venue sent. */
export interface CcxtExchange {
  readonly id: string;
  readonly has: Readonly<Record<string, boolean | 'emulated' | undefined>>;
  readonly markets: Readonly<Record<string, unknown>> | undefined;
  readonly precisionMode: number;
  readonly rateLimit: number;
  readonly requiredCredentials: Readonly<Record<string, boolean>>;
  readonly last_response_headers: Readonly<Record<string, string>> | undefined;
  urls: Record<string, unknown>;
  options: Record<string, unknown>;
  number: unknown;
  log: (...words: readonly unknown[]) => void;
  throttle: (cost?: number) => Promise<void>;
  fetch: (url: string, method?: string, headers?: unknown, body?: unknown) => Promise<unknown>;
  onRestResponse: (code: number, ...rest: readonly unknown[]) => unknown;
  setSandboxMode(enabled: boolean): void;
  loadMarkets(reload?: boolean): Promise<unknown>;
  loadTimeDifference?(): Promise<unknown>;
  amountToPrecision(symbol: string, amount: string): string;
  priceToPrecision(symbol: string, price: string): string;
  fetchBalance(params?: object): Promise<unknown>;
  fetchPositions(symbols?: readonly string[], params?: object): Promise<unknown>;
  fetchOpenOrders(symbol?: string, since?: number, limit?: number, params?: object): Promise<unknown>;
  fetchOrders(symbol?: string, since?: number, limit?: number, params?: object): Promise<unknown>;
  fetchClosedOrders(symbol?: string, since?: number, limit?: number, params?: object): Promise<unknown>;
  fetchOrder(id: string | undefined, symbol?: string, params?: object): Promise<unknown>;
  fetchMyTrades(symbol?: string, since?: number, limit?: number, params?: object): Promise<unknown>;
  cancelOrder(id: string | undefined, symbol?: string, params?: object): Promise<unknown>;
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: string,
    price?: string,
    params?: object,
  ): Promise<unknown>;
  /** On Binance spot: cancels one order and places another in one request; the latter only if the former was cancelled. */
  editOrder(
    id: string,
    symbol: string,
    type: string,
    side: string,
    amount: string,
    price?: string,
    params?: object,
  ): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface CcxtCredentials {
  readonly apiKey: string;
  readonly secret: string;
  readonly password?: string;
}

export interface CcxtExchangeOptions {
  readonly exchange: string;
  readonly credentials: CcxtCredentials;
  readonly sandbox: boolean;
  readonly kind: 'spot' | 'swap';
  readonly timeoutMs: number;
  readonly now: () => number;
  /** Every address is moved to this origin; for a stand-in only. */
  readonly baseUrl?: string;
}

/** What is known of one call: whether a request was handed to the network, and what came back. */
export interface WireTrace {
  sent: boolean;
  status: number | undefined;
  /** The body of the last answer as the venue sent it. */
  body: string;
  readonly maxWaitMs: number;
}

const wire = new AsyncLocalStorage<WireTrace>();

export interface OpenedExchange {
  readonly exchange: CcxtExchange;
  readonly pacer: RequestPacer;
}

/** Throws BrokerRefused for an id that ccxt does not know, or a test environment that the venue does not have. */
export async function openExchange(options: CcxtExchangeOptions): Promise<OpenedExchange> {
  const { default: library } = await import('ccxt');
  const classes = library as unknown as Readonly<
    Record<string, (new (config: object) => CcxtExchange) | undefined>
  >;
  const Exchange = library.exchanges.includes(options.exchange) ? classes[options.exchange] : undefined;
  if (Exchange === undefined)
    throw new BrokerRefused(`ATO_CCXT_EXCHANGE=${options.exchange} is not an exchange that ccxt knows.`);
  const exchange = new Exchange({
    ...options.credentials,
    enableRateLimit: true,
    maxRetriesOnFailure: 0,
    timeout: options.timeoutMs,
    userAgent: 'ato (AI Trading Orchestrator)',
    options: {
      defaultType: options.kind,
      recvWindow: receiveWindowMs,
      adjustForTimeDifference: true,
      fetchCurrencies: false,
      fetchMargins: false,
      fetchMarkets: { types: [options.kind === 'spot' ? 'spot' : 'linear'] },
      fetchOpenOrders: { warnWithoutSymbol: false },
      warnOnFetchOpenOrdersWithoutSymbol: false,
    },
  });
  exchange.number = String;
  exchange.log = () => undefined;
  if (options.sandbox) useSandbox(exchange);
  if (options.baseUrl !== undefined)
    exchange.urls = moved(exchange.urls, options.baseUrl) as typeof exchange.urls;
  const pacer = new RequestPacer({
    requestsPerSecond: 1_000 / exchange.rateLimit,
    burst: burstUnits,
    now: options.now,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  });
  trace(exchange, pacer);
  return { exchange, pacer };
}

/** Runs one call of the library and tells what happened on the wire, also when it throws. */
export async function traced<Value>(
  maxWaitMs: number,
  call: () => Promise<Value>,
): Promise<{ readonly trace: WireTrace; readonly value?: Value; readonly error?: unknown }> {
  const trace: WireTrace = { sent: false, status: undefined, body: '', maxWaitMs };
  try {
    return { trace, value: await wire.run(trace, call) };
  } catch (error) {
    return { trace, error };
  }
}

function useSandbox(exchange: CcxtExchange): void {
  try {
    exchange.setSandboxMode(true);
  } catch {
    throw new BrokerRefused(
      `${exchange.id} has no test environment in ccxt. Fix: choose an exchange that has one, or set ATO_CCXT_SANDBOX=no to trade with real money.`,
    );
  }
}

function trace(exchange: CcxtExchange, pacer: RequestPacer): void {
  const send = exchange.fetch.bind(exchange);
  exchange.fetch = (...request) => {
    const current = wire.getStore();
    if (current !== undefined) current.sent = true;
    return send(...request);
  };
  const heard = exchange.onRestResponse.bind(exchange);
  exchange.onRestResponse = (code, reason, url, method, headers, body, ...rest) => {
    const current = wire.getStore();
    if (current !== undefined) {
      current.status = code;
      current.body = typeof body === 'string' ? body : '';
    }
    return heard(code, reason, url, method, headers, body, ...rest);
  };
  exchange.throttle = (cost = 1) => pacer.take(wire.getStore()?.maxWaitMs ?? Number.MAX_SAFE_INTEGER, cost);
}

function moved(value: unknown, origin: string): unknown {
  if (typeof value === 'string') return /^https?:/.test(value) ? origin + new URL(value).pathname : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => moved(item, origin));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, moved(item, origin)]));
}
