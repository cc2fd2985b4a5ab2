// The last check before live data reaches the house: what cannot be true is dropped and reported, never repaired.
import type { CandleEvent, QuoteBatch } from '../../../shared/bus/catalogue.ts';
import { candleDefect, timeframeMs } from '../../../shared/domain/candle.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { MarketDataSink } from '../../../shared/ports/market-data.ts';
import { QuarantineReports } from './quarantine-reports.ts';
import { VolumeWatch } from './volume-watch.ts';

/** A price this many times the last one (or one over it) is taken for a fault of the feed. */
const defaultMaxJumpRatio = 5;
/** Further candles or quotes that must agree on a new level before it is believed: a redenomination is real. */
const jumpConfirmations = 3;
/** After a silence this long the last price says little, so a jump is not judged. */
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
  readonly maxJumpRatio?: number;
}

export class QualityGate {
  readonly #sink: MarketDataSink;
  readonly #maxJumpRatio: number;
  readonly #lastOpenTimes = new Map<string, EpochMs>();
  readonly #lastQuoteTimes = new Map<string, EpochMs>();
  readonly #candleLevels = new Map<string, Level>();
  readonly #quoteLevels = new Map<string, Level>();
  readonly #volumes = new VolumeWatch();
  readonly #reports: QuarantineReports;

  constructor(sink: MarketDataSink, options: QualityGateOptions) {
    this.#sink = sink;
    this.#reports = new QuarantineReports(options.source, sink);
    this.#maxJumpRatio = options.maxJumpRatio ?? defaultMaxJumpRatio;
  }

  /** Candles and quotes dropped since the beginning. */
  get dropped(): number {
    return this.#reports.dropped;
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
      const where = `${candle.symbol} candle of ${candle.openTime}`;
      this.#reports.drop(reason, candle.symbol, where, event.known_at);
      return false;
    }
    this.#reports.flush(event.known_at);
    this.#lastOpenTimes.set(candle.symbol, candle.openTime);
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
    const { high, low, open, close } = candle;
    if (!this.#near(high, Math.max(open, close)) || !this.#near(low, Math.min(open, close)))
      return 'absurd spike inside the candle';
    const volumeFault = this.#volumes.fault(candle);
    if (volumeFault !== undefined) return volumeFault;
    if (this.#isAbsurdJump(this.#candleLevels, candle.symbol, candle.close, event.happened_at))
      return 'absurd price jump';
    return undefined;
  }

  #quoteFault(quote: Quote, knownAt: EpochMs): string | undefined {
    if (!(quote.bid > 0 && quote.ask > 0) || !Number.isFinite(quote.bid + quote.ask))
      return 'a price is not above zero';
    if (quote.bid > quote.ask) return 'crossed quote';
    if (!this.#near(quote.ask, quote.bid)) return 'absurd spread';
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
}
