// One scarce resource: a token bucket that can never be overdrawn, and the price that makes it last.
// The price is a Lagrange multiplier moved by the bucket's level; it must never create tokens.
import { dayMs, hourMs } from '../../shared/domain/time.ts';

export interface BudgetSettings {
  readonly name: string;
  /** Units refilled per hour; 0 means nothing may ever be spent. */
  readonly perHour: number;
  /** Capacity in hours of refill. */
  readonly windowHours: number;
  /** Share of the capacity filled at the start, 0..1. */
  readonly startLevel: number;
}

export interface BudgetState {
  readonly level: number;
  readonly log_price: number;
  readonly spent: number;
  readonly open_ms: number;
}

/** How strongly a full bucket lowers the price at once. */
const levelGain = 3;
/** Slow correction per five minutes; faster in the first two days. */
const slowGain = 5e-4;
const fastFactor = 21;
const fastMs = 2 * dayMs;
const stepMs = 300_000;

export class BudgetPrice {
  readonly settings: BudgetSettings;
  readonly capacity: number;
  #level: number;
  #logPrice: number;
  #spent = 0;
  #openMs = 0;

  /** `startPrice`: expected gain per unit at which the budget would just be used. */
  constructor(settings: BudgetSettings, startPrice: number) {
    const { perHour, windowHours, startLevel } = settings;
    if (!(perHour >= 0 && Number.isFinite(perHour) && windowHours > 0 && startLevel >= 0 && startLevel <= 1))
      throw new RangeError(`budget ${settings.name}: perHour, windowHours and startLevel must be sensible`);
    this.settings = settings;
    this.capacity = perHour * windowHours;
    this.#level = this.capacity * startLevel;
    this.#logPrice = Math.log(Math.max(startPrice, 1e-12));
  }

  /** Refills for the open time since the last call and moves the price. */
  advance(openMs: number): void {
    const passed = openMs - this.#openMs;
    if (!(passed > 0)) return;
    this.#level = Math.min(this.capacity, this.#level + (this.settings.perHour * passed) / hourMs);
    const gain = slowGain * (this.#openMs < fastMs ? fastFactor : 1);
    this.#logPrice -= gain * Math.min(12, passed / stepMs) * (this.share() - 0.5);
    this.#openMs = openMs;
  }

  /** Filled share, 0..1. */
  share(): number {
    return this.capacity > 0 ? this.#level / this.capacity : 0;
  }

  get level(): number {
    return this.#level;
  }

  get spent(): number {
    return this.#spent;
  }

  price(): number {
    return Math.exp(this.#logPrice - levelGain * (2 * this.share() - 1));
  }

  /** True when the refill of the next bar would be lost. */
  overflowing(barMs: number): boolean {
    return this.capacity > 0 && this.#level + (this.settings.perHour * barMs) / hourMs > this.capacity;
  }

  affords(amount: number): boolean {
    return amount <= 0 || this.#level >= amount - 1e-9;
  }

  /** Takes units; throws RangeError instead of overdrawing. */
  spend(amount: number): void {
    if (!this.affords(amount)) throw new RangeError(`budget ${this.settings.name} would be overdrawn`);
    this.#level = Math.max(0, this.#level - amount);
    this.#spent += amount;
  }

  toState(): BudgetState {
    return {
      level: this.#level + 0,
      log_price: this.#logPrice + 0,
      spent: this.#spent,
      open_ms: this.#openMs,
    };
  }

  load(state: BudgetState): void {
    this.#level = Math.max(0, Math.min(this.capacity, state.level));
    this.#logPrice = state.log_price;
    this.#spent = state.spent;
    this.#openMs = state.open_ms;
  }
}
