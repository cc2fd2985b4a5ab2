// ato start: everything, until it is told to stop.
import { Command } from 'commander';
import { loadSettings } from '../shared/config/load-settings.ts';
import { CommandFailed } from './misuse.ts';
import { note } from './output.ts';

const stopTimeoutMs = 15_000;

export function startCommand(): Command {
  return new Command('start')
    .description('start the four agents, the API and the page (what `npm start` runs)')
    .action(async () => {
      const settings = loadSettings();
      // Loaded only now, so that a mistake in the settings is answered at once.
      const { TradingSystem } = await import('../runtime/trading-system.ts');
      const ended = Promise.withResolvers<Error | undefined>();
      const system = await TradingSystem.start(settings, (error) => ended.resolve(error));
      const stop = (signal: string) => {
        note(`${signal}: stopping (open positions keep their protection; press again to stop at once)`);
        ended.resolve(undefined);
        process.once(signal, () => process.exit(130));
      };
      process.once('SIGINT', () => stop('SIGINT'));
      process.once('SIGTERM', () => stop('SIGTERM'));
      const error = await ended.promise;
      const timer = setTimeout(() => process.exit(1), stopTimeoutMs);
      timer.unref();
      await system.stop();
      if (error !== undefined) {
        note(`Stopped: ${error.message}. Start again to recover; nothing committed is lost.`);
        throw new CommandFailed();
      }
    });
}
