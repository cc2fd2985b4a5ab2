// Keeps one symbol's candles gapless and in order, whatever the order in which socket and REST deliver them.
import { type Candle, candleDefect } from '../../../shared/domain/candle.ts';
import { type EpochMs, minuteMs } from '../../../shared/domain/time.ts';

/** Live candles kept back while a gap before them is being filled. */
const maxWaiting = 500;
/** A gap that cannot be filled within this time is given up, so that fresh candles flow again. */
const maxGapHoldMs = 2 * minuteMs;
/** A venue's clock may lead ours by this much before a candle counts as coming from the future. */
const maxLeadMs = 5 * minuteMs;

/**
 * Why a candle must not even enter a track, or undefined. One that cannot be real would count as seen, so that the
 * true one is never fetched; one from the future would hold back all that follow.
 */
export function trackDefect(candle: Candle, now: EpochMs): string | undefined {
  const defect = candleDefect(candle);
  if (defect !== undefined) return defect;
  if (candle.openTime % minuteMs !== 0) return 'open time is off the timeframe grid';
  if (candle.openTime + minuteMs > now + maxLeadMs) return 'candle comes from the future';
  return undefined;
}

export class CandleTrack {
  readonly symbol: string;
  /** Open time of the last candle released. */
  #last: EpochMs;
  #waiting: Candle[] = [];
  #gapSince: EpochMs | undefined;
  filling = false;
  /** Why the venue does not know this symbol, once it said so. */
  unknown: string | undefined;

  constructor(symbol: string, last: EpochMs) {
    this.symbol = symbol;
    this.#last = last;
  }

  get last(): EpochMs {
    return this.#last;
  }

  get hasGap(): boolean {
    return this.#waiting.length > 0;
  }

  /** True when a candle that closed by `now` has not been released. */
  lagsAt(now: EpochMs): boolean {
    return this.#last + 2 * minuteMs <= now;
  }

  /** Takes a live closed candle; returns what may be released now, in order. */
  take(candle: Candle, now: EpochMs): readonly Candle[] {
    const early = candle.openTime > this.#last + minuteMs;
    if (!early && !this.filling) return this.#release([candle]);
    if (this.#waiting.length < maxWaiting) this.#waiting.push(candle);
    this.#gapSince ??= now;
    return [];
  }

  /** Takes candles from REST, oldest first. Holes among them are the venue's own and stay. */
  fill(candles: readonly Candle[]): readonly Candle[] {
    return this.#release(candles.filter((candle) => candle.openTime > this.#last));
  }

  /** Ends a fill. `succeeded` false keeps waiting candles back, for a bounded time. */
  settle(
    succeeded: boolean,
    now: EpochMs,
  ): { readonly released: readonly Candle[]; readonly missing: number } {
    this.filling = false;
    if (!succeeded && this.#gapSince !== undefined && now - this.#gapSince < maxGapHoldMs) {
      return { released: [], missing: 0 };
    }
    const ready = this.#waiting.filter((candle) => candle.openTime > this.#last);
    ready.sort((a, b) => a.openTime - b.openTime);
    this.#waiting = [];
    this.#gapSince = undefined;
    const first = ready[0];
    const missing = first === undefined || succeeded ? 0 : (first.openTime - this.#last) / minuteMs - 1;
    return { released: this.#release(ready), missing };
  }

  #release(candles: readonly Candle[]): readonly Candle[] {
    for (const candle of candles) this.#last = Math.max(this.#last, candle.openTime);
    return candles;
  }
}
