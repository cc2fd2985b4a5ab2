// How orders fill inside one candle or against one quote: the same rules for backtest, paper and simulation.
// Where a candle leaves the order of events open, the rule is against the trader. It must never look past the candle given.
import type { Candle } from './candle.ts';
import type { OrderSide } from './order.ts';
import type { DepthLevel } from './quote.ts';

/** The part of a candle that fills depend on. */
type PriceRange = Pick<Candle, 'open' | 'high' | 'low'>;

/** Parts of the price paid beyond the reference, all as fractions of the price. */
export interface SlippageModel {
  readonly base: number;
  /** Share of one candle's typical absolute return. */
  readonly volatilityShare: number;
  /** Coefficient of the square-root impact law: impact x volatility x sqrt(share of candle volume). */
  readonly impact: number;
}

/**
 * Slippage as a fraction of the price. `volatility` is the typical absolute return of one candle, `participation`
 * the order's share of the candle's volume (0 when volume is not known).
 * The impact term is the square-root law, Almgren et al., "Direct Estimation of Equity Market Impact" (2005).
 */
export function slippageFraction(model: SlippageModel, volatility: number, participation: number): number {
  return (
    model.base +
    model.volatilityShare * volatility +
    model.impact * volatility * Math.sqrt(Math.max(0, participation))
  );
}

/** Price after costs: buys pay more, sells receive less. `costs` is half the spread plus slippage, a fraction. */
export function priceAfterCosts(side: OrderSide, reference: number, costs: number): number {
  return side === 'buy' ? reference * (1 + costs) : reference * Math.max(0, 1 - costs);
}

/** Part of one side of a pool that a single order may take; beyond it the price runs away. */
export const maxPoolShare = 0.3;

/**
 * Costs of trading against a constant-product pool (x * y = k, Uniswap v2) as a fraction of the price: buying q out of x base
 * units costs p x / (x - q) on average, selling brings p x / (x + q). `poolValue` is the value of both sides in quote
 * currency, so that x = poolValue / 2 / price. Infinite where the pool does not hold that much.
 */
export function poolImpact(side: OrderSide, quantity: number, price: number, poolValue: number): number {
  const reserve = poolValue / 2 / price;
  if (!(reserve > 0)) return Number.POSITIVE_INFINITY;
  if (side === 'sell') return quantity / (reserve + quantity);
  return quantity < reserve ? quantity / (reserve - quantity) : Number.POSITIVE_INFINITY;
}

/** Value of the order by which the spread of a pool is told, in quote currency. */
const smallOrderValue = 100;
/** A pool that small has no price worth the name. */
const maxPoolSpread = 0.9;

/** What a small order pays for going in and out of a pool at once, a fraction of the price; fees come apart. */
export function poolSpread(poolValue: number): number {
  const costs =
    poolImpact('buy', smallOrderValue, 1, poolValue) + poolImpact('sell', smallOrderValue, 1, poolValue);
  return Math.min(maxPoolSpread, costs);
}

/**
 * Average price of taking the quantity through the levels of a book, best first. What the known levels do not hold pays the
 * last of them, worsened by `beyond(rest)`, a fraction. The levels must not be empty.
 */
export function priceThroughBook(
  side: OrderSide,
  levels: readonly DepthLevel[],
  quantity: number,
  beyond: (rest: number) => number,
): number {
  let rest = quantity;
  let paid = 0;
  let last = levels[0]?.[0] ?? 0;
  for (const [price, offered] of levels) {
    const taken = Math.min(rest, offered);
    paid += taken * price;
    rest -= taken;
    last = price;
    if (!(rest > 0)) break;
  }
  if (rest > 0) paid += rest * priceAfterCosts(side, last, beyond(rest));
  return quantity > 0 ? paid / quantity : last;
}

/** Price at which a stop is triggered inside the candle: the open when it gapped through, else the trigger itself. */
export function stopReference(candle: PriceRange, side: OrderSide, trigger: number): number | undefined {
  if (side === 'sell') {
    if (candle.open <= trigger) return candle.open;
    return candle.low <= trigger ? trigger : undefined;
  }
  if (candle.open >= trigger) return candle.open;
  return candle.high >= trigger ? trigger : undefined;
}

/** True when the candle traded through a resting limit; touching it is not enough, for others stood before us. */
export function tradedThrough(candle: PriceRange, side: OrderSide, limit: number): boolean {
  return side === 'buy' ? candle.low < limit : candle.high > limit;
}
