// ato bench: figures of this build. kernel, markets and trading say how fast the house is, cron how good its choice of moments
// is, decisions what models cost, learning what it brings.
import { Command, InvalidArgumentError } from 'commander';
import { benchCronCommand } from './bench-cron.ts';
import { benchDecisionsCommand } from './bench-decisions.ts';
import { benchHealthCommand } from './bench-health.ts';
import { benchLearningCommand } from './bench-learning.ts';
import { benchRelayCommand } from './bench-relay.ts';
import { note, printJson, printLine } from './output.ts';

const maxSteadySeconds = 86_400;
const maxSignalsPerSecond = 10_000;

interface KernelBenchOptions {
  readonly steadySeconds: number;
  readonly json?: boolean;
}

export function benchCommand(): Command {
  const kernel = new Command('kernel')
    .description(
      'candles per second through all four agents (a month and a year of one symbol), and the cost of 200 symbols in paper mode',
    )
    .option(
      '--steady-seconds <n>',
      'how long to watch the paper mode with 200 symbols (0 leaves it out); with DATABASE_URL set, on PostgreSQL too',
      seconds,
      60,
    )
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: KernelBenchOptions) => {
      const { benchKernel } = await import('../runtime/bench/bench-kernel.ts');
      const report = await benchKernel({ steadySeconds: options.steadySeconds, note });
      if (options.json === true) printJson(report);
      else printLine(JSON.stringify(report, null, 2));
    });
  return new Command('bench')
    .description(
      'measure speed, the scheduler against cron, what models cost, and the relays between processes',
    )
    .addCommand(kernel)
    .addCommand(marketsBench())
    .addCommand(tradingBench())
    .addCommand(benchCronCommand())
    .addCommand(benchDecisionsCommand())
    .addCommand(benchRelayCommand())
    .addCommand(benchHealthCommand())
    .addCommand(benchLearningCommand());
}

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= maxSteadySeconds))
    throw new InvalidArgumentError(`use a number of seconds from 0 to ${maxSteadySeconds}.`);
  return number;
}

function pace(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 1 && number <= maxSignalsPerSecond))
    throw new InvalidArgumentError(`use signals per second from 1 to ${maxSignalsPerSecond}.`);
  return number;
}

interface TradingBenchChoice {
  readonly postgres?: string;
  readonly rate: number;
  readonly json?: boolean;
}

function tradingBench(): Command {
  return new Command('trading')
    .description(
      'from a signal to the committed order request (in memory; on PostgreSQL too where one is named), and reconciling 1,000 open orders against stand-in venues',
    )
    .option(
      '--postgres <url>',
      'measure on this PostgreSQL too, in a schema of its own that is dropped afterwards (default: DATABASE_URL)',
    )
    .option('--rate <n>', 'signals per second', pace, 1_000)
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: TradingBenchChoice) => {
      const { benchTrading } = await import('../runtime/bench/bench-trading.ts');
      const { postgres, rate } = options;
      const named = postgres === undefined ? {} : { postgres };
      const report = await benchTrading({ ...named, signalsPerSecond: rate, note });
      if (options.json === true) printJson(report);
      else printLine(JSON.stringify(report, null, 2));
    });
}

function marketsBench(): Command {
  return new Command('markets')
    .description(
      'messages per second that market adapters parse, memory of 1,000 instruments with four timeframes, session look-up',
    )
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: { readonly json?: boolean }) => {
      const { benchMarkets } = await import('../runtime/bench/bench-markets.ts');
      const report = benchMarkets(note);
      if (options.json === true) printJson(report);
      else printLine(JSON.stringify(report, null, 2));
    });
}
