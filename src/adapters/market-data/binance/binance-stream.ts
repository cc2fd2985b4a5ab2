// One websocket connection to Binance's combined streams, from dialling to its end. It never reconnects by itself.
import { WebSocket } from 'ws';
import { type EpochMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';

const connectTimeoutMs = 10 * secondMs;
/** The venue pings every 20 s, so a minute without any frame means that nobody is there. */
const silenceLimitMs = 60 * secondMs;
const maxFrameBytes = 1_000_000;

export interface BinanceStreamHandlers {
  opened(stream: BinanceStream): void;
  frame(stream: BinanceStream, text: string): void;
  /** Called exactly once unless `close` was called first. */
  ended(stream: BinanceStream, reason: string): void;
}

export class BinanceStream {
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #handlers: BinanceStreamHandlers;
  readonly #socket: WebSocket;
  readonly #alarmName: string;
  readonly #openedBy: EpochMs;
  #open = false;
  #done = false;
  #lastFrameAt: EpochMs;

  constructor(url: string, id: number, clock: Clock, alarms: Alarms, handlers: BinanceStreamHandlers) {
    this.#clock = clock;
    this.#alarms = alarms;
    this.#handlers = handlers;
    this.#alarmName = `stream-${id}`;
    this.#lastFrameAt = clock.now();
    this.#openedBy = clock.now() + connectTimeoutMs;
    this.#socket = new WebSocket(url, {
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#listen();
    alarms.set(this.#alarmName, this.#openedBy, () => this.#checkLife());
  }

  get lastFrameAt(): EpochMs {
    return this.#lastFrameAt;
  }

  /** Ends the connection without a word to the handlers. */
  close(): void {
    this.#done = true;
    this.#alarms.cancel(this.#alarmName);
    this.#socket.terminate();
  }

  #listen(): void {
    this.#socket.on('open', () => {
      if (this.#done) return;
      this.#open = true;
      this.#noteFrame();
      this.#alarms.set(this.#alarmName, this.#lastFrameAt + silenceLimitMs, () => this.#checkLife());
      this.#handlers.opened(this);
    });
    this.#socket.on('message', (data, isBinary) => {
      if (this.#done) return;
      this.#noteFrame();
      this.#handlers.frame(this, isBinary ? '' : data.toString());
    });
    // The library answers pings with the same payload; here they only prove life.
    this.#socket.on('ping', () => this.#noteFrame());
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', (code) => this.#end(`closed by the venue with code ${code}`));
  }

  #noteFrame(): void {
    this.#lastFrameAt = this.#clock.now();
  }

  #checkLife(): void {
    if (this.#done) return;
    const now = this.#clock.now();
    if (!this.#open) {
      this.#end('no connection in time');
      return;
    }
    const silentAt = this.#lastFrameAt + silenceLimitMs;
    if (now >= silentAt) this.#end(`no frame for ${silenceLimitMs / secondMs} s`);
    else this.#alarms.set(this.#alarmName, silentAt, () => this.#checkLife());
  }

  #end(reason: string): void {
    if (this.#done) return;
    this.close();
    this.#handlers.ended(this, reason);
  }
}
