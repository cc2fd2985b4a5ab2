// ato processes: the whole installation in several processes on this machine, kept running by one small supervisor.
import { Command, InvalidArgumentError } from 'commander';
import { note } from './output.ts';

const defaultGroups = ['orchestrator,health', 'analyst', 'trading'];
const maxWorkers = 64;

interface ProcessesOptions {
  readonly workers: number;
  readonly memoryMb: number;
}

export function processesCommand(): Command {
  return new Command('processes')
    .description(
      'start the agents in several processes on this machine and keep each running; needs DATABASE_URL, RELAY and RELAY_URL',
    )
    .argument('[groups...]', `agents of each process (default: ${defaultGroups.join(' ')})`)
    .option('--workers <n>', 'job workers to start besides', wholeNumber(0, maxWorkers), 0)
    .option('--memory-mb <n>', 'heap of each process', wholeNumber(128, 65_536), 512)
    .action(async (groups: string[], { workers, memoryMb }: ProcessesOptions) => {
      const { planProcesses } = await import('../runtime/processes/process-plan.ts');
      const { ProcessSupervisor } = await import('../runtime/processes/supervisor.ts');
      const { openWatchman } = await import('../runtime/processes/open-watchman.ts');
      const processes = planProcesses({
        groups: groups.length === 0 ? defaultGroups : groups,
        workers,
        environment: process.env,
        folder: process.cwd(),
      });
      const watchman = await openWatchman(processes, process.cwd(), note);
      const supervisor = new ProcessSupervisor({
        processes,
        folder: process.cwd(),
        memoryMb,
        observe: (event) => {
          note(`[supervisor] ${event.process} ${event.kind} ${event.detail}`.trim());
          watchman.observe(event);
        },
        line: (name, text) => {
          note(`[${name}] ${text}`);
          watchman.line(name, text);
        },
      });
      const stopping = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      supervisor.start();
      watchman.start();
      await stopping;
      watchman.stop();
      await supervisor.stop();
    });
}

function wholeNumber(lowest: number, highest: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < lowest || number > highest)
      throw new InvalidArgumentError(`use a whole number from ${lowest} to ${highest}.`);
    return number;
  };
}
