// Everything the analyst has seen of one instrument: base candles, slower timeframes, volatility.
// Memory on purpose not durable: it is rebuilt from the stream and from backfill, never from rows.
import { type Candle, candleDefect, type Timeframe, timeframeMs } from '../shared/domain/candle.ts';
import type { Instrument } from '../shared/domain/instrument.ts';
import type { LookBar } from '../shared/domain/look.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { CandleKind } from './analyst-memory.ts';
import { CandleAggregator } from './candle-aggregator.ts';
import { NumericRing } from './ring.ts';
import type { TimeframeView } from './strategy.ts';
import { timeframeLadders } from './timeframe-ladder.ts';
import { candleColumn, TimeframeWindow } from './timeframe-window.ts';
import { VolatilityMeter } from './volatility-meter.ts';

/** Base candles kept so that late history can be merged in; holds a whole backfill and hours of live candles. */
export const baseCapacity = 2_048;
const baseWidth = 6;

export interface CandleCounts {
  accepted: number;
  /** Already known, or older than the newest: ignored. */
  late: number;
  /** Impossible prices, wrong timeframe, not on the time grid: ignored. */
  defective: number;
  /** Times the windows were rebuilt because history filled a hole. */
  rebuilds: number;
}

export class InstrumentWindows {
  readonly instrument: Instrument;
  readonly counts: CandleCounts = { accepted: 0, late: 0, defective: 0, rebuilds: 0 };
  readonly #base: Timeframe;
  readonly #baseMs: number;
  readonly #slower: readonly { readonly window: TimeframeWindow; readonly aggregator: CandleAggregator }[];
  readonly #baseWindow: TimeframeWindow;
  #candles = new NumericRing(baseCapacity, baseWidth);
  #volatility: VolatilityMeter;
  #newestOpenTime = -1;
  #kind: CandleKind | undefined;

  constructor(instrument: Instrument, base: Timeframe) {
    this.instrument = instrument;
    this.#base = base;
    this.#baseMs = timeframeMs[base];
    this.#baseWindow = new TimeframeWindow(base);
    this.#slower = timeframeLadders[base].slice(1).map((timeframe) => {
      const window = new TimeframeWindow(timeframe);
      return { window, aggregator: new CandleAggregator(this.#baseMs, timeframeMs[timeframe], window) };
    });
    this.#volatility = new VolatilityMeter(base, instrument.assetClass);
  }

  get volatility(): VolatilityMeter {
    return this.#volatility;
  }

  /** Close of the newest base candle; NaN before the first. */
  get price(): number {
    return this.#candles.at(candleColumn.close, 0);
  }

  /** Close time of the newest base candle; 0 before the first. */
  get closedThrough(): EpochMs {
    return this.#newestOpenTime < 0 ? 0 : this.#newestOpenTime + this.#baseMs;
  }

  get kind(): CandleKind | undefined {
    return this.#kind;
  }

  view(timeframe: Timeframe): TimeframeView | undefined {
    if (timeframe === this.#base) return this.#baseWindow.view;
    return this.#slower.find((rung) => rung.window.timeframe === timeframe)?.window.view;
  }

  /**
   * Takes in one closed candle of the stream; false when it is ignored.
   * Candles of another kind (simulated, then live) are another price series: the windows begin anew.
   */
  add(candle: Candle, kind: CandleKind): boolean {
    if (!this.#sound(candle)) return false;
    if (kind !== this.#kind) {
      if (this.#kind !== undefined) this.#clear();
      this.#kind = kind;
    }
    if (candle.openTime <= this.#newestOpenTime) {
      this.counts.late++;
      return false;
    }
    this.counts.accepted++;
    const { openTime, open, high, low, close, volume } = candle;
    this.#append(openTime, open, high, low, close, volume);
    return true;
  }

  /**
   * Merges past candles with those that arrived meanwhile; what the stream said wins. Newer ones are appended; a
   * hole filled in the past rebuilds all windows, so that the order of arrival leaves no trace.
   * Returns the number of candles taken.
   */
  merge(history: readonly Candle[], kind: CandleKind, knownAt: EpochMs): number {
    if (this.#kind !== undefined && kind !== this.#kind) {
      this.counts.defective += history.length;
      return 0;
    }
    // A venue's last row is often the candle still under way: not closed, so not known.
    const usable = history.filter(
      (candle) => this.#sound(candle) && candle.openTime + this.#baseMs <= knownAt,
    );
    usable.sort((left, right) => left.openTime - right.openTime);
    const missing = this.#missingFrom(usable);
    this.counts.late += usable.length - missing.length;
    this.counts.accepted += missing.length;
    const first = missing[0];
    if (first === undefined) return 0;
    this.#kind = kind;
    if (first.openTime < this.#newestOpenTime) this.#rebuildWith(missing);
    else for (const candle of missing) this.#appendCandle(candle);
    return missing.length;
  }

  /** Calls `visit` for each base candle held, oldest first, from an open time on. */
  replay(fromOpenTime: EpochMs, visit: (openTime: EpochMs, high: number, low: number) => void): void {
    const candles = this.#candles;
    for (let ago = candles.size - 1; ago >= 0; ago--) {
      const openTime = candles.at(candleColumn.openTime, ago);
      if (openTime < fromOpenTime) continue;
      visit(openTime, candles.at(candleColumn.high, ago), candles.at(candleColumn.low, ago));
    }
  }

  /**
   * Closed bars of `barMs` after the instant `after`, oldest first, at most the newest `maxBars`: the close of the last
   * candle in each, the sum of its volumes. Bars without a candle are left out.
   */
  barsSince(after: EpochMs, barMs: number, maxBars: number): LookBar[] {
    const candles = this.#candles;
    const newest = Math.floor(this.closedThrough / barMs) * barMs;
    const oldest = Math.max(after, newest - maxBars * barMs);
    const bars: [EpochMs, number, number][] = [];
    for (let ago = 0; ago < candles.size; ago++) {
      const closedAt = candles.at(candleColumn.openTime, ago) + this.#baseMs;
      if (closedAt <= oldest) break;
      if (closedAt > newest) continue;
      const barAt = Math.ceil(closedAt / barMs) * barMs;
      const volume = candles.at(candleColumn.volume, ago);
      const last = bars.at(-1);
      if (last === undefined || last[0] !== barAt)
        bars.push([barAt, candles.at(candleColumn.close, ago), volume]);
      else last[2] += volume;
    }
    return bars.reverse();
  }

  #sound(candle: Candle): boolean {
    const defective =
      candle.timeframe !== this.#base ||
      candle.openTime % this.#baseMs !== 0 ||
      candleDefect(candle) !== undefined;
    if (defective) this.counts.defective++;
    return !defective;
  }

  /** Those of `sorted` that are not held, each open time once, and not older than a full ring can remember. */
  #missingFrom(sorted: readonly Candle[]): Candle[] {
    const held = new Set<number>();
    for (let ago = this.#candles.size - 1; ago >= 0; ago--)
      held.add(this.#candles.at(candleColumn.openTime, ago));
    const overflowed = this.#candles.total > this.#candles.size;
    const oldest = overflowed ? this.#candles.at(candleColumn.openTime, this.#candles.size - 1) : -1;
    const missing: Candle[] = [];
    for (const candle of sorted) {
      if (candle.openTime <= oldest || held.has(candle.openTime)) continue;
      held.add(candle.openTime);
      missing.push(candle);
    }
    return missing;
  }

  #rebuildWith(missing: readonly Candle[]): void {
    const old = this.#candles;
    this.#clear();
    this.counts.rebuilds++;
    let next = 0;
    for (let ago = old.size - 1; ago >= 0; ago--) {
      const openTime = old.at(candleColumn.openTime, ago);
      for (
        let candle = missing[next];
        candle !== undefined && candle.openTime < openTime;
        candle = missing[next]
      ) {
        this.#appendCandle(candle);
        next++;
      }
      this.#append(
        openTime,
        old.at(candleColumn.open, ago),
        old.at(candleColumn.high, ago),
        old.at(candleColumn.low, ago),
        old.at(candleColumn.close, ago),
        old.at(candleColumn.volume, ago),
      );
    }
    for (const candle of missing.slice(next)) this.#appendCandle(candle);
  }

  #clear(): void {
    this.#candles = new NumericRing(baseCapacity, baseWidth);
    this.#newestOpenTime = -1;
    this.#volatility = new VolatilityMeter(this.#base, this.instrument.assetClass);
    this.#baseWindow.clear();
    for (const rung of this.#slower) {
      rung.window.clear();
      rung.aggregator.clear();
    }
  }

  #appendCandle(candle: Candle): void {
    this.#append(candle.openTime, candle.open, candle.high, candle.low, candle.close, candle.volume);
  }

  #append(openTime: number, open: number, high: number, low: number, close: number, volume: number): void {
    const candles = this.#candles;
    const row = candles.append();
    candles.set(row, candleColumn.openTime, openTime);
    candles.set(row, candleColumn.open, open);
    candles.set(row, candleColumn.high, high);
    candles.set(row, candleColumn.low, low);
    candles.set(row, candleColumn.close, close);
    candles.set(row, candleColumn.volume, volume);
    this.#newestOpenTime = openTime;
    this.#volatility.update(openTime, close);
    this.#baseWindow.push(openTime, open, high, low, close, volume, 1);
    for (const rung of this.#slower) rung.aggregator.add(openTime, open, high, low, close, volume);
  }
}
