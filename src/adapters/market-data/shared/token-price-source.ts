// Prices of tokens on chains, asked again and again: quotes, one-minute candles built from them, one honest status.
// The adapters bring the service. No service gives bid and ask of a pool, so a quote is the price with the spread that a
// small order meets in the pool around it, or the instrument's typical one, and the status says so.
import type { Candle } from '../../../shared/domain/candle.ts';
import { poolSpread } from '../../../shared/domain/fill-engine.ts';
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import type { Alarms } from './alarms.ts';
import type { DecodeFault } from './lenient-json.ts';
import { HttpFault, type PoliteHttp } from './polite-http.ts';
import { QuoteDesk } from './quote-desk.ts';
import { VenueError, type VenueFault } from './venue-error.ts';

const maxSymbols = 300;
/** Tokens do move, but not this far between two polls; the gate believes it after it was confirmed. */
const maxJumpRatio = 3;
const quietLimitMs = 3 * minuteMs;
const maxBackoffMs = 5 * minuteMs;
const maxDoublings = 5;
const maxNamed = 5;

export interface TokenPrice {
  readonly symbol: string;
  readonly price: number;
  /** Value of both sides of its pool in US dollars, where the service tells it. */
  readonly poolValue?: number;
}

export interface TokenPrices {
  readonly prices: readonly TokenPrice[];
  readonly faults: readonly DecodeFault[];
}

export interface TokenPriceSourceOptions {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly http: PoliteHttp;
  /** Group of the budget that prices draw on. */
  readonly group: string;
  /** A cheap path that answers when the service is there. */
  readonly pingPath: string;
  readonly pollEveryMs: number;
  /** The symbols in the portions in which they are asked for. */
  readonly portions: readonly (readonly string[])[];
  /** Prices of one portion; a token without one is left out. Throws HttpFault. */
  readonly ask: (portion: readonly string[], signal: AbortSignal) => Promise<TokenPrices>;
  /** Closed candles of a span, where the service has them. Throws HttpFault. */
  readonly minutes?: (
    symbol: string,
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ) => Promise<readonly Candle[]>;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
}

export class TokenPriceSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'live';
  readonly symbols: readonly string[];
  /** No service gives the time of its prices. */
  readonly clockSkewMs = undefined;
  readonly #options: TokenPriceSourceOptions;
  readonly #desk: QuoteDesk;
  readonly #halfSpreads: ReadonlyMap<string, number>;
  #since: EpochMs | undefined;
  #pollEveryMs: number;
  #fault = '';
  #failures = 0;
  #unpriced: readonly string[] = [];

  /** Throws RangeError for more symbols than can be polled. */
  constructor(options: TokenPriceSourceOptions) {
    this.name = options.name;
    this.symbols = options.symbols;
    if (options.symbols.length > maxSymbols)
      throw new RangeError(`${options.name}: ${options.symbols.length} symbols are more than ${maxSymbols}`);
    this.#options = options;
    this.#pollEveryMs = options.pollEveryMs;
    this.#halfSpreads = new Map(
      options.symbols.map((symbol) => [symbol, (instrumentFor(symbol)?.typicalSpread ?? 0) / 2]),
    );
    this.#desk = this.#newDesk();
  }

  reachable(timeoutMs: number): Promise<boolean> {
    return this.#options.http.answers(this.#options.pingPath, timeoutMs);
  }

  async start(sink: MarketDataSink): Promise<void> {
    if (this.#desk.running) await this.stop();
    this.#desk.start(sink);
    this.#begin();
  }

  /** Closed candles, oldest first; empty where the service has none. Throws VenueError. */
  async history(symbol: string, count: number): Promise<readonly Candle[]> {
    const { minutes, clock } = this.#options;
    if (minutes === undefined || count <= 0 || !this.symbols.includes(symbol)) return [];
    const to = Math.floor(clock.now() / minuteMs) * minuteMs;
    return this.#minutes(symbol, to - count * minuteMs, to, this.#desk.signal);
  }

  async restart(_reason: string): Promise<void> {
    if (!this.#desk.running) return;
    this.#desk.restart();
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#desk.stop();
    this.#options.alarms.cancelAll();
  }

  pace(factor: number): void {
    this.#pollEveryMs = this.#options.pollEveryMs / factor;
  }

  #newDesk(): QuoteDesk {
    const { name, symbols, clock, alarms, http, group } = this.#options;
    return new QuoteDesk({
      name,
      symbols,
      clock,
      alarms,
      isOpen: () => true,
      maxJumpRatio,
      policy: () => 'quotes',
      fetchMinutes: (symbol, from, to, signal) => this.#minutes(symbol, from, to, signal),
      view: () => ({
        feedSince: this.#since,
        feed: `a price every ${Math.round(this.#pollEveryMs / secondMs)} s`,
        feedFault: this.#fault,
        refused: undefined,
        quietLimitMs,
        restBlockedUntil: http.blockedUntil(group),
        latencyMs: http.latencyMs,
        notes: [
          'one-minute candles built from prices, quotes with the spread of a small order in the pool around them, or the typical spread',
        ],
        shortfalls: this.#shortfalls(),
      }),
    });
  }

  #shortfalls(): readonly string[] {
    if (this.#unpriced.length === 0) return [];
    const named = this.#unpriced.slice(0, maxNamed).join(', ');
    return [`no price of ${this.#unpriced.length} symbols: ${named}`];
  }

  #begin(): void {
    this.#since = undefined;
    this.#fault = '';
    this.#failures = 0;
    this.#unpriced = [];
    if (this.symbols.length > 0) void this.#poll(this.#desk.signal);
  }

  /** One round over all portions; what follows is decided by how it went. */
  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, alarms, http, group, portions, random } = this.#options;
    const pollEveryMs = this.#pollEveryMs;
    const begun = clock.now();
    try {
      const priced = new Set<string>();
      for (const portion of portions)
        for (const symbol of await this.#ask(portion, signal)) priced.add(symbol);
      if (signal.aborted) return;
      this.#unpriced = this.symbols.filter((symbol) => !priced.has(symbol));
      this.#heard();
    } catch (error) {
      if (signal.aborted) return;
      this.#missed(error);
    }
    const limitMs = Math.min(maxBackoffMs, pollEveryMs * 2 ** Math.min(this.#failures, maxDoublings));
    const waitMs = this.#failures === 0 ? pollEveryMs : Math.ceil(limitMs * (0.75 + 0.25 * random()));
    const at = Math.max(begun + waitMs, clock.now() + secondMs, http.blockedUntil(group));
    alarms.set('poll', at, () => void this.#poll(signal));
    this.#desk.publishStatus();
  }

  async #ask(portion: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const { prices, faults } = await this.#options.ask(portion, signal);
    if (signal.aborted) return [];
    for (const { reason, where } of faults) this.#desk.unreadable(reason, where);
    const now = this.#options.clock.now();
    for (const { symbol, price, poolValue } of prices) {
      const halfSpread = poolValue === undefined ? this.#halfSpreads.get(symbol) : poolSpread(poolValue) / 2;
      const half = price * (halfSpread ?? 0);
      this.#desk.quote(symbol, price - half, price + half, now, poolValue === undefined ? {} : { poolValue });
    }
    return prices.map(({ symbol }) => symbol);
  }

  #heard(): void {
    this.#since ??= this.#options.clock.now();
    this.#fault = '';
    this.#failures = 0;
    this.#desk.watched();
  }

  #missed(error: unknown): void {
    this.#since = undefined;
    this.#failures += 1;
    this.#fault = error instanceof Error ? error.message : String(error);
    if (!(error instanceof HttpFault)) this.#fault = `fault of ours: ${this.#fault}`;
    this.#desk.unwatched();
  }

  async #minutes(
    symbol: string,
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ): Promise<readonly Candle[]> {
    const { minutes, name } = this.#options;
    if (minutes === undefined) throw new VenueError('not-in-plan', `${name} has no candles`);
    try {
      const candles = await minutes(symbol, from, to, signal);
      const within = candles.filter(({ openTime }) => openTime >= from && openTime + minuteMs <= to);
      // Candles built from prices have no volume: with it some would look as if trading had stopped between them.
      return within.map((candle) => ({ ...candle, volume: 0 }));
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      throw new VenueError(faults[error.fault], error.message, error.retryAt);
    }
  }
}

const faults: Readonly<Record<HttpFault['fault'], VenueFault>> = {
  'rate-limited': 'rate-limited',
  'quota-exhausted': 'over-budget',
  // A plan without candles refuses them: then they are built from prices alone.
  refused: 'not-in-plan',
  'not-found': 'no-data',
  unreachable: 'unreachable',
  malformed: 'malformed',
  aborted: 'aborted',
};
