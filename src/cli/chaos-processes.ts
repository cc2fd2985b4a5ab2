// ato chaos processes: a system in several processes with real servers, broken in every way of a list.
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandFailed } from './misuse.ts';
import { endServersWithUs, note, printJson, printLine } from './output.ts';

const maxSeeds = 10_000;
const strategy = fileURLToPath(new URL('../runtime/chaos-processes/faulty-strategy.ts', import.meta.url));

interface ChaosProcessesOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly relay: 'redis' | 'rabbitmq';
  readonly only?: string;
  readonly json?: boolean;
}

export function chaosProcessesCommand(): Command {
  return new Command('processes')
    .description(
      'break a running system of several processes: each server killed, frozen, cut off and slowed, processes killed, spinning, leaking, throwing; exit code 1 when a fault is not noticed within 15 s, not healed, or anything is lost or doubled',
    )
    .option(
      '--seeds <n>',
      'how many systems to start and break; each takes several minutes',
      wholeNumber(1),
      1,
    )
    .option('--first-seed <k>', 'first seed', wholeNumber(0), 1)
    .addOption(
      new Option('--relay <kind>', 'server between the processes')
        .choices(['redis', 'rabbitmq'])
        .default('redis'),
    )
    .option('--only <text>', 'only faults whose name holds this, such as "relay" or "spinning"')
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: ChaosProcessesOptions) => {
      endServersWithUs();
      const { chaosProcesses, missingFor } = await import('../runtime/chaos-processes/chaos-processes.ts');
      const missing = missingFor(options.relay);
      if (missing !== undefined) {
        note(missing);
        throw new CommandFailed();
      }
      const { seeds, firstSeed, relay, only } = options;
      const report = await chaosProcesses({
        ...{ seeds, firstSeed, relay, strategy, note },
        ...(only === undefined ? {} : { only }),
      });
      if (options.json === true) printJson(report);
      else printLine(JSON.stringify(report, null, 2));
      if (!report.ok) throw new CommandFailed();
    });
}

function wholeNumber(lowest: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < lowest || number > maxSeeds)
      throw new InvalidArgumentError(`use a whole number from ${lowest} to ${maxSeeds}.`);
    return number;
  };
}
