// The durable form of a class's scheduler: a snapshot in rows of their own, and the calls made since, one row for each
// handled message. Replaying the calls on the snapshot gives exactly the scheduler that made them.
import type { StateReader } from '../../kernel/agent.ts';
import type { AssetClass } from '../../shared/domain/instrument.ts';
import type { LookBar } from '../../shared/domain/look.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { IntensityModelState, SubjectState } from '../intensity/intensity-model.ts';
import { IntensityScheduler } from '../intensity/intensity-scheduler.ts';
import type { SchedulerSettings, SchedulerState } from '../intensity/scheduler-types.ts';
import { readMemory } from '../memory-rows.ts';

/** One call of the scheduler: its time moved on, `next` asked n times, a look asked for, an answer, a failure, new coefficients. */
export type LookCall =
  | readonly ['time', EpochMs]
  | readonly ['next', EpochMs, number]
  | readonly ['take', EpochMs, string, 0 | 1]
  | readonly ['seen', EpochMs, string, readonly LookBar[]]
  | readonly ['failed', string]
  | readonly ['refit', readonly number[]];

/** Everything but what is kept per symbol, and where the calls since then begin. */
interface SnapshotRow extends Omit<SchedulerState, 'model'> {
  readonly budget_names: readonly string[];
  readonly shared: Omit<IntensityModelState, 'subjects'>;
  readonly first_call: number;
}

export interface SymbolRow extends SubjectState {
  /** Close time of the last bar taken. */
  readonly known_through: EpochMs;
}

/** What the rows hold, still to be made into a scheduler. */
export interface LookRows {
  readonly snapshot: SnapshotRow | undefined;
  readonly symbols: ReadonlyMap<string, SymbolRow>;
  readonly calls: readonly (readonly LookCall[])[];
  readonly firstCall: number;
  /** True when the rows were made for other symbols or budgets. */
  readonly adapted: boolean;
  /** Symbols of the rows that are no longer asked for. */
  readonly gone: readonly string[];
}

/** Call rows that may wait for a snapshot; more are not looked for. */
export const maxCallRows = 320;

export const lookKeys = {
  snapshot: (assetClass: AssetClass) => `looks/${assetClass}/snapshot` as const,
  symbol: (assetClass: AssetClass, symbol: string) => `looks/${assetClass}/symbol/${symbol}` as const,
  calls: (assetClass: AssetClass, index: number) =>
    `looks/${assetClass}/calls/${String(index).padStart(12, '0')}` as const,
};

export function snapshotRow(
  scheduler: IntensityScheduler,
  budgetNames: readonly string[],
  firstCall: number,
): SnapshotRow {
  return {
    ...scheduler.commonState(),
    budget_names: budgetNames,
    shared: scheduler.model.sharedState(),
    first_call: firstCall,
  };
}

export function readLookRows(
  state: StateReader,
  assetClass: AssetClass,
  settings: SchedulerSettings,
): LookRows {
  const snapshot = readMemory(state, lookKeys.snapshot(assetClass)) as SnapshotRow | undefined;
  const firstCall = snapshot?.first_call ?? 0;
  const calls: (readonly LookCall[])[] = [];
  for (let index = firstCall; calls.length <= maxCallRows; index += 1) {
    const row = readMemory(state, lookKeys.calls(assetClass, index)) as readonly LookCall[] | undefined;
    if (row === undefined) break;
    calls.push(row);
  }
  const symbols = new Map<string, SymbolRow>();
  if (snapshot === undefined) return { snapshot, symbols, calls, firstCall, adapted: false, gone: [] };
  const before = new Set(snapshot.subjects);
  const wanted = new Set(settings.subjects.map((subject) => subject.id));
  for (const id of wanted) {
    const row = readMemory(state, lookKeys.symbol(assetClass, id)) as SymbolRow | undefined;
    if (row !== undefined && before.has(id)) symbols.set(id, row);
  }
  const gone = snapshot.subjects.filter((id) => !wanted.has(id));
  return { snapshot, symbols, calls, firstCall, gone, adapted: !sameShape(snapshot, settings) };
}

/**
 * The scheduler of the snapshot, as far as it fits: symbols and budgets that are new begin anew, the others go on.
 * Undefined when the rows are of another version: the shipped prior is a better start then.
 */
export function restoredScheduler(
  { snapshot, symbols }: LookRows,
  settings: SchedulerSettings,
): IntensityScheduler | undefined {
  if (snapshot === undefined) return undefined;
  try {
    return IntensityScheduler.restore(settings, fittedState(snapshot, symbols, settings));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function sameShape(snapshot: SnapshotRow, settings: SchedulerSettings): boolean {
  const ids = settings.subjects.map((subject) => subject.id).join(',');
  const names = settings.budgets.map((budget) => budget.name).join(',');
  return snapshot.subjects.join(',') === ids && snapshot.budget_names.join(',') === names;
}

function fittedState(
  snapshot: SnapshotRow,
  saved: ReadonlyMap<string, SymbolRow>,
  settings: SchedulerSettings,
): SchedulerState {
  const fresh = new IntensityScheduler(settings);
  const before = new Map(snapshot.subjects.map((id, index) => [id, index]));
  const of = (list: readonly number[], id: string, otherwise: number) =>
    list[before.get(id) ?? -1] ?? otherwise;
  const ids = settings.subjects.map((subject) => subject.id);
  const same = sameShape(snapshot, settings);
  return {
    version: snapshot.version,
    subjects: ids,
    time: snapshot.time,
    model: {
      subjects: ids.map((id, index) => saved.get(id) ?? fresh.model.subjectState(index)),
      ...snapshot.shared,
    },
    floors: {
      last: ids.map((id) => of(snapshot.floors.last, id, snapshot.time.elapsed)),
      not_before: ids.map((id) => of(snapshot.floors.not_before, id, 0)),
    },
    budgets: settings.budgets.map(
      ({ name }, r) => snapshot.budgets[snapshot.budget_names.indexOf(name)] ?? budgetAt(fresh, r, snapshot),
    ),
    failures: ids.map((id) => of(snapshot.failures, id, 0)),
    waiting_candidates: same ? snapshot.waiting_candidates : [],
    slots: snapshot.slots,
  };
}

/** A new budget begins at its start level, now. */
function budgetAt(
  fresh: IntensityScheduler,
  r: number,
  snapshot: SnapshotRow,
): SchedulerState['budgets'][number] {
  const begun = fresh.commonState().budgets[r];
  if (begun === undefined) throw new RangeError('a budget is missing');
  return { ...begun, open_ms: snapshot.time.open };
}
