// ato start: everything, until it is told to stop.
import { Command } from 'commander';
import { loadSettings } from '../shared/config/load-settings.ts';
import { CommandFailed } from './misuse.ts';
import { note } from './output.ts';

/** A stop that takes longer is given up: what is committed is safe, and the next start recovers. */
const stopTimeoutMs = 45_000;
/** Everything is closed: a library that still waits for somebody who is gone keeps the process no longer than this. */
const lingerMs = 1_000;
/** Ctrl-C can reach us twice, from the terminal and from an npm that passes it on: that is one wish, not two. */
const echoMs = 1_000;
const interruptedExitCode = 130;
/** EX_TEMPFAIL of sysexits.h: try again. */
const restartWantedExitCode = 75;

export function startCommand(): Command {
  return new Command('start')
    .description('start the four agents, the API and the page (what `npm start` runs)')
    .action(async () => {
      const settings = loadSettings();
      // Loaded only now, so that a mistake in the settings is answered at once.
      const { TradingSystem } = await import('../runtime/system/trading-system.ts');
      const ended = Promise.withResolvers<Error | undefined>();
      const { tellSupervisor } = await import('../runtime/processes/sign-of-life.ts');
      tellSupervisor();
      const { startWatchdog } = await import('../runtime/processes/watchdog.ts');
      startWatchdog(settings);
      const stopping = new AbortController();
      onStopSignal(() => {
        stopping.abort();
        ended.resolve(undefined);
      });
      let again: string | undefined;
      const starting = TradingSystem.start(settings, (error) => ended.resolve(error), {
        stopping: stopping.signal,
        restart: (reason) => {
          again = reason;
          ended.resolve(undefined);
        },
      });
      const system = await starting.catch((error: unknown) => {
        // Whoever stands by has nothing to stop.
        if (error instanceof Error && error.name === 'StandbyEnded') return undefined;
        throw error;
      });
      if (system === undefined) return;
      const error = await ended.promise;
      const timer = setTimeout(giveUp, stopTimeoutMs);
      timer.unref();
      // A writer that has lost its connection cannot write its last words either: that is said once, with the first cause.
      const unclean = await system.stop().catch((failure: unknown) => failure);
      clearTimeout(timer);
      const failed = error !== undefined || unclean !== undefined;
      setTimeout(() => process.exit(failed ? 1 : 0), lingerMs).unref();
      if (error === undefined && unclean !== undefined) throw unclean;
      if (error !== undefined) {
        note(`Stopped: ${error.message}. Start again to recover; nothing committed is lost.`);
        throw new CommandFailed();
      }
      if (again !== undefined) startAnew(again);
    });
}

/** Listens from the first moment, so that a start under way is finished and then stopped in order. */
function onStopSignal(stop: () => void): void {
  let firstAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        note(`${signal}: stopping (open positions keep their protection; press again to stop at once)`);
        stop();
      } else if (performance.now() - firstAt > echoMs) process.exit(interruptedExitCode);
    });
}

/** The same program with the same arguments in the same process: a supervisor, a container or a terminal sees no gap. */
function startAnew(reason: string): never {
  note(`Starting again from the tables: ${reason}`);
  // Absent where the system has no such call: then whoever watches the process starts it again.
  if (process.execve === undefined) process.exit(restartWantedExitCode);
  process.execve(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    process.env,
  );
  throw new Error('the program could not be started again');
}

function giveUp(): void {
  note(`Stopping took longer than ${stopTimeoutMs / 1_000} s: leaving now. Start again to recover.`);
  process.exit(1);
}
