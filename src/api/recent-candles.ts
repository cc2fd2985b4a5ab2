// The last candles of every symbol, kept in memory for the page's chart. Bounded; never a source for decisions.
import type { CandleEvent, CandleHistory } from '../shared/bus/catalogue.ts';
import type { Candle, Timeframe } from '../shared/domain/candle.ts';

export const maxCandlesPerSymbol = 1_000;
/** Series beyond this many are not kept; the first heard stay. */
export const maxCandleSeries = 1_000;
/** Trimming in slices keeps one push at constant cost. */
const trimAboveCandles = maxCandlesPerSymbol + 250;

export interface CandleSeries {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly source: string;
  readonly kind: CandleEvent['kind'];
  /** Oldest first, open times strictly rising. */
  readonly candles: readonly Candle[];
}

interface KeptSeries extends CandleSeries {
  source: string;
  kind: CandleEvent['kind'];
  candles: Candle[];
}

export class RecentCandles {
  readonly #series = new Map<string, KeptSeries>();

  add(event: CandleEvent): void {
    const series = this.#seriesOf(event.candle, event.source, event.kind);
    if (series === undefined) return;
    const last = series.candles.at(-1);
    if (last === undefined || event.candle.openTime > last.openTime) series.candles.push(event.candle);
    else series.candles = merged(series.candles, [event.candle]);
    if (series.candles.length > trimAboveCandles) series.candles = series.candles.slice(-maxCandlesPerSymbol);
  }

  /** Past candles asked for at start or after an outage; a candle already here gives way to the later word. */
  addHistory(history: CandleHistory): void {
    for (const group of Map.groupBy(history.candles, (candle) => candle.timeframe).values()) {
      const [first] = group;
      if (first === undefined) continue;
      const series = this.#seriesOf(first, history.source, history.kind);
      if (series !== undefined) series.candles = merged(series.candles, group).slice(-maxCandlesPerSymbol);
    }
  }

  /** The series of a symbol, on the given timeframe or else the first one heard; undefined when none is known. */
  of(symbol: string, timeframe?: Timeframe): CandleSeries | undefined {
    for (const series of this.#series.values()) {
      if (series.symbol === symbol && (timeframe === undefined || series.timeframe === timeframe))
        return series;
    }
    return undefined;
  }

  #seriesOf(candle: Candle, source: string, kind: CandleEvent['kind']): KeptSeries | undefined {
    const key = `${candle.symbol}/${candle.timeframe}`;
    const known = this.#series.get(key);
    if (known !== undefined) {
      known.source = source;
      known.kind = kind;
      return known;
    }
    if (this.#series.size >= maxCandleSeries) return undefined;
    const fresh: KeptSeries = {
      symbol: candle.symbol,
      timeframe: candle.timeframe,
      source,
      kind,
      candles: [],
    };
    this.#series.set(key, fresh);
    return fresh;
  }
}

function merged(known: readonly Candle[], added: readonly Candle[]): Candle[] {
  const byTime = new Map<number, Candle>();
  for (const candle of known) byTime.set(candle.openTime, candle);
  for (const candle of added) byTime.set(candle.openTime, candle);
  return [...byTime.values()].sort((left, right) => left.openTime - right.openTime);
}
