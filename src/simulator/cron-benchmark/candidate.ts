// Runs the production scheduler in the benchmark's world. No rule of its own: it carries slots and answers.

import type { IntensityPrior } from '../../orchestrator/intensity/features.ts';
import type { ExampleListener } from '../../orchestrator/intensity/intensity-model.ts';
import { IntensityScheduler } from '../../orchestrator/intensity/intensity-scheduler.ts';
import type { FindDefinition } from '../../orchestrator/intensity/intensity-settings.ts';
import type { SchedulerSettings } from '../../orchestrator/intensity/scheduler-types.ts';
import { Environment } from './environment.ts';
import type { Panel } from './panel.ts';
import type { PollLog } from './poll-log.ts';

/** The floor of the benchmark: no symbol waits longer than this many mean periods. */
const floorPeriods = 4;
const bucketHours = 24;

export interface CandidateRun {
  readonly log: PollLog;
  readonly used: number;
  readonly overdrawn: number;
  readonly longestGapBars: number;
  readonly floorBars: number;
  readonly decisions: number;
  readonly msPerDecision: number;
  readonly modelLevel: string;
  readonly coefficients: readonly number[];
  /** `bar:symbol` of every slot, in order. */
  readonly slots: Int32Array;
}

export interface CandidateOptions {
  readonly panel: Panel;
  readonly find: FindDefinition;
  readonly periodMs: number;
  readonly from: number;
  readonly to: number;
  readonly prior?: IntensityPrior;
  readonly learning?: boolean;
  readonly onExample?: ExampleListener;
  /** Monotone milliseconds, for the cost per decision; left out in replays. */
  readonly clock?: () => number;
}

function candidateSettings(options: CandidateOptions): SchedulerSettings {
  const { panel, find, periodMs } = options;
  const perHour = (panel.symbols.length * 3_600_000) / periodMs;
  return {
    find,
    budgets: [{ name: 'polls', perHour, windowHours: bucketHours, startLevel: 0 }],
    subjects: panel.symbols.map((id) => ({
      id,
      minIntervalMs: panel.barMs,
      maxIntervalMs: floorPeriods * Math.max(periodMs, panel.barMs),
      costs: { polls: 1 },
    })),
    ...(options.prior === undefined ? {} : { prior: options.prior }),
    ...(options.learning === undefined ? {} : { learning: options.learning }),
  };
}

export function runCandidate(options: CandidateOptions): CandidateRun {
  const { panel, from, to } = options;
  const settings = candidateSettings(options);
  const scheduler = new IntensityScheduler(settings);
  scheduler.model.onExample = options.onExample;
  const world = new Environment(panel, settings.budgets[0]?.perHour ?? 0, from);
  const slots: number[] = [];
  let decisions = 0;
  let spentMs = 0;
  // One reading before the window sets the clock: a bar's refill then counts for the window only.
  scheduler.gains((panel.at[from] as number) - panel.barMs);
  for (let bar = from; bar < to; bar += 1) {
    const now = world.step();
    for (;;) {
      const started = options.clock?.() ?? 0;
      const slot = scheduler.next(now);
      spentMs += (options.clock?.() ?? 0) - started;
      decisions += 1;
      if (slot === undefined) break;
      const symbol = scheduler.indexOf(slot.subject);
      slots.push(bar, symbol);
      scheduler.observe(slot.subject, world.poll(symbol), now);
    }
  }
  return {
    log: world.polls,
    used: world.used,
    overdrawn: world.overdrawn,
    longestGapBars: world.longestGap(),
    floorBars: Math.round((floorPeriods * Math.max(options.periodMs, panel.barMs)) / panel.barMs),
    decisions,
    msPerDecision: spentMs / Math.max(1, decisions),
    modelLevel: scheduler.model.learner.level,
    coefficients: Array.from(scheduler.model.learner.active),
    slots: Int32Array.from(slots),
  };
}
