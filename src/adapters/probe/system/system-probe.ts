// Measures the process and its machine: event-loop delay, heap, memory, processor and disk.
// It must never throw and never judge; what a value means is decided by the health monitor.
import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { SystemVitals } from '../../../shared/domain/vitals.ts';

const delayResolutionMs = 10;
const diskTimeoutMs = 1_000;

/** What this probe can measure; the runtime adds what only the kernel knows. */
export type MeasuredVitals = Omit<SystemVitals, 'inbox_depth' | 'agents'>;

export interface SystemProbeOptions {
  /** A folder on the disk to be watched. */
  readonly folder: string;
}

export interface DiskSpace {
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
}

export class SystemProbe {
  readonly #folder: string;
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>;
  #cpu = process.cpuUsage();
  #cpuAt = process.hrtime.bigint();
  #lastDelayMs = 0;

  constructor(options: SystemProbeOptions) {
    this.#folder = options.folder;
    this.#delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
    this.#delay.enable();
  }

  /** Measures everything; delay and processor cover the time since the previous call. */
  async collectVitals(at: EpochMs): Promise<MeasuredVitals> {
    const disk = await diskSpace(this.#folder);
    const heap = this.heap();
    return {
      at,
      event_loop_delay_p99_ms: this.#takeDelayMs(),
      heap_used_bytes: heap.usedBytes,
      heap_limit_bytes: heap.limitBytes,
      resident_bytes: process.memoryUsage.rss(),
      disk_free_bytes: disk.freeBytes,
      disk_total_bytes: disk.totalBytes,
      cpu_load: this.#takeCpuCores(),
    };
  }

  /** 99th percentile of the event-loop delay in the last finished report, milliseconds. */
  get eventLoopDelayMs(): number {
    return this.#lastDelayMs;
  }

  /** V8's heap in use and the size at which it gives up. */
  heap(): { readonly usedBytes: number; readonly limitBytes: number } {
    const statistics = getHeapStatistics();
    return { usedBytes: statistics.used_heap_size, limitBytes: statistics.heap_size_limit };
  }

  /** Ends measuring; the process can then exit. */
  stop(): void {
    this.#delay.disable();
  }

  /** The histogram counts the timer's own interval, which is no delay; an empty one means nothing was measured. */
  #takeDelayMs(): number {
    const p99Ms = this.#delay.percentile(99) / 1e6;
    const measured = this.#delay.count > 0 && Number.isFinite(p99Ms);
    this.#lastDelayMs = measured ? round(Math.max(0, p99Ms - delayResolutionMs)) : 0;
    this.#delay.reset();
    return this.#lastDelayMs;
  }

  #takeCpuCores(): number {
    const cpu = process.cpuUsage();
    const now = process.hrtime.bigint();
    const elapsedMicros = Number(now - this.#cpuAt) / 1_000;
    const spentMicros = cpu.user + cpu.system - this.#cpu.user - this.#cpu.system;
    this.#cpu = cpu;
    this.#cpuAt = now;
    return elapsedMicros <= 0 ? 0 : round(spentMicros / elapsedMicros);
  }
}

/** Free and total bytes of the disk that holds the folder; null where the system does not say, or not in time. */
export async function diskSpace(folder: string): Promise<DiskSpace> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), diskTimeoutMs);
  });
  try {
    const found = await Promise.race([statfs(folder), late]);
    if (found === undefined) return { freeBytes: null, totalBytes: null };
    return { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
  } catch {
    return { freeBytes: null, totalBytes: null };
  } finally {
    clearTimeout(timer);
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
