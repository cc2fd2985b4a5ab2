// ato chaos health: break what is around the agents, and prove that it is seen, mended and told once.
import { Command, InvalidArgumentError } from 'commander';
import { type HealthFault, healthFaultNames } from '../simulator/chaos-health/faults.ts';
import { CommandFailed, Misuse } from './misuse.ts';
import { note, ProgressBar, printJson, printLine } from './output.ts';

const maxSeeds = 1_000_000;

interface HealthOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly fault?: HealthFault;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

export function chaosHealthCommand(): Command {
  return new Command('health')
    .description(
      'inject faults around the four agents, each with its expected playbook; exit code 1 when one is seen late, neither healed nor escalated, told twice, or loses a message or an order',
    )
    .option('--seeds <n>', 'how many seeds to run; each is one fault', wholeNumber(1, maxSeeds), 130)
    .option('--first-seed <k>', 'first seed', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--fault <name>', 'only this fault', faultName)
    .option('--json', 'print one JSON document on stdout')
    .option('--markdown', 'print the table of docs/health.md')
    .addHelpText('after', `\nFaults: ${healthFaultNames.join(', ')}`)
    .action(runHealth);
}

async function runHealth(options: HealthOptions): Promise<void> {
  const { seeds, firstSeed, fault, json, markdown } = options;
  if (json === true && markdown === true) throw new Misuse('choose one form: --json or --markdown');
  const { healthChaos } = await import('../runtime/chaos/chaos-health.ts');
  const { healthChaosMarkdown } = await import('../simulator/chaos-health/report.ts');
  const begun = performance.now();
  const bar = new ProgressBar('seeds', seeds);
  const progress = (done: number) => bar.update(done);
  const report = healthChaos({ firstSeed, seeds, progress, ...(fault === undefined ? {} : { fault }) });
  bar.finish();
  note(`${seeds} seeds in ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  if (json === true) printJson(report);
  else for (const line of healthChaosMarkdown(report)) printLine(line);
  for (const { fault: name, why, reproduce } of report.misses) note(`${name}: ${why}\n  ${reproduce}`);
  if (report.missed > 0) throw new CommandFailed();
}

function wholeNumber(lowest: number, highest: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() === '' || !Number.isSafeInteger(number) || number < lowest || number > highest)
      throw new InvalidArgumentError(`use a whole number from ${lowest} to ${highest}.`);
    return number;
  };
}

function faultName(value: string): HealthFault {
  const name = healthFaultNames.find((one) => one === value);
  if (name === undefined) throw new InvalidArgumentError(`use one of ${healthFaultNames.join(', ')}.`);
  return name;
}
