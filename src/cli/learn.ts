// ato learn report: what past decisions taught the orchestrator, and how sure that is. ato learn fit: a refit on recordings.
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import type { LearnReport } from '../runtime/commands/learn-report.ts';
import { loadSettings } from '../shared/config/load-settings.ts';
import { Misuse } from './misuse.ts';
import { list } from './option-values.ts';
import { printJson, printLine } from './output.ts';

type Belief = LearnReport['cells'][number]['kept'];

export function learnCommand(): Command {
  const report = new Command('report')
    .description(
      'what became of past decisions by mode, session, hour, regime, API health and kind, with 90 % credible intervals, how well the confidences given came true (Brier score, reliability), and the situations most like now',
    )
    .option('--data <dir>', 'data folder to read (default: DATA_DIR, or the running process)')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', '\nExamples:\n  ato learn report\n  ato learn report --data ./data --json')
    .action(async (options: { data?: string; json?: boolean }) => {
      const settings = loadSettings();
      const { learnReport } = await import('../runtime/commands/learn-report.ts');
      const learnt = await learnReport(settings, options.data);
      if (options.json === true) printJson(learnt);
      else printReport(learnt);
    });
  return new Command('learn')
    .description('what the orchestrator has learnt')
    .addCommand(report)
    .addCommand(fitCommand());
}

function fitCommand(): Command {
  return new Command('fit')
    .description(
      'refit the look schedulers on recorded candles and say whether the refit predicts better on their newest 30 %, which it was not fitted on; changes nothing',
    )
    .requiredOption('--tape <paths>', 'recorded candle files or folders, comma-separated', list)
    .option(
      '--in-force <json>',
      'coefficients to start from and compare with, {"crypto": [...]}',
      coefficients,
      {},
    )
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: { tape: string[]; inForce: InForce; json?: boolean }) => {
      const { learnFit } = await import('../runtime/commands/learn-fit.ts');
      const report = await learnFit(options).catch((error: unknown) => {
        if (error instanceof RangeError) throw new Misuse(error.message);
        throw error;
      });
      if (options.json === true) return printJson(report);
      printLine(`${report.candles} candles from ${report.from} to ${report.to}`);
      for (const { part, symbols, finds, reason } of report.parts)
        printLine(`${part}, ${symbols.length} symbols, ${finds} finds: ${reason}`);
      for (const { part, before, after } of report.refits)
        printLine(`${part}: loss ${before} before, ${after} after`);
    });
}

type InForce = Readonly<Partial<Record<'crypto' | 'forex', readonly number[]>>>;
const inForceSchema = z.strictObject({
  crypto: z.array(z.number()).exactOptional(),
  forex: z.array(z.number()).exactOptional(),
});

function coefficients(text: string): InForce {
  try {
    return inForceSchema.parse(JSON.parse(text));
  } catch {
    throw new InvalidArgumentError('use a JSON document such as {"crypto": [0.1, 0.2]}.');
  }
}

function printReport(learnt: LearnReport): void {
  const { calibration, episodes } = learnt;
  if (calibration.decisions === 0) {
    printLine(
      `Nothing is learnt yet: ${learnt.open_decisions} decisions wait for hindsight, about 45 minutes each.`,
    );
    return;
  }
  printLine(
    `At ${learnt.at}, counts fading by half in ${learnt.half_life_days} days${learnt.influences ? '' : '; ATO_LEARNING is off: this changes no score'}`,
  );
  printLine(
    'situation                     kept promise       caught             signals right      net per decision',
  );
  for (const cell of learnt.cells) {
    const name = `${cell.dimension} ${cell.value}`.replace('all all', 'all decisions').padEnd(28);
    const columns = [cell.kept, cell.caught, cell.signals_right, cell.net].map((one) => text(one).padEnd(18));
    printLine(`${name}  ${columns.join(' ')} (${cell.kept.weight} decisions)`);
  }
  printLine(
    `confidence: Brier score ${calibration.brier} over ${calibration.decisions} decisions (always saying ${calibration.base_rate}: ${calibration.brier_of_base_rate}), calibration error ${calibration.calibration_error}`,
  );
  for (const { from, to, decisions, said, happened } of calibration.bins)
    if (decisions > 0)
      printLine(`  said ${from}-${to}: ${said} on average, happened ${happened} (${decisions})`);
  printLine(
    `${episodes.held} of at most ${episodes.limit} episodes remembered; most like the last decision:`,
  );
  for (const memory of learnt.recalled)
    printLine(
      `  ${memory.similarity} alike, ${memory.last_at}: ${memory.mode}, ran ${memory.kinds.join(', ') || 'nothing'}; kept ${memory.kept_share} of ${memory.decisions}, net ${memory.net}`,
    );
}

function text(belief: Belief | null): string {
  if (belief === null) return '-';
  return `${belief.mean.toFixed(2)} [${belief.lo.toFixed(2)}-${belief.hi.toFixed(2)}]`;
}
