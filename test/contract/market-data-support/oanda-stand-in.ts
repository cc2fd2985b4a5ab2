// A stand-in for OANDA's v20 API on loopback: account, instruments, candles and the chunked pricing stream, in the
// documented shapes, with the ways in which the real one fails.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ForexStandIn, halfSpread, truthOf } from './forex-stand-in.ts';

const minuteMs = 60_000;
export const oandaToken = 'secret-token-of-oanda-1234567890';
export const oandaAccount = '101-001-1234567-001';

export class OandaStandIn extends ForexStandIn {
  readonly streams: ServerResponse[] = [];
  /** When each stream was asked for, refused ones too, and for which instruments. */
  readonly dialled: { readonly at: number; readonly instruments: string }[] = [];
  /** What the next streams are answered with instead of prices. */
  refuseStreams: { readonly status: number; readonly body: string } | undefined;
  /** Minutes nobody traded in, which the venue leaves out. */
  readonly quietMinutes = new Set<number>();

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get open(): ServerResponse[] {
    return this.streams.filter((stream) => !stream.destroyed && !stream.writableEnded);
  }

  send(line: unknown): void {
    const text = typeof line === 'string' ? line : `${JSON.stringify(line)}\n`;
    for (const stream of this.open) stream.write(text);
  }

  heartbeat(): void {
    this.send({ type: 'HEARTBEAT', time: this.#time() });
  }

  sendPrice(instrument: string, mid: number, patch: Readonly<Record<string, unknown>> = {}): void {
    this.send({
      type: 'PRICE',
      instrument,
      time: this.#time(),
      tradeable: true,
      status: 'tradeable',
      bids: [{ price: String(mid - halfSpread), liquidity: 1_000_000 }],
      asks: [{ price: String(mid + halfSpread), liquidity: 1_000_000 }],
      closeoutBid: '1',
      closeoutAsk: '9',
      ...patch,
    });
  }

  protected override isStream(url: URL): boolean {
    return url.pathname.endsWith('/pricing/stream');
  }

  protected answer(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.authorization !== `Bearer ${oandaToken}`) {
      this.json(response, 401, {
        errorMessage: `Insufficient authorization ${request.headers.authorization}`,
      });
      return;
    }
    const account = `/v3/accounts/${oandaAccount}`;
    if (url.pathname === `${account}/summary`) this.json(response, 200, { account: { id: oandaAccount } });
    else if (url.pathname === `${account}/instruments`)
      this.json(response, 200, {
        instruments: ['EUR_USD', 'GBP_USD', 'USD_JPY', 'XAU_USD'].map((name) => ({
          name,
          type: 'CURRENCY',
          pipLocation: -4,
        })),
      });
    else if (url.pathname === `${account}/pricing/stream`) this.#stream(url, response);
    else if (url.pathname.endsWith('/candles')) this.#candles(url, response);
    else this.json(response, 404, { errorMessage: 'no such endpoint' });
  }

  #stream(url: URL, response: ServerResponse): void {
    this.dialled.push({ at: this.now(), instruments: url.searchParams.get('instruments') ?? '' });
    if (this.refuseStreams !== undefined) {
      response.writeHead(this.refuseStreams.status).end(this.refuseStreams.body);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.write(`${JSON.stringify({ type: 'HEARTBEAT', time: this.#time() })}\n`);
    this.streams.push(response);
  }

  #candles(url: URL, response: ServerResponse): void {
    const instrument = /\/instruments\/([^/]+)\/candles/.exec(url.pathname)?.[1] ?? '';
    const query = url.searchParams;
    const count = Number(query.get('count') ?? 500);
    if (count > 5_000 || (query.has('from') && query.has('to') && query.has('count'))) {
      this.json(response, 400, { errorMessage: 'Invalid value specified for count' });
      return;
    }
    const end = this.venueNow;
    const from = query.get('from');
    const first = from === null ? end - 4 * 1_440 * minuteMs - count * minuteMs : Date.parse(from);
    const times = this.minutes(first, end, Number.POSITIVE_INFINITY).filter(
      (at) => !this.quietMinutes.has(at),
    );
    const chosen = from === null ? times.slice(-count) : times.slice(0, count);
    this.json(response, 200, {
      instrument,
      granularity: 'M1',
      candles: chosen.map((openTime) => {
        const { open, high, low, close } = truthOf(instrument.replace('_', ''), openTime);
        const mid = { o: String(open), h: String(high), l: String(low), c: String(close) };
        const time = new Date(openTime).toISOString().replace('.000Z', '.000000000Z');
        return { time, complete: openTime + minuteMs <= end, volume: 12, mid };
      }),
    });
  }

  #time(): string {
    return new Date(this.venueNow).toISOString().replace('Z', '123456Z');
  }
}
