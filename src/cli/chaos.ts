// ato chaos: the crash x fault matrix of the trading system, and the proof that its checkers see.
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { type BreakageName, breakageNames } from '../simulator/chaos/broken/breakages.ts';
import {
  type CrashPoint,
  crashPointNames,
  type Fault,
  faultNames,
  type HouseKind,
  houseKindNames,
} from '../simulator/chaos/cells.ts';
import { chaosHealthCommand } from './chaos-health.ts';
import { CommandFailed, Misuse } from './misuse.ts';
import { note, ProgressBar, printJson, printLine } from './output.ts';

const maxSeeds = 1_000_000;

interface TradingOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly fault?: Fault;
  readonly crash?: CrashPoint;
  readonly house?: HouseKind;
  readonly break?: BreakageName;
  readonly jobs: number;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

interface MutationOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

export function chaosCommand(): Command {
  return new Command('chaos')
    .description('break the world around the house, and the house itself, and prove what holds')
    .addCommand(tradingCommand())
    .addCommand(mutationsCommand())
    .addCommand(chaosHealthCommand());
}

function tradingCommand(): Command {
  return new Command('trading')
    .description(
      'run the whole house against a venue that fails in every way while the process dies at every commit; exit code 1 when an order was lost, doubled or left unprotected',
    )
    .option('--seeds <n>', 'how many seeds to run; each is one run of one cell of the matrix', count, 1_000)
    .option('--first-seed <k>', 'first seed', wholeNumber, 0)
    .option('--fault <name>', 'only cells of this fault', oneOf(faultNames))
    .option('--crash <name>', 'only cells of this crash point', oneOf(crashPointNames))
    .option('--house <kind>', 'only this kind of house; seeds visit all of them', oneOf(houseKindNames))
    .option('--break <name>', 'break the house on purpose; the checkers must see it', oneOf(breakageNames))
    .option('--jobs <n>', 'worker threads; the result does not depend on them', jobs, availableParallelism())
    .option('--json', 'print one JSON document on stdout')
    .option('--markdown', 'print the tables of docs/reliability.md')
    .addHelpText(
      'after',
      `\nFaults: ${faultNames.join(', ')}\nCrash points: ${crashPointNames.join(', ')}\nHouses: ${houseKindNames.join(', ')}\nBreakages: ${breakageNames.join(', ')}`,
    )
    .action(runTrading);
}

async function runTrading(options: TradingOptions): Promise<void> {
  refuseBoth(options);
  const { runCampaign } = await import('../runtime/chaos/chaos-campaign.ts');
  const { matrixMarkdown, matrixText } = await import('../simulator/chaos/report-text.ts');
  const begun = performance.now();
  const bar = new ProgressBar('seeds', options.seeds);
  const { fault, crash, house, firstSeed, seeds } = options;
  const report = await runCampaign({
    firstSeed,
    seeds,
    jobs: options.jobs,
    ...(fault === undefined ? {} : { fault }),
    ...(crash === undefined ? {} : { crash }),
    ...(house === undefined ? {} : { house }),
    ...(options.break === undefined ? {} : { broken: options.break }),
    progress: (done) => bar.update(done),
  });
  bar.finish();
  const seconds = (performance.now() - begun) / 1_000;
  note(`${seeds} seeds in ${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(1)} per second`);
  if (options.json === true) printJson(report);
  else
    for (const line of options.markdown === true ? matrixMarkdown(report) : matrixText(report))
      printLine(line);
  for (const { checker, detail, reproduce } of report.violations)
    note(`${checker}: ${detail}\n  ${reproduce}`);
  if (report.total.violations > 0) throw new CommandFailed();
}

function mutationsCommand(): Command {
  return new Command('mutations')
    .description(
      'break the house on purpose, one well-known mistake at a time; exit code 1 when the checkers miss one',
    )
    .option('--seeds <n>', 'seeds to run per mistake until it is seen', count, 456)
    .option('--first-seed <k>', 'first seed', wholeNumber, 0)
    .option('--json', 'print one JSON document on stdout')
    .option('--markdown', 'print the table of docs/reliability.md')
    .action(async (options: MutationOptions) => {
      refuseBoth(options);
      const { runMutations } = await import('../runtime/chaos/chaos-mutations.ts');
      const { mutationsMarkdown, mutationsText } = await import('../simulator/chaos/mutation-report.ts');
      const bar = new ProgressBar('mistakes', breakageNames.length);
      const report = await runMutations(options.firstSeed, options.seeds, (done) => bar.update(done));
      bar.finish();
      if (options.json === true) printJson(report);
      else
        for (const line of options.markdown === true ? mutationsMarkdown(report) : mutationsText(report))
          printLine(line);
      if (report.caught < report.mutations) throw new CommandFailed();
    });
}

function refuseBoth(options: { readonly json?: boolean; readonly markdown?: boolean }): void {
  if (options.json === true && options.markdown === true)
    throw new Misuse('choose one form: --json or --markdown');
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('use a whole number from 0 on.');
  return number;
}

function count(value: string): number {
  const number = wholeNumber(value);
  if (number < 1 || number > maxSeeds) throw new InvalidArgumentError(`use 1 to ${maxSeeds}.`);
  return number;
}

function jobs(value: string): number {
  const number = wholeNumber(value);
  if (number < 1 || number > 256) throw new InvalidArgumentError('use 1 to 256.');
  return number;
}

function oneOf<Name extends string>(names: readonly Name[]): (value: string) => Name {
  return (value) => {
    const name = names.find((one) => one === value);
    if (name === undefined) throw new InvalidArgumentError(`use one of ${names.join(', ')}.`);
    return name;
  };
}
