// How much of what the machine can bear is in use, and when that is worth telling.
import type { HealthSummary } from '../shared/bus/catalogue.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { SystemVitals } from '../shared/domain/vitals.ts';
import { summaryDeadband, summaryHeartbeatMs, summaryMinIntervalMs } from './limits.ts';
import type { SummaryState } from './memory.ts';

/** Values at which one resource alone means full load. */
const fullEventLoopDelayMs = 250;
const fullInboxDepth = 5_000;
/** One JavaScript thread does the work, so one core is all it can use. */
const fullCpuCores = 1;
/** Heap below this share is normal garbage waiting to be collected and no load. */
const idleHeapShare = 0.5;

/** Load in 0..1 of the scarcest resource: the worst of processor, event loop, inbox and heap. */
export function systemLoad(vitals: SystemVitals): number {
  const heapShare = vitals.heap_limit_bytes > 0 ? vitals.heap_used_bytes / vitals.heap_limit_bytes : 0;
  const load = Math.max(
    vitals.cpu_load / fullCpuCores,
    vitals.event_loop_delay_p99_ms / fullEventLoopDelayMs,
    vitals.inbox_depth / fullInboxDepth,
    (heapShare - idleHeapShare) / (1 - idleHeapShare),
  );
  if (!Number.isFinite(load)) return 0;
  return Math.round(Math.min(1, Math.max(0, load)) * 1_000) / 1_000;
}

/** True when a measured load is to be told: it moved beyond the deadband, or the heartbeat is due. */
export function isLoadNews(last: SummaryState | undefined, load: number, now: EpochMs): boolean {
  if (last === undefined || now - last.at >= summaryHeartbeatMs) return true;
  return Math.abs(last.load - load) > summaryDeadband;
}

/** True when the summary should be told: changed incidents at once, the rest beyond a deadband, else as heartbeat. */
export function isWorthTelling(
  last: SummaryState | undefined,
  next: HealthSummary,
  now: EpochMs,
  heartbeat: boolean,
): boolean {
  if (last === undefined) return true;
  const age = now - last.at;
  if (heartbeat && age >= summaryHeartbeatMs) return true;
  const before = last.summary;
  if (before.open_incidents !== next.open_incidents || before.critical_incidents !== next.critical_incidents)
    return true;
  if (before.system_load !== next.system_load) return true;
  return age >= summaryMinIntervalMs && sourcesMoved(before.source_health, next.source_health);
}

function sourcesMoved(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): boolean {
  const names = Object.keys(after);
  if (names.length !== Object.keys(before).length) return true;
  return names.some((name) => {
    const was = before[name];
    const is = after[name] ?? 0;
    return was === undefined || Math.abs(was - is) > summaryDeadband || (was === 0) !== (is === 0);
  });
}
