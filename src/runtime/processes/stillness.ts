// Decides from beats and two clocks whether the main thread stands still, or the whole process did. Arithmetic only.

/** How often the watching thread looks, and the main thread beats. */
export const lookMs = 1_000;
/** A look that comes this late means that the looking thread was stopped too: SIGSTOP, a suspended machine, no processor left. */
const stoppedLookMs = 2_500;

export interface Look {
  /** Counts up while the main thread turns. */
  readonly beats: number;
  /** Milliseconds that no one sets. */
  readonly steady: number;
  /** The clock of the wall: it goes on while a machine is suspended. */
  readonly wall: number;
}

export class Stillness {
  #last: Look | undefined;
  #stillMs = 0;

  /** Takes one look; returns for how long the main thread has stood still while this thread ran on. */
  look(now: Look): number {
    const last = this.#last;
    this.#last = now;
    if (last === undefined) return 0;
    const elapsedMs = Math.max(now.steady - last.steady, now.wall - last.wall);
    const wasStopped = elapsedMs > stoppedLookMs;
    this.#stillMs = wasStopped || now.beats !== last.beats ? 0 : this.#stillMs + (now.steady - last.steady);
    return this.#stillMs;
  }
}
