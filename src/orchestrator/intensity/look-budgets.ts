// All budgets a look draws on together: what a look at each subject costs, whether it can be paid, and what it must be
// worth. It must never let a look at one subject be paid from what another subject's floor will need.
import { BudgetPrice, type BudgetSettings, type BudgetState } from './budget-price.ts';
import type { Floors } from './floors.ts';
import type { FindDefinition } from './intensity-settings.ts';
import { costOf, type SubjectSettings, startPrice } from './scheduler-types.ts';

const maxBudgets = 16;
/** Share of every budget that floors may claim at most. */
const maxFloorShare = 0.8;
const hourMs = 3_600_000;

export class LookBudgets {
  readonly #subjects: readonly SubjectSettings[];
  readonly #floors: Floors;
  readonly #budgets: readonly BudgetPrice[];
  /** Costs per budget, then per subject. */
  readonly #costs: readonly Float64Array[];
  /** One look at everybody, per budget. */
  readonly #totals: readonly number[];

  /** Throws RangeError for no budget or too many, and for a cost that is no amount. */
  constructor(
    settings: readonly BudgetSettings[],
    subjects: readonly SubjectSettings[],
    find: FindDefinition,
    floors: Floors,
  ) {
    if (settings.length === 0 || settings.length > maxBudgets)
      throw new RangeError(`between 1 and ${maxBudgets} budgets`);
    this.#subjects = subjects;
    this.#floors = floors;
    this.#costs = settings.map((budget) =>
      Float64Array.from(subjects, (subject) => costOf(subject, budget.name)),
    );
    this.#budgets = settings.map(
      (budget, r) => new BudgetPrice(budget, startPrice(budget, this.#costs[r] as Float64Array, find)),
    );
    this.#totals = this.#costs.map((costs) => costs.reduce((sum, cost) => sum + cost, 0));
  }

  /** Refills for the open time that has passed. */
  advance(openMs: number): void {
    for (const budget of this.#budgets) budget.advance(openMs);
  }

  named(name: string): BudgetPrice | undefined {
    return this.#budgets.find((budget) => budget.settings.name === name);
  }

  /** Sum over budgets of price x units: what a look at the subject must be worth now. */
  priceOf(subject: number): number {
    let price = 0;
    for (let r = 0; r < this.#budgets.length; r += 1)
      price += (this.#budgets[r] as BudgetPrice).price() * this.#cost(r, subject);
    return price;
  }

  /** The same for many subjects at one instant: prices are taken once. */
  pricing(): (subject: number) => number {
    const prices = this.#budgets.map((budget) => budget.price());
    return (subject) => {
      let price = 0;
      for (let r = 0; r < prices.length; r += 1) price += (prices[r] as number) * this.#cost(r, subject);
      return price;
    };
  }

  affords(subject: number): boolean {
    return this.#budgets.every((budget, r) => budget.affords(this.#cost(r, subject)));
  }

  /** False when some budget is empty, so that nothing at all can be paid. */
  get anyAffordable(): boolean {
    return this.#budgets.every((budget) => budget.capacity > 0 && budget.level > 0);
  }

  /** True when the refill of the next step would be lost in every budget. */
  overflowing(stepMs: number): boolean {
    return this.#budgets.every((budget) => budget.overflowing(stepMs));
  }

  affordsBesideFloors(subject: number, elapsed: number): boolean {
    return this.#budgets.every((_, r) => this.#cost(r, subject) <= this.#roomBesideFloors(r, elapsed));
  }

  /** The same for many subjects at one instant: what floors need is counted once. */
  affordableBesideFloors(elapsed: number): (subject: number) => boolean {
    const room = this.#budgets.map((_, r) => this.#roomBesideFloors(r, elapsed));
    return (subject) => room.every((units, r) => this.#cost(r, subject) <= units);
  }

  /** Takes what a look at the subject costs. Throws RangeError instead of overdrawing. */
  spend(subject: number): void {
    this.#budgets.forEach((budget, r) => {
      budget.spend(this.#cost(r, subject));
    });
  }

  /** Units that may be spent without taking from what coming floors need. */
  #roomBesideFloors(r: number, elapsed: number): number {
    const budget = this.#budgets[r] as BudgetPrice;
    const total = this.#totals[r] as number;
    // The reserve is never more than one look at everybody: with so much left it need not be counted.
    if (budget.level >= 2 * total) return budget.level - total;
    const refill = budget.settings.perHour / hourMs;
    return budget.level - this.#floors.reserve(this.#costs[r] as Float64Array, refill, elapsed) + 1e-9;
  }

  #cost(r: number, subject: number): number {
    return (this.#costs[r] as Float64Array)[subject] as number;
  }

  /** Promises the budgets cannot pay: each budget must cover all floors with 80 % of its refill. Empty when sound. */
  admissionDefects(): string[] {
    return this.#budgets.flatMap(({ settings }, r) => {
      let perHour = 0;
      this.#subjects.forEach((subject, index) => {
        perHour += (this.#cost(r, index) * hourMs) / subject.maxIntervalMs;
      });
      if (perHour <= maxFloorShare * settings.perHour) return [];
      return [
        `budget ${settings.name} refills ${settings.perHour} an hour, but the maximum intervals alone ` +
          `need ${perHour.toFixed(2)}, more than ${maxFloorShare * 100} % of it`,
      ];
    });
  }

  toState(): BudgetState[] {
    return this.#budgets.map((budget) => budget.toState());
  }

  /** Throws RangeError when a budget is missing. */
  load(state: readonly BudgetState[]): void {
    this.#budgets.forEach((budget, r) => {
      const saved = state[r];
      if (saved === undefined) throw new RangeError('a budget is missing in the saved schedule');
      budget.load(saved);
    });
  }
}
