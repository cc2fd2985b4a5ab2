// The few things of a ccxt exchange that are used here, and the lazy import of the library (61 MB, half a second).
// Public market data only: no key is ever handed over and no private method is named.
import { CcxtError } from './ccxt-errors.ts';

/** Real time: ccxt has its own timers, which do not follow a test's clock. */
const requestTimeoutMs = 10_000;
/** Candles ccxt keeps per symbol of a stream; only the newest are read. */
const streamCacheRows = 20;
const maxFrameBytes = 4_000_000;
const suggestions = 3;

interface CcxtClient {
  send(message: unknown): Promise<unknown>;
}

/** Structural type of a ccxt exchange, so that the library's own declarations need not be loaded. */
export interface CcxtExchange {
  readonly id: string;
  readonly has: Readonly<Record<string, boolean | 'emulated' | undefined>>;
  /** Least pause between two requests, milliseconds. */
  readonly rateLimit: number;
  readonly timeframes: Readonly<Record<string, unknown>> | undefined;
  readonly urls: Record<string, unknown>;
  readonly options: Record<string, unknown>;
  readonly last_response_headers: Readonly<Record<string, string>> | undefined;
  milliseconds: () => number;
  log: (...words: readonly unknown[]) => void;
  enableRateLimit: boolean;
  /** The websocket connection to an address; absent where ccxt has none. */
  client?: (url: string) => CcxtClient;
  readonly markets: Readonly<Record<string, unknown>> | undefined;
  loadMarkets(reload?: boolean): Promise<unknown>;
  setMarkets(markets: unknown): unknown;
  fetchTime(): Promise<unknown>;
  fetchOHLCV(symbol: string, timeframe: string, since?: number, limit?: number): Promise<unknown>;
  fetchTicker(symbol: string): Promise<unknown>;
  fetchTickers(symbols: readonly string[]): Promise<unknown>;
  fetchBidsAsks(symbols: readonly string[]): Promise<unknown>;
  watchOHLCV(symbol: string, timeframe: string): Promise<unknown>;
  watchTicker(symbol: string): Promise<unknown>;
  watchTickers(symbols: readonly string[]): Promise<unknown>;
  watchBidsAsks(symbols: readonly string[]): Promise<unknown>;
  /** Wanted by ccxt before a websocket without TLS is dialled. */
  loadHttpProxyAgent?(): Promise<unknown>;
  close(): Promise<unknown>;
}

type ExchangeClass = new (config: Readonly<Record<string, unknown>>) => CcxtExchange;
type ExchangeTable = Readonly<Record<string, ExchangeClass | undefined>>;

/** Loads ccxt, which asks no network. Throws CcxtError `unknown-exchange` naming the nearest ids. */
export async function checkExchange(id: string): Promise<void> {
  await libraryWith(id);
}

async function libraryWith(id: string) {
  const { default: library } = await import('ccxt');
  const ids: readonly string[] = library.exchanges;
  if (!ids.includes(id)) throw new CcxtError('unknown-exchange', unknownExchange(id, ids));
  return library;
}

/**
 * A fresh exchange of this id, with websocket support where ccxt has it.
 * Throws CcxtError `unknown-exchange` naming the nearest ids.
 */
export async function openExchange(id: string): Promise<CcxtExchange> {
  const library = await libraryWith(id);
  const streaming = library.pro as unknown as ExchangeTable;
  const plain = library as unknown as ExchangeTable;
  const Exchange = streaming[id] ?? plain[id];
  if (Exchange === undefined) throw new CcxtError('unknown-exchange', unknownExchange(id, library.exchanges));
  const exchange = new Exchange({
    enableRateLimit: true,
    timeout: requestTimeoutMs,
    // Repeating is decided here, where a rate limit is obeyed.
    maxRetriesOnFailure: 0,
    // The library would call itself Chrome.
    userAgent: 'ato (AI Trading Orchestrator)',
    options: {
      defaultType: 'spot',
      OHLCVLimit: streamCacheRows,
      // Waiting between dials is decided here too.
      ws: { options: { maxPayload: maxFrameBytes }, backoff: { base: 0 } },
    },
  });
  // It would write to stdout about every frame that is no JSON.
  exchange.log = () => undefined;
  guardSends(exchange);
  return exchange;
}

/**
 * ccxt 4.5 sends subscriptions in a promise that nobody holds: a socket that closes meanwhile would end this process
 * as an unhandled rejection. The closing itself is told to whoever awaits the next update.
 */
function guardSends(exchange: CcxtExchange): void {
  const clientOf = exchange.client?.bind(exchange);
  if (clientOf === undefined) return;
  const guarded = new WeakSet<CcxtClient>();
  exchange.client = (url) => {
    const client = clientOf(url);
    if (guarded.has(client)) return client;
    guarded.add(client);
    const send = client.send.bind(client);
    client.send = (message) => {
      const sent = send(message);
      sent.catch(() => undefined);
      return sent;
    };
    return client;
  };
}

function unknownExchange(id: string, ids: readonly string[]): string {
  const near = [...ids].sort((left, right) => distance(id, left) - distance(id, right)).slice(0, suggestions);
  return `"${id}" is not an exchange that ccxt knows; the nearest are ${near.join(', ')}`;
}

/** Common beginnings and letter pairs; enough to find a typing mistake among a hundred names. */
function distance(wanted: string, candidate: string): number {
  const pairs = new Set(pairsOf(wanted));
  const theirs = pairsOf(candidate);
  const shared = theirs.filter((pair) => pairs.has(pair)).length;
  return 1 - (2 * shared) / (pairs.size + theirs.length);
}

function pairsOf(text: string): string[] {
  const padded = `^${text.toLowerCase()}$`;
  return Array.from({ length: padded.length - 1 }, (_, index) => padded.slice(index, index + 2));
}
