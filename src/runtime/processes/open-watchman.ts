// The watchman of a plan of processes, with the channels that the settings of the health agent's process name.
import { loadSettings } from '../../shared/config/load-settings.ts';
import type { Log } from '../../shared/ports/log.ts';
import { selectNotifiers } from '../alerts/notifier-selection.ts';
import type { SupervisedProcess } from './supervisor.ts';
import { Watchman } from './watchman.ts';

/** `folder`: where the settings of the processes are; `say`: a line for the person who started them. */
export async function openWatchman(
  processes: readonly SupervisedProcess[],
  folder: string,
  say: (text: string) => void,
): Promise<Watchman> {
  const health = processes.find(({ environment }) => environment.AGENTS?.split(',').includes('health'));
  const environment = health?.environment ?? {};
  const line = (fields: Readonly<Record<string, unknown>>, message: string) =>
    say(`[supervisor] ${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: () => undefined, info: line, warn: line, error: line };
  // Nobody listens here: commands are heard by the process that can obey them.
  const nobody = (): never => {
    throw new Error('the supervisor takes no commands');
  };
  const { all } = await selectNotifiers(loadSettings({ folder, environment }), log, nobody);
  return new Watchman({
    ...{ healthProcess: health?.name ?? '', notifiers: all, log, now: () => Date.now() },
  });
}
