// One symbol's one-minute candles from two sides: built from quotes while the feed is watched without a break, and
// asked from the venue. Releases each minute once and in order; a minute seen only in part is never released.
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, minuteMs } from '../../../shared/domain/time.ts';

/** Minutes kept back while a gap before them is open. */
const maxBars = 600;
/** A gap that cannot be filled within this time is given up, so that fresh candles flow again. */
const maxGapHoldMs = 2 * minuteMs;

interface Bar {
  readonly openTime: EpochMs;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  /** Some of the minute was not watched. */
  broken: boolean;
}

export interface Settlement {
  readonly released: readonly Candle[];
  /** Minutes given up although the market was open. */
  readonly missing: number;
}

const nothing: Settlement = { released: [], missing: 0 };

/** Open time of the last minute that has closed by `now`. */
export function lastClosedMinute(now: EpochMs): EpochMs {
  return Math.floor(now / minuteMs) * minuteMs - minuteMs;
}

export class MinuteTrack {
  readonly symbol: string;
  readonly #isOpen: (at: EpochMs) => boolean;
  #settled: EpochMs;
  readonly #bars = new Map<EpochMs, Bar>();
  #heldSince: EpochMs | undefined;
  filling = false;
  /** Why the venue does not serve this symbol, once it said so. */
  unknown: string | undefined;

  constructor(symbol: string, settled: EpochMs, isOpen: (at: EpochMs) => boolean) {
    this.symbol = symbol;
    this.#settled = settled;
    this.#isOpen = isOpen;
  }

  /** Open time of the last minute that is decided: released, or known to have no candle. */
  get settled(): EpochMs {
    return this.#settled;
  }

  /** A price of the venue's time `at`; `watchedFrom` is the first minute watched from its beginning. */
  tick(price: number, at: EpochMs, watchedFrom: EpochMs): void {
    const openTime = Math.floor(at / minuteMs) * minuteMs;
    if (openTime <= this.#settled) return;
    const bar = this.#bars.get(openTime);
    if (bar !== undefined) {
      bar.high = Math.max(bar.high, price);
      bar.low = Math.min(bar.low, price);
      bar.close = price;
    } else if (this.#bars.size < maxBars) {
      const broken = openTime < watchedFrom;
      this.#bars.set(openTime, { openTime, open: price, high: price, low: price, close: price, broken });
    }
  }

  /** The feed broke off: what is under way stays incomplete. */
  interrupt(now: EpochMs): void {
    for (const bar of this.#bars.values()) if (bar.openTime + minuteMs > now) bar.broken = true;
  }

  /** Decides minutes through `openTime` without candles: the market was closed, or nobody can know them. */
  skipTo(openTime: EpochMs): void {
    if (openTime <= this.#settled) return;
    this.#advance(openTime);
    this.#heldSince = undefined;
  }

  /** All closed minutes were watched: a minute without a quote has no candle. */
  settleWatched(now: EpochMs): Settlement {
    const released = this.#takeBars(now);
    this.skipTo(lastClosedMinute(now));
    this.#heldSince = undefined;
    return { released, missing: 0 };
  }

  /** The venue answered about everything after `settled`; holes among its candles are its own. */
  settleFetched(candles: readonly Candle[], now: EpochMs, watchedFrom: EpochMs): Settlement {
    const fresh = new Map<EpochMs, Candle>();
    for (const candle of candles)
      if (candle.openTime > this.#settled && candle.openTime + minuteMs <= now)
        fresh.set(candle.openTime, candle);
    const released = [...fresh.values()].sort((left, right) => left.openTime - right.openTime);
    this.#advance(released.at(-1)?.openTime ?? this.#settled);
    if (this.#settled + minuteMs >= watchedFrom)
      return { released: [...released, ...this.settleWatched(now).released], missing: 0 };
    if (this.#settled >= lastClosedMinute(now)) this.#heldSince = undefined;
    else if (this.#heldSince === undefined) this.#heldSince = now;
    else if (now - this.#heldSince >= maxGapHoldMs) {
      // The venue had time enough to publish late: what is still not there does not exist.
      const bars = this.#takeBars(now);
      this.#advance(Math.max(this.#settled, lastClosedMinute(now) - maxGapHoldMs));
      this.#heldSince = undefined;
      return { released: [...released, ...bars], missing: 0 };
    }
    return { released, missing: 0 };
  }

  /** The venue did not answer: holds what is ready for a bounded time, then gives the gap up. */
  settleFailed(now: EpochMs): Settlement {
    this.#heldSince ??= now;
    if (now - this.#heldSince < maxGapHoldMs) return nothing;
    const before = this.#settled;
    const released = this.#takeBars(now);
    const last = released.at(-1);
    if (last === undefined) return nothing;
    const have = new Set(released.map((candle) => candle.openTime));
    let missing = 0;
    for (let openTime = before + minuteMs; openTime < last.openTime; openTime += minuteMs)
      if (!have.has(openTime) && this.#isOpen(openTime)) missing += 1;
    this.#heldSince = undefined;
    return { released, missing };
  }

  #takeBars(now: EpochMs): readonly Candle[] {
    const ready = [...this.#bars.values()].filter(
      (bar) => !bar.broken && bar.openTime > this.#settled && bar.openTime + minuteMs <= now,
    );
    ready.sort((left, right) => left.openTime - right.openTime);
    const last = ready.at(-1);
    if (last !== undefined) this.#advance(last.openTime);
    return ready.map(({ openTime, open, high, low, close }) => ({
      symbol: this.symbol,
      timeframe: '1m',
      openTime,
      open,
      high,
      low,
      close,
      volume: 0,
    }));
  }

  #advance(openTime: EpochMs): void {
    this.#settled = openTime;
    for (const key of this.#bars.keys()) if (key <= openTime) this.#bars.delete(key);
  }
}
