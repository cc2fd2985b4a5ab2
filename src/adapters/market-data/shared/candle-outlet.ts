// The last station before the gate: a candle is handed on only after it has closed on our own clock, in order.
// It must never let a candle be known before its end because the venue's clock is ahead of ours.
import type { CandleEvent } from '../../../shared/bus/catalogue.ts';
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, minuteMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from './alarms.ts';

const maxHeldCandles = 10_000;

export class CandleOutlet {
  readonly #source: string;
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #emit: (event: CandleEvent) => void;
  #held: Candle[] = [];

  constructor(source: string, clock: Clock, alarms: Alarms, emit: (event: CandleEvent) => void) {
    this.#source = source;
    this.#clock = clock;
    this.#alarms = alarms;
    this.#emit = emit;
  }

  publish(candles: readonly Candle[]): void {
    for (const candle of candles) {
      const knownAt: EpochMs = this.#clock.now();
      const closedAt = candle.openTime + minuteMs;
      if (closedAt > knownAt || this.#held.length > 0) {
        if (this.#held.length < maxHeldCandles) this.#held.push(candle);
        continue;
      }
      this.#emit({ source: this.#source, kind: 'live', candle, happened_at: closedAt, known_at: knownAt });
    }
    this.arm();
  }

  /** Sets the alarm for what is held; call it again after all alarms were cancelled. */
  arm(): void {
    const first = this.#held[0];
    if (first === undefined) return;
    this.#alarms.set('held', first.openTime + minuteMs, () => {
      const held = this.#held;
      this.#held = [];
      held.sort((left, right) => left.openTime - right.openTime);
      this.publish(held);
    });
  }

  clear(): void {
    this.#held = [];
  }
}
