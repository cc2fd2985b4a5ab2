// Regular chores of the running process: vitals for the health monitor, the paper broker's time, database upkeep.

import type { SystemProbe } from '../adapters/probe/system/system-probe.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { KernelLoop } from '../kernel/kernel-loop.ts';
import { hourMs, secondMs } from '../shared/domain/time.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log } from '../shared/ports/log.ts';
import type { Store } from '../shared/ports/store.ts';
import type { LiveFacts } from './live-facts.ts';

const vitalsIntervalMs = 5_000;
const saidClockAheadMs = 2 * secondMs;
const brokerTickMs = 100;
const storeCheckIntervalMs = 10_000;

export interface HousekeepingParts {
  readonly log: Log;
  readonly store: Store;
  readonly kernel: Kernel;
  readonly loop: KernelLoop;
  readonly facts: LiveFacts;
  readonly clock: Clock;
  readonly market: { readonly clockAheadMs: () => number };
  readonly trading: { readonly tick: () => void };
  readonly systemProbe: SystemProbe;
}

export class Housekeeping {
  readonly #parts: HousekeepingParts;
  readonly #timers: NodeJS.Timeout[] = [];
  #clockIsBehind = false;
  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#every(vitalsIntervalMs, () => this.#postVitals());
    this.#every(brokerTickMs, () => this.#parts.trading.tick());
    this.#every(storeCheckIntervalMs, async () =>
      this.#parts.facts.storeChecked(await this.#parts.store.check()),
    );
    this.#every(hourMs, () => this.#parts.store.maintain());
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#parts.systemProbe.stop();
  }

  async #postVitals(): Promise<void> {
    const { kernel, loop, clock } = this.#parts;
    const at = clock.now();
    this.#noteClock();
    const measured = await this.#parts.systemProbe.collectVitals(at);
    loop.post({
      from: 'system',
      message_type: 'system.vitals',
      data: { ...measured, inbox_depth: loop.inboxDepth, agents: kernel.supervisor.vitals() },
      at,
    });
  }

  #noteClock(): void {
    const aheadMs = this.#parts.market.clockAheadMs();
    const isBehind = aheadMs > (this.#clockIsBehind ? 0 : saidClockAheadMs);
    if (isBehind && !this.#clockIsBehind)
      this.#parts.log.warn(
        { seconds: Math.round(aheadMs / secondMs) },
        'the clock of this machine was set back: time here goes on at half its pace until it has caught up',
      );
    if (!isBehind && this.#clockIsBehind) this.#parts.log.info({}, 'the clock of this machine has caught up');
    this.#clockIsBehind = isBehind;
  }

  #every(intervalMs: number, chore: () => void | Promise<void>): void {
    const run = async () => {
      try {
        await chore();
      } catch (error) {
        this.#parts.log.warn(
          { error: error instanceof Error ? error.message : String(error) },
          'a regular chore failed',
        );
      }
    };
    this.#timers.push(setInterval(run, intervalMs));
  }
}
