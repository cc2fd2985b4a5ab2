// Regular chores of the running process: vitals for the health monitor, the paper broker's time, database upkeep.
import { setTimeout as delay } from 'node:timers/promises';
import type { SystemProbe } from '../../adapters/probe/system/system-probe.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { KernelLoop } from '../../kernel/kernel-loop.ts';
import { hourMs, secondMs } from '../../shared/domain/time.ts';
import type { RelayVitals } from '../../shared/domain/vitals.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Store, StoreHealth } from '../../shared/ports/store.ts';
import type { CommitGuard } from '../healing/commit-guard.ts';
import type { SelectedMarket } from '../market/market-selection.ts';
import type { RelayBridge } from '../relay/relay-bridge.ts';
import type { LiveFacts } from './live-facts.ts';

const vitalsIntervalMs = 5_000;
const commitCheckMs = 2_000;
const saidClockAheadMs = 2 * secondMs;
const brokerTickMs = 100;
/** A store that has not answered by then is called silent; it does not keep the vitals back. */
const storePatienceMs = 4_000;

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
  /** Undefined when all agents are here. */
  readonly bridge: Pick<RelayBridge, 'vitals'> | undefined;
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

  /** Says once when the database falls silent, and once when it is back. */
  async #checkStore(): Promise<StoreHealth> {
    const { store, facts, log } = this.#parts;
    const silent: StoreHealth = {
      ok: false,
      latencyMs: null,
      detail: `no answer within ${storePatienceMs / 1_000} s`,
      kind: facts.storeHealth.kind,
    };
    const before = facts.storeHealth.ok;
    const health = await Promise.race([store.check(), delay(storePatienceMs, silent, { ref: false })]);
    facts.storeChecked(health);
    if (before && !health.ok)
      log.warn(
        { detail: health.detail },
        'the database does not answer: nothing is committed, no order leaves',
      );
    if (!before && health.ok) log.info({ latency_ms: health.latencyMs }, 'the database answers again');
    return health;
  }

  async #postVitals(): Promise<void> {
    const { kernel, loop, clock, market } = this.#parts;
    const at = clock.now();
    const [measured, answer, relay] = await Promise.all([
      this.#parts.systemProbe.collectVitals(at),
      this.#checkStore(),
      this.#relayVitals(),
    ]);
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
        store_ms: answer.ok ? answer.latencyMs : null,
        clock_skew_ms: market.clockSkewMs(),
        ...(relay === undefined ? {} : { relay }),
      },
      at,
    });
  }

  /** A database that cannot be asked for the oldest message must not keep the vitals back. */
  async #relayVitals(): Promise<RelayVitals | undefined> {
    const asked = this.#parts.bridge?.vitals().catch(() => undefined);
    return Promise.race([asked, delay(storePatienceMs, undefined, { ref: false })]);
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
