// One market class's looks: asks its intensity scheduler, remembers every call that changed it, and keeps it in rows.
// It must never choose by itself, and never leave a call that rows do not know.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import { type LookBar, type LookRecord, maxLooksPerTask, maxLooksTold } from '../../shared/domain/look.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import { explainSubject } from '../intensity/explanation.ts';
import type { FindListener } from '../intensity/intensity-model.ts';
import { IntensityScheduler } from '../intensity/intensity-scheduler.ts';
import { fitsLearner } from '../intensity/learner.ts';
import type { Slot, Wish } from '../intensity/scheduler-types.ts';
import type { Find } from '../learning/promises.ts';
import { forgetMemory, writeMemory } from '../memory-rows.ts';
import { rounded } from '../numbers.ts';
import type { ClassLimits } from './look-limits.ts';
import {
  type LookCall,
  type LookRows,
  lookKeys,
  maxCallRows,
  readLookRows,
  restoredScheduler,
  type SymbolRow,
  snapshotRow,
} from './look-rows.ts';

/** Call rows after which a snapshot is written. */
const snapshotEvery = 256;

export class LookPlanner {
  readonly limits: ClassLimits;
  #scheduler: IntensityScheduler | undefined;
  /** Rows from which the scheduler is still to be made: only when somebody asks, a restart must be cheap. */
  #rows: LookRows | undefined;
  #calls: LookCall[] = [];
  readonly #knownThrough = new Map<string, EpochMs>();
  /** Symbols whose rows are older than what is held. */
  readonly #touched = new Set<string>();
  /** Number of the first and of the next call row. */
  #firstCall = 0;
  #nextCall = 0;
  #snapshotDue = false;
  /** Symbols of the rows that the universe no longer has. */
  #gone: readonly string[] = [];
  /** The answer to the last question, until something changes. */
  #wish: Wish | undefined;

  constructor(limits: ClassLimits) {
    this.limits = limits;
  }

  get scheduler(): IntensityScheduler {
    this.#scheduler ??= this.#made();
    return this.#scheduler;
  }

  get barMs(): number {
    return this.limits.find.barMs;
  }

  restore(state: StateReader): void {
    const { assetClass, settings } = this.limits;
    const rows = readLookRows(state, assetClass, settings);
    this.#rows = rows;
    this.#scheduler = undefined;
    this.#firstCall = rows.firstCall;
    this.#nextCall = rows.firstCall + rows.calls.length;
    this.#gone = rows.gone;
    this.#snapshotDue = rows.adapted;
    this.#calls = [];
    this.#wish = undefined;
  }

  #made(): IntensityScheduler {
    const { settings } = this.limits;
    const rows = this.#rows;
    this.#rows = undefined;
    this.#knownThrough.clear();
    this.#touched.clear();
    const restored = rows === undefined ? undefined : restoredScheduler(rows, settings);
    this.#scheduler = restored ?? new IntensityScheduler(settings);
    if (rows === undefined) return this.#scheduler;
    if (restored !== undefined)
      for (const [symbol, row] of rows.symbols) this.#knownThrough.set(symbol, row.known_through);
    for (const calls of rows.calls) for (const call of calls) this.#repeat(call);
    return this.#scheduler;
  }

  /** What would be looked at now, at no cost. */
  wish(now: EpochMs): Wish {
    this.#moveTo(now);
    this.#wish ??= this.scheduler.wishes(now);
    return this.#wish;
  }

  /** Takes what is worth its price, and what its floor asks for, at most `limit`. */
  takeWorth(now: EpochMs, limit: number): LookRecord[] {
    const slots: Slot[] = [];
    let asked = 0;
    while (slots.length < Math.min(limit, maxLooksPerTask)) {
      const slot = this.scheduler.next(now);
      asked += 1;
      if (slot === undefined) break;
      slots.push(slot);
    }
    this.#keep(['next', now, asked]);
    return slots.map((slot, index) => this.#recordOf(slot, index < maxLooksTold));
  }

  /** Takes one look that somebody asks for; undefined when it is too early or cannot be paid. */
  takeAsked(symbol: string, now: EpochMs, urgent: boolean, told = true): LookRecord | undefined {
    const slot = this.scheduler.take(symbol, now, urgent);
    this.#keep(['take', now, symbol, urgent ? 1 : 0]);
    return slot === undefined ? undefined : this.#recordOf(slot, told);
  }

  mostUrgent(now: EpochMs): string | undefined {
    this.#moveTo(now);
    return this.scheduler.mostUrgent(now);
  }

  knownThrough(symbol: string): EpochMs {
    return this.scheduler.knows(symbol) ? (this.#knownThrough.get(symbol) ?? 0) : 0;
  }

  /** What a look showed, and the opportunities that came to light by it; symbols of another class are ignored. */
  seen(symbol: string, bars: readonly LookBar[], now: EpochMs): Find[] {
    if (!this.has(symbol)) return [];
    this.#keep(['seen', now, symbol, bars]);
    const finds: Find[] = [];
    const { assetClass } = this.limits;
    this.#observe(symbol, bars, now, (at, value) => finds.push({ assetClass, symbol, at, value }));
    return finds;
  }

  /** Expected worth of what has happened unseen, by symbol. */
  waiting(now: EpochMs): ReadonlyMap<string, number> {
    const { waiting } = this.wish(now);
    return new Map(this.scheduler.subjects.map((symbol, index) => [symbol, waiting[index] ?? 0]));
  }

  /** A look that brought nothing: it stays paid. */
  failed(symbol: string): void {
    if (!this.has(symbol)) return;
    const call: LookCall = ['failed', symbol];
    this.#keep(call);
    this.#repeat(call);
  }

  /** Puts refitted coefficients in force; learning goes on from there. False when they do not fit. */
  refit(coefficients: readonly number[]): boolean {
    if (!fitsLearner(coefficients)) return false;
    const call: LookCall = ['refit', coefficients];
    this.#keep(call);
    this.#repeat(call);
    return true;
  }

  has(symbol: string): boolean {
    return this.limits.ids.has(symbol);
  }

  /** Writes this handler's calls, and now and then a snapshot in their place. */
  save(turn: Turn): void {
    if (this.#calls.length === 0) return;
    const { assetClass } = this.limits;
    if (this.#snapshotDue || this.#nextCall - this.#firstCall >= snapshotEvery) this.#snapshot(turn);
    else {
      writeMemory(turn, lookKeys.calls(assetClass, this.#nextCall), this.#calls);
      this.#nextCall += 1;
    }
    this.#calls = [];
  }

  #snapshot(turn: Turn): void {
    const { assetClass, settings } = this.limits;
    for (
      let index = this.#firstCall;
      index < Math.min(this.#nextCall, this.#firstCall + maxCallRows);
      index += 1
    )
      forgetMemory(turn, lookKeys.calls(assetClass, index));
    this.#firstCall = this.#nextCall;
    const names = settings.budgets.map((budget) => budget.name);
    writeMemory(turn, lookKeys.snapshot(assetClass), snapshotRow(this.scheduler, names, this.#firstCall));
    for (const symbol of this.#touched) {
      const row: SymbolRow = {
        ...this.scheduler.model.subjectState(this.scheduler.indexOf(symbol)),
        known_through: this.knownThrough(symbol),
      };
      writeMemory(turn, lookKeys.symbol(assetClass, symbol), row);
    }
    for (const symbol of this.#gone) forgetMemory(turn, lookKeys.symbol(assetClass, symbol));
    this.#gone = [];
    this.#touched.clear();
    this.#snapshotDue = false;
  }

  /** A question moves the scheduler's time, which a later restore must know. */
  #moveTo(now: EpochMs): void {
    if (now === this.scheduler.now) return;
    const call: LookCall = ['time', now];
    this.#keep(call);
    this.#repeat(call);
  }

  #keep(call: LookCall): void {
    this.#calls.push(call);
    this.#wish = undefined;
  }

  /** Does what the call says to the scheduler; calls for symbols that are gone are passed over. */
  #repeat(call: LookCall): void {
    switch (call[0]) {
      case 'time':
        this.scheduler.advance(call[1]);
        return;
      case 'next':
        for (let asked = 0; asked < call[2]; asked += 1) this.scheduler.next(call[1]);
        return;
      case 'take':
        if (this.has(call[2])) this.scheduler.take(call[2], call[1], call[3] === 1);
        return;
      case 'seen':
        if (this.has(call[2])) this.#observe(call[2], call[3], call[1]);
        return;
      case 'failed':
        if (this.has(call[1])) this.scheduler.failed(call[1]);
        return;
      case 'refit':
        this.scheduler.model.learner.replace(call[1]);
    }
  }

  #observe(symbol: string, bars: readonly LookBar[], now: EpochMs, onFind?: FindListener): void {
    const column = (index: 0 | 1 | 2) => bars.map((bar) => bar[index]);
    const known = this.knownThrough(symbol);
    const columns = { count: bars.length, at: column(0), close: column(1), volume: column(2) };
    this.scheduler.observe(symbol, columns, now, onFind);
    const last = bars.findLast((bar) => bar[0] <= now)?.[0] ?? known;
    this.#knownThrough.set(symbol, Math.max(known, last));
    this.#touched.add(symbol);
  }

  /** Words cost time: only looks that will be told get them. */
  #recordOf(slot: Slot, told: boolean): LookRecord {
    return {
      slot_id: `${this.limits.assetClass}/${slot.id}`,
      symbol: slot.subject,
      reason: slot.reason,
      gain: rounded(slot.gain, 6),
      price: rounded(slot.price, 6),
      text: told ? explainSubject(this.scheduler, slot).text : '',
    };
  }
}
