// ato bench decisions: what asking models costs and changes on an active and a calm day.
import { Command, InvalidArgumentError } from 'commander';
import type { DecisionBenchReport } from '../runtime/bench/bench-decisions.ts';
import { CommandFailed } from './misuse.ts';
import { note, printJson, printLine } from './output.ts';

interface Options {
  readonly tape?: string[];
  readonly symbols?: string[];
  readonly seed: number;
  readonly json?: boolean;
}

export function benchDecisionsCommand(): Command {
  return new Command('decisions')
    .description(
      'model calls, tokens and money of an active and a calm day, against asking at every cycle and never; exit code 1 when the active day does not fit Groq’s free plan',
    )
    .option('--tape <paths>', 'recorded candle files or folders, comma-separated; else synthetic', list)
    .option('--symbols <names>', 'symbols of the synthetic market, comma-separated', list)
    .option('--seed <n>', 'seed of the market and of every random stream', whole, 1)
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json, ...request }: Options) => {
      const { benchDecisions } = await import('../runtime/bench/bench-decisions.ts');
      const report = await benchDecisions({ ...request, note });
      if (json === true) printJson(report);
      else printReport(report);
      if (!report.fits_groq_free_plan) throw new CommandFailed('the day does not fit Groq’s free plan');
    });
}

function printReport(report: DecisionBenchReport): void {
  const { groq_free_plan: plan } = report;
  printLine(`${report.market.kind} market, ${report.market.symbols.length} symbols; ${report.model}`);
  for (const {
    day,
    date,
    cycles,
    gated,
    every_cycle: always,
    decisions_that_differ: differ,
    ...rest
  } of report.days) {
    printLine(`${day} day ${date}, mean activity ${rest.mean_activity}, ${cycles} decisions`);
    printLine(
      `  gated        ${gated.model_calls} calls (${gated.answered_from_memory} more from memory, ${gated.kept_back} small margins let go), ${gated.input_tokens + gated.output_tokens} tokens, ${gated.usd} $; peak ${gated.peak_requests_per_minute} calls and ${gated.peak_tokens_per_minute} tokens a minute`,
    );
    printLine(
      `  every cycle  ${always.model_calls} calls, ${always.input_tokens + always.output_tokens} tokens, ${always.usd} $; a model would have chosen otherwise than the policy at ${percent(differ.every_cycle_from_policy)}, where the gate does not ask at ${percent(differ.every_cycle_from_gated)}`,
    );
  }
  printLine(
    `Groq's free plan (${plan.requests_per_minute}/min, ${plan.requests_per_day}/day, ${plan.tokens_per_minute} tokens/min, ${plan.tokens_per_day} tokens/day): ${report.fits_groq_free_plan ? 'fits' : 'does not fit'}`,
  );
  for (const remark of report.remarks) printLine(remark);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} % of cycles`;
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(`${text} is not a whole number`);
  return value;
}
