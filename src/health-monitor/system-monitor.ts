// Judges the measurements of the process and its agents: hard limits with hysteresis, and distance from normal.
// It only raises and clears causes; what follows from them is decided elsewhere.
import type { Severity } from '../shared/domain/incident.ts';
import type { SystemVitals } from '../shared/domain/vitals.ts';
import { Baselines, type MetricSample, megabytes, metricRules } from './baseline.ts';
import { causeKey } from './cause-kinds.ts';
import type { IncidentBook } from './incident-book.ts';
import {
  agentTurnLimitMs,
  cpuLimit,
  diskFreeCriticalBytes,
  diskFreeLeaveFactor,
  diskFreeWarningBytes,
  diskFreeWarningShare,
  eventLoopDelayLimitMs,
  heapShareLimit,
  inboxDepthLimit,
  type LevelLimit,
} from './limits.ts';
import type { BaselineState } from './memory.ts';

export class SystemMonitor {
  readonly #book: IncidentBook;
  readonly #baselines = new Baselines();

  constructor(book: IncidentBook) {
    this.#book = book;
  }

  restore(state: BaselineState | undefined): void {
    this.#baselines.restore(state);
  }

  /** Judges one report; returns the baseline when it moved and must be made durable. */
  observe(vitals: SystemVitals): BaselineState | undefined {
    const { at } = vitals;
    const delay = finite(vitals.event_loop_delay_p99_ms);
    const cpu = finite(vitals.cpu_load);
    this.#limit('event_loop_slow', delay, eventLoopDelayLimitMs, at, `delay p99 is ${Math.round(delay)} ms`);
    this.#limit('cpu_high', cpu, cpuLimit, at, `load is ${cpu.toFixed(2)} cores`);
    const depth = finite(vitals.inbox_depth);
    this.#limit('inbox_backlog', depth, inboxDepthLimit, at, `${depth} inputs wait`);
    for (const agent of vitals.agents) {
      const mean = finite(agent.mean_turn_ms);
      const cause = causeKey('agent_slow', agent.agent);
      this.#limit(cause, mean, agentTurnLimitMs, at, `mean handling time is ${Math.round(mean)} ms`);
    }
    this.#disk(vitals);
    const sample: MetricSample = {
      event_loop_delay_p99: delay,
      cpu_load: cpu,
      resident_memory: megabytes(finite(vitals.resident_bytes)),
      inbox_depth: depth,
    };
    const folded = this.#baselines.add(sample, finite(vitals.heap_used_bytes), at);
    this.#heap(vitals);
    for (const rule of metricRules) {
      const evidence = this.#baselines.anomaly(rule, sample[rule.name]);
      this.#condition(
        causeKey('anomaly', rule.name),
        evidence === undefined ? undefined : 'info',
        at,
        evidence ?? '',
      );
    }
    return folded;
  }

  #heap(vitals: SystemVitals): void {
    const used = finite(vitals.heap_used_bytes);
    const share = vitals.heap_limit_bytes > 0 ? used / vitals.heap_limit_bytes : 0;
    const level = levelOf(share, heapShareLimit, this.#book.isActive('heap_growth'));
    const leak = this.#baselines.leak();
    const full = `${megabytes(used)} MB used of at most ${megabytes(vitals.heap_limit_bytes)} MB`;
    if (level === undefined && leak !== undefined) this.#condition('heap_growth', 'warning', vitals.at, leak);
    else this.#condition('heap_growth', level, vitals.at, full);
  }

  #disk(vitals: SystemVitals): void {
    const { disk_free_bytes: free, disk_total_bytes: total, at } = vitals;
    if (free === null) return;
    const bound = diskWarningBytes(total);
    const leaves = this.#book.isActive('disk_low') ? diskFreeLeaveFactor : 1;
    const level = free < diskFreeCriticalBytes ? 'critical' : free < bound * leaves ? 'warning' : undefined;
    this.#condition('disk_low', level, at, `${megabytes(free)} MB free`);
  }

  #limit(cause: string, value: number, limit: LevelLimit, at: number, evidence: string): void {
    const level = levelOf(value, limit, this.#book.isActive(cause));
    this.#condition(cause, level, at, `${evidence}, limit ${limit.warning}`);
  }

  #condition(cause: string, level: Severity | undefined, at: number, evidence: string): void {
    if (level === undefined) this.#book.clear(cause, at);
    else this.#book.raise(cause, at, level, evidence);
  }
}

/** Below this many free bytes a disk is low: a share of it, but never more than the absolute bound. */
function diskWarningBytes(totalBytes: number | null): number {
  const share = totalBytes === null ? diskFreeWarningBytes : totalBytes * diskFreeWarningShare;
  return Math.max(diskFreeCriticalBytes, Math.min(share, diskFreeWarningBytes));
}

/** True when free disk space is below the warning bound. */
export function isDiskLow(freeBytes: number, totalBytes: number | null): boolean {
  return freeBytes < diskWarningBytes(totalBytes);
}

/** Level of a value against a limit with hysteresis; undefined when it is fine. */
export function levelOf(value: number, limit: LevelLimit, active: boolean): Severity | undefined {
  if (value >= limit.critical) return 'critical';
  if (value >= limit.warning) return 'warning';
  return active && value > limit.leave ? 'warning' : undefined;
}

/** Measurements come from outside: what is not a number counts as nothing. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
