// Which symbols a scan looks at, and when: the classes' planners behind one desk for the orchestrator's parts.
// It must never decide which kind of task runs; admission and the floors of kinds hold without it.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import type { AssetClass } from '../../shared/domain/instrument.ts';
import {
  type LookAnswer,
  type LookRecord,
  type LookRequest,
  maxBarsPerAnswer,
  maxLooksPerTask,
  maxLooksTold,
} from '../../shared/domain/look.ts';
import type { MarketMode } from '../../shared/domain/mode.ts';
import type { Task, TaskKind } from '../../shared/domain/task.ts';
import { type EpochMs, secondMs } from '../../shared/domain/time.ts';
import { type Admission, classesOf } from '../admission.ts';
import type { Wish } from '../intensity/scheduler-types.ts';
import type { Find } from '../learning/promises.ts';
import { taskCatalogue } from '../task-catalogue.ts';
import { classLimits, looksOf } from './look-limits.ts';
import { LookPlanner } from './look-planner.ts';

/** A bar's last candle needs this long to arrive: asked this much after each bar's close. */
const settleMs = 10 * secondMs;
/** A first look goes back this far. */
const maxBarsPerLook = 288;
/** Share of a class's symbols that one scan takes before their answers may change the rest. */
const shareAtOnce = 0.5;

const classes = ['crypto', 'forex'] as const satisfies readonly AssetClass[];

/**
 * `worth`: what is worth its price or due. `must`: at least one symbol, for a kind whose own floor is due.
 * `all`: as many as can be paid beside coming floors.
 */
export type Demand = 'worth' | 'must' | 'all';

export class LookDesk {
  readonly #planners = new Map<AssetClass, LookPlanner>();
  readonly #plannerOf = new Map<string, LookPlanner>();

  constructor(settings: AgentSettings) {
    for (const assetClass of classes) {
      const limits = classLimits(settings, assetClass);
      if (limits === undefined) continue;
      const planner = new LookPlanner(limits);
      this.#planners.set(assetClass, planner);
      for (const symbol of limits.symbols) this.#plannerOf.set(symbol, planner);
    }
    this.unfunded = [...this.#planners].flatMap(([name, planner]) => (planner.limits.funded ? [] : [name]));
  }

  restore(state: StateReader): void {
    for (const planner of this.#planners.values()) planner.restore(state);
  }

  save(turn: Turn): void {
    for (const planner of this.#planners.values()) planner.save(turn);
  }

  planner(assetClass: AssetClass): LookPlanner | undefined {
    return this.#planners.get(assetClass);
  }

  /** Classes of which nothing may be looked at, because a budget is zero. */
  readonly unfunded: readonly AssetClass[];

  /** Expected worth of what has happened unseen at the symbols of these classes. */
  waiting(assetClasses: readonly AssetClass[], now: EpochMs): Map<string, number> {
    return new Map(assetClasses.flatMap((name) => [...(this.#planners.get(name)?.waiting(now) ?? [])]));
  }

  classOf(symbol: string): AssetClass | undefined {
    return this.#plannerOf.get(symbol)?.limits.assetClass;
  }

  /** What admits kinds of tasks now: mode and switch, without the classes that cannot pay for a look. */
  admission(control: Omit<Admission, 'unfunded'>): Admission {
    return { ...control, unfunded: this.unfunded };
  }

  /** What is worth a look of this kind now; undefined for kinds whose symbols are not chosen one by one. */
  wish(kind: TaskKind, now: EpochMs): Wish | undefined {
    const assetClass = looksOf(kind);
    return assetClass === undefined ? undefined : this.#planners.get(assetClass)?.wish(now);
  }

  /** Chooses and pays for the symbols of a task of this kind. */
  plan(kind: TaskKind, mode: MarketMode, now: EpochMs, demand: Demand): LookRecord[] {
    const admitted = classesOf(mode);
    const looks: LookRecord[] = [];
    for (const assetClass of taskCatalogue[kind].classes) {
      const planner = this.#planners.get(assetClass);
      if (planner === undefined || !planner.limits.funded || !admitted.includes(assetClass)) continue;
      if (demand === 'all') looks.push(...takeAll(planner, now, maxLooksPerTask - looks.length));
      else looks.push(...planner.takeWorth(now, Math.ceil(planner.limits.symbols.length * shareAtOnce)));
    }
    if (looks.length === 0 && demand !== 'worth') looks.push(...this.#takeOne(kind, admitted, now));
    return looks;
  }

  /** The look that its floor needs first, paid also from what is kept for floors: it serves one. */
  #takeOne(kind: TaskKind, admitted: readonly AssetClass[], now: EpochMs): LookRecord[] {
    for (const assetClass of taskCatalogue[kind].classes) {
      const planner = this.#planners.get(assetClass);
      if (planner === undefined || !planner.limits.funded || !admitted.includes(assetClass)) continue;
      const symbol = planner.mostUrgent(now);
      const look = symbol === undefined ? undefined : planner.takeAsked(symbol, now, true);
      if (look !== undefined) return [look];
    }
    return [];
  }

  /** What a handler is asked to report of the symbols; undefined for tasks that look at none. */
  requestFor(symbols: readonly string[]): LookRequest | undefined {
    const [first] = symbols;
    const planner = first === undefined ? undefined : this.#plannerOf.get(first);
    if (planner === undefined) return undefined;
    const max_bars = Math.max(1, Math.min(maxBarsPerLook, Math.floor(maxBarsPerAnswer / symbols.length)));
    const after = symbols.map((symbol) => this.#plannerOf.get(symbol)?.knownThrough(symbol) ?? 0);
    return { bar_ms: planner.barMs, max_bars, after };
  }

  /**
   * Takes what a closed task showed. A symbol without a word of its own counts as looked at when the task succeeded
   * (a handler that reports no bars teaches nothing), and as failed otherwise. Returns the opportunities it brought to light.
   */
  closed(task: Task, answers: readonly LookAnswer[], now: EpochMs): Find[] {
    const finds: Find[] = [];
    const answerOf = new Map(answers.map((answer) => [answer.symbol, answer]));
    for (const symbol of task.symbols) {
      const planner = this.#plannerOf.get(symbol);
      const answer = answerOf.get(symbol);
      if (answer?.seen ?? task.state === 'succeeded')
        finds.push(...(planner?.seen(symbol, answer?.bars ?? [], now) ?? []));
      else planner?.failed(symbol);
    }
    return finds;
  }

  /** When the scheduler of an admitted class should be asked next: shortly after the close of its bar. */
  nextAskAt(mode: MarketMode, now: EpochMs): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const assetClass of classesOf(mode)) {
      const planner = this.#planners.get(assetClass);
      if (planner === undefined || !planner.limits.funded) continue;
      const { barMs } = planner;
      const at = (Math.floor((now - settleMs) / barMs) + 1) * barMs + settleMs;
      if (next === undefined || at < next) next = at;
    }
    return next;
  }
}

function takeAll(planner: LookPlanner, now: EpochMs, room: number): LookRecord[] {
  const looks: LookRecord[] = [];
  for (const symbol of planner.limits.symbols) {
    if (looks.length >= room) break;
    const look = planner.takeAsked(symbol, now, false, looks.length < maxLooksTold);
    if (look !== undefined) looks.push(look);
  }
  return looks;
}
