// A stand-in for Binance's public market data on loopback: real HTTP and websocket, the documented formats,
// and the ways in which the real one fails. Its time is the test's clock.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Candle } from '../../../src/shared/domain/candle.ts';

const minuteMs = 60_000;

/** What the next REST answers should be instead of the truth; `hang` never answers. */
export interface StagedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly behaviour?: 'hang' | 'reset' | 'truncate';
}

/** Symbols that this Binance does not have. */
const unlisted: ReadonlySet<string> = new Set(['NOSUCHUSDT', 'DOGUSDT']);

export class BinanceStandIn {
  readonly requests: string[] = [];
  readonly sockets: WebSocket[] = [];
  /** When each websocket handshake was tried, refused ones too. */
  readonly handshakes: number[] = [];
  /** Streams asked for by each connection, in order of connection. */
  readonly connections: string[] = [];
  readonly staged: StagedAnswer[] = [];
  /** While true, every websocket handshake is refused. */
  refuseSockets = false;
  /** While true, REST answers 503. */
  restDown = false;
  usedWeight = 0;
  /** What the venue's clock is ahead of the test's. */
  aheadMs = 0;
  readonly #now: () => number;
  readonly #http: Server;
  readonly #ws = new WebSocketServer({ noServer: true });
  readonly #raw = new Set<Socket>();
  #updateId = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.on('connection', (socket) => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    this.#http.on('upgrade', (request, socket, head) => {
      this.handshakes.push(this.#now());
      if (this.refuseSockets) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
        return;
      }
      this.#ws.handleUpgrade(request, socket, head, (client) => {
        this.connections.push(new URL(request.url ?? '', 'http://x').searchParams.get('streams') ?? '');
        this.sockets.push(client);
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

  get restUrl(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get streamUrl(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get venueNow(): number {
    return this.#now() + this.aheadMs;
  }

  /** Connections that are open now. */
  get open(): WebSocket[] {
    return this.sockets.filter((socket) => socket.readyState === socket.OPEN);
  }

  /** The venue's truth: a deterministic candle for any minute. */
  candle(symbol: string, openTime: number): Candle {
    const minute = openTime / minuteMs;
    const price = 100 + (minute % 17) + symbol.length;
    return {
      symbol,
      timeframe: '1m',
      openTime,
      open: price,
      high: price + 2,
      low: price - 2,
      close: price + 1,
      volume: 3.5,
    };
  }

  send(frame: unknown): void {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    for (const socket of this.open) socket.send(text);
  }

  /** Sends what the venue sends of a candle: under way or closed. */
  sendKline(
    symbol: string,
    openTime: number,
    closed: boolean,
    patch: Readonly<Record<string, unknown>> = {},
  ): void {
    const { open, high, low, close, volume } = this.candle(symbol, openTime);
    const k = {
      t: openTime,
      T: openTime + minuteMs - 1,
      s: symbol,
      i: '1m',
      f: 1,
      L: 2,
      o: open.toFixed(8),
      c: close.toFixed(8),
      h: high.toFixed(8),
      l: low.toFixed(8),
      v: volume.toFixed(8),
      n: 10,
      x: closed,
      q: '1',
      V: '1',
      Q: '1',
      B: '0',
      ...patch,
    };
    const data = { e: 'kline', E: this.venueNow, s: symbol, k };
    this.send({ stream: `${symbol.toLowerCase()}@kline_1m`, data });
  }

  sendBook(symbol: string, bid: number, ask: number, updateId?: number): void {
    this.#updateId += 1;
    const data = {
      u: updateId ?? this.#updateId,
      s: symbol,
      b: bid.toFixed(8),
      B: '1',
      a: ask.toFixed(8),
      A: '1',
    };
    this.send({ stream: `${symbol.toLowerCase()}@bookTicker`, data });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x');
    this.requests.push(`${url.pathname}${url.search}`);
    const staged = this.staged.shift();
    if (staged?.behaviour === 'hang') return;
    if (staged?.behaviour === 'reset') {
      request.socket.destroy();
      return;
    }
    this.usedWeight += 2;
    const headers = {
      'content-type': 'application/json',
      date: new Date(this.venueNow).toUTCString(),
      'x-mbx-used-weight-1m': String(this.usedWeight),
      ...staged?.headers,
    };
    if (staged?.behaviour === 'truncate') {
      const body = JSON.stringify(this.#klines(url));
      response.writeHead(200, headers).end(body.slice(0, body.length / 2));
      return;
    }
    if (staged !== undefined) {
      response.writeHead(staged.status ?? 200, headers).end(staged.body ?? '');
      return;
    }
    if (this.restDown) {
      response.writeHead(503, headers).end('');
      return;
    }
    if (url.pathname === '/api/v3/ping') response.writeHead(200, headers).end('{}');
    else if (url.pathname === '/api/v3/klines') this.#sendKlines(url, headers, response);
    else response.writeHead(404, headers).end('{"code":-1,"msg":"no such endpoint"}');
  }

  #sendKlines(url: URL, headers: Record<string, string>, response: ServerResponse): void {
    if (unlisted.has(url.searchParams.get('symbol') ?? '')) {
      response.writeHead(400, headers).end('{"code":-1121,"msg":"Invalid symbol."}');
    } else response.writeHead(200, headers).end(JSON.stringify(this.#klines(url)));
  }

  /** Ascending, at most `limit`, the last one possibly still open: as documented. */
  #klines(url: URL): unknown[] {
    const query = url.searchParams;
    const symbol = query.get('symbol') ?? '';
    const limit = Number(query.get('limit') ?? 500);
    const current = Math.floor(this.venueNow / minuteMs) * minuteMs;
    const start = query.get('startTime');
    const last = Math.min(current, Math.floor(Number(query.get('endTime') ?? current) / minuteMs) * minuteMs);
    const first =
      start === null ? last - (limit - 1) * minuteMs : Math.ceil(Number(start) / minuteMs) * minuteMs;
    const rows: unknown[] = [];
    for (let openTime = first; openTime <= last && rows.length < limit; openTime += minuteMs) {
      const { open, high, low, close, volume } = this.candle(symbol, openTime);
      const prices = [open, high, low, close, volume].map((value) => value.toFixed(8));
      rows.push([openTime, ...prices, openTime + minuteMs - 1, '1', 10, '1', '1', '0']);
    }
    return rows;
  }
}
