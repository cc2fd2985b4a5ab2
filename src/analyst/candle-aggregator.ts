// Builds the candles of one slower timeframe from base candles, aligned to UTC, tolerant of gaps.
// It must never invent a candle: a bucket without base candles gives none, a thin one is marked by its coverage.
import type { TimeframeWindow } from './timeframe-window.ts';

export class CandleAggregator {
  readonly #baseMs: number;
  readonly #bucketMs: number;
  readonly #window: TimeframeWindow;
  #bucket = -1;
  #present = 0;
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  #volume = 0;

  /** `bucketMs` must be a multiple of `baseMs`. Closed buckets go into `window`. */
  constructor(baseMs: number, bucketMs: number, window: TimeframeWindow) {
    this.#baseMs = baseMs;
    this.#bucketMs = bucketMs;
    this.#window = window;
  }

  /** Takes in the next base candle; open times must rise. */
  add(openTime: number, open: number, high: number, low: number, close: number, volume: number): void {
    const bucket = openTime - (openTime % this.#bucketMs);
    if (bucket !== this.#bucket) {
      // The end of the previous bucket never came: it closes now, when that first becomes known.
      this.#flush();
      this.#bucket = bucket;
      this.#open = open;
      this.#high = high;
      this.#low = low;
      this.#volume = 0;
    } else {
      if (high > this.#high) this.#high = high;
      if (low < this.#low) this.#low = low;
    }
    this.#close = close;
    this.#volume += volume;
    this.#present++;
    if (openTime + this.#baseMs >= bucket + this.#bucketMs) this.#flush();
  }

  clear(): void {
    this.#bucket = -1;
    this.#present = 0;
  }

  #flush(): void {
    if (this.#present === 0) return;
    const coverage = (this.#present * this.#baseMs) / this.#bucketMs;
    this.#window.push(this.#bucket, this.#open, this.#high, this.#low, this.#close, this.#volume, coverage);
    this.clear();
  }
}
