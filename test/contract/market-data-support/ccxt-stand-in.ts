// A stand-in for Binance as ccxt speaks to it: exchangeInfo, time, klines, book tickers, and a websocket with
// SUBSCRIBE, on loopback. Its time is the test's clock; it can fail in the ways venues fail.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { CcxtExchange } from '../../../src/adapters/market-data/ccxt/ccxt-exchange.ts';
import type { StagedAnswer } from './binance-stand-in.ts';

const minuteMs = 60_000;

export class CcxtStandIn {
  readonly requests: string[] = [];
  readonly subscriptions: string[] = [];
  readonly staged: (StagedAnswer & { readonly path?: RegExp })[] = [];
  /** While set, every REST answer is this. */
  restDown: StagedAnswer | undefined;
  refuseSockets = false;
  aheadMs = 0;
  readonly #now: () => number;
  readonly #http: Server;
  readonly #ws = new WebSocketServer({ noServer: true });
  readonly #raw = new Set<Socket>();
  readonly sockets: WebSocket[] = [];
  readonly #listed: readonly (readonly [string, string])[];
  #updateId = 0;

  constructor(
    now: () => number,
    listed: readonly (readonly [string, string])[] = [
      ['BTC', 'USDT'],
      ['ETH', 'USDT'],
    ],
  ) {
    this.#now = now;
    this.#listed = listed;
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.on('connection', (socket) => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.refuseSockets) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
        return;
      }
      this.#ws.handleUpgrade(request, socket, head, (client) => {
        this.sockets.push(client);
        client.on('message', (data) => {
          const { params, id } = JSON.parse(String(data)) as { params: string[]; id: number };
          this.subscriptions.push(...params);
          client.send(JSON.stringify({ result: null, id }));
        });
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    for (const socket of this.#raw) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Points a ccxt `binance` at this server; hand it to the source as `prepare`. */
  readonly prepare = async (exchange: CcxtExchange): Promise<void> => {
    const { port } = this.#http.address() as AddressInfo;
    const api = exchange.urls.api as Record<string, unknown>;
    for (const name of Object.keys(api))
      if (name !== 'ws')
        api[name] = `http://127.0.0.1:${port}/${name.startsWith('public') ? 'api/v3' : name}`;
    api.ws = { spot: `ws://127.0.0.1:${port}/ws` };
    // ccxt wants this before it dials a websocket without TLS.
    await exchange.loadHttpProxyAgent?.();
    exchange.options.fetchMarkets = { types: ['spot'] };
  };

  get venueNow(): number {
    return this.#now() + this.aheadMs;
  }

  get open(): WebSocket[] {
    return this.sockets.filter((socket) => socket.readyState === socket.OPEN);
  }

  price(symbol: string, openTime: number): readonly [number, number, number, number, number] {
    const price = 100 + ((openTime / minuteMs) % 17) + symbol.length;
    return [price, price + 2, price - 2, price + 1, 3.5];
  }

  send(frame: unknown): void {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    for (const socket of this.open) socket.send(text);
  }

  sendKline(symbol: string, openTime: number, patch: Readonly<Record<string, unknown>> = {}): void {
    const [o, h, l, c, v] = this.price(symbol, openTime).map(String);
    const k = {
      t: openTime,
      T: openTime + minuteMs - 1,
      s: symbol,
      i: '1m',
      o,
      h,
      l,
      c,
      v,
      x: false,
      ...patch,
    };
    this.send({ e: 'kline', E: this.venueNow, s: symbol, k });
  }

  sendBook(symbol: string, bid: number, ask: number): void {
    this.#updateId += 1;
    this.send({ u: this.#updateId, s: symbol, b: String(bid), B: '1', a: String(ask), A: '1' });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x');
    this.requests.push(`${url.pathname}${url.search}`);
    const index = this.staged.findIndex((one) => one.path === undefined || one.path.test(url.pathname));
    const staged = this.restDown ?? (index < 0 ? undefined : this.staged.splice(index, 1)[0]);
    if (staged?.behaviour === 'hang') return;
    if (staged?.behaviour === 'reset') {
      request.socket.destroy();
      return;
    }
    const headers = {
      'content-type': 'application/json',
      date: new Date(this.venueNow).toUTCString(),
      ...staged?.headers,
    };
    const body = staged?.body ?? JSON.stringify(this.#body(url));
    const half = staged?.behaviour === 'truncate' ? body.slice(0, body.length / 2) : body;
    response.writeHead(staged?.status ?? 200, headers).end(half);
  }

  #body(url: URL): unknown {
    switch (url.pathname) {
      case '/api/v3/exchangeInfo':
        return {
          timezone: 'UTC',
          serverTime: this.venueNow,
          rateLimits: [],
          symbols: this.#listed.map(symbolInfo),
        };
      case '/api/v3/time':
        return { serverTime: this.venueNow };
      case '/api/v3/ticker/bookTicker':
        return this.#listed.map(([base, quote]) => ({
          symbol: base + quote,
          bidPrice: '100.0',
          bidQty: '1',
          askPrice: '100.1',
          askQty: '1',
        }));
      case '/api/v3/klines':
        return this.#klines(url.searchParams);
      default:
        return {};
    }
  }

  #klines(query: URLSearchParams): unknown[] {
    const symbol = query.get('symbol') ?? '';
    const limit = Number(query.get('limit') ?? 500);
    const current = Math.floor(this.venueNow / minuteMs) * minuteMs;
    const start =
      Math.ceil(Number(query.get('startTime') ?? current - limit * minuteMs) / minuteMs) * minuteMs;
    const rows: unknown[] = [];
    for (let openTime = start; openTime <= current && rows.length < limit; openTime += minuteMs) {
      const row = this.price(symbol, openTime).map((value) => value.toFixed(8));
      rows.push([openTime, ...row, openTime + minuteMs - 1, '1', 10, '1', '1', '0']);
    }
    return rows;
  }
}

function symbolInfo([baseAsset, quoteAsset]: readonly [string, string]): unknown {
  return {
    symbol: baseAsset + quoteAsset,
    status: 'TRADING',
    baseAsset,
    baseAssetPrecision: 8,
    quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ['LIMIT', 'MARKET'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    permissions: ['SPOT'],
    permissionSets: [['SPOT']],
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000000', tickSize: '0.01' },
      { filterType: 'LOT_SIZE', minQty: '0.00001', maxQty: '9000', stepSize: '0.00001' },
    ],
  };
}
