// The benchmark against cron: one world, one budget, every policy scored alike on the same finds.
// It judges the production scheduler through candidate.ts; it must never contain a rule of its own.
import { randomStream } from '../../kernel/random-stream.ts';
import { type FindDefinition, findForBars } from '../../orchestrator/intensity/intensity-settings.ts';
import { minuteMs } from '../../shared/domain/time.ts';
import { worldOf } from './benchmark-world.ts';
import { dayBootstrap, type Interval, weightedSum } from './bootstrap.ts';
import { type CandidateRun, runCandidate } from './candidate.ts';
import { type ControlResult, runControls } from './controls.ts';
import { CronSuite } from './cron-suite.ts';
import { type ControlKind, disguised } from './disguise.ts';
import { fullyInformedIntensities, optimumPolls } from './optimum.ts';
import type { Panel } from './panel.ts';
import { type DayScores, daysOf, scorePolls, type World } from './poll-log.ts';
import { runRatio } from './run-ratio.ts';

export interface BenchmarkOptions {
  readonly budgetsMin: readonly number[];
  readonly seed: number;
  readonly controls: readonly ControlKind[];
  readonly draws: number;
  readonly clock: () => number;
  readonly note: (text: string) => void;
}

export interface BudgetReport {
  readonly budget_min: number;
  readonly polls_allowed: number;
  readonly polls_used: number;
  readonly value: Readonly<Record<string, number>>;
  readonly detected_in_30_min: Readonly<Record<string, number>>;
  readonly mean_delay_min: Readonly<Record<string, number>>;
  /** Best crontab not fitted on the test. */
  readonly best_cron: string;
  readonly ratio_to_best_cron: Interval;
  /** Best rule of all, those fitted on the test and the reactive ones included. */
  readonly best_in_sample_cron: string;
  readonly ratio_to_best_in_sample_cron: Interval;
  readonly fewer_runs_at_equal_value: Interval;
  readonly fewer_runs_than_in_sample_cron: Interval;
  readonly ratio_to_optimum: number;
  /** Share of the budget a clairvoyant needs for everything. */
  readonly clairvoyant_budget_share: number;
  readonly longest_gap_min: number;
  readonly max_interval_min: number;
  readonly ms_per_decision: number;
  readonly model_level: string;
  readonly within_budget: boolean;
  readonly floor_kept: boolean;
}

export interface BenchmarkReport {
  readonly world: {
    readonly symbols: number;
    readonly bar_min: number;
    readonly history_days: number;
    readonly test_days: number;
    readonly finds: number;
    readonly finds_per_symbol_day: number;
    readonly move_min: number;
    readonly threshold_sigmas: number;
    readonly refractory_min: number;
    readonly tau_min: number;
  };
  readonly seed: number;
  readonly budgets: readonly BudgetReport[];
  readonly controls: readonly ControlResult[];
  readonly problems: readonly string[];
  readonly remarks: readonly string[];
  readonly ok: boolean;
}

const candidateName = 'intensity_scheduler';
/** Below this many finds a crontab fitted on the test has learnt the test by heart. */
const enoughFinds = 800;

/** Runs everything on one panel. Throws RangeError when there is nothing to find. */
export function benchmarkAgainstCron(original: Panel, options: BenchmarkOptions): BenchmarkReport {
  const panel = disguised(original, options.seed);
  const find = findForBars(panel.barMs);
  const { world, past, pastDays } = worldOf(panel, find);
  if (world.finds.length === 0)
    throw new RangeError('no move beyond the threshold in the test: nothing to find');
  const remarks: string[] = [];
  if (world.finds.length < enoughFinds)
    remarks.push(
      `${world.finds.length} finds: a crontab fitted on the test overfits below ${enoughFinds}; read the fair comparison`,
    );
  options.note(`${world.symbols} symbols, ${world.finds.length} finds; intensities of the optimum`);
  const rates = fullyInformedIntensities(panel, find, world);
  const suite = new CronSuite(panel, world, past, pastDays);
  const budgets: BudgetReport[] = [];
  for (const budgetMin of options.budgetsMin) {
    if (budgetMin * minuteMs < panel.barMs) {
      remarks.push(`budget ${budgetMin} min is finer than the candles; left out`);
      continue;
    }
    options.note(`one poll per ${budgetMin} min`);
    budgets.push(compare(panel, find, world, suite, rates, budgetMin, options));
  }
  const controls = runControls(panel, find, options);
  const problems = problemsOf(budgets, controls);
  return {
    world: describe(panel, find, world),
    seed: options.seed,
    budgets,
    controls,
    problems,
    remarks,
    ok: problems.length === 0,
  };
}

function describe(panel: Panel, find: FindDefinition, world: World): BenchmarkReport['world'] {
  const testDays = (world.to - world.from) / world.barsPerDay;
  return {
    symbols: world.symbols,
    bar_min: panel.barMs / minuteMs,
    history_days: round(world.from / world.barsPerDay, 1),
    test_days: round(testDays, 1),
    finds: world.finds.length,
    finds_per_symbol_day: round(world.finds.length / world.symbols / testDays),
    move_min: find.moveMs / minuteMs,
    threshold_sigmas: find.thresholdSigmas,
    refractory_min: find.refractoryMs / minuteMs,
    tau_min: find.tauMs / minuteMs,
  };
}

function problemsOf(budgets: readonly BudgetReport[], controls: readonly ControlResult[]): string[] {
  return [
    ...budgets
      .filter((one) => !one.within_budget)
      .map((one) => `budget ${one.budget_min} min: ${one.polls_used} polls, ${one.polls_allowed} allowed`),
    ...budgets
      .filter((one) => !one.floor_kept)
      .map((one) => `budget ${one.budget_min} min: a symbol waited ${one.longest_gap_min} min`),
    ...controls.filter((one) => !one.ok).map((one) => `control ${one.control}: ${one.finding}`),
  ];
}

function compare(
  panel: Panel,
  find: FindDefinition,
  world: World,
  suite: CronSuite,
  rates: readonly Float64Array[],
  budgetMin: number,
  options: BenchmarkOptions,
): BudgetReport {
  const periodBars = (budgetMin * minuteMs) / panel.barMs;
  const allowed = Math.floor((world.symbols * (world.to - world.from)) / periodBars + 1e-9);
  const run = runCandidate({
    panel,
    find,
    periodMs: budgetMin * minuteMs,
    from: world.from,
    to: world.to,
    clock: options.clock,
  });
  const ours = scorePolls(world, run.log);
  const policies = suite.policiesAt(periodBars, allowed);
  const optimum = scorePolls(world, optimumPolls(world, rates, allowed));
  const fair = bestOf(policies.fair);
  const strong = bestOf({ ...policies.fair, ...policies.reactive, ...policies.inSample });
  const random = randomStream(options.seed, `cron-benchmark/bootstrap/${budgetMin}`);
  const interval = (statistic: (weights: Float64Array) => number) =>
    rounded(dayBootstrap(daysOf(world), options.draws, random, statistic));
  const against = (rival: DayScores) =>
    interval((weights) => weightedSum(ours.captured, weights) / weightedSum(rival.captured, weights));
  const scores: Record<string, DayScores> = {
    [candidateName]: ours,
    ...policies.fair,
    ...policies.reactive,
    ...policies.inSample,
    ...policies.cheating,
    intensity_optimum: optimum,
  };
  return {
    budget_min: budgetMin,
    polls_allowed: allowed,
    polls_used: run.used,
    value: mapped(scores, (score) => score.value),
    detected_in_30_min: mapped(scores, (score) => score.detectedIn30Min),
    mean_delay_min: mapped(scores, (score) => score.meanDelayMin, 1),
    best_cron: fair.name,
    ratio_to_best_cron: against(fair.score),
    best_in_sample_cron: strong.name,
    ratio_to_best_in_sample_cron: against(strong.score),
    fewer_runs_at_equal_value: interval((weights) => runRatio(ours, suite.fairCurve(), weights)),
    fewer_runs_than_in_sample_cron: interval((weights) => runRatio(ours, suite.inSampleCurve(), weights)),
    ratio_to_optimum: round(ours.value / optimum.value),
    clairvoyant_budget_share: round(world.finds.length / allowed),
    ...promises(run, panel, allowed),
  };
}

function promises(run: CandidateRun, panel: Panel, allowed: number) {
  return {
    longest_gap_min: (run.longestGapBars * panel.barMs) / minuteMs,
    max_interval_min: (run.floorBars * panel.barMs) / minuteMs,
    ms_per_decision: round(run.msPerDecision, 4),
    model_level: run.modelLevel,
    within_budget: run.overdrawn === 0 && run.used <= allowed,
    floor_kept: run.longestGapBars <= run.floorBars,
  };
}

function bestOf(scores: Readonly<Record<string, DayScores>>): { name: string; score: DayScores } {
  const [first, ...rest] = Object.entries(scores);
  if (first === undefined) throw new RangeError('nothing to compare with');
  const [name, score] = rest.reduce((best, one) => (one[1].value > best[1].value ? one : best), first);
  return { name, score };
}

function mapped(
  scores: Readonly<Record<string, DayScores>>,
  of: (score: DayScores) => number,
  digits = 3,
): Record<string, number> {
  return Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, round(of(score), digits)]));
}

function rounded(interval: Interval): Interval {
  return { value: round(interval.value), lo: round(interval.lo), hi: round(interval.hi) };
}

function round(value: number, digits = 3): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale + 0;
}
