// The last check before live data reaches the house: what cannot be true is dropped and reported, never repaired.
import type { CandleEvent, QuoteBatch } from '../../../shared/bus/catalogue.ts';
import { candleDefect, timeframeMs } from '../../../shared/domain/candle.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { MarketDataSink } from '../../../shared/ports/market-data.ts';

/** A price this many times the last one (or one over it) is taken for a fault of the feed. */
const defaultMaxJumpRatio = 5;
/** Further candles or quotes that must agree on a new level before it is believed: a redenomination is real. */
const jumpConfirmations = 3;
/** After a silence this long the last price says little, so a jump is not judged. */
const jumpMemoryMs = 3_600_000;
/** The same fault of the same symbol is reported at most this often; the count says how many there were. */
const reportEveryMs = 60_000;
/** A venue clock may lead ours by this much before a quote counts as coming from the future. */
const maxQuoteLeadMs = 5_000;
const maxReportKeys = 10_000;

/** Price level of one symbol, with the agreeing suspects that may become the next one. */
interface Level {
  price: number;
  at: EpochMs;
  suspectPrice: number;
  suspects: number;
}

interface ReportState {
  lastAt: EpochMs;
  pending: number;
}

export interface QualityGateOptions {
  readonly source: string;
  readonly maxJumpRatio?: number;
}

export class QualityGate {
  readonly #source: string;
  readonly #sink: MarketDataSink;
  readonly #maxJumpRatio: number;
  readonly #lastOpenTimes = new Map<string, EpochMs>();
  readonly #lastQuoteTimes = new Map<string, EpochMs>();
  readonly #candleLevels = new Map<string, Level>();
  readonly #quoteLevels = new Map<string, Level>();
  readonly #reports = new Map<string, ReportState>();
  #dropped = 0;

  constructor(sink: MarketDataSink, options: QualityGateOptions) {
    this.#source = options.source;
    this.#sink = sink;
    this.#maxJumpRatio = options.maxJumpRatio ?? defaultMaxJumpRatio;
  }

  /** Candles and quotes dropped since the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes candles of the symbol only when they open after this. */
  expectAfter(symbol: string, openTime: EpochMs): void {
    this.#lastOpenTimes.set(symbol, openTime);
  }

  /** Publishes the candle and answers true, or drops and reports it. */
  candle(event: CandleEvent): boolean {
    const { candle } = event;
    const reason = this.#candleFault(event);
    if (reason !== undefined) {
      this.#drop(reason, candle.symbol, `${candle.symbol} candle of ${candle.openTime}`, event.known_at);
      return false;
    }
    this.#lastOpenTimes.set(candle.symbol, candle.openTime);
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
      } else this.#drop(reason, quote.symbol, `${quote.symbol} quote of ${quote.happenedAt}`, batch.known_at);
    }
    if (kept.length > 0) this.#sink.quotes({ ...batch, quotes: kept });
  }

  /** Reports something that could not even be read as a candle or quote. */
  unreadable(reason: string, where: string, at: EpochMs): void {
    this.#drop(reason, '', where, at);
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
    if (this.#isAbsurdJump(this.#candleLevels, candle.symbol, candle.close, event.happened_at))
      return 'absurd price jump';
    return undefined;
  }

  #quoteFault(quote: Quote, knownAt: EpochMs): string | undefined {
    if (!(quote.bid > 0 && quote.ask > 0) || !Number.isFinite(quote.bid + quote.ask))
      return 'a price is not above zero';
    if (quote.bid > quote.ask) return 'crossed quote';
    if (quote.happenedAt > knownAt + maxQuoteLeadMs) return 'quote comes from the future';
    const last = this.#lastQuoteTimes.get(quote.symbol);
    if (last !== undefined && quote.happenedAt < last) return 'time runs backwards';
    const mid = (quote.bid + quote.ask) / 2;
    if (this.#isAbsurdJump(this.#quoteLevels, quote.symbol, mid, quote.happenedAt))
      return 'absurd price jump';
    return undefined;
  }

  #near(price: number, reference: number): boolean {
    return price <= reference * this.#maxJumpRatio && price * this.#maxJumpRatio >= reference;
  }

  #isAbsurdJump(levels: Map<string, Level>, symbol: string, price: number, at: EpochMs): boolean {
    const level = levels.get(symbol);
    if (level === undefined) {
      levels.set(symbol, { price, at, suspectPrice: 0, suspects: 0 });
      return false;
    }
    const believable = this.#near(price, level.price) || at - level.at > jumpMemoryMs;
    if (!believable) {
      level.suspects = level.suspects > 0 && this.#near(price, level.suspectPrice) ? level.suspects + 1 : 1;
      level.suspectPrice = price;
      if (level.suspects <= jumpConfirmations) return true;
    }
    level.price = price;
    level.at = at;
    level.suspects = 0;
    return false;
  }

  #drop(reason: string, symbol: string, where: string, at: EpochMs): void {
    this.#dropped += 1;
    const key = `${symbol}\n${reason}`;
    const report = this.#reports.get(key);
    if (report !== undefined && at - report.lastAt < reportEveryMs) {
      report.pending += 1;
      return;
    }
    if (this.#reports.size >= maxReportKeys) this.#reports.clear();
    this.#reports.set(key, { lastAt: at, pending: 0 });
    this.#sink.quarantined({ source: this.#source, reason, where, count: 1 + (report?.pending ?? 0) });
  }
}
