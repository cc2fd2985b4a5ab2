// ato worker: does heavy jobs of the orchestrator, beside it or on another machine.
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadSettings } from '../shared/config/load-settings.ts';
import { type JobKind, jobKinds } from '../shared/domain/task.ts';

interface WorkerCommandOptions {
  readonly jobs: readonly JobKind[];
}

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      `do the heavy jobs (${jobKinds.join(', ')}) that the orchestrator leaves to workers with ATO_JOBS=workers; any number, on any machine`,
    )
    .addOption(
      new Option('--jobs <list>', 'kinds to do, comma-separated')
        .argParser(kinds)
        .default(jobKinds, jobKinds.join(',')),
    )
    .action(async ({ jobs }: WorkerCommandOptions) => {
      const settings = loadSettings();
      const stopping = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
      const { work } = await import('../runtime/jobs/worker.ts');
      const { openLog } = await import('../runtime/system/logging.ts');
      const { tellSupervisor } = await import('../runtime/processes/sign-of-life.ts');
      tellSupervisor();
      const { log, close } = await openLog(settings);
      try {
        await work(settings, { kinds: jobs, log, stopping: stopping.signal });
      } finally {
        await close();
      }
    });
}

function kinds(value: string): readonly JobKind[] {
  const names = value.split(',').map((name) => name.trim());
  const found = jobKinds.filter((kind) => names.includes(kind));
  if (found.length === 0 || found.length !== new Set(names).size)
    throw new InvalidArgumentError(`name one or more of ${jobKinds.join(', ')}.`);
  return found;
}
