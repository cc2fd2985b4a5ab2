// Negative controls: where nothing can be predicted the gain must vanish, and the future must not matter.
import { randomStream } from '../../kernel/random-stream.ts';
import type { FindDefinition } from '../../orchestrator/intensity/intensity-settings.ts';
import { minuteMs } from '../../shared/domain/time.ts';
import { worldOf } from './benchmark-world.ts';
import { dayBootstrap, type Interval, weightedSum } from './bootstrap.ts';
import { runCandidate } from './candidate.ts';
import { staggered, uniform } from './crontabs.ts';
import { type ControlKind, controlPanel, withFakeCrash } from './disguise.ts';
import type { Panel } from './panel.ts';
import { daysOf, scorePolls } from './poll-log.ts';

export interface ControlResult {
  readonly control: ControlKind;
  readonly budget_min: number;
  /** Value against the better of uniform and staggered cron; null for the prefix test. */
  readonly ratio: Interval | null;
  readonly finding: string;
  readonly ok: boolean;
}

export interface ControlOptions {
  readonly budgetsMin: readonly number[];
  readonly seed: number;
  readonly controls: readonly ControlKind[];
  readonly draws: number;
  readonly note: (text: string) => void;
}

/** A control may beat cron by this factor at most; own weeks moved apart keep real clustering and are only shown. */
const maxControlRatio = 1.1;
const controlBudgetMin = 60;
const maxControlSymbols = 40;

/** Runs the asked controls at the budget nearest to one poll an hour. */
export function runControls(panel: Panel, find: FindDefinition, options: ControlOptions): ControlResult[] {
  const budgetMin = options.budgetsMin
    .filter((minutes) => minutes * minuteMs >= panel.barMs)
    .reduce(
      (best, one) => (Math.abs(one - controlBudgetMin) < Math.abs(best - controlBudgetMin) ? one : best),
      Number.POSITIVE_INFINITY,
    );
  if (!Number.isFinite(budgetMin)) return [];
  const small = firstSymbols(panel, maxControlSymbols);
  return options.controls.map((kind) => {
    options.note(`control ${kind}`);
    return kind === 'prefix'
      ? prefixTest(small, find, budgetMin, options.seed)
      : unpredictable(controlPanel(small, kind, options.seed), find, kind, budgetMin, options);
  });
}

function firstSymbols(panel: Panel, count: number): Panel {
  return {
    ...panel,
    symbols: panel.symbols.slice(0, count),
    close: panel.close.slice(0, count),
    volume: panel.volume.slice(0, count),
  };
}

function unpredictable(
  panel: Panel,
  find: FindDefinition,
  control: ControlKind,
  budgetMin: number,
  options: ControlOptions,
): ControlResult {
  const { world } = worldOf(panel, find);
  const run = runCandidate({ panel, find, periodMs: budgetMin * minuteMs, from: world.from, to: world.to });
  const ours = scorePolls(world, run.log);
  const periodBars = (budgetMin * minuteMs) / panel.barMs;
  const crons = [
    scorePolls(world, uniform(world, periodBars)),
    scorePolls(world, staggered(world, periodBars)),
  ];
  const cron = crons.reduce((best, one) => (one.value > best.value ? one : best));
  const random = randomStream(options.seed, `cron-benchmark/control/${control}`);
  const { value, lo, hi } = dayBootstrap(
    daysOf(world),
    options.draws,
    random,
    (weights) => weightedSum(ours.captured, weights) / weightedSum(cron.captured, weights),
  );
  const text = (number: number) => number.toFixed(3);
  // A few dozen finds can exceed any bound by luck: the interval must also lie above even.
  const leaks = control !== 'roll' && value > maxControlRatio && lo > 1;
  return {
    control,
    budget_min: budgetMin,
    ratio: { value: Number(text(value)), lo: Number(text(lo)), hi: Number(text(hi)) },
    finding: `value ${text(ours.value)} against ${text(cron.value)} of cron on ${world.finds.length} finds`,
    ok: !leaks,
  };
}

function prefixTest(panel: Panel, find: FindDefinition, budgetMin: number, seed: number): ControlResult {
  const { world } = worldOf(panel, find);
  const cut = Math.floor((world.from + world.to) / 2);
  const until = Math.min(world.to, cut + Math.round(world.barsPerDay));
  const slotsOf = (one: Panel) =>
    runCandidate({ panel: one, find, periodMs: budgetMin * minuteMs, from: world.from, to: until }).slots;
  const real = slotsOf(panel);
  const faked = slotsOf(withFakeCrash(panel, cut, seed));
  let same = 0;
  while (same < real.length && real[same] === faked[same]) same += 1;
  const firstDifference = real[same - (same % 2)] ?? faked[same - (same % 2)];
  const ok = firstDifference === undefined || firstDifference >= cut;
  return {
    control: 'prefix',
    budget_min: budgetMin,
    ratio: null,
    finding: `${Math.floor(same / 2)} equal decisions; first difference ${
      firstDifference === undefined ? 'never' : `${firstDifference - cut} bars after the cut`
    }`,
    ok,
  };
}
