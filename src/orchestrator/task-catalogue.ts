// The catalogue: what may be run, who runs it, what it needs and how often it must run.
// It must never hold state; whether its numbers can all be kept is checked by catalogueDefects.
import type { AgentName } from '../shared/domain/agent-name.ts';
import type { AssetClass } from '../shared/domain/instrument.ts';
import type { ForexSession } from '../shared/domain/session-rules.ts';
import { type TaskKind, taskKinds } from '../shared/domain/task.ts';
import { hourMs, minuteMs, secondMs } from '../shared/domain/time.ts';

/** Units of each lock: 1 is exclusive, more is counted. A task takes all its locks at once or none. */
export const resourceUnits = {
  'crypto-analysis': 1,
  'forex-analysis': 1,
  'cpu-heavy': 2,
  probes: 1,
  jobs: 1,
} as const;
export type ResourceName = keyof typeof resourceUnits;

/** Kinds that are intensities of one and the same look. */
export type FamilyName = 'crypto-scan';

export interface CatalogueEntry {
  readonly kind: TaskKind;
  /** What it is for, in one sentence for people. */
  readonly description: string;
  readonly agent: AgentName;
  /** Asset classes whose symbols it looks at; empty when it looks at none. */
  readonly classes: readonly AssetClass[];
  /** It runs only while one of these is open; empty when sessions do not matter. */
  readonly sessions: readonly ForexSession[];
  readonly family: FamilyName | null;
  readonly resources: readonly { readonly name: ResourceName; readonly units: number }[];
  /** Relative cost, 0..1; weighs only when the machine is loaded. */
  readonly cost: number;
  /** No two runs start closer than this. */
  readonly minIntervalMs: number;
  /** Wished distance of starts in a normal market. */
  readonly baseIntervalMs: number;
  /** Longest admissible time without a start; held by the floor, whatever the policy wants. */
  readonly maxIntervalMs: number;
  /** One attempt must answer within this. */
  readonly deadlineMs: number;
  readonly attempts: number;
  /** Runs also in standby and when paused, before everything else. */
  readonly safety: boolean;
}

const cryptoScan = {
  agent: 'analyst_ai',
  classes: ['crypto'],
  sessions: [],
  family: 'crypto-scan',
  attempts: 2,
  safety: false,
} as const;

const forexSession = {
  agent: 'analyst_ai',
  classes: ['forex'],
  family: null,
  resources: [{ name: 'forex-analysis', units: 1 }],
  cost: 0.3,
  minIntervalMs: 5 * minuteMs,
  baseIntervalMs: 10 * minuteMs,
  maxIntervalMs: 30 * minuteMs,
  deadlineMs: 30 * secondMs,
  attempts: 2,
  safety: false,
} as const;

/** Heavy work beside the kernel: one at a time, so that it never fights for the machine. */
const job = {
  classes: [],
  sessions: [],
  family: null,
  resources: [{ name: 'jobs', units: 1 }],
  attempts: 3,
  safety: false,
} as const;

export const taskCatalogue: Readonly<Record<TaskKind, CatalogueEntry>> = {
  'crypto-aggressive-scan': {
    kind: 'crypto-aggressive-scan',
    description: 'Thorough look at every crypto symbol while the market is lively.',
    ...cryptoScan,
    resources: [
      { name: 'crypto-analysis', units: 1 },
      { name: 'cpu-heavy', units: 1 },
    ],
    cost: 0.5,
    minIntervalMs: minuteMs,
    baseIntervalMs: 2 * minuteMs,
    maxIntervalMs: 4 * hourMs,
    deadlineMs: 30 * secondMs,
  },
  'crypto-normal-scan': {
    kind: 'crypto-normal-scan',
    description: 'Ordinary look at every crypto symbol.',
    ...cryptoScan,
    resources: [{ name: 'crypto-analysis', units: 1 }],
    cost: 0.3,
    minIntervalMs: 2 * minuteMs,
    baseIntervalMs: 5 * minuteMs,
    maxIntervalMs: 2 * hourMs,
    deadlineMs: 30 * secondMs,
  },
  'crypto-light-monitoring': {
    kind: 'crypto-light-monitoring',
    description: 'Cheap look at crypto while the market is calm.',
    ...cryptoScan,
    resources: [{ name: 'crypto-analysis', units: 1 }],
    cost: 0.1,
    minIntervalMs: 5 * minuteMs,
    baseIntervalMs: 10 * minuteMs,
    maxIntervalMs: 4 * hourMs,
    deadlineMs: 20 * secondMs,
  },
  'forex-london-session': {
    kind: 'forex-london-session',
    description: 'Look at the forex symbols during the London session.',
    ...forexSession,
    sessions: ['london'],
  },
  'forex-newyork-session': {
    kind: 'forex-newyork-session',
    description: 'Look at the forex symbols during the New York session.',
    ...forexSession,
    sessions: ['newyork'],
  },
  'forex-asia-session': {
    kind: 'forex-asia-session',
    description: 'Look at the forex symbols during the Sydney and Tokyo sessions.',
    ...forexSession,
    sessions: ['sydney', 'tokyo'],
  },
  'health-monitor-check': {
    kind: 'health-monitor-check',
    description: 'Check sources, store, machine and agents; heal what is broken.',
    agent: 'health_ai',
    classes: [],
    sessions: [],
    family: null,
    resources: [{ name: 'probes', units: 1 }],
    cost: 0.1,
    minIntervalMs: minuteMs,
    baseIntervalMs: 10 * minuteMs,
    maxIntervalMs: 15 * minuteMs,
    deadlineMs: 30 * secondMs,
    attempts: 2,
    safety: true,
  },
  'deep-market-analysis': {
    kind: 'deep-market-analysis',
    description: 'Long look at all admitted symbols over all timeframes.',
    agent: 'analyst_ai',
    classes: ['crypto', 'forex'],
    sessions: [],
    family: null,
    resources: [{ name: 'cpu-heavy', units: 2 }],
    cost: 1,
    minIntervalMs: hourMs,
    baseIntervalMs: 4 * hourMs,
    maxIntervalMs: 8 * hourMs,
    deadlineMs: 120 * secondMs,
    attempts: 2,
    safety: false,
  },
  heal: {
    kind: 'heal',
    description: 'Run the admissible healing playbooks, then look at everything again.',
    agent: 'health_ai',
    classes: [],
    sessions: [],
    family: null,
    resources: [],
    cost: 0.1,
    minIntervalMs: 30 * minuteMs,
    baseIntervalMs: 6 * hourMs,
    maxIntervalMs: 24 * hourMs,
    deadlineMs: 30 * secondMs,
    attempts: 2,
    safety: false,
  },
  'probe-round': {
    kind: 'probe-round',
    description: 'Ask what lies outside of the process: sources, database, workflow server, models, clocks.',
    agent: 'health_ai',
    classes: [],
    sessions: [],
    family: null,
    resources: [],
    cost: 0.02,
    minIntervalMs: minuteMs,
    baseIntervalMs: 2 * minuteMs,
    maxIntervalMs: 10 * minuteMs,
    deadlineMs: 30 * secondMs,
    attempts: 1,
    safety: false,
  },
  record: {
    kind: 'record',
    description: 'Write the closed candles of every symbol into tapes that can be played again.',
    agent: 'analyst_ai',
    ...job,
    cost: 0.2,
    minIntervalMs: hourMs,
    baseIntervalMs: 6 * hourMs,
    maxIntervalMs: 8 * hourMs,
    deadlineMs: 180 * secondMs,
  },
  backtest: {
    kind: 'backtest',
    description: 'Play what was recorded through the four agents with the strategy in force.',
    agent: 'analyst_ai',
    ...job,
    cost: 0.8,
    minIntervalMs: 6 * hourMs,
    baseIntervalMs: 24 * hourMs,
    maxIntervalMs: 48 * hourMs,
    deadlineMs: 600 * secondMs,
  },
  report: {
    kind: 'report',
    description: 'Write down what the last day brought: decisions, tasks, trading, incidents.',
    agent: 'orchestrator_ai',
    ...job,
    cost: 0.1,
    minIntervalMs: hourMs,
    baseIntervalMs: 24 * hourMs,
    maxIntervalMs: 26 * hourMs,
    deadlineMs: 60 * secondMs,
  },
  retrain: {
    kind: 'retrain',
    description:
      'Refit confidence and look schedulers on what is stored; put in force only what predicts better.',
    agent: 'orchestrator_ai',
    ...job,
    cost: 0.6,
    minIntervalMs: 6 * hourMs,
    baseIntervalMs: 24 * hourMs,
    maxIntervalMs: 36 * hourMs,
    deadlineMs: 300 * secondMs,
  },
};

/** Longest admissible time without any look of the family, while its class is admitted. */
export const familyMaxIntervalMs: Readonly<Record<FamilyName, number>> = { 'crypto-scan': 20 * minuteMs };

/** Members from the cheapest on: the floor of a family asks for no more than it must. */
export const familyMembers: Readonly<Record<FamilyName, readonly TaskKind[]>> = {
  'crypto-scan': ['crypto-light-monitoring', 'crypto-normal-scan', 'crypto-aggressive-scan'],
};

/** Wait before the next attempt: 5 s, then twice as long each time, at most a minute. */
export function retryDelayMs(attemptsMade: number): number {
  return Math.min(minuteMs, 5 * secondMs * 2 ** Math.max(0, attemptsMade - 1));
}

/** Kinds that can delay one another, directly or through a third that waits for both. */
function rivalsOf(kind: TaskKind): readonly TaskKind[] {
  const rivals = new Set<TaskKind>([kind]);
  for (const rival of rivals) {
    const locks = new Set(taskCatalogue[rival].resources.map((lock) => lock.name));
    for (const other of taskKinds)
      if (taskCatalogue[other].resources.some((lock) => locks.has(lock.name))) rivals.add(other);
  }
  return [...rivals];
}

/**
 * How long before its limit the floor asks for a kind: every rival may go first once, and one more may hold the
 * locks with a retry, each for its whole deadline because its answer was lost.
 */
function leadOf(kind: TaskKind): number {
  const deadlines = rivalsOf(kind).map((rival) => taskCatalogue[rival].deadlineMs);
  return deadlines.reduce((sum, deadline) => sum + deadline, 0) + Math.max(...deadlines);
}

export const floorLeadMs = Object.fromEntries(taskKinds.map((kind) => [kind, leadOf(kind)])) as Readonly<
  Record<TaskKind, number>
>;

/** The tighter of a kind's own limit and its family's. */
function limitOf(kind: TaskKind): number {
  const entry = taskCatalogue[kind];
  return entry.family === null
    ? entry.maxIntervalMs
    : Math.min(entry.maxIntervalMs, familyMaxIntervalMs[entry.family]);
}

/** Why the limits of the catalogue could not all be kept; empty when they can. */
export function catalogueDefects(): string[] {
  return taskKinds.flatMap((kind) => {
    const entry = taskCatalogue[kind];
    const lead = floorLeadMs[kind];
    const defects: string[] = [];
    const limit = limitOf(kind);
    if (limit - lead < entry.minIntervalMs)
      defects.push(`${kind}: its floor falls into its minimum interval`);
    if (limit - lead < entry.baseIntervalMs)
      defects.push(`${kind}: its floor comes before its base interval`);
    for (const rival of rivalsOf(kind))
      if (limitOf(rival) - floorLeadMs[rival] <= lead) defects.push(`${kind}: ${rival} may go first twice`);
    for (const lock of entry.resources)
      if (lock.units > resourceUnits[lock.name])
        defects.push(`${kind}: needs more of ${lock.name} than there is`);
    return defects;
  });
}
