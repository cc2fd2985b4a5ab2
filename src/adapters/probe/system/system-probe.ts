// Measures the process and its machine: event-loop delay, heap, memory, processor and disk.
// It must never throw and never judge; what a value means is decided by the health monitor.
import { readdir, readFile, statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { SystemVitals } from '../../../shared/domain/vitals.ts';

const delayResolutionMs = 10;
const diskTimeoutMs = 1_000;

/** What this probe can measure; the runtime adds what only the kernel knows. */
export type MeasuredVitals = Omit<
  SystemVitals,
  'inbox_depth' | 'agents' | 'commit_ms' | 'store_ms' | 'clock_skew_ms'
>;

export interface SystemProbeOptions {
  /** Folders on the disks to be watched. */
  readonly folders: readonly string[];
}

export interface DiskSpace {
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
}

export class SystemProbe {
  readonly #folders: readonly string[];
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>;
  #cpu = process.cpuUsage();
  #cpuAt = process.hrtime.bigint();
  #lastDelayMs = 0;
  #wallAt = Date.now();
  #steadyAt = performance.now();
  #fileLimit: Promise<number | null> | undefined;

  constructor(options: SystemProbeOptions) {
    this.#folders = options.folders;
    this.#delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
    this.#delay.enable();
  }

  /** Measures everything; delay and processor cover the time since the previous call. */
  async collectVitals(at: EpochMs): Promise<MeasuredVitals> {
    const clock_jump_ms = this.#takeClockJump();
    this.#fileLimit ??= openFilesLimit();
    const [disk, open_files, open_files_limit] = await Promise.all([
      fullestDisk(this.#folders),
      openFiles(),
      this.#fileLimit,
    ]);
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
      open_files,
      open_files_limit,
      clock_jump_ms,
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

  /** What the wall clock moved beyond the steady one since the previous report. */
  #takeClockJump(): number {
    const [wall, steady] = [Date.now(), performance.now()];
    const jump = wall - this.#wallAt - (steady - this.#steadyAt);
    this.#wallAt = wall;
    this.#steadyAt = steady;
    return round(jump) + 0;
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

/** The disk with the least space among those that hold the folders: the first to stop something. */
export async function fullestDisk(folders: readonly string[]): Promise<DiskSpace> {
  const disks = await Promise.all(folders.map((folder) => diskSpace(folder)));
  const known = disks.filter(({ freeBytes }) => freeBytes !== null);
  const [first = { freeBytes: null, totalBytes: null }, ...others] = known;
  return others.reduce(
    (least, disk) => ((disk.freeBytes ?? 0) < (least.freeBytes ?? 0) ? disk : least),
    first,
  );
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

/** Open files and sockets of this process; null where the system does not list them. */
async function openFiles(): Promise<number | null> {
  return readdir('/proc/self/fd').then(
    (names) => names.length,
    () => null,
  );
}

async function openFilesLimit(): Promise<number | null> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const found = Number(/^Max open files\s+(\d+)/m.exec(text)?.[1]);
  return Number.isSafeInteger(found) ? found : null;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
