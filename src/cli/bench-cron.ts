// ato bench cron: the scheduler against the best crontabs on recorded candles, at equal cost.
import { Command, InvalidArgumentError } from 'commander';
import type { CronBenchReport } from '../runtime/bench/bench-cron.ts';
import { type ControlKind, controlKinds } from '../simulator/cron-benchmark/disguise.ts';
import { CommandFailed, Misuse } from './misuse.ts';
import { note, printJson, printLine } from './output.ts';

interface Options {
  readonly data: string[];
  readonly budgets: number[];
  readonly seed: number;
  readonly control: ControlKind[];
  readonly draws: number;
  readonly from?: number;
  readonly to?: number;
  readonly json?: boolean;
}

export function benchCronCommand(): Command {
  return new Command('cron')
    .description(
      'how much more the scheduler finds than the best crontabs with the same number of runs, on recorded candles; exit code 1 when a budget or a floor is broken or a control leaks',
    )
    .requiredOption('--data <paths>', 'recorded candle files or folders, comma-separated', paths)
    .option(
      '--budgets <minutes>',
      'mean minutes per poll and symbol, comma-separated',
      minutes,
      [240, 120, 60, 30, 15],
    )
    .option('--seed <n>', 'seed of names, order, calendar and intervals', whole, 1)
    .option('--control <kinds>', `negative controls among ${controlKinds.join(', ')}, or none`, controls, [
      ...controlKinds,
    ])
    .option('--draws <n>', 'bootstrap draws of whole days', whole, 1_000)
    .option('--from <iso>', 'first instant of the data', instant)
    .option('--to <iso>', 'last instant of the data', instant)
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json, data, budgets, control, ...rest }: Options) => {
      const { benchCron } = await import('../runtime/bench/bench-cron.ts');
      const report = await benchCron({
        ...rest,
        paths: data,
        budgetsMin: budgets,
        controls: control,
        note,
      }).catch((error: unknown) => {
        if (error instanceof RangeError) throw new Misuse(error.message);
        throw error;
      });
      if (json === true) printJson(report);
      else printReport(report);
      if (!report.ok) throw new CommandFailed(report.problems.join('; '));
    });
}

function printReport(report: CronBenchReport): void {
  const { world, data } = report;
  printLine(
    `${world.symbols} symbols, ${world.test_days} days of ${world.bar_min}-minute candles to ${data.to.slice(0, 10)}, ${world.finds} finds`,
  );
  printLine('budget  ours   cron  hindsight  optimum   x cron              fewer runs          polls');
  for (const one of report.budgets) {
    const of = (name: string) => (one.value[name] ?? 0).toFixed(3);
    const interval = ({ value, lo, hi }: { value: number; lo: number; hi: number }) =>
      `${value.toFixed(2)} [${lo.toFixed(2)}-${hi.toFixed(2)}]`.padEnd(20);
    printLine(
      `${String(one.budget_min).padEnd(7)} ${of('intensity_scheduler')}  ${of(one.best_cron)} ${of(one.best_in_sample_cron)}      ${of('intensity_optimum')}     ${interval(one.ratio_to_best_cron)}${interval(one.fewer_runs_at_equal_value)}${one.polls_used}/${one.polls_allowed}`,
    );
  }
  for (const one of report.controls)
    printLine(`control ${one.control.padEnd(8)} ${one.ok ? 'ok  ' : 'LEAK'} ${one.finding}`);
  for (const remark of [...report.remarks, ...report.problems]) printLine(remark);
}

function paths(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function minutes(text: string): number[] {
  return paths(text).map((part) => {
    const value = Number(part);
    if (!(value > 0 && Number.isFinite(value)))
      throw new InvalidArgumentError(`${part} is not a number of minutes`);
    return value;
  });
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(`${text} is not a whole number`);
  return value;
}

function controls(text: string): ControlKind[] {
  if (text === 'none') return [];
  return paths(text).map((part) => {
    const kind = controlKinds.find((one) => one === part);
    if (kind === undefined)
      throw new InvalidArgumentError(`${part} is not one of ${controlKinds.join(', ')}`);
    return kind;
  });
}

function instant(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError(`${text} is not a time such as 2024-05-01T00:00:00Z`);
  return at;
}
