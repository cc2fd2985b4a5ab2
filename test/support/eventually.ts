// Waits for something that another process does, with a deadline instead of a hoped-for pause.
import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 50;
const defaultDeadlineMs = 20_000;

/** The first defined answer of `look`. Throws Error naming `what` when the deadline passes; look's errors count as "not yet". */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  deadlineMs: number = defaultDeadlineMs,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end)
      throw new Error(
        `not within ${deadlineMs} ms: ${what}${last === undefined ? '' : ` (last: ${String(last)})`}`,
      );
    await delay(lookEveryMs);
  }
}
