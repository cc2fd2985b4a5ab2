// ato bench learning: what putting the learnt to use brings, in pairs of the same worlds.
import { Command } from 'commander';
import type { LearningBenchReport } from '../runtime/bench/bench-learning.ts';
import { loadSettings } from '../shared/config/load-settings.ts';
import { CommandFailed, Misuse } from './misuse.ts';
import { list, positive, wholeNumber } from './option-values.ts';
import { note, printJson, printLine } from './output.ts';

interface Options {
  readonly tape?: string[];
  readonly symbols?: string[];
  readonly worlds: number;
  readonly days: number;
  readonly seed: number;
  readonly json?: boolean;
}

export function benchLearningCommand(): Command {
  return new Command('learning')
    .description(
      'the same worlds with and without what was learnt put to use: what was found, missed and paid a day, signals, confidence; exit code 1 when learning certainly costs something',
    )
    .option('--tape <paths>', 'recorded candle files or folders to cut into worlds; else synthetic', list)
    .option('--symbols <names>', 'symbols of the synthetic market (default: ATO_UNIVERSE)', list)
    .option('--worlds <n>', 'pairs of worlds: seeds, or stretches of the recording', wholeNumber, 8)
    .option('--days <n>', 'days of each world', positive, 14)
    .option('--seed <n>', 'first seed', wholeNumber, 1)
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json, ...request }: Options) => {
      const settings = loadSettings();
      const { benchLearning } = await import('../runtime/bench/bench-learning.ts');
      const report = await benchLearning(settings, { ...request, note }).catch((error: unknown) => {
        if (error instanceof RangeError) throw new Misuse(error.message);
        throw error;
      });
      if (json === true) printJson(report);
      else printReport(report);
      if (report.hurts) throw new CommandFailed('what is learnt costs more than it brings');
    });
}

function printReport({ worlds, symbols, on, off, difference, remarks }: LearningBenchReport): void {
  printLine(`${worlds.length} pairs of worlds, ${symbols.join(', ')}; figures are per day except shares`);
  for (const [name, { value, lo, hi }] of Object.entries(difference)) {
    const key = name as keyof typeof on;
    printLine(`${name.padEnd(20)} on ${on[key]}  off ${off[key]}  difference ${value} [${lo}, ${hi}]`);
  }
  for (const remark of remarks) printLine(remark);
}
