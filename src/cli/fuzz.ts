// ato fuzz markets: damaged input for every adapter. Exit 1 when anything crashed or passed the gate that cannot be.
import { Command, InvalidArgumentError } from 'commander';
import type { FuzzReport } from '../runtime/market-fuzz/fuzz-markets.ts';
import { CommandFailed, Misuse } from './misuse.ts';
import { ProgressBar, printJson, printLine } from './output.ts';

interface FuzzMarketsOptions {
  readonly runs: number;
  readonly seed: number;
  readonly adapter?: string;
  readonly session?: number;
  readonly socketRuns: number;
  readonly json?: boolean;
}

const maxRuns = 100_000_000;
const maxSocketRuns = 10_000;

export function fuzzCommand(): Command {
  const markets = new Command('markets')
    .description(
      'feed every market adapter with truncated, mistyped, absurd, duplicated and reordered input, and whole sources with half-closed sockets',
    )
    .option('--runs <n>', 'inputs over all adapters together', wholeNumber(maxRuns), 100_000)
    .option(
      '--seed <n>',
      'seed of the inputs; the same seed gives the same inputs',
      wholeNumber(2_147_483_647),
      1,
    )
    .option('--adapter <name>', 'only this adapter, such as "binance stream"')
    .option('--session <n>', 'only this session of the adapter, to reproduce a finding', wholeNumber(maxRuns))
    .option(
      '--socket-runs <n>',
      'runs of each whole source against a venue that breaks off and lies (0 leaves them out)',
      wholeNumber(maxSocketRuns),
      20,
    )
    .option('--json', 'print one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ato fuzz markets --runs 100000 --seed 1 --json\n  ato fuzz markets --seed 1 --adapter "tape csv" --session 42 --socket-runs 0',
    )
    .action(async ({ json, ...options }: FuzzMarketsOptions) => {
      const { fuzzMarkets } = await import('../runtime/market-fuzz/fuzz-markets.ts');
      const { fuzzTargets } = await import('../runtime/market-fuzz/registry.ts');
      const names = fuzzTargets.map((target) => target.name);
      if (options.adapter !== undefined && !names.includes(options.adapter))
        throw new Misuse(`--adapter: choose one of ${names.join(', ')}`);
      if (options.session !== undefined && options.adapter === undefined)
        throw new Misuse('--session needs --adapter');
      const bar = new ProgressBar('fuzzing', names.length);
      const report = await fuzzMarkets({ ...options, progress: (done) => bar.update(done) });
      bar.finish();
      if (json === true) printJson(report);
      else printReport(report);
      if (report.crashes > 0 || report.impossible_prices_past_gate > 0)
        throw new CommandFailed('the fuzzer found something');
    });
  return new Command('fuzz').description('try to break the house with bad input').addCommand(markets);
}

function printReport(report: FuzzReport): void {
  for (const [name, one] of Object.entries(report.adapters)) {
    printLine(
      `${name}: ${one.runs} inputs, ${one.rejected} rejected, ${one.accepted} accepted, ${one.crashes} crashes, ${one.impossible_prices_past_gate} impossible past the gate`,
    );
  }
  for (const [name, one] of Object.entries(report.sockets)) {
    printLine(
      `${name} with sockets: ${one.runs} runs, ${one.crashes} crashes, ${one.impossible_prices_past_gate} impossible past the gate`,
    );
  }
  for (const one of report.findings)
    printLine(
      `${one.kind} of ${one.adapter}, session ${one.session}: ${one.message}\n  input ${one.input_excerpt}`,
    );
  printLine(`${report.runs} inputs in ${report.wall_ms} ms with seed ${report.seed}`);
}

function wholeNumber(largest: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < 0 || number > largest)
      throw new InvalidArgumentError(`use a whole number from 0 to ${largest}.`);
    return number;
  };
}
