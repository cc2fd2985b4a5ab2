// One replaceable wake-up on Node's timers, for the clocks that follow real time.
// It never fires before the clock it serves has reached the instant asked for.
import type { EpochMs } from '../../../shared/domain/time.ts';

/**
 * Longest single wait. Node cannot wait beyond 2^31-1 ms, and after a suspended laptop or a corrected wall
 * clock the remaining time is looked at again within this bound.
 */
const maxTimerChunkMs = 60_000;

export class RealTimer {
  readonly #now: () => EpochMs;
  readonly #speed: number;
  #handle: NodeJS.Timeout | undefined;

  /** `speed` = clock milliseconds per real millisecond. */
  constructor(now: () => EpochMs, speed = 1) {
    this.#now = now;
    this.#speed = speed;
  }

  wakeAt(at: EpochMs, wake: () => void): void {
    this.cancel();
    const remainingMs = Math.ceil((at - this.#now()) / this.#speed);
    const chunkMs = Math.min(Math.max(remainingMs, 0), maxTimerChunkMs);
    this.#handle = setTimeout(() => {
      this.#handle = undefined;
      if (this.#now() >= at) wake();
      else this.wakeAt(at, wake);
    }, chunkMs);
  }

  cancel(): void {
    if (this.#handle !== undefined) clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}
