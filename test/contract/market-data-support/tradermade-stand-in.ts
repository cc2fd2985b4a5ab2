// A stand-in for TraderMade on loopback: live quotes, minute series and the websocket of 2026, in the documented
// shapes (numbers here, quoted text there), with the ways in which the real one fails.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { isForexWeekOpen } from '../../../src/shared/domain/sessions.ts';
import { ForexStandIn, halfSpread, truthOf } from './forex-stand-in.ts';

const minuteMs = 60_000;
export const tradermadeKey = 'secret-rest-key/of+tradermade';
export const tradermadeStreamKey = 'wsSecretStreamKey12345';

export class TradermadeStandIn extends ForexStandIn {
  readonly sockets: WebSocket[] = [];
  readonly handshakes: number[] = [];
  /** Symbols of the last subscription. */
  subscribed: readonly string[] = [];
  symbolLimit = 20;
  refuseSockets = false;
  rejectLogin = false;
  planHasSeries = true;
  readonly #ws = new WebSocketServer({ noServer: true });

  get restUrl(): string {
    return `http://127.0.0.1:${this.port}/api/v1`;
  }

  get streamUrl(): string {
    return `ws://127.0.0.1:${this.port}/feedAdv`;
  }

  get open(): WebSocket[] {
    return this.sockets.filter((socket) => socket.readyState === socket.OPEN);
  }

  override async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await super.close();
  }

  send(frame: unknown): void {
    for (const socket of this.open) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  tick(symbol: string, mid: number, patch: Readonly<Record<string, unknown>> = {}): void {
    const iso = new Date(this.venueNow).toISOString();
    const ts = `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 23)}`;
    const [b, a] = [mid - halfSpread, mid + halfSpread].map(String);
    this.send({ t: 'QUOTE', s: symbol, b, a, bv: '100000', av: '100000', m: String(mid), ts, ...patch });
  }

  /** Ticks that make the minute's true candle. */
  tickMinute(symbol: string, openTime: number): void {
    const { open, high, low, close } = truthOf(symbol, openTime);
    for (const price of [open, high, low, close]) this.tick(symbol, price);
  }

  protected override upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.handshakes.push(this.now());
    if (this.refuseSockets) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#ws.handleUpgrade(request, socket, head, (client) => {
      this.sockets.push(client);
      client.send('Connected');
      client.on('message', (data) => this.#hear(client, JSON.parse(data.toString())));
    });
  }

  #hear(client: WebSocket, frame: { action: string; key?: string; symbols?: string[] }): void {
    if (frame.action === 'login') {
      const ok = frame.key === tradermadeStreamKey && !this.rejectLogin;
      client.send(
        JSON.stringify(
          ok
            ? { type: 'login_ok', symbol_limit: this.symbolLimit, cfds: true, trader_ladder: false }
            : { type: 'login_reject', reason: `bad key ${frame.key}` },
        ),
      );
    } else if (frame.action === 'subscribe') {
      this.subscribed = frame.symbols ?? [];
      const denied = this.subscribed.filter((name) => name.startsWith('SEK'));
      const accepted = this.subscribed.filter((name) => !denied.includes(name));
      client.send(JSON.stringify({ type: 'sub_ack', accepted, denied, denied_reasons: {}, invalid: [] }));
    }
  }

  protected answer(url: URL, _request: IncomingMessage, response: ServerResponse): void {
    if (url.searchParams.get('api_key') !== tradermadeKey) {
      this.json(response, 401, { message: 'api key is invalid' });
    } else if (url.pathname.endsWith('/live')) this.#live(url, response);
    else if (url.pathname.endsWith('/timeseries')) this.#series(url, response);
    else this.json(response, 404, { message: 'no such endpoint' });
  }

  #live(url: URL, response: ServerResponse): void {
    if (!isForexWeekOpen(this.venueNow)) {
      this.json(response, 403, { message: 'data is not available' });
      return;
    }
    const quotes = (url.searchParams.get('currency') ?? '').split(',').map((symbol, index) => {
      const { close } = truthOf(symbol, Math.floor(this.venueNow / minuteMs) * minuteMs);
      const price = (value: number) => (index % 2 === 0 ? value : String(value));
      return {
        base_currency: symbol.slice(0, 3),
        quote_currency: symbol.slice(3),
        bid: price(close - halfSpread),
        ask: price(close + halfSpread),
        mid: price(close),
      };
    });
    const timestamp = Math.floor(this.venueNow / 1_000);
    this.json(response, 200, { endpoint: 'live', quotes, requested_time: 'now', timestamp });
  }

  #series(url: URL, response: ServerResponse): void {
    const query = url.searchParams;
    if (!this.planHasSeries) {
      this.json(response, 401, { message: 'endpoint is not available in your plan' });
      return;
    }
    const [start, end] = [query.get('start_date'), query.get('end_date')].map((text) =>
      Date.parse(`${text?.slice(0, 10)}T${text?.slice(11)}:00Z`),
    ) as [number, number];
    if (end - start > 2 * 1_440 * minuteMs) {
      this.json(response, 400, { message: 'minute data: at most 2 days' });
      return;
    }
    const times = this.minutes(start, Math.min(end + 1, this.venueNow), 5_000);
    if (times.length === 0) {
      response.writeHead(204).end();
      return;
    }
    const quotes = times.map((openTime) => {
      const { open, high, low, close } = truthOf(query.get('currency') ?? '', openTime);
      const date = new Date(openTime).toISOString().slice(0, 19).replace('T', ' ');
      return { date, open, high: String(high), low, close: String(close) };
    });
    this.json(response, 200, { endpoint: 'timeseries', quotes, request_time: 'now' });
  }
}
