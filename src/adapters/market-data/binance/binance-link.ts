// Keeps one connection to the venue standing: dials, backs off with jitter, and replaces it before it must end.
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';
import { BinanceStream } from './binance-stream.ts';

const firstReconnectDelayMs = secondMs;
const maxReconnectDelayMs = minuteMs;
const maxDoublings = 10;
/** The venue ends every connection after 24 hours; ours is replaced before. */
const renewAfterMs = 23 * hourMs;
const renewRetryMs = minuteMs;

export interface BinanceLinkOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Uniform in [0, 1), for the jitter of reconnects. */
  readonly random: () => number;
  /** A connection stands, the first one or its replacement. */
  readonly connected: () => void;
  readonly frame: (text: string) => void;
  /** A connection or an attempt ended; `since` tells whether another still stands. */
  readonly lost: (reason: string) => void;
}

export class BinanceLink {
  readonly #options: BinanceLinkOptions;
  #active: BinanceStream | undefined;
  #candidate: BinanceStream | undefined;
  #since: EpochMs | undefined;
  #dialled = 0;
  /** Attempts since the last frame of a standing connection: an open socket alone proves nothing. */
  #failures = 0;

  constructor(options: BinanceLinkOptions) {
    this.#options = options;
  }

  /** Since when a connection stands; undefined while none does. */
  get since(): EpochMs | undefined {
    return this.#since;
  }

  /** Dials at once; beside a standing connection this is its replacement. */
  dial(): void {
    if (this.#candidate !== undefined) return;
    const { url, clock, alarms } = this.#options;
    this.#dialled += 1;
    this.#candidate = new BinanceStream(url, this.#dialled, clock, alarms, {
      opened: (stream) => this.#opened(stream),
      frame: (stream, text) => {
        if (stream === this.#active) this.#failures = 0;
        this.#options.frame(text);
      },
      ended: (stream, reason) => this.#ended(stream, reason),
    });
  }

  close(): void {
    this.#options.alarms.cancel('dial');
    this.#options.alarms.cancel('renew');
    this.#active?.close();
    this.#candidate?.close();
    this.#active = undefined;
    this.#candidate = undefined;
    this.#since = undefined;
    this.#failures = 0;
  }

  #opened(stream: BinanceStream): void {
    const { clock, alarms } = this.#options;
    // The old connection stays until the new one stands, so that a renewal loses nothing.
    this.#active?.close();
    this.#active = stream;
    this.#candidate = undefined;
    this.#since = clock.now();
    alarms.cancel('dial');
    alarms.set('renew', clock.now() + renewAfterMs, () => this.dial());
    this.#options.connected();
  }

  #ended(stream: BinanceStream, reason: string): void {
    const { clock, alarms, random } = this.#options;
    if (stream === this.#active) {
      this.#active = undefined;
      this.#since = undefined;
    }
    if (stream === this.#candidate) this.#candidate = undefined;
    if (this.#active !== undefined) {
      alarms.set('renew', clock.now() + renewRetryMs, () => this.dial());
    } else if (this.#candidate === undefined) {
      const doublings = Math.min(this.#failures, maxDoublings);
      const limitMs = Math.min(maxReconnectDelayMs, firstReconnectDelayMs * 2 ** doublings);
      this.#failures += 1;
      alarms.set('dial', clock.now() + Math.ceil(limitMs * (0.5 + 0.5 * random())), () => this.dial());
    }
    this.#options.lost(reason);
  }
}
