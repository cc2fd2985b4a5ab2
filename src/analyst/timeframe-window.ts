// Closed candles of one timeframe with their indicators: what a strategy may look at, read-only from outside.
import { type Timeframe, timeframeMs } from '../shared/domain/candle.ts';
import { IndicatorBank } from './indicator-bank.ts';
import { NumericRing } from './ring.ts';
import { type TimeframeView, windowCapacity } from './strategy.ts';

/** Columns of a candle row. */
export const candleColumn = {
  openTime: 0,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  coverage: 6,
} as const;
const candleWidth = 7;

export class TimeframeWindow {
  readonly timeframe: Timeframe;
  readonly view: TimeframeView;
  #candles = new NumericRing(windowCapacity, candleWidth);
  #indicators = new IndicatorBank();

  constructor(timeframe: Timeframe) {
    this.timeframe = timeframe;
    this.view = this.#createView();
  }

  /** Candles closed since the window was made or cleared. */
  get total(): number {
    return this.#candles.total;
  }

  /** Takes in the next closed candle; open times must rise. `coverage` is the fraction of base candles present. */
  push(
    openTime: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    coverage: number,
  ): void {
    const candles = this.#candles;
    const row = candles.append();
    candles.set(row, candleColumn.openTime, openTime);
    candles.set(row, candleColumn.open, open);
    candles.set(row, candleColumn.high, high);
    candles.set(row, candleColumn.low, low);
    candles.set(row, candleColumn.close, close);
    candles.set(row, candleColumn.volume, volume);
    candles.set(row, candleColumn.coverage, coverage);
    this.#indicators.update(high, low, close);
  }

  clear(): void {
    this.#candles = new NumericRing(windowCapacity, candleWidth);
    this.#indicators = new IndicatorBank();
  }

  /** A frozen face of this window: strategies get functions and numbers, never the arrays. */
  #createView(): TimeframeView {
    const read = (column: number, ago = 0): number => this.#candles.at(column, ago);
    const size = (): number => this.#candles.size;
    const durationMs = timeframeMs[this.timeframe];
    return Object.freeze({
      timeframe: this.timeframe,
      get size(): number {
        return size();
      },
      openTime: (ago?: number) => read(candleColumn.openTime, ago),
      closeTime: (ago?: number) => read(candleColumn.openTime, ago) + durationMs,
      open: (ago?: number) => read(candleColumn.open, ago),
      high: (ago?: number) => read(candleColumn.high, ago),
      low: (ago?: number) => read(candleColumn.low, ago),
      close: (ago?: number) => read(candleColumn.close, ago),
      volume: (ago?: number) => read(candleColumn.volume, ago),
      coverage: (ago?: number) => read(candleColumn.coverage, ago),
      indicator: (name, ago = 0) => this.#indicators.value(name, ago),
    } satisfies TimeframeView);
  }
}
