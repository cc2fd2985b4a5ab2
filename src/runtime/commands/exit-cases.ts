// Worked exit cases from a file, played through the exit engine and compared with what they expect.
// It must never guess what a malformed case meant: the whole file is refused, with the place and the fix.
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import type { ExitPlan, TargetStep } from '../../shared/domain/exit-plan.ts';
import { type ReplayedTrade, replayExits } from '../../shared/domain/exit-replay.ts';

const maxFileBytes = 67_108_864;
const maxCases = 10_000;
const maxCandlesPerCase = 200_000;
const maxShownProblems = 5;
const maxShownNameLength = 60;
/** Sums are given at three decimals; a half of the last one, with room for a float's own error. */
const sumTolerance = 0.000_500_001;

const price = z.number('use a number above 0').positive('use a number above 0').max(1e15, 'use at most 1e15');
const flag = z
  .union([z.boolean(), z.literal(0), z.literal(1)], 'use true or false')
  .nullish()
  .transform((value) => value === true || value === 1);

const candleSchema = z
  .object({
    index: z.int('use a whole number'),
    open: price,
    high: price,
    low: price,
    close: price,
    enter_long: flag,
    exit_long: flag,
    enter_short: flag,
    exit_short: flag,
  })
  .refine((candle) => candle.high >= candle.low, 'high is below low: exchange them');

const share = z.number('use a fraction such as 0.03');

const expectedSchema = z.object({
  profit_ratio_sum: z.number().optional(),
  trades: z
    .array(
      z.object({
        exit_reason: z.string(),
        open_index: z.int(),
        close_index: z.int(),
        side: z.enum(['long', 'short']).optional(),
      }),
    )
    .optional(),
});

const caseSchema = z.object({
  id: z.string('give every case an "id"').min(1, 'give every case an "id"'),
  timeframe: z
    .string()
    .regex(/^[1-9]\d{0,3}[mhdw]$/, 'write it as 1m, 5m, 1h, 4h, 1d or 1w')
    .nullish()
    .transform((value) => value ?? '1h'),
  fee: share.min(0, 'use a fraction from 0').max(0.5, 'use a fraction up to 0.5').nullish(),
  leverage: z.number('use a number').min(1, 'use 1 or more').max(1_000, 'use at most 1000').nullish(),
  stop_loss: share.negative('write the loss as a negative ratio, such as -0.05').min(-1_000),
  minimal_roi: z
    .record(z.string(), share)
    .superRefine((steps, context) => {
      for (const age of Object.keys(steps))
        if (!/^\d{1,9}(\.\d{1,9})?$/.test(age))
          context.addIssue({
            code: 'custom',
            path: [age],
            message: 'name each step by its age in minutes, such as "0" or "120"',
          });
    })
    .nullish(),
  trailing_stop: z.boolean('use true or false').nullish(),
  trailing_stop_positive: share.min(0, 'use a fraction from 0').nullish(),
  trailing_stop_positive_offset: share.nullish(),
  trailing_only_offset_is_reached: z.boolean('use true or false').nullish(),
  use_exit_signal: z.boolean('use true or false').nullish(),
  candles: z
    .array(candleSchema)
    .min(1, 'give at least one candle')
    .max(maxCandlesPerCase, `at most ${maxCandlesPerCase} candles`)
    .superRefine((candles, context) => {
      for (let place = 1; place < candles.length; place++)
        if ((candles[place]?.index ?? 0) <= (candles[place - 1]?.index ?? 0))
          context.addIssue({
            code: 'custom',
            path: [place, 'index'],
            message: 'sort the candles: each index must be above the one before',
          });
    }),
  expected: expectedSchema.nullish(),
  // Words for the reader of the file.
  rule: z.unknown().optional(),
  source: z.unknown().optional(),
  note: z.unknown().optional(),
});

const casesSchema = z.array(caseSchema).max(maxCases, `at most ${maxCases} cases`);

type ExitCase = z.output<typeof caseSchema>;

/** A case file that cannot be read; the message names the place and the fix. */
export class ExitCasesError extends Error {
  override readonly name = 'ExitCasesError';
}

export interface ExitCaseResult {
  readonly id: string;
  readonly trades: readonly ReplayedTrade[];
  /** Null when the case says nothing of what it expects. */
  readonly passed: boolean | null;
}

export interface ExitCasesRun {
  readonly results: readonly ExitCaseResult[];
  /** Fields of cases that this version does not know, sorted; they changed nothing. */
  readonly unknown_fields: readonly string[];
}

/** Plays every case of the file. Throws ExitCasesError when the file is not a readable array of cases. */
export function runExitCases(file: string): ExitCasesRun {
  const content = readJson(file);
  const results = casesOf(file, content).map((exitCase) => {
    const trades = replayExits(planOf(exitCase), exitCase.candles, minutesOf(exitCase.timeframe));
    return { id: exitCase.id, trades, passed: passed(exitCase, trades) };
  });
  return { results, unknown_fields: unknownFields(content) };
}

function unknownFields(content: unknown): string[] {
  const cases = Array.isArray(content) ? content : [];
  const names = new Set<string>(cases.flatMap((entry: object) => Object.keys(entry)));
  return [...names]
    .filter((name) => !(name in caseSchema.shape))
    .sort()
    .slice(0, maxShownProblems)
    .map((name) => shortened(name));
}

/** A name from the file as it may be shown: short and free of control characters. */
function shortened(name: string): string {
  return JSON.stringify(name.slice(0, maxShownNameLength));
}

function casesOf(file: string, content: unknown): ExitCase[] {
  const parsed = casesSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const shown = parsed.error.issues.slice(0, maxShownProblems).map((issue) => {
    const [first, ...rest] = issue.path;
    const place = first === undefined ? 'the file' : `case ${Number(first) + 1}`;
    return `  - ${place}${rest.length > 0 ? `, ${rest.join('.')}` : ''}: ${issue.message}`;
  });
  const more = parsed.error.issues.length - shown.length;
  if (more > 0) shown.push(`  - and ${more} more`);
  throw new ExitCasesError(
    `${file} needs a correction; it must be a JSON array of cases:\n${shown.join('\n')}`,
  );
}

function readJson(file: string): unknown {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > maxFileBytes)
      throw new ExitCasesError(
        `${file} is larger than ${maxFileBytes} bytes. Fix: split it into several files.`,
      );
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof ExitCasesError) throw error;
    throw new ExitCasesError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}. Fix: name a JSON file of exit cases.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExitCasesError(
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}. Fix: write a JSON array of cases.`,
    );
  }
}

/** The plan that the case's settings describe, under the published assumptions of candle backtests. */
function planOf(exitCase: ExitCase): ExitPlan {
  const targets: TargetStep[] = Object.entries(exitCase.minimal_roi ?? {}).map(([minutes, profit]) => ({
    after_minutes: Number(minutes),
    profit,
  }));
  return {
    stop: Math.abs(exitCase.stop_loss),
    targets: targets.sort((left, right) => left.after_minutes - right.after_minutes),
    trailing:
      exitCase.trailing_stop === true
        ? {
            kind: 'percent',
            distance: Math.abs(exitCase.stop_loss),
            positive: exitCase.trailing_stop_positive ?? null,
            offset: exitCase.trailing_stop_positive_offset ?? 0,
            only_after_offset: exitCase.trailing_only_offset_is_reached ?? false,
          }
        : null,
    break_even: null,
    time_limit_minutes: null,
    signal_exit: exitCase.use_exit_signal ?? true,
    candle_model: 'intracandle',
    fee: exitCase.fee ?? 0,
    leverage: exitCase.leverage ?? 1,
  };
}

function minutesOf(timeframe: string): number {
  const unit = { m: 1, h: 60, d: 1_440, w: 10_080 }[timeframe.slice(-1)] ?? 1;
  return Number(timeframe.slice(0, -1)) * unit;
}

function passed(exitCase: ExitCase, trades: readonly ReplayedTrade[]): boolean | null {
  const { expected } = exitCase;
  if (expected == null || (expected.trades === undefined && expected.profit_ratio_sum === undefined))
    return null;
  const wanted = expected.trades;
  if (wanted !== undefined && wanted.length !== trades.length) return false;
  const same = (wanted ?? []).every((trade, place) => {
    const made = trades[place];
    return (
      made?.exit_reason === trade.exit_reason &&
      made.open_index === trade.open_index &&
      made.close_index === trade.close_index &&
      (trade.side === undefined || made.side === trade.side)
    );
  });
  if (!same || expected.profit_ratio_sum === undefined) return same;
  const sum = trades.reduce((total, trade) => total + trade.profit_ratio, 0);
  return Math.abs(sum - expected.profit_ratio_sum) <= sumTolerance;
}
