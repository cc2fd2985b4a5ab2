// From the settings to one intensity scheduler per market class: subjects, budgets, intervals; and the admission test
// that says, with numbers, which promises the budgets could not pay. It must never hold state.
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { timeframeMs } from '../../shared/domain/candle.ts';
import { type AssetClass, instrumentFor } from '../../shared/domain/instrument.ts';
import { defaultLookSettings, type LookSettings, maxLooksPerTask } from '../../shared/domain/look.ts';
import { type TaskKind, taskKinds } from '../../shared/domain/task.ts';
import { hourMs, minuteMs } from '../../shared/domain/time.ts';
import type { BudgetSettings } from '../intensity/budget-price.ts';
import { defaultFind, type FindDefinition, findForBars } from '../intensity/intensity-settings.ts';
import type { SchedulerSettings } from '../intensity/scheduler-types.ts';
import { durationText, rounded } from '../numbers.ts';
import { familyMaxIntervalMs, floorLeadMs, taskCatalogue } from '../task-catalogue.ts';

/** Declared cost of one look: judging a symbol takes about 0.2 ms of the analyst (bench/analyst.ts), the rest is journal. */
const cpuSecondsPerLook = 0.005;
const cpuBudget = 'cpu-seconds';
/** Budgets average over a day: bursts are paid from quiet hours. */
const budgetWindowHours = 24;
const startLevel = 0.5;
/** Looks at one symbol are at least this far apart. */
const minLookIntervalMs = minuteMs;
/** Sources of one class that can have a budget of their own. */
const maxSourcesPerClass = 12;
const maxFloorShare = 0.8;

/** Kinds whose symbols the scheduler of one class chooses: those that look at one class only. */
export function looksOf(kind: TaskKind): AssetClass | undefined {
  const { classes } = taskCatalogue[kind];
  return classes.length === 1 ? classes[0] : undefined;
}

const kindsOf: Readonly<Record<AssetClass, readonly TaskKind[]>> = {
  crypto: taskKinds.filter((kind) => looksOf(kind) === 'crypto'),
  forex: taskKinds.filter((kind) => looksOf(kind) === 'forex'),
};

/** The class's scan kinds, from the cheapest on. */
export function scanKinds(assetClass: AssetClass): readonly TaskKind[] {
  return [...kindsOf[assetClass]].sort((left, right) => taskCatalogue[left].cost - taskCatalogue[right].cost);
}

/** How long before a symbol's limit its look is asked for, so that locks and a kind's minimum interval cannot break it. */
function lookLeadMs(assetClass: AssetClass): number {
  const kinds = kindsOf[assetClass];
  return (
    Math.max(...kinds.map((kind) => floorLeadMs[kind])) +
    Math.max(...kinds.map((kind) => taskCatalogue[kind].minIntervalMs))
  );
}

/** The part of the agents' settings that looks depend on. */
export type LookWorld = Pick<AgentSettings, 'universe' | 'sources' | 'base_timeframe' | 'looks'>;

export interface ClassLimits {
  readonly assetClass: AssetClass;
  readonly symbols: readonly string[];
  readonly ids: ReadonlySet<string>;
  readonly find: FindDefinition;
  readonly settings: SchedulerSettings;
  /** False when a budget is zero: nothing of the class is ever looked at. */
  readonly funded: boolean;
}

/** Undefined for a class without symbols. */
export function classLimits(settings: LookWorld, assetClass: AssetClass): ClassLimits | undefined {
  const look = settings.looks ?? defaultLookSettings;
  const all = [...new Set(settings.universe)].filter((symbol) => instrumentFor(symbol) !== undefined);
  const symbols = all.filter((symbol) => instrumentFor(symbol)?.assetClass === assetClass);
  if (symbols.length === 0) return undefined;
  const sourceOf = (symbol: string) => look.source_of[symbol] ?? settings.sources[0] ?? 'market';
  const sources = [...new Set(symbols.map(sourceOf))].sort().slice(0, maxSourcesPerClass);
  const budgets: BudgetSettings[] = sources.map((name) => {
    const served = all.filter((symbol) => sourceOf(symbol) === name).length;
    const ofClass = symbols.filter((symbol) => sourceOf(symbol) === name).length;
    return budget(name, (callsPerHour(look, name, served) * ofClass) / served);
  });
  budgets.push(budget(cpuBudget, (look.cpu_seconds_per_hour * symbols.length) / all.length));
  // Never finer than the bars the prior was fitted on: a look reports closes of this distance.
  const find = findForBars(Math.max(timeframeMs[settings.base_timeframe], defaultFind.barMs));
  const maxIntervalMs = Math.max(minLookIntervalMs, look.max_interval_ms - lookLeadMs(assetClass));
  return {
    assetClass,
    symbols,
    ids: new Set(symbols),
    find,
    funded: budgets.every((one) => one.perHour > 0),
    settings: {
      find,
      budgets,
      // Asked at least once a bar; a floor is served one bar early.
      stepMs: Math.min(find.barMs, maxIntervalMs / 2),
      subjects: symbols.map((id) => ({
        id,
        minIntervalMs: minLookIntervalMs,
        maxIntervalMs,
        costs: { [sourceOf(id)]: 1, [cpuBudget]: cpuSecondsPerLook },
      })),
    },
  };
}

function budget(name: string, perHour: number): BudgetSettings {
  return { name, perHour, windowHours: budgetWindowHours, startLevel };
}

function callsPerHour(look: LookSettings, source: string, symbols: number): number {
  return look.source_calls_per_hour[source] ?? look.looks_per_hour * symbols;
}

/** Starts per hour that the floors of the class's kinds may force at most. */
function forcedStartsPerHour(assetClass: AssetClass): number {
  const family = new Set(kindsOf[assetClass].map((kind) => taskCatalogue[kind].family));
  let perHour = 0;
  for (const kind of kindsOf[assetClass])
    perHour += hourMs / (taskCatalogue[kind].maxIntervalMs - floorLeadMs[kind]);
  for (const name of family)
    if (name !== null)
      perHour +=
        hourMs /
        (familyMaxIntervalMs[name] - Math.max(...kindsOf[assetClass].map((kind) => floorLeadMs[kind])));
  // Of the forex session kinds two at most are open at once.
  return assetClass === 'forex' ? (perHour * 2) / 3 : perHour;
}

/**
 * Why the intervals could not all be kept within the budgets, each with its numbers and the settings to change; empty
 * when they can. A budget of exactly zero is not a defect: it switches the class's looks off.
 */
export function lookDefects(settings: LookWorld): string[] {
  return (['crypto', 'forex'] as const).flatMap((assetClass) => {
    const limits = classLimits(settings, assetClass);
    return limits?.funded ? classDefects(limits, settings) : [];
  });
}

function classDefects({ assetClass, symbols, settings }: ClassLimits, given: LookWorld): string[] {
  const defects: string[] = [];
  const [first] = settings.subjects;
  const everyMs = first?.maxIntervalMs ?? hourMs;
  const wanted = durationText((given.looks ?? defaultLookSettings).max_interval_ms);
  const lead = durationText(lookLeadMs(assetClass));
  for (const { name, perHour } of settings.budgets) {
    let floors = 0;
    let most = 0;
    for (const { costs } of settings.subjects) {
      floors += ((costs[name] ?? 0) * hourMs) / everyMs;
      most = Math.max(most, costs[name] ?? 0);
    }
    if (floors > maxFloorShare * perHour)
      defects.push(
        `${name} may spend ${rounded(perHour, 2)} an hour on ${assetClass}, but a look at each of ${symbols.length} symbols ` +
          `every ${wanted} (asked for ${lead} ahead) needs ${rounded(floors, 2)}, more than ${maxFloorShare * 100} % of it`,
      );
    const forced = most * forcedStartsPerHour(assetClass);
    if (forced > perHour)
      defects.push(
        `${name} may spend ${rounded(perHour, 2)} an hour on ${assetClass}, but the longest intervals of its scans alone need ${rounded(forced, 2)}`,
      );
  }
  const perTask = Math.max(
    ...kindsOf[assetClass].map((kind) => (maxLooksPerTask * hourMs) / taskCatalogue[kind].minIntervalMs),
  );
  const floorsPerHour = (symbols.length * hourMs) / everyMs;
  if (floorsPerHour > perTask)
    defects.push(
      `${symbols.length} ${assetClass} symbols every ${wanted} are ${Math.ceil(floorsPerHour)} looks an hour, and scans can take ${perTask}`,
    );
  return defects;
}
