// OANDA v20 prices: quotes by the pricing stream, one-minute mid candles by REST. Needs a token and an account.
// It only reads prices, places no orders, and never shows token or account in a status, an error or a log.
import type { Candle } from '../../../shared/domain/candle.ts';
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import { isForexWeekOpen } from '../../../shared/domain/sessions.ts';
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { Alarms } from '../shared/alarms.ts';
import { HttpReader } from '../shared/http-reader.ts';
import { maxForexJumpRatio, QuoteDesk } from '../shared/quote-desk.ts';
import { answers } from '../shared/reachable.ts';
import { Redial } from '../shared/redial.ts';
import { RequestBudget } from '../shared/request-budget.ts';
import { VenueError, type VenueFault } from '../shared/venue-error.ts';
import { type Redact, redactor } from '../shared/venue-text.ts';
import { openOandaStream } from './oanda-stream.ts';
import {
  type OandaCandles,
  parseOandaCandles,
  parseOandaError,
  parseOandaInstruments,
  parseOandaLine,
} from './parse-oanda.ts';

const hosts = {
  practice: { restUrl: 'https://api-fxpractice.oanda.com', streamUrl: 'https://stream-fxpractice.oanda.com' },
  live: { restUrl: 'https://api-fxtrade.oanda.com', streamUrl: 'https://stream-fxtrade.oanda.com' },
} as const;
const maxSymbols = 200;
/** The venue grants 120 requests per second; others may share the account. */
const requestsPerSecond = 40;
const requestBurst = 400;
/** The venue beats every 5 seconds. */
const silenceLimitMs = 20 * secondMs;
const quietLimitMs = 5 * minuteMs;
const maxCandlesPerRequest = 5_000;
const maxHistoryCandles = 5_000;

export interface OandaSourceOptions {
  readonly symbols: readonly string[];
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly token: string;
  readonly account: string;
  readonly host: keyof typeof hosts;
  readonly name?: string;
  readonly restUrl?: string;
  readonly streamUrl?: string;
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1), for the jitter of reconnects. */
  readonly random?: () => number;
}

export class OandaSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'live';
  readonly symbols: readonly string[];
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #desk: QuoteDesk;
  readonly #rest: HttpReader;
  readonly #redial: Redial;
  readonly #restUrl: string;
  readonly #accountPath: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;
  readonly #redact: Redact;
  readonly #symbolOf: ReadonlyMap<string, string>;
  readonly #nameOf: ReadonlyMap<string, string>;
  #feedFault = '';

  /** Throws RangeError for more symbols than one stream should carry, or one that is no currency pair. */
  constructor(options: OandaSourceOptions) {
    this.name = options.name ?? 'oanda';
    this.symbols = [...new Set(options.symbols)].sort();
    if (this.symbols.length > maxSymbols)
      throw new RangeError(`OANDA source: ${this.symbols.length} symbols are more than ${maxSymbols}`);
    this.#nameOf = new Map(this.symbols.map((symbol) => [symbol, oandaName(symbol)]));
    this.#symbolOf = new Map([...this.#nameOf].map(([symbol, name]) => [name, symbol]));
    const { clock, token, account, host } = options;
    const redact = redactor([token, account]);
    this.#clock = clock;
    this.#redact = redact;
    this.#alarms = new Alarms(clock);
    this.#fetch = options.fetch ?? fetch;
    this.#restUrl = options.restUrl ?? hosts[host].restUrl;
    this.#accountPath = `/v3/accounts/${encodeURIComponent(account)}`;
    this.#headers = { authorization: `Bearer ${token}`, 'accept-datetime-format': 'RFC3339' };
    const budget = new RequestBudget({
      requests: requestsPerSecond,
      periodMs: secondMs,
      burst: requestBurst,
    });
    this.#rest = new HttpReader({
      clock,
      alarms: this.#alarms,
      fetch: this.#fetch,
      budget,
      redact,
      headers: this.#headers,
      faultOf,
      reasonOf: parseOandaError,
    });
    const streamUrl = new URL(
      `${options.streamUrl ?? hosts[host].streamUrl}${this.#accountPath}/pricing/stream?snapshot=true`,
    );
    this.#redial = new Redial({
      clock,
      alarms: this.#alarms,
      random: options.random ?? Math.random,
      silenceLimitMs,
      open: (handlers) => {
        const url = new URL(streamUrl);
        url.searchParams.set('instruments', this.#servedNames().join(','));
        const line = (text: string) => this.#line(text);
        return openOandaStream({ url, headers: this.#headers, fetch: this.#fetch, redact, line }, handlers);
      },
      connected: () => this.#connected(),
      lost: (reason) => this.#lost(reason),
    });
    this.#desk = this.#newDesk();
  }

  #newDesk(): QuoteDesk {
    return new QuoteDesk({
      name: this.name,
      symbols: this.symbols,
      clock: this.#clock,
      alarms: this.#alarms,
      isOpen: isForexWeekOpen,
      maxJumpRatio: maxForexJumpRatio,
      policy: () => 'venue',
      fetchMinutes: (symbol, from, to, signal) => this.#minutes(symbol, from, to, signal),
      view: () => ({
        feedSince: this.#redial.since,
        feed: 'pricing stream',
        feedFault: this.#feedFault,
        refused: this.#redial.refused,
        quietLimitMs,
        restBlockedUntil: this.#rest.blockedUntil,
        latencyMs: this.#rest.latencyMs,
        notes: [],
        shortfalls: [],
      }),
    });
  }

  /** Milliseconds by which our clock is ahead of the venue's; undefined before the first price or heartbeat. */
  get clockSkewMs(): number | undefined {
    return this.#desk.clockSkewMs;
  }

  reachable(timeoutMs: number): Promise<boolean> {
    const url = new URL(`${this.#restUrl}${this.#accountPath}/summary`);
    return answers(url, {
      fetch: this.#fetch,
      headers: this.#headers,
      timeoutMs,
      accepts: (status) => status === 200,
    });
  }

  async start(sink: MarketDataSink): Promise<void> {
    if (this.#desk.running) await this.stop();
    this.#desk.start(sink);
    this.#begin();
  }

  /** Up to 5,000 closed candles, oldest first. Throws VenueError when the venue does not answer. */
  async history(symbol: string, count: number): Promise<readonly Candle[]> {
    const wanted = Math.min(Math.max(count, 0), maxHistoryCandles);
    if (wanted === 0 || !this.symbols.includes(symbol)) return [];
    // One more than wanted, because the newest is still open.
    const limit = Math.min(wanted + 1, maxCandlesPerRequest);
    const { candles } = await this.#candles(symbol, { count: String(limit) }, this.#desk.signal);
    const now = this.#clock.now();
    return candles.filter((candle) => candle.openTime + minuteMs <= now).slice(-wanted);
  }

  /** Drops the stream, forgets refusals, dials at once; candles missed are filled in. */
  async restart(reason: string): Promise<void> {
    if (!this.#desk.running) return;
    this.#redial.close();
    this.#feedFault = `restarted: ${reason}`;
    this.#desk.restart();
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#redial.close();
    this.#desk.stop();
    this.#alarms.cancelAll();
  }

  #begin(): void {
    if (this.symbols.length === 0) return;
    void this.#learnInstruments(this.#desk.signal);
  }

  /** One instrument the account does not have would make the venue refuse the whole stream. */
  async #learnInstruments(signal: AbortSignal): Promise<void> {
    try {
      const url = new URL(`${this.#restUrl}${this.#accountPath}/instruments`);
      const known = parseOandaInstruments(await this.#rest.json(url, { signal, attempts: 1 }));
      if (signal.aborted) return;
      if (known === undefined) this.#desk.unreadable('the list of instruments is not the documented one', '');
      else
        for (const [symbol, name] of this.#nameOf)
          if (!known.has(name)) this.#desk.notServed(symbol, 'not among the instruments of the account');
      this.#desk.noteRest('');
    } catch (error) {
      if (signal.aborted) return;
      this.#desk.noteRest(error instanceof Error ? error.message : String(error));
    }
    if (this.#servedNames().length > 0) this.#redial.dial();
    this.#desk.publishStatus();
  }

  #servedNames(): readonly string[] {
    return this.symbols
      .filter((symbol) => this.#desk.isServed(symbol))
      .map((symbol) => this.#nameOf.get(symbol) ?? symbol);
  }

  #connected(): void {
    this.#feedFault = '';
    this.#desk.watched();
    this.#desk.publishStatus();
  }

  #lost(reason: string): void {
    this.#feedFault = reason;
    this.#desk.unwatched();
    this.#desk.publishStatus();
  }

  #line(text: string): void {
    const line = parseOandaLine(text);
    if (line.kind === 'unreadable') {
      this.#desk.unreadable(line.reason, this.#redact(text));
      return;
    }
    if (line.kind === 'heartbeat') {
      this.#desk.heardClock(line.at, this.#clock.now());
      return;
    }
    const symbol = this.#symbolOf.get(line.instrument);
    if (symbol === undefined) this.#desk.unreadable('a quote of a symbol not asked for', line.instrument);
    // Nobody deals at this moment: the last price is no quote.
    else if (line.quote === undefined) this.#desk.venueClosed();
    else {
      const { bid, ask, ...liquidity } = line.quote;
      this.#desk.quote(symbol, bid, ask, line.at, liquidity);
    }
  }

  async #minutes(
    symbol: string,
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ): Promise<readonly Candle[]> {
    const { refused } = this.#redial;
    // A key that was refused is refused here too: asking on would only provoke the venue.
    if (refused !== undefined) throw new VenueError('unauthorized', refused);
    const count = Math.min((to - from) / minuteMs + 1, maxCandlesPerRequest);
    const query = { from: new Date(from).toISOString(), count: String(count) };
    const { candles } = await this.#candles(symbol, query, signal);
    return candles.filter((candle) => candle.openTime >= from && candle.openTime < to);
  }

  async #candles(
    symbol: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<OandaCandles> {
    const name = this.#nameOf.get(symbol) ?? symbol;
    const url = new URL(`${this.#restUrl}/v3/instruments/${name}/candles`);
    url.search = new URLSearchParams({ price: 'M', granularity: 'M1', ...query }).toString();
    const parsed = parseOandaCandles(symbol, await this.#rest.json(url, { signal }));
    if (parsed === undefined)
      throw new VenueError('malformed', 'the answer is not the documented list of candles');
    if (parsed.unreadable > 0)
      this.#desk.unreadable('candles do not have the documented shape', `${parsed.unreadable} of ${symbol}`);
    return parsed;
  }
}

function oandaName(symbol: string): string {
  const instrument = instrumentFor(symbol);
  if (instrument?.calendar !== 'forex')
    throw new RangeError(`OANDA source: ${symbol} is no currency pair or metal`);
  return `${instrument.base}_${instrument.quote}`;
}

function faultOf(status: number, said: string): VenueFault | undefined {
  if ((status === 400 || status === 404) && /instrument/i.test(said)) return 'unknown-symbol';
  return undefined;
}
