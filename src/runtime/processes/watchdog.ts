// The watchdog of a process that nobody else watches: beats for the thread that looks, and the word of the next start about what
// it ended. Under a supervisor it must not run: the supervisor's own look at the signs of life does this job.
import { readFile, unlink } from 'node:fs/promises';
import inspector from 'node:inspector';
import path from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { watchdogProbe, wholeSystemTarget } from '../../shared/domain/probe-names.ts';
import { secondMs } from '../../shared/domain/time.ts';
import { lookMs } from './stillness.ts';
import { freezeNote, freezeNoteFile, type WatchdogOrders } from './watchdog-orders.ts';

/** The thread itself is small; this keeps it so. */
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/** Who ends this process when its main thread stands still. */
export function guardianOf(
  settings: Pick<Settings, 'ATO_WATCHDOG_SECONDS'>,
  supervised: boolean,
): 'supervisor' | 'watchdog' | 'nobody' {
  if (supervised) return 'supervisor';
  return settings.ATO_WATCHDOG_SECONDS > 0 ? 'watchdog' : 'nobody';
}

/** Starts the watching thread where it is its job; it ends with the process. */
export function startWatchdog(settings: Pick<Settings, 'ATO_WATCHDOG_SECONDS' | 'LOG_DIR'>): void {
  if (guardianOf(settings, process.send !== undefined) !== 'watchdog') return;
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(shared);
  const orders: WatchdogOrders = {
    limitMs: settings.ATO_WATCHDOG_SECONDS * secondMs,
    folder: path.resolve(settings.LOG_DIR),
    shared,
  };
  const beat = () => {
    Atomics.add(cells, 0, 1);
    Atomics.store(cells, 1, inspector.url() === undefined ? 0 : 1);
  };
  beat();
  setInterval(beat, lookMs).unref();
  const worker = new Worker(new URL('./watchdog-worker.ts', import.meta.url), {
    workerData: orders,
    resourceLimits,
    execArgv: [],
  });
  worker.unref();
  // Without it the process is as safe as any other program: no reason to end.
  worker.on('error', (error) => process.stderr.write(`the watchdog ended: ${String(error)}\n`));
}

/** Tells the health monitor, once, what the watchdog of the last run ended; nothing when it ended nothing. */
export async function tellOfFreeze(
  folder: string,
  now: number,
  postAndWait: (input: KernelInput) => Promise<unknown>,
): Promise<void> {
  const file = path.join(folder, freezeNoteFile);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const detail = wordsOf(text);
  const result = {
    probe: watchdogProbe,
    target: wholeSystemTarget,
    ok: false,
    latency_ms: null,
    value: null,
  } as const;
  const data = { ...result, detail, at: now };
  await postAndWait({ from: 'system', message_type: 'probe.result', data, at: now });
  await unlink(file);
}

function wordsOf(text: string): string {
  try {
    const { at, still_ms, where } = freezeNote.parse(JSON.parse(text));
    return `${Math.round(still_ms / secondMs)} s until ${new Date(at).toISOString()}, ${where}`;
  } catch {
    return 'its note cannot be read';
  }
}
