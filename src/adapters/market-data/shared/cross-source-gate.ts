// Compares what several live sources say of the same instrument: a spike that nobody else saw is not believed.
// It must never judge by a source that is old, simulated or recorded, and never decide between two that differ for long.
import type { AssetClass } from '../../../shared/domain/instrument.ts';
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';

export const crossSourceReason = 'spike against other sources';

/** Fractions by which two venues of one instrument may differ. Baskets of venues differ by far less on a bad day. */
const defaultLimits: Readonly<Record<AssetClass, number>> = { crypto: 0.05, forex: 0.01 };
const fallbackLimit = 0.05;
/** A price older than this says nothing about one of now. */
const freshMs = 120_000;
/** Further prices that must agree before one of two lone sources is believed against the other. */
const confirmations = 3;
const maxSymbols = 5_000;

/** Last believed price of one source, with the suspects that may become the next one. */
interface SourcePrice {
  price: number;
  at: EpochMs;
  suspectPrice: number;
  suspects: number;
}

export class CrossSourceGate {
  readonly #limits: Readonly<Partial<Record<string, number>>>;
  readonly #symbols = new Map<string, Map<string, SourcePrice>>();

  constructor(limits: Readonly<Record<AssetClass, number>> = defaultLimits) {
    this.#limits = limits;
  }

  /** True when the price may pass; false when it is a spike that no other source of the symbol saw. */
  admits(source: string, symbol: string, price: number, at: EpochMs): boolean {
    const prices = this.#pricesOf(symbol);
    const own = prices.get(source);
    const others: number[] = [];
    for (const [name, other] of prices)
      if (name !== source && Math.abs(at - other.at) <= freshMs) others.push(other.price);
    if (others.length === 0 || this.#agrees(symbol, price, medianOf(others))) {
      accept(prices, source, price, at);
      return true;
    }
    if (others.length > 1 && this.#agrees(symbol, Math.max(...others), Math.min(...others))) return false;
    // Against one other source, whoever has just jumped is the suspect; two that differ for long both stay.
    const jumped =
      own === undefined || at - own.at > freshMs || this.#agrees(symbol, own.price, medianOf(others));
    if (!jumped && own !== undefined && this.#agrees(symbol, price, own.price)) {
      accept(prices, source, price, at);
      return true;
    }
    return this.#confirmed(symbol, prices, source, price, at);
  }

  /** Forgets a source that was restarted or stopped. */
  forget(source: string): void {
    for (const prices of this.#symbols.values()) prices.delete(source);
  }

  #confirmed(
    symbol: string,
    prices: Map<string, SourcePrice>,
    source: string,
    price: number,
    at: EpochMs,
  ): boolean {
    // A source never believed yet has no price of its own: an instant long ago keeps it out of comparisons.
    const own = prices.get(source) ?? { price, at: Number.NEGATIVE_INFINITY, suspectPrice: 0, suspects: 0 };
    prices.set(source, own);
    const again = own.suspects > 0 && this.#agrees(symbol, price, own.suspectPrice);
    own.suspects = again ? own.suspects + 1 : 1;
    own.suspectPrice = price;
    if (own.suspects <= confirmations) return false;
    accept(prices, source, price, at);
    return true;
  }

  #pricesOf(symbol: string): Map<string, SourcePrice> {
    let prices = this.#symbols.get(symbol);
    if (prices === undefined) {
      if (this.#symbols.size >= maxSymbols) this.#symbols.clear();
      prices = new Map();
      this.#symbols.set(symbol, prices);
    }
    return prices;
  }

  #agrees(symbol: string, price: number, reference: number): boolean {
    const limit = this.#limits[instrumentFor(symbol)?.assetClass ?? ''] ?? fallbackLimit;
    return Math.abs(price / reference - 1) <= limit;
  }
}

function accept(prices: Map<string, SourcePrice>, source: string, price: number, at: EpochMs): void {
  const own = prices.get(source);
  if (own === undefined) prices.set(source, { price, at, suspectPrice: 0, suspects: 0 });
  else if (at >= own.at) {
    own.price = price;
    own.at = at;
    own.suspects = 0;
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
