// What both forex stand-ins share: a loopback server with staged failures, a deterministic truth of candles whose
// prices are exact in binary, and the playing of minutes on a manual clock.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Candle } from '../../../src/shared/domain/candle.ts';
import { isForexWeekOpen } from '../../../src/shared/domain/sessions.ts';
import type { MarketDataSource } from '../../../src/shared/ports/market-data.ts';
import type { ManualClock } from './manual-clock.ts';
import { until } from './recording-sink.ts';

const minuteMs = 60_000;
export const halfSpread = 1 / 16_384;

export interface StagedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly behaviour?: 'hang' | 'reset' | 'truncate';
}

/** The truth: a deterministic candle for any minute of the forex week. */
export function truthOf(symbol: string, openTime: number): Candle {
  const price = 1 + ((openTime / minuteMs) % 17) / 1_024 + symbol.charCodeAt(0) / 128;
  const step = 1 / 1_024;
  return {
    symbol,
    timeframe: '1m',
    openTime,
    open: price,
    high: price + 2 * step,
    low: price - 2 * step,
    close: price + step,
    volume: 0,
  };
}

export abstract class ForexStandIn {
  readonly requests: string[] = [];
  /** Answers for the next requests instead of the truth. */
  readonly staged: StagedAnswer[] = [];
  restDown = false;
  /** What the venue's clock is ahead of the test's. */
  aheadMs = 0;
  protected readonly now: () => number;
  protected readonly http: Server;
  readonly #raw = new Set<Socket>();

  constructor(now: () => number) {
    this.now = now;
    this.http = createServer((request, response) => this.#answer(request, response));
    this.http.on('connection', (socket) => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    this.http.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.http.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#raw) socket.destroy();
    await new Promise((resolve) => this.http.close(resolve));
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get venueNow(): number {
    return this.now() + this.aheadMs;
  }

  protected abstract answer(url: URL, request: IncomingMessage, response: ServerResponse): void;

  protected upgrade(_request: IncomingMessage, socket: Duplex, _head: Buffer): void {
    socket.destroy();
  }

  protected json(response: ServerResponse, status: number, body: unknown): void {
    const headers = { 'content-type': 'application/json', date: new Date(this.venueNow).toUTCString() };
    response.writeHead(status, headers).end(JSON.stringify(body));
  }

  /** Open minutes from `from` on, before `to`. */
  protected minutes(from: number, to: number, limit: number): number[] {
    const openTimes: number[] = [];
    for (let at = Math.ceil(from / minuteMs) * minuteMs; at < to && openTimes.length < limit; at += minuteMs)
      if (isForexWeekOpen(at)) openTimes.push(at);
    return openTimes;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x');
    if (this.isStream(url)) {
      this.answer(url, request, response);
      return;
    }
    this.requests.push(`${url.pathname}${url.search}`);
    const staged = this.staged.shift();
    if (staged?.behaviour === 'hang') return;
    if (staged?.behaviour === 'reset') request.socket.destroy();
    else if (staged?.behaviour === 'truncate') response.writeHead(200).end('{"quotes":[{"base_c');
    else if (staged !== undefined)
      response.writeHead(staged.status ?? 200, staged.headers).end(staged.body ?? '');
    else if (this.restDown) response.writeHead(503).end('<html>down</html>');
    else this.answer(url, request, response);
  }

  protected isStream(_url: URL): boolean {
    return false;
  }
}

/** Counts what a source publishes, so that playing can wait for it. */
export function counted(inner: MarketDataSource): {
  readonly source: MarketDataSource;
  readonly seen: { candles: number; batches: number; state: string };
} {
  const seen = { candles: 0, batches: 0, state: '' };
  const source: MarketDataSource = {
    name: inner.name,
    kind: inner.kind,
    symbols: inner.symbols,
    reachable: (timeoutMs) => inner.reachable(timeoutMs),
    history: (symbol, count) => inner.history(symbol, count),
    restart: (reason) => inner.restart(reason),
    stop: () => inner.stop(),
    start: (sink) =>
      inner.start({
        candle: (event) => {
          seen.candles += 1;
          sink.candle(event);
        },
        quotes: (batch) => {
          seen.batches += 1;
          sink.quotes(batch);
        },
        status: (status) => {
          seen.state = status.state;
          sink.status(status);
        },
        quarantined: (report) => sink.quarantined(report),
      }),
  };
  return { source, seen };
}

export interface Playing {
  readonly clock: ManualClock;
  readonly seen: { readonly candles: number; readonly batches: number; readonly state: string };
  readonly symbols: number;
  /** Sends the quotes of the minute under way. */
  readonly send: (openTime: number) => void;
}

/** Plays whole minutes: quotes every ten seconds, never silent, and waits for the candles at each end. */
export function minutePlayer({ clock, seen, symbols, send }: Playing): (minutes: number) => Promise<void> {
  let expected = 0;
  return async (minutes) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      const openTime = Math.floor(clock.now() / minuteMs) * minuteMs;
      if (clock.pendingWakeAt === undefined) {
        clock.advance(minuteMs);
        continue;
      }
      await until(() => seen.state === 'live', 'a connection');
      for (let after = 5_000; after < minuteMs; after += 10_000) {
        if (openTime + after <= clock.now()) continue;
        clock.advanceTo(openTime + after);
        const before = seen.batches;
        send(openTime);
        await until(() => {
          clock.advance(1);
          return seen.batches > before;
        }, 'a quote batch');
      }
      expected = Math.max(expected, seen.candles) + symbols;
      clock.advanceTo(openTime + minuteMs + 2_000);
      await until(() => seen.candles >= expected, 'the candles of the minute');
      clock.advance(10);
    }
  };
}
