// What every source of quotes does the same way: quotes conflated once a second, gapless one-minute candles, the gate,
// and a status. The adapters bring the venue: how to hear quotes and how to ask for candles.
import type { Candle } from '../../../shared/domain/candle.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import { type EpochMs, minuteMs, secondMs, toIso } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink } from '../../../shared/ports/market-data.ts';
import type { Alarms } from './alarms.ts';
import { type Assessment, assessQuotes, type QuoteView } from './assess-quotes.ts';
import { ClockSkew } from './clock-skew.ts';
import { lastClosedMinute, MinuteTrack, type Settlement } from './minute-track.ts';
import { QualityGate } from './quality-gate.ts';
import { StatusReport } from './status-report.ts';
import { VenueError } from './venue-error.ts';

const quoteEveryMs = secondMs;
const statusEveryMs = 30 * secondMs;
/** When after a minute's end its candles are settled: at once, and again for what was late. */
const sweepAfterMs = [2 * secondMs, 12 * secondMs, 35 * secondMs];
const maxParallelFills = 4;
/** Minutes of an outage that are filled in; what is older is reported as missing. */
const maxFillMinutes = 1_440;
/** A quote this little ahead of our clock is taken for one of now. */
const toleratedLeadMs = 5 * secondMs;
const maxExcerptChars = 120;
/** Currencies never move so far between two prices. */
export const maxForexJumpRatio = 1.3;

/** `venue`: candles are asked for each minute. `quotes`: built from quotes, the venue only fills gaps. `none`: no live candles. */
export type CandlePolicy = 'venue' | 'quotes' | 'none';

export interface QuoteDeskOptions {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** When quotes are to be expected. */
  readonly isOpen: (at: EpochMs) => boolean;
  /** Further than this no price moves at once; the gate believes it after it was confirmed. */
  readonly maxJumpRatio: number;
  readonly policy: () => CandlePolicy;
  /** Closed candles that open at `from` or later, before `to`; any order. Throws VenueError. */
  readonly fetchMinutes: (
    symbol: string,
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ) => Promise<readonly Candle[]>;
  /** The part of the status that only the adapter knows. */
  readonly view: () => Pick<
    QuoteView,
    | 'feedSince'
    | 'feed'
    | 'feedFault'
    | 'refused'
    | 'quietLimitMs'
    | 'restBlockedUntil'
    | 'notes'
    | 'shortfalls'
  > & { readonly latencyMs: number | null };
}

export class QuoteDesk {
  readonly #options: QuoteDeskOptions;
  readonly #tracks = new Map<string, MinuteTrack>();
  readonly #quotes = new Map<string, Quote>();
  #skew = new ClockSkew();
  #run = new AbortController();
  #sink: MarketDataSink | undefined;
  #gate: QualityGate | undefined;
  #watchedFrom: EpochMs = Number.POSITIVE_INFINITY;
  #lastDataAt: EpochMs | null = null;
  #restFault = '';
  #restOkAt: EpochMs | undefined;
  #venueSaysClosed = false;
  #noMinuteCandles = false;
  readonly #status: StatusReport;

  constructor(options: QuoteDeskOptions) {
    this.#options = options;
    this.#status = new StatusReport(options.name);
  }

  get running(): boolean {
    return this.#sink !== undefined;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  get clockSkewMs(): number | undefined {
    return this.#skew.skewMs;
  }

  /** The venue said that its plan has no one-minute candles. */
  get noMinuteCandles(): boolean {
    return this.#noMinuteCandles;
  }

  start(sink: MarketDataSink): void {
    const { name, symbols, clock, isOpen, maxJumpRatio } = this.#options;
    this.#sink = sink;
    this.#gate = new QualityGate(sink, { source: name, maxJumpRatio });
    const settled = lastClosedMinute(clock.now());
    this.#tracks.clear();
    for (const symbol of symbols) {
      this.#tracks.set(symbol, new MinuteTrack(symbol, settled, isOpen));
      this.#gate.expectAfter(symbol, settled);
    }
    this.#begin();
  }

  /** Begins again with what it had; forgets what it held against symbols and plan. */
  restart(): void {
    this.pause();
    this.#restFault = '';
    this.#noMinuteCandles = false;
    for (const track of this.#tracks.values()) {
      track.unknown = undefined;
      track.filling = false;
    }
    this.#begin();
  }

  /** Stops everything under way, but keeps candles and sink for a restart. */
  pause(): void {
    this.#run.abort();
    this.unwatched();
    this.#quotes.clear();
    this.#skew = new ClockSkew();
    for (const alarm of ['desk-quotes', 'desk-status', 'desk-sweep']) this.#options.alarms.cancel(alarm);
  }

  stop(): void {
    this.pause();
    this.#sink = undefined;
    this.#gate = undefined;
  }

  #begin(): void {
    const { alarms, clock } = this.#options;
    const now = clock.now();
    this.#run = new AbortController();
    alarms.set('desk-quotes', now + quoteEveryMs, () => this.#flushQuotes());
    alarms.set('desk-status', now + statusEveryMs, () => this.#reportStatus());
    this.#setSweep(now);
    this.#status.repeat();
    this.publishStatus();
  }

  // --- quotes ---

  /** From now on every quote is heard. */
  watched(): void {
    if (this.#watchedFrom !== Number.POSITIVE_INFINITY) return;
    this.#watchedFrom = Math.ceil(this.#options.clock.now() / minuteMs) * minuteMs;
  }

  /** Quotes may have been missed. */
  unwatched(): void {
    this.#watchedFrom = Number.POSITIVE_INFINITY;
    for (const track of this.#tracks.values()) track.interrupt(this.#options.clock.now());
  }

  /** A quote of the venue's time `at`. */
  quote(
    symbol: string,
    bid: number,
    ask: number,
    at: EpochMs,
    liquidity: Pick<Quote, 'poolValue' | 'depth'> = {},
  ): void {
    const now = this.#options.clock.now();
    const track = this.#tracks.get(symbol);
    if (track === undefined) {
      this.unreadable('a quote of a symbol not asked for', symbol);
      return;
    }
    this.#venueSaysClosed = false;
    // An impossible quote goes to the gate for its report, but never into a candle.
    const possible = bid > 0 && ask >= bid && Number.isFinite(bid + ask);
    const happenedAt = at > now && at - now <= toleratedLeadMs ? now : at;
    const earlier = this.#quotes.get(symbol);
    if (earlier !== undefined && earlier.happenedAt > happenedAt) return;
    this.#quotes.set(symbol, { symbol, bid, ask, ...liquidity, happenedAt });
    if (!possible || happenedAt > now) return;
    this.#lastDataAt = Math.max(this.#lastDataAt ?? 0, happenedAt);
    track.tick((bid + ask) / 2, happenedAt, this.#watchedFrom);
  }

  heardClock(venueAt: EpochMs, receivedAt: EpochMs): void {
    this.#skew.note(venueAt, receivedAt);
  }

  unreadable(reason: string, where: string): void {
    this.#gate?.unreadable(reason, where.slice(0, maxExcerptChars), this.#options.clock.now());
  }

  /** The venue does not serve the symbol; said in the status until a restart. */
  notServed(symbol: string, reason: string): void {
    const track = this.#tracks.get(symbol);
    if (track !== undefined) track.unknown = reason;
  }

  isServed(symbol: string): boolean {
    return this.#tracks.get(symbol)?.unknown === undefined;
  }

  venueClosed(): void {
    this.#venueSaysClosed = true;
  }

  #flushQuotes(): void {
    const { alarms, clock, name } = this.#options;
    const now = clock.now();
    alarms.set('desk-quotes', now + quoteEveryMs, () => this.#flushQuotes());
    if (this.#quotes.size === 0) return;
    const quotes = [...this.#quotes.values()].sort((left, right) => (left.symbol < right.symbol ? -1 : 1));
    this.#quotes.clear();
    this.#gate?.quotes({ source: name, quotes, known_at: now });
  }

  // --- candles ---

  #setSweep(now: EpochMs): void {
    const minute = Math.floor(now / minuteMs) * minuteMs;
    const next = sweepAfterMs.map((after) => minute + after).find((at) => at > now);
    const at = next ?? minute + minuteMs + (sweepAfterMs[0] ?? 0);
    this.#options.alarms.set('desk-sweep', at, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    const run = this.#run;
    const now = this.#options.clock.now();
    this.#setSweep(now);
    const policy = this.#options.policy();
    const asking: MinuteTrack[] = [];
    for (const track of this.#tracks.values()) {
      if (track.unknown !== undefined || track.filling) continue;
      const from = track.settled + minuteMs;
      const closed = lastClosedMinute(now);
      if (from > closed) continue;
      if (policy === 'none' || (!this.#options.isOpen(from) && !this.#options.isOpen(closed)))
        track.skipTo(closed);
      else if (policy === 'quotes' && this.#noMinuteCandles) this.#withoutVenue(track, now);
      else if (policy === 'quotes' && from >= this.#watchedFrom)
        this.#publish(track, track.settleWatched(now));
      else if (policy === 'venue' || this.#mayAskAboutGap(now)) asking.push(track);
    }
    while (asking.length > 0 && !run.signal.aborted)
      await Promise.all(asking.splice(0, maxParallelFills).map((track) => this.#fill(track)));
    if (!run.signal.aborted) this.publishStatus();
  }

  /** Requests are dear where candles are built from quotes: a gap is asked about once it has ended, once a minute. */
  #mayAskAboutGap(now: EpochMs): boolean {
    return this.#watchedFrom <= lastClosedMinute(now) + minuteMs && now % minuteMs < (sweepAfterMs[1] ?? 0);
  }

  /** Quotes are all there is: what was not watched from a minute's beginning stays unknown. */
  #withoutVenue(track: MinuteTrack, now: EpochMs): void {
    const watched = this.#watchedFrom;
    if (watched > lastClosedMinute(now)) return;
    track.skipTo(watched - minuteMs);
    this.#publish(track, track.settleWatched(now));
  }

  async #fill(track: MinuteTrack): Promise<void> {
    const { clock, fetchMinutes } = this.#options;
    const { signal } = this.#run;
    const to = lastClosedMinute(clock.now()) + minuteMs;
    this.#skipTooOld(track, to - maxFillMinutes * minuteMs);
    track.filling = true;
    let settlement: Settlement;
    try {
      const candles = await fetchMinutes(track.symbol, track.settled + minuteMs, to, signal);
      if (signal.aborted) return;
      this.#restOkAt = clock.now();
      this.#restFault = '';
      settlement = track.settleFetched(candles, clock.now(), this.#buildableFrom());
    } catch (error) {
      if (signal.aborted) return;
      settlement = this.#settleFault(track, error);
    }
    track.filling = false;
    this.#publish(track, settlement);
  }

  /** Where the venue's own candles are wanted, built ones only stand in when it fails. */
  #buildableFrom(): EpochMs {
    return this.#options.policy() === 'quotes' ? this.#watchedFrom : Number.POSITIVE_INFINITY;
  }

  #settleFault(track: MinuteTrack, error: unknown): Settlement {
    const now = this.#options.clock.now();
    const fault = error instanceof VenueError ? error.fault : undefined;
    if (fault === 'no-data') return track.settleFetched([], now, this.#buildableFrom());
    if (fault === 'not-in-plan') this.#noMinuteCandles = true;
    else if (fault === 'unknown-symbol') track.unknown = error instanceof Error ? error.message : '';
    else this.#restFault = error instanceof Error ? error.message : String(error);
    return track.settleFailed(now);
  }

  #skipTooOld(track: MinuteTrack, oldest: EpochMs): void {
    const from = track.settled + minuteMs;
    if (from >= oldest) return;
    let count = 0;
    for (let openTime = from; openTime < oldest; openTime += minuteMs)
      if (this.#options.isOpen(openTime)) count += 1;
    track.skipTo(oldest - minuteMs);
    if (count > 0) this.#reportMissing(track.symbol, oldest, count);
  }

  #reportMissing(symbol: string, before: EpochMs, count: number): void {
    this.#sink?.quarantined({
      source: this.#options.name,
      reason: 'candles missing: back-fill failed',
      where: `${symbol} before ${toIso(before)}`,
      count,
    });
  }

  #publish(track: MinuteTrack, { released, missing }: Settlement): void {
    if (missing > 0) this.#reportMissing(track.symbol, (released.at(-1)?.openTime ?? 0) + minuteMs, missing);
    for (const candle of released) {
      const knownAt = this.#options.clock.now();
      const closedAt = candle.openTime + minuteMs;
      this.#lastDataAt = Math.max(this.#lastDataAt ?? 0, closedAt);
      this.#gate?.candle({
        source: this.#options.name,
        kind: 'live',
        candle,
        happened_at: closedAt,
        known_at: knownAt,
      });
    }
  }

  // --- status ---

  /** A REST question other than the desk's own was answered or failed. */
  noteRest(fault: string): void {
    this.#restFault = fault;
    if (fault === '') this.#restOkAt = this.#options.clock.now();
  }

  #reportStatus(): void {
    this.#status.repeat();
    this.publishStatus();
    const { alarms, clock } = this.#options;
    alarms.set('desk-status', clock.now() + statusEveryMs, () => this.#reportStatus());
  }

  assess(): Assessment {
    const tracks = [...this.#tracks.values()];
    return assessQuotes({
      ...this.#options.view(),
      isOpen: this.#options.isOpen,
      now: this.#options.clock.now(),
      lastDataAt: this.#lastDataAt,
      venueSaysClosed: this.#venueSaysClosed,
      restFault: this.#restFault,
      restOkAt: this.#restOkAt,
      clockSkewMs: this.#skew.skewMs,
      unknownSymbols: tracks.filter((track) => track.unknown !== undefined).map((track) => track.symbol),
      symbols: this.#options.symbols.length,
    });
  }

  /** Publishes when something changed since the last report. */
  publishStatus(): void {
    if (this.#sink === undefined) return;
    const { clock, view } = this.#options;
    const facts = { latencyMs: view().latencyMs, lastDataAt: this.#lastDataAt };
    this.#status.publish(this.#sink, clock.now(), this.assess(), facts);
  }
}
