// What the main thread and its watchdog agree on. Nothing else.
import { z } from 'zod';

/** EX_SOFTWARE of sysexits.h: the program failed inside. Whoever supervises the process starts it again. */
export const frozenExitCode = 70;
/** In LOG_DIR, for the next start. */
export const freezeNoteFile = 'frozen.json';

export interface WatchdogOrders {
  readonly limitMs: number;
  /** LOG_DIR. */
  readonly folder: string;
  /** Two 32-bit cells: beats of the main thread, and whether a debugger may hold it. */
  readonly shared: SharedArrayBuffer;
}

export const freezeNote = z.object({ at: z.number(), still_ms: z.number(), where: z.string().max(2_000) });
export type FreezeNote = Readonly<z.infer<typeof freezeNote>>;
