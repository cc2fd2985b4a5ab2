// What is known of each subject as of its last look: one row of numbers each, in one array that scoring can run through.
// It must never change between looks but for advice.
import type { SubjectHistory } from './subject-history.ts';

/** Numbers of a row. */
export const column = {
  lookBar: 0,
  findBar: 1,
  /** Log of its own rate of finds against the usual one. */
  ownRate: 2,
  proximity: 3,
  fastVolatility: 4,
  middleVolatility: 5,
  slowVolatility: 6,
  selfExcitation: 7,
  slowExcitation: 8,
  volume: 9,
  /** How far it moves with what others show, -1.5 to 1.5. */
  coupling: 10,
  /** Log of a multiplier that somebody advised. */
  advice: 11,
  directionSquares: 12,
  directionProducts: 13,
} as const;
export const columns = 14;

export const neverLooked = -1e9;
/** Finds a day of a subject of which nothing is known, at tau = 30 minutes. */
export const basePerDay = 1.2;
export const usualCoupling = 0.7;

const finalBaseDays = 10;
const couplingPrior = 20;
const couplingForgetting = 0.9995;

export class SubjectTable {
  /** Rows of `columns` numbers; replaced when it grows, so never kept by a caller. */
  values = new Float64Array(columns * 16);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a subject nobody has looked at; returns its index. */
  add(): number {
    const index = this.#size;
    if ((index + 1) * columns > this.values.length) {
      const grown = new Float64Array(this.values.length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.#size += 1;
    const row = index * columns;
    this.values[row + column.lookBar] = neverLooked;
    this.values[row + column.findBar] = neverLooked;
    this.values[row + column.coupling] = usualCoupling;
    return index;
  }

  get(subject: number, which: number): number {
    return this.values[subject * columns + which] as number;
  }

  setAdvice(subject: number, logMultiplier: number): void {
    this.values[subject * columns + column.advice] = logMultiplier;
  }

  /** Takes over what a look at `bar` has left in the subject's history. `baseRate` is finds per bar. */
  settle(subject: number, history: SubjectHistory, bar: number, baseRate: number, barsPerDay: number): void {
    const row = subject * columns;
    const r = this.values;
    r[row + column.lookBar] = bar;
    r[row + column.findBar] = history.lastFindBar;
    const priorBars = finalBaseDays * barsPerDay;
    r[row + column.ownRate] = Math.log(
      (history.finds + priorBars * baseRate) / (history.bars + priorBars) / baseRate,
    );
    r[row + column.proximity] = history.proximity;
    r[row + column.fastVolatility] = history.fastVolatility;
    r[row + column.middleVolatility] = history.middleVolatility;
    r[row + column.slowVolatility] = history.slowVolatility;
    r[row + column.selfExcitation] = history.hawkesFast;
    r[row + column.slowExcitation] = history.hawkesSlow;
    r[row + column.volume] = history.volumeSurge;
    const squares = r[row + column.directionSquares] as number;
    const products = r[row + column.directionProducts] as number;
    r[row + column.coupling] = Math.max(
      -1.5,
      Math.min(1.5, (products + couplingPrior * usualCoupling) / (squares + couplingPrior)),
    );
  }

  /** One bar in which others showed `direction` and the subject moved by `signed`. */
  couple(subject: number, direction: number, signed: number): void {
    const r = this.values;
    const squares = subject * columns + column.directionSquares;
    const products = subject * columns + column.directionProducts;
    r[squares] = couplingForgetting * (r[squares] as number) + direction * direction;
    r[products] = couplingForgetting * (r[products] as number) + direction * signed;
  }

  /** JSON-safe copy of a row. */
  rowOf(subject: number): number[] {
    return Array.from(this.values.subarray(subject * columns, (subject + 1) * columns), (value) => value + 0);
  }

  /** Throws RangeError for a row of another length. */
  load(subject: number, row: readonly number[]): void {
    if (row.length !== columns) throw new RangeError('subject row does not fit');
    this.values.set(row, subject * columns);
  }
}
