// Regular chores of the running process: vitals for the health monitor, the paper broker's time, database upkeep.

import type { SystemProbe } from '../adapters/probe/system/system-probe.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { KernelLoop } from '../kernel/kernel-loop.ts';
import { hourMs, secondMs } from '../shared/domain/time.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log } from '../shared/ports/log.ts';
import type { Store } from '../shared/ports/store.ts';
import type { CommitGuard } from './healing/commit-guard.ts';
import type { LiveFacts } from './live-facts.ts';
import type { SelectedMarket } from './market-selection.ts';

const vitalsIntervalMs = 5_000;
const commitCheckMs = 2_000;
const saidClockAheadMs = 2 * secondMs;
const brokerTickMs = 100;
/** A store that does not answer within this does not keep the vitals back. */
const storeTimeoutMs = 4_000;

export interface HousekeepingParts {
  readonly log: Log;
  readonly store: Store;
  readonly kernel: Kernel;
  readonly loop: KernelLoop;
  readonly facts: LiveFacts;
  readonly clock: Clock;
  readonly trading: { readonly tick: () => void };
  readonly systemProbe: SystemProbe;
  readonly guard: Pick<CommitGuard, 'check'>;
  readonly market: Pick<SelectedMarket, 'clockSkewMs' | 'clockAheadMs'>;
}

export class Housekeeping {
  readonly #parts: HousekeepingParts;
  readonly #timers: NodeJS.Timeout[] = [];
  #commitsAt = performance.now();
  #clockIsBehind = false;
  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#every(vitalsIntervalMs, () => this.#postVitals());
    this.#every(brokerTickMs, () => this.#parts.trading.tick());
    this.#every(commitCheckMs, () => this.#parts.guard.check());
    this.#every(hourMs, () => this.#parts.store.maintain());
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#parts.systemProbe.stop();
  }

  async #postVitals(): Promise<void> {
    const { kernel, loop, clock, store, facts, market } = this.#parts;
    const at = clock.now();
    const [measured, answer] = await Promise.all([
      this.#parts.systemProbe.collectVitals(at),
      within(storeTimeoutMs, store.check()),
    ]);
    if (answer !== undefined) facts.storeChecked(answer);
    this.#noteClock();
    loop.post({
      from: 'system',
      message_type: 'system.vitals',
      data: {
        ...measured,
        inbox_depth: loop.inboxDepth,
        agents: kernel.supervisor.vitals(),
        ...this.#commitFigures(),
        commit_ms: Math.round(loop.lastCommitMs * 100) / 100,
        store_ms: answer?.ok === true ? answer.latencyMs : null,
        clock_skew_ms: market.clockSkewMs(),
      },
      at,
    });
  }

  /** How much of the time goes into commits, and how many inputs share one. */
  #commitFigures(): { readonly commit_share: number; readonly batch_inputs: number } {
    const { count, inputs, busyMs } = this.#parts.loop.takeCommits();
    const now = performance.now();
    const elapsedMs = Math.max(1, now - this.#commitsAt);
    this.#commitsAt = now;
    return {
      commit_share: Math.round(Math.min(1, busyMs / elapsedMs) * 10_000) / 10_000,
      batch_inputs: count === 0 ? 0 : Math.round((inputs / count) * 100) / 100,
    };
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

/** Undefined when the time is over. */
async function within<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
