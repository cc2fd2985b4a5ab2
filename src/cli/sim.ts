// ato sim: the four agents over a recording or the synthetic market under the virtual clock.
import { Command, InvalidArgumentError } from 'commander';
import type { SimulationReport } from '../runtime/simulation.ts';
import { loadSettings } from '../shared/config/load-settings.ts';
import { canonicalSymbol, instrumentFor } from '../shared/domain/instrument.ts';
import { Misuse } from './misuse.ts';
import { instant, list, wholeNumber } from './option-values.ts';
import { note, ProgressBar, printJson, printLine } from './output.ts';

interface SimOptions {
  readonly tape?: string[];
  readonly synthetic?: boolean;
  readonly symbols?: string[];
  readonly seed: number;
  readonly from?: number;
  readonly to?: number;
  readonly cash?: number;
  readonly data?: string;
  readonly json?: boolean;
}

export function simCommand(): Command {
  return new Command('sim')
    .description(
      'run the four agents over recorded or synthetic candles as fast as the machine allows; the same seed gives the same journal hash',
    )
    .option(
      '--tape <paths>',
      'recorded candle files or folders, comma-separated (CSV or gzip: time,open,high,low,close,volume)',
      list,
    )
    .option('--synthetic', 'use the seeded synthetic market instead of a recording')
    .option('--symbols <symbols>', 'symbols of the synthetic market (default: ATO_UNIVERSE)', symbols)
    .option('--seed <n>', 'seed of every random stream', wholeNumber, 1)
    .option(
      '--from <iso>',
      'first instant, such as 2026-04-01T00:00:00Z; UTC unless it says otherwise',
      instant,
    )
    .option('--to <iso>', 'last instant', instant)
    .option('--cash <amount>', 'starting cash (default: ATO_STARTING_CASH)', cash)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ato sim --synthetic --seed 7 --json\n  ato sim --tape recordings/BTCUSDT_1m_20260323-20260422.csv.gz --cash 10000',
    )
    .action(async (options: SimOptions) => {
      if ((options.tape === undefined) === (options.synthetic !== true))
        throw new Misuse('choose one market: --tape PATH[,PATH...] or --synthetic');
      if (options.tape !== undefined && options.symbols !== undefined)
        throw new Misuse(
          '--symbols chooses the symbols of the synthetic market; a tape plays the files it is given',
        );
      if (options.from !== undefined && options.to !== undefined && options.from >= options.to)
        throw new Misuse('--from must be before --to');
      const { json, synthetic: _, ...rest } = options;
      let bar: ProgressBar | undefined;
      const settings = loadSettings();
      const { simulate } = await import('../runtime/simulation.ts');
      const report = await simulate(settings, {
        ...rest,
        note,
        progress: (done, total) => {
          bar ??= new ProgressBar('simulating', total);
          bar.update(done);
        },
      });
      bar?.finish();
      if (json === true) printJson(report);
      else printReport(report);
    });
}

function printReport(report: SimulationReport): void {
  const ran = Object.entries(report.tasks_run).map(([kind, count]) => `${kind} ${count}`);
  const refused = Object.entries(report.refusals).map(([code, count]) => `${code} ${count}`);
  printLine(`${report.candles} candles from ${report.from} to ${report.to} in ${report.wall_ms} ms`);
  printLine(`${report.decisions} decisions; tasks run: ${ran.join(', ') || 'none'}`);
  printLine(
    `${report.signals} signals, ${report.orders} orders, ${report.fills} fills; refused: ${refused.join(', ') || 'nothing'}`,
  );
  printLine(
    `final equity ${report.final_equity}, largest drawdown ${report.max_drawdown_pct} % (simulated account; says nothing about the future)`,
  );
  printLine(`journal hash ${report.journal_hash}`);
}

function symbols(value: string): string[] {
  const names = [...new Set(list(value).map(canonicalSymbol))];
  const unreadable = names.find((name) => instrumentFor(name) === undefined);
  if (unreadable !== undefined)
    throw new InvalidArgumentError(
      `cannot read the symbol "${unreadable}": write crypto pairs like BTCUSDT and forex pairs like EURUSD.`,
    );
  return names;
}

/** The bounds of ATO_STARTING_CASH. */
function cash(value: string): number {
  const number = Number(value);
  if (!(number >= 1 && number <= 1_000_000_000_000))
    throw new InvalidArgumentError('use an amount from 1 to 1,000,000,000,000.');
  return number;
}
