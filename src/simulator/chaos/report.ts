// What a campaign of runs amounts to, cell by cell. The same seeds give the same report: it holds no real time.
import {
  type Cell,
  type CrashPoint,
  cells,
  type Fault,
  faultNames,
  type HouseKind,
  houseKindNames,
} from './cells.ts';
import { type CheckerName, checkerNames } from './checkers/checker.ts';
import type { RunResult } from './scenario.ts';

/** Violations told one by one; all are counted. */
const maxToldViolations = 100;

export interface CellCounts {
  readonly runs: number;
  readonly violations: number;
  readonly crashes: number;
  readonly orders: number;
  readonly fills: number;
  readonly unknowns: number;
  readonly unknowns_resolved: number;
  /** Runs whose books differed from the venue when the world healed. */
  readonly disturbed: number;
  /** Of those: simulated time from healing until books and venue agreed about everything; null without any. */
  readonly reconcile_p50_ms: number | null;
  readonly reconcile_p99_ms: number | null;
  readonly never_reconciled: number;
}

interface FaultReport extends CellCounts {
  readonly fault: Fault;
}

interface HouseReport extends CellCounts {
  readonly house: HouseKind;
}

interface CellReport extends CellCounts {
  readonly fault: Fault;
  readonly crash: CrashPoint;
}

interface ToldViolation {
  readonly seed: number;
  readonly fault: Fault;
  readonly crash: CrashPoint;
  readonly house: HouseKind;
  readonly checker: CheckerName;
  readonly detail: string;
  readonly at: string;
  /** The one command that shows it again. */
  readonly reproduce: string;
}

export interface ChaosReport {
  readonly first_seed: number;
  readonly seeds: number;
  /** Name of what was broken on purpose; null for the house as it is. */
  readonly broken: string | null;
  readonly total: CellCounts;
  readonly checkers: Readonly<Record<CheckerName, number>>;
  readonly faults: readonly FaultReport[];
  readonly houses: readonly HouseReport[];
  readonly cells: readonly CellReport[];
  readonly violations: readonly ToldViolation[];
}

export interface ReportOptions {
  readonly firstSeed: number;
  readonly broken: string | null;
  /** Options of the command that made the runs differ from the default, to be repeated in `reproduce`. */
  readonly commandOptions: string;
}

/** Runs in any order; the report is in the order of cells and seeds. */
export function reportOf(runs: readonly RunResult[], options: ReportOptions): ChaosReport {
  const sorted = [...runs].sort((left, right) => left.seed - right.seed);
  const counts = Object.fromEntries(Object.keys(checkerNames).map((name) => [name, 0])) as Record<
    CheckerName,
    number
  >;
  const told: ToldViolation[] = [];
  for (const { seed, cell, house, violations } of sorted)
    for (const { checker, detail, at } of violations) {
      counts[checker]++;
      if (told.length >= maxToldViolations) continue;
      const reproduce = `ato chaos trading --first-seed ${seed} --seeds 1${options.commandOptions} --json`;
      told.push({ seed, ...cell, house, checker, detail, at, reproduce });
    }
  return {
    first_seed: options.firstSeed,
    seeds: sorted.length,
    broken: options.broken,
    total: countsOf(sorted),
    checkers: counts,
    faults: faultNames
      .map((fault) => ({ fault, ...countsOf(sorted.filter((run) => run.cell.fault === fault)) }))
      .filter((row) => row.runs > 0),
    houses: houseKindNames
      .map((house) => ({ house, ...countsOf(sorted.filter((run) => run.house === house)) }))
      .filter((row) => row.runs > 0),
    cells: cells
      .map((cell) => ({ ...cell, ...countsOf(sorted.filter((run) => isIn(run, cell))) }))
      .filter((cell) => cell.runs > 0),
    violations: told,
  };
}

function isIn({ cell }: RunResult, { fault, crash }: Cell): boolean {
  return cell.fault === fault && cell.crash === crash;
}

function countsOf(runs: readonly RunResult[]): CellCounts {
  const sum = (of: (run: RunResult) => number) => runs.reduce((total, run) => total + of(run), 0);
  const reconciled = runs.filter((run) => run.reconcileMs !== null).length;
  const times = runs.flatMap((run) =>
    run.reconcileMs === null || run.reconcileMs === 0 ? [] : [run.reconcileMs],
  );
  times.sort((left, right) => left - right);
  return {
    runs: runs.length,
    violations: sum((run) => run.violations.length),
    crashes: sum((run) => run.crashes),
    orders: sum((run) => run.orders),
    fills: sum((run) => run.fills),
    unknowns: sum((run) => run.unknowns),
    unknowns_resolved: sum((run) => run.unknownsResolved),
    disturbed: times.length + runs.length - reconciled,
    reconcile_p50_ms: quantile(times, 0.5),
    reconcile_p99_ms: quantile(times, 0.99),
    never_reconciled: runs.length - reconciled,
  };
}

/** Nearest rank of ascending values. */
function quantile(values: readonly number[], share: number): number | null {
  return values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? null;
}
