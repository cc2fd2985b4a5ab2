// Checks before anything is opened or written: a start that cannot succeed is refused with the fix in its message.
import { createServer } from 'node:net';
import { schemaOf } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { type EpochMs, minuteMs } from '../../shared/domain/time.ts';

/** A clock set back by NTP is waited out; more than this is another history. */
export const waitedOutMs = 2 * minuteMs;

/** A start that was refused for a reason outside the settings; the message names the fix. Exit code 1. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/** Throws StartRefused when somebody listens there already or the address is not ours. Listens for a moment only. */
export async function assertPortFree(settings: Settings): Promise<void> {
  const { ORCHESTRATOR_PORT: port, BIND_ADDRESS: host } = settings;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartRefused(`The API cannot listen on ${host}:${port}: ${describeListening(error)}`)),
    );
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

function describeListening(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another program uses that port (perhaps the orchestrator runs already). Fix: stop it, or set ORCHESTRATOR_PORT to a free port. Nothing was changed.';
    case 'EACCES':
      return 'this user may not use that port. Fix: set ORCHESTRATOR_PORT to a port from 1024 on.';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'that is no address of this machine. Fix: set BIND_ADDRESS to 127.0.0.1, or to an address of this machine.';
    default:
      return `${error.message}. Fix: correct BIND_ADDRESS and ORCHESTRATOR_PORT.`;
  }
}

/** For the log file that could not be opened. */
export function unusableLogFolder(settings: Settings, error: unknown): StartRefused {
  return new StartRefused(
    `LOG_DIR: nothing can be written in ${settings.LOG_DIR}: ${error instanceof Error ? error.message : String(error)}. Fix: set LOG_DIR to a folder that this user may write.`,
  );
}

/**
 * The history in the store and the clock of this run must belong together: with a clock far behind the last input,
 * time would stand still until it catches up. Throws StartRefused naming the ways out.
 */
export function assertTimeGoesOn(lastAt: EpochMs, now: EpochMs, settings: Settings): void {
  if (lastAt - now <= waitedOutMs) return;
  const place =
    settings.DATABASE_URL === undefined
      ? `the data in ${settings.DATA_DIR}`
      : `the schema ${schemaOf(settings)}`;
  const another = settings.DATABASE_URL === undefined ? 'another DATA_DIR' : 'another DATABASE_SCHEMA';
  throw new StartRefused(
    `The last entry of ${place} lies ${Math.ceil((lastAt - now) / minuteMs)} minutes after this clock: it was written by a hurried market, or the clock of this machine was set back. Fix: go on with the same ATO_MARKET_SOURCE and an ATO_MARKET_SPEED above 1, use ${another}, or correct the clock. Nothing was changed.`,
  );
}
