// The last check before live data reaches the house: what cannot be true is dropped and reported, never repaired.
// A candle that may be a spike waits here until a later one says so; then it goes on, late, or is dropped.
import type { CandleEvent, QuoteBatch } from '../../../shared/bus/catalogue.ts';
import { candleDefect, timeframeMs } from '../../../shared/domain/candle.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { MarketDataSink } from '../../../shared/ports/market-data.ts';
import { QuarantineReports } from './quarantine-reports.ts';
import { apart, SpikeGuard, spikeLimitsOf, spikeReason, wickReason } from './spike-guard.ts';
import { VolumeWatch } from './volume-watch.ts';

/** Further quotes that must agree on a new level before it is believed, and on one absurdly far away. */
const quoteConfirmations = 1;
const absurdQuoteConfirmations = 3;
/** After a silence this long the last quote says little, so a jump is not judged. */
const jumpMemoryMs = 3_600_000;
/** A venue clock may lead ours by this much before a quote counts as coming from the future. */
const maxQuoteLeadMs = 5_000;

/** Price level of one symbol, with the agreeing suspects that may become the next one. */
interface Level {
  price: number;
  at: EpochMs;
  suspectPrice: number;
  suspects: number;
}

export interface QualityGateOptions {
  readonly source: string;
  /** How many times the last price is absurd; default by the symbol. */
  readonly maxJumpRatio?: number;
}

/** What the gate remembers of one symbol's candles. */
interface CandleState {
  readonly guard: SpikeGuard;
  /** Suspects, oldest first; never more than the guard waits for. */
  held: CandleEvent[];
}

export class QualityGate {
  readonly #sink: MarketDataSink;
  readonly #maxJumpRatio: number | undefined;
  readonly #lastOpenTimes = new Map<string, EpochMs>();
  readonly #lastQuoteTimes = new Map<string, EpochMs>();
  readonly #candles = new Map<string, CandleState>();
  readonly #quoteLevels = new Map<string, Level>();
  readonly #volumes = new VolumeWatch();
  readonly #reports: QuarantineReports;

  constructor(sink: MarketDataSink, options: QualityGateOptions) {
    this.#sink = sink;
    this.#reports = new QuarantineReports(options.source, sink);
    this.#maxJumpRatio = options.maxJumpRatio;
  }

  /** Candles and quotes dropped since the beginning. */
  get dropped(): number {
    return this.#reports.dropped;
  }

  /** Takes candles of the symbol only when they open after this. */
  expectAfter(symbol: string, openTime: EpochMs): void {
    this.#lastOpenTimes.set(symbol, openTime);
  }

  /** Publishes the candle and answers true, or answers false: it was dropped and reported, or waits for the next. */
  candle(event: CandleEvent): boolean {
    const { candle } = event;
    const fault = this.#candleFault(event);
    if (fault !== undefined) {
      this.#drop(fault, event, event.known_at);
      return false;
    }
    this.#reports.flush(event.known_at);
    const state = this.#stateOf(event);
    const verdict = state.guard.judge(candle.openTime, candle.open, candle.high, candle.low, candle.close);
    if (verdict === 'wick') {
      this.#drop(wickReason, event, event.known_at);
      return false;
    }
    this.#lastOpenTimes.set(candle.symbol, candle.openTime);
    if (verdict !== 'pass') this.#settleHeld(state, verdict, event);
    if (verdict === 'suspect' || verdict === 'replaces') {
      state.held.push(event);
      return false;
    }
    this.#volumes.accepted(candle);
    this.#sink.candle(event);
    return true;
  }

  /** Publishes what is left of the batch; publishes nothing when nothing is. */
  quotes(batch: QuoteBatch): void {
    const kept: Quote[] = [];
    for (const quote of batch.quotes) {
      const reason = this.#quoteFault(quote, batch.known_at);
      if (reason === undefined) {
        this.#lastQuoteTimes.set(quote.symbol, quote.happenedAt);
        kept.push(quote);
      } else {
        const where = `${quote.symbol} quote of ${quote.happenedAt}`;
        this.#reports.drop(reason, quote.symbol, where, batch.known_at);
      }
    }
    this.#reports.flush(batch.known_at);
    if (kept.length > 0) this.#sink.quotes({ ...batch, quotes: kept });
  }

  /** Reports something that could not even be read as a candle or quote. */
  unreadable(reason: string, where: string, at: EpochMs): void {
    this.#reports.drop(reason, '', where, at);
  }

  #candleFault(event: CandleEvent): string | undefined {
    const { candle } = event;
    const defect = candleDefect(candle);
    if (defect !== undefined) return defect;
    if (candle.openTime % timeframeMs[candle.timeframe] !== 0) return 'open time is off the timeframe grid';
    if (event.happened_at > event.known_at) return 'candle comes from the future';
    const last = this.#lastOpenTimes.get(candle.symbol);
    if (last !== undefined && candle.openTime === last) return 'duplicate candle';
    if (last !== undefined && candle.openTime < last) return 'time runs backwards';
    return this.#volumes.fault(candle);
  }

  #stateOf({ candle }: CandleEvent): CandleState {
    let state = this.#candles.get(candle.symbol);
    if (state === undefined) {
      const limits = spikeLimitsOf(candle.symbol);
      const absurd = this.#maxJumpRatio === undefined ? limits.absurd : this.#maxJumpRatio - 1;
      state = { guard: new SpikeGuard({ ...limits, absurd }, timeframeMs[candle.timeframe]), held: [] };
      this.#candles.set(candle.symbol, state);
    }
    return state;
  }

  /** Lets what waited go on as known only now, or drops it. */
  #settleHeld(
    state: CandleState,
    verdict: 'suspect' | 'confirms' | 'returns' | 'replaces',
    { known_at }: CandleEvent,
  ): void {
    if (verdict === 'suspect') return;
    const { held } = state;
    state.held = [];
    for (const event of held) {
      if (verdict !== 'confirms') this.#drop(spikeReason, event, known_at);
      else {
        this.#volumes.accepted(event.candle);
        this.#sink.candle({ ...event, known_at });
      }
    }
  }

  #drop(reason: string, { candle }: CandleEvent, at: EpochMs): void {
    this.#reports.drop(reason, candle.symbol, `${candle.symbol} candle of ${candle.openTime}`, at);
  }

  #quoteFault(quote: Quote, knownAt: EpochMs): string | undefined {
    if (!(quote.bid > 0 && quote.ask > 0) || !Number.isFinite(quote.bid + quote.ask))
      return 'a price is not above zero';
    if (quote.bid > quote.ask) return 'crossed quote';
    const absurd = this.#absurd(quote.symbol);
    if (apart(quote.ask, quote.bid) > absurd) return 'absurd spread';
    if (quote.happenedAt > knownAt + maxQuoteLeadMs) return 'quote comes from the future';
    const last = this.#lastQuoteTimes.get(quote.symbol);
    if (last !== undefined && quote.happenedAt < last) return 'time runs backwards';
    const mid = (quote.bid + quote.ask) / 2;
    return this.#isSpike(quote.symbol, mid, quote.happenedAt, absurd) ? 'absurd price jump' : undefined;
  }

  #absurd(symbol: string): number {
    return this.#maxJumpRatio === undefined ? spikeLimitsOf(symbol).absurd : this.#maxJumpRatio - 1;
  }

  /** Quotes are judged by how the candles of their symbol moved of late; the next quotes clear a suspect. */
  #isSpike(symbol: string, price: number, at: EpochMs, absurd: number): boolean {
    const level = this.#quoteLevels.get(symbol);
    if (level === undefined) {
      this.#quoteLevels.set(symbol, { price, at, suspectPrice: 0, suspects: 0 });
      return false;
    }
    const limit = this.#candles.get(symbol)?.guard.limitAt(at) ?? absurd;
    const distance = apart(price, level.price);
    if (distance > limit && at - level.at <= jumpMemoryMs) {
      const again = level.suspects > 0 && apart(price, level.suspectPrice) <= limit;
      level.suspects = again ? level.suspects + 1 : 1;
      level.suspectPrice = price;
      if (level.suspects <= (distance > absurd ? absurdQuoteConfirmations : quoteConfirmations)) return true;
    }
    level.price = price;
    level.at = at;
    level.suspects = 0;
    return false;
  }
}
