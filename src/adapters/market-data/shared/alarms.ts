// Several named alarms on the single wake-up of a clock. The clock must belong to this object alone.
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';

interface Alarm {
  readonly at: EpochMs;
  readonly ring: () => void;
}

export class Alarms {
  readonly #clock: Clock;
  readonly #alarms = new Map<string, Alarm>();
  #sleeps = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `ring` once at or after `at`; the same name replaces the earlier alarm. */
  set(name: string, at: EpochMs, ring: () => void): void {
    this.#alarms.set(name, { at, ring });
    this.#arm();
  }

  cancel(name: string): void {
    if (this.#alarms.delete(name)) this.#arm();
  }

  cancelAll(): void {
    this.#alarms.clear();
    this.#clock.cancelWake();
  }

  /** Resolves after `ms` on the clock, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    this.#sleeps += 1;
    const name = `sleep-${this.#sleeps}`;
    return new Promise((resolve) => {
      const finish = () => {
        this.cancel(name);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      signal.addEventListener('abort', finish, { once: true });
      this.set(name, this.#clock.now() + ms, finish);
    });
  }

  #arm(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const alarm of this.#alarms.values()) next = Math.min(next, alarm.at);
    if (next === Number.POSITIVE_INFINITY) this.#clock.cancelWake();
    else this.#clock.wakeAt(next, () => this.#ringDue());
  }

  #ringDue(): void {
    const now = this.#clock.now();
    const due = [...this.#alarms].filter(([, alarm]) => alarm.at <= now).sort((a, b) => a[1].at - b[1].at);
    for (const [name, alarm] of due) {
      // An earlier alarm of this round may have cancelled or replaced this one.
      if (this.#alarms.get(name) !== alarm) continue;
      this.#alarms.delete(name);
      alarm.ring();
    }
    this.#arm();
  }
}
