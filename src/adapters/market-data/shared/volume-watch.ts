// Judges candles without volume. A venue that reports volumes cannot move a price without one; a quiet minute of a
// small coin is honest, an endless one is a feed that repeats its last price. Sources that never report a volume
// (forex) are not judged.
import type { Candle } from '../../../shared/domain/candle.ts';

/** Flat candles without volume in a row that are still taken for a quiet market. */
const maxQuietCandles = 30;

interface VolumeState {
  quiet: number;
}

export class VolumeWatch {
  /** Symbols that have shown a volume before. */
  readonly #traded = new Map<string, VolumeState>();

  /** Why the candle is not believed, or undefined. */
  fault(candle: Candle): string | undefined {
    if (candle.volume > 0) return undefined;
    const state = this.#traded.get(candle.symbol);
    if (state === undefined) return undefined;
    if (candle.high !== candle.low) return 'zero volume but the price moved';
    state.quiet += 1;
    return state.quiet > maxQuietCandles ? 'zero volume for too long' : undefined;
  }

  /** Remembers a candle that was believed. */
  accepted(candle: Candle): void {
    if (candle.volume <= 0) return;
    const state = this.#traded.get(candle.symbol);
    if (state === undefined) this.#traded.set(candle.symbol, { quiet: 0 });
    else state.quiet = 0;
  }
}
