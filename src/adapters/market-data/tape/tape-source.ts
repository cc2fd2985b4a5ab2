// Plays a tape on a clock, for watching a recording in paper mode. It never shows a candle before its close.

import type { CandleEvent } from '../../../shared/bus/catalogue.ts';
import type { Candle } from '../../../shared/domain/candle.ts';
import { timeframeMs } from '../../../shared/domain/candle.ts';
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import { type EpochMs, minuteMs, toIso } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink, MarketDataSource } from '../../../shared/ports/market-data.ts';
import { firstRowAtOrAfter, sliceColumns } from './candle-columns.ts';
import { candleAt, nextCloseOf, recorded, rowsKnownWith, type Tape, type TapeSeries } from './read-tape.ts';

/** Used where the symbol does not say what it is, as a fraction of the price. */
const fallbackSpread = 0.0005;
const maxHistoryCandles = 10_000;
/** Close times played before the clock is asked again, so that a late wake-up cannot hold the loop for long. */
const maxStepsPerWake = 500;
const statusEveryMs = minuteMs;

export interface TapeSourceOptions {
  readonly tape: Tape;
  /** For this source alone: a clock has one wake-up. */
  readonly clock: Clock;
  readonly name?: string;
}

export class TapeSource implements MarketDataSource {
  readonly name: string;
  readonly kind = 'recorded';
  readonly symbols: readonly string[];
  readonly #tape: Tape;
  readonly #clock: Clock;
  readonly #spreads: readonly number[];
  readonly #cursors: Int32Array;
  #sink: MarketDataSink | undefined;
  #lastDataAt: EpochMs | null = null;
  #statusAt: EpochMs = 0;
  #toldQuarantine = false;

  constructor(options: TapeSourceOptions) {
    this.name = options.name ?? 'tape';
    this.#tape = options.tape;
    this.#clock = options.clock;
    this.symbols = options.tape.symbols;
    this.#spreads = this.symbols.map((symbol) => instrumentFor(symbol)?.typicalSpread ?? fallbackSpread);
    this.#cursors = new Int32Array(this.symbols.length);
  }

  async reachable(): Promise<boolean> {
    return this.#tape.candles > 0;
  }

  async start(sink: MarketDataSink): Promise<void> {
    this.#sink = sink;
    const now = this.#clock.now();
    this.#tape.series.forEach((series, index) => {
      this.#cursors[index] = firstRowAtOrAfter(series.columns, now - timeframeMs[series.timeframe] + 1);
    });
    // A restart plays the same recording on: what was left out of it is said once.
    for (const rows of this.#toldQuarantine ? [] : this.#tape.quarantined) {
      sink.quarantined({
        source: this.name,
        reason: rows.reason,
        where: rows.line > 0 ? `${rows.file}:${rows.line}` : rows.file,
        count: rows.count,
      });
    }
    this.#toldQuarantine = true;
    this.#continue();
  }

  /** Closed candles of the tape's own timeframe before now, oldest first, at most 10,000. */
  async history(symbol: string, count: number): Promise<readonly Candle[]> {
    const series = this.#tape.series.find((one) => one.symbol === symbol);
    if (series === undefined) return [];
    const now = this.#clock.now();
    let end = firstRowAtOrAfter(series.columns, now - timeframeMs[series.timeframe] + 1);
    while (end > 0 && (series.delayed.get(series.columns.openTime[end - 1] as number) ?? 0) > now) end -= 1;
    const first = Math.max(0, end - Math.min(Math.max(count, 0), maxHistoryCandles));
    const part: TapeSeries = { ...series, columns: sliceColumns(series.columns, first, end) };
    return Array.from({ length: end - first }, (_, row) => candleAt(part, row));
  }

  async restart(): Promise<void> {
    const sink = this.#sink;
    await this.stop();
    if (sink !== undefined) await this.start(sink);
  }

  async stop(): Promise<void> {
    this.#clock.cancelWake();
    this.#sink = undefined;
  }

  #continue(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    let closeAt = nextCloseOf(this.#tape.series, this.#cursors);
    for (let steps = 0; steps < maxStepsPerWake && closeAt <= this.#clock.now(); steps += 1) {
      this.#playStep(sink, closeAt);
      // The sink may have stopped us.
      if (this.#sink !== sink) return;
      closeAt = nextCloseOf(this.#tape.series, this.#cursors);
    }
    const ended = closeAt === Number.POSITIVE_INFINITY;
    if (ended || this.#clock.now() - this.#statusAt >= statusEveryMs) this.#publishStatus(sink, closeAt);
    if (!ended) this.#clock.wakeAt(closeAt, () => this.#continue());
  }

  /** Quotes first: whoever acts on the candle must see the price it closed at, not the one a minute before. */
  #playStep(sink: MarketDataSink, closeAt: EpochMs): void {
    const candles: CandleEvent[] = [];
    const quotes: Quote[] = [];
    for (let index = 0; index < this.#tape.series.length; index += 1) {
      const series = this.#tape.series[index] as TapeSeries;
      const row = this.#cursors[index] as number;
      if (series.columns.openTime[row] !== closeAt - timeframeMs[series.timeframe]) continue;
      this.#cursors[index] = row + 1;
      const known = rowsKnownWith(series, row).map((one) => recorded(this.name, series, one, closeAt));
      const last = known.at(-1);
      if (last === undefined) continue;
      candles.push(...known);
      const { symbol, close } = last.candle;
      const half = (close * (this.#spreads[index] as number)) / 2;
      quotes.push({ symbol, bid: close - half, ask: close + half, happenedAt: closeAt });
    }
    this.#lastDataAt = closeAt;
    if (quotes.length > 0) sink.quotes({ source: this.name, quotes, known_at: closeAt });
    for (const candle of candles) {
      if (this.#sink !== sink) return;
      sink.candle(candle);
    }
  }

  #publishStatus(sink: MarketDataSink, nextCloseAt: EpochMs): void {
    const ended = nextCloseAt === Number.POSITIVE_INFINITY;
    this.#statusAt = this.#clock.now();
    sink.status({
      source: this.name,
      state: ended ? 'blind' : 'recorded',
      health: ended ? 0 : 1,
      detail: ended
        ? `tape ended at ${toIso(this.#tape.to)}; no more data will come`
        : `playing a recording, next candle closes at ${toIso(nextCloseAt)}`,
      latencyMs: null,
      lastDataAt: this.#lastDataAt,
      at: this.#statusAt,
    });
  }
}
