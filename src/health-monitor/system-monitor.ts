// Judges the measurements of the process and its agents: hard limits with hysteresis, and distance from normal.
// It only raises and clears causes; what follows from them is decided elsewhere.
import type { Turn } from '../kernel/agent.ts';
import type { Severity } from '../shared/domain/incident.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { ProbeResult, SystemVitals } from '../shared/domain/vitals.ts';
import { Baselines, megabytes } from './baseline.ts';
import { causeKey } from './cause-kinds.ts';
import type { IncidentBook } from './incident-book.ts';
import {
  agentTurnLimitMs,
  clockJumpMs,
  clockSkewLimitMs,
  cpuLimit,
  diskFreeCriticalBytes,
  diskFreeLeaveFactor,
  diskFreeWarningBytes,
  diskFreeWarningShare,
  eventLoopDelayLimitMs,
  heapShareLimit,
  inboxDepthLimit,
  type LevelLimit,
  openFilesShareLimit,
  storeLatencyLimitMs,
} from './limits.ts';
import { type HeapMemory, type MetricBaseline, remember } from './memory.ts';
import { type Measured, probeMetrics, vitalsMetrics } from './metric-rules.ts';

type FoldListener = (
  changed: MetricBaseline,
  metrics: ReadonlyMap<string, MetricBaseline>,
  turn: Turn,
) => void;

export class SystemMonitor {
  readonly #book: IncidentBook;
  readonly #baselines = new Baselines();
  readonly #folded: FoldListener;

  /** `folded` hears of every window that ended. */
  constructor(book: IncidentBook, folded: FoldListener = () => undefined) {
    this.#book = book;
    this.#folded = folded;
  }

  restore(metrics: Iterable<MetricBaseline>, heap: HeapMemory | undefined): void {
    this.#baselines.restore(metrics, heap);
  }

  /** Judges one report and makes durable what moved of the baselines. */
  observe(vitals: SystemVitals, turn: Turn): void {
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
    this.#files(vitals);
    this.#store(vitals);
    this.#clock(vitals);
    this.#learn(vitalsMetrics(vitals), at, turn);
    const used = finite(vitals.heap_used_bytes);
    const heap = this.#baselines.addHeap(used, finite(vitals.heap_limit_bytes), at);
    if (heap !== undefined) remember(turn, 'heap', 'floors', heap);
    this.#heap(vitals);
  }

  /** Compares the measures of a probe with what is normal for them. */
  compare(result: ProbeResult, turn: Turn): void {
    this.#learn(probeMetrics(result), turn.now, turn);
  }

  /** The same for measures that others take. */
  alsoMeasured(measured: readonly Measured[], turn: Turn): void {
    this.#learn(measured, turn.now, turn);
  }

  #learn(measured: readonly Measured[], at: EpochMs, turn: Turn): void {
    for (const { rule, value } of measured) {
      const moved = this.#baselines.add(rule, value, at);
      if (moved !== undefined) {
        remember(turn, 'metric', rule.name, moved);
        this.#folded(moved, this.#baselines.metrics, turn);
        this.#evidence(causeKey('drift', rule.name), this.#baselines.drift(rule), at);
      }
      this.#evidence(causeKey('anomaly', rule.name), this.#baselines.anomaly(rule, value, at), at);
    }
  }

  #evidence(cause: string, evidence: string | undefined, at: EpochMs): void {
    this.#condition(cause, evidence === undefined ? undefined : 'info', at, evidence ?? '');
  }

  #files({ open_files, open_files_limit, at }: SystemVitals): void {
    if (open_files == null || open_files_limit == null || open_files_limit <= 0) return;
    const evidence = `${open_files} of ${open_files_limit} are open`;
    this.#limit('files_low', open_files / open_files_limit, openFilesShareLimit, at, evidence);
  }

  /** The kernel's own commits and a round trip tell at once; the probe of the store tells when nobody commits. */
  #store({ store_ms, commit_ms, at }: SystemVitals): void {
    if (store_ms === undefined) return;
    if (store_ms === null) this.#condition('store_slow', 'critical', at, 'it does not answer');
    else {
      const worst = Math.max(finite(store_ms), finite(commit_ms ?? 0));
      const evidence = `round trip ${Math.round(store_ms)} ms, last commit ${Math.round(commit_ms ?? 0)} ms`;
      this.#limit('store_slow', worst, storeLatencyLimitMs, at, evidence);
    }
  }

  #clock({ clock_skew_ms, clock_jump_ms, at }: SystemVitals): void {
    const jumped = Math.abs(finite(clock_jump_ms ?? 0));
    const skew = Math.abs(finite(clock_skew_ms ?? 0));
    if (jumped >= clockJumpMs)
      this.#book.pulse(
        'clock_skew',
        at,
        'warning',
        `the clock jumped by ${Math.round(clock_jump_ms ?? 0)} ms`,
      );
    if (clock_skew_ms == null) return;
    this.#limit('clock_skew', skew, clockSkewLimitMs, at, `it differs by ${Math.round(clock_skew_ms)} ms`);
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
