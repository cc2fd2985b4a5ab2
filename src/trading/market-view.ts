// Last prices as trading knows them, floats in memory. They value and guard; they never enter the ledger.
import type { CandleEvent, QuoteBatch } from '../shared/bus/catalogue.ts';
import { accountRate } from '../shared/domain/account-currency.ts';
import { timeframeMs } from '../shared/domain/candle.ts';
import { type Instrument, instrumentFor } from '../shared/domain/instrument.ts';
import { type EpochMs, hourMs } from '../shared/domain/time.ts';

export interface SymbolView {
  readonly instrument: Instrument;
  price: number;
  /** Half of the difference between ask and bid; an estimate from the instrument when only candles are known. */
  halfSpread: number;
  /** Value traded per hour in quote currency by the last candle; undefined where the feed gives no volume. */
  hourlyTurnover: number | undefined;
  /** When the price was true. */
  at: EpochMs;
  /** Extra age that is normal for this feed: a candle feed is one candle old by nature. */
  naturalAgeMs: number;
}

export class MarketView {
  readonly #views = new Map<string, SymbolView>();
  readonly #instruments = new Map<string, Instrument | null>();
  constructor(instruments: readonly Instrument[] = []) {
    for (const instrument of instruments) this.#instruments.set(instrument.symbol, instrument);
  }

  readonly priceOf = (symbol: string): number | undefined => this.#views.get(symbol)?.price;

  /** The last price that the market told since the start; a remembered one is too old to act upon. */
  freshPriceOf(symbol: string): number | undefined {
    const view = this.#views.get(symbol);
    return view === undefined || view.at === 0 ? undefined : view.price;
  }

  instrument(symbol: string): Instrument | undefined {
    const known = this.#instruments.get(symbol);
    if (known !== undefined) return known ?? undefined;
    const found = instrumentFor(symbol);
    this.#instruments.set(symbol, found ?? null);
    return found;
  }

  get(symbol: string): SymbolView | undefined {
    return this.#views.get(symbol);
  }

  candle(event: CandleEvent): void {
    const { symbol, close, timeframe, volume } = event.candle;
    const candleMs = timeframeMs[timeframe];
    this.#note(symbol, close, undefined, event.happened_at, candleMs);
    const view = this.#views.get(symbol);
    if (view !== undefined)
      view.hourlyTurnover = volume > 0 ? (volume * close * hourMs) / candleMs : undefined;
  }

  quotes(batch: QuoteBatch): void {
    for (const quote of batch.quotes) {
      // A crossed or empty quote is no price that anything may rest on.
      if (!(quote.bid > 0 && quote.ask >= quote.bid)) continue;
      const price = (quote.bid + quote.ask) / 2;
      this.#note(quote.symbol, price, (quote.ask - quote.bid) / 2, quote.happenedAt, 0);
    }
  }

  /** A remembered price after a restart: good for valuing, too old for trading. */
  remembered(symbol: string, price: number): void {
    this.#note(symbol, price, undefined, 0, 0);
  }

  /** Account currency per unit of the symbol's quote currency; undefined when no price tells it. */
  rate(instrument: Instrument): number | undefined {
    return accountRate(instrument, this.priceOf);
  }

  #note(
    symbol: string,
    price: number,
    halfSpread: number | undefined,
    at: EpochMs,
    naturalAgeMs: number,
  ): void {
    const view = this.#views.get(symbol);
    if (view === undefined) {
      const instrument = this.instrument(symbol);
      if (instrument === undefined) return;
      const half = halfSpread ?? (price * instrument.typicalSpread) / 2;
      this.#views.set(symbol, {
        instrument,
        price,
        halfSpread: half,
        hourlyTurnover: undefined,
        at,
        naturalAgeMs,
      });
      return;
    }
    if (at < view.at) return;
    view.price = price;
    view.at = at;
    view.naturalAgeMs = naturalAgeMs;
    view.halfSpread = halfSpread ?? (price * view.instrument.typicalSpread) / 2;
  }
}
