// The order of events inside one candle or at one quote, pessimistic wherever the data leave it open:
// market orders at the open, then stops, then limits, then the stops that those limits armed.
// It must never fill an order from a candle that opened before the order was sent.
import { type Candle, closeTimeOf } from '../../../shared/domain/candle.ts';
import {
  poolImpact,
  priceAfterCosts,
  priceThroughBook,
  slippageFraction,
  stopReference,
  tradedThrough,
} from '../../../shared/domain/fill-engine.ts';
import type { OrderSide } from '../../../shared/domain/order.ts';
import type { Quote } from '../../../shared/domain/quote.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { candleOpenGraceMs, type PaperVenueSettings } from './paper-settings.ts';
import type { SymbolMarket } from './symbol-market.ts';
import { isLive, type VenueOrder } from './venue-order.ts';

/** One execution the matching asks for; the venue decides how much of it is possible. */
export interface Execution {
  readonly order: VenueOrder;
  /** Price for this quantity in base units, before rounding to the price step. */
  readonly priceFor: (quantity: number) => number;
  readonly liquidity: 'maker' | 'taker';
  /** Instant from which legs armed by this fill may trade. */
  readonly legsActiveAt: EpochMs;
}

export interface MatchingHost {
  readonly settings: PaperVenueSettings;
  liveOrders(symbol: string): readonly VenueOrder[];
  execute(execution: Execution): void;
  noteRested(order: VenueOrder): void;
}

/** Lets one closed candle meet the orders of its symbol. */
export function matchCandle(host: MatchingHost, market: SymbolMarket, candle: Candle): void {
  new CandleMatching(host, market, candle).run();
}

class CandleMatching {
  readonly #host: MatchingHost;
  readonly #market: SymbolMarket;
  readonly #candle: Candle;

  constructor(host: MatchingHost, market: SymbolMarket, candle: Candle) {
    this.#host = host;
    this.#market = market;
    this.#candle = candle;
  }

  run(): void {
    for (const order of this.#eligible())
      if (isMarketLike(order)) this.#take(order, this.#candle.open, this.#candle.openTime);
    // Legs armed by an entry at the open stand in the same candle, so stops are looked up anew.
    this.#stops(this.#eligible());
    const limits = this.#eligible().filter((order) => order.request.type === 'limit');
    const before = new Set(this.#eligible());
    for (const order of limits) this.#limit(order);
    if (limits.length === 0) return;
    const armed = this.#host
      .liveOrders(this.#candle.symbol)
      .filter((order) => !before.has(order) && order.entry_id !== null);
    this.#stops(armed);
  }

  #eligible(): VenueOrder[] {
    const latest = this.#candle.openTime + candleOpenGraceMs;
    return this.#host.liveOrders(this.#candle.symbol).filter((order) => order.active_at <= latest);
  }

  #stops(orders: readonly VenueOrder[]): void {
    for (const order of orders) {
      if (!isLive(order) || order.request.type !== 'stop' || order.triggered) continue;
      const reference = stopReference(this.#candle, order.request.side, Number(order.request.price));
      if (reference === undefined) continue;
      order.triggered = true;
      this.#take(order, reference, closeTimeOf(this.#candle));
    }
  }

  #limit(order: VenueOrder): void {
    if (!isLive(order)) return;
    const { side } = order.request;
    const limit = Number(order.request.price);
    const { open } = this.#candle;
    const legsActiveAt = closeTimeOf(this.#candle);
    if (!order.rested && (side === 'buy' ? open < limit : open > limit)) {
      const bounded = (price: number) => (side === 'buy' ? Math.min(price, limit) : Math.max(price, limit));
      const priceFor = (quantity: number) => bounded(this.#priceAt(side, open, quantity));
      this.#host.execute({ order, priceFor, liquidity: 'taker', legsActiveAt });
    } else if (tradedThrough(this.#candle, side, limit)) {
      this.#host.execute({ order, priceFor: () => limit, liquidity: 'maker', legsActiveAt });
    }
    if (isLive(order)) this.#host.noteRested(order);
  }

  #take(order: VenueOrder, reference: number, legsActiveAt: EpochMs): void {
    if (!isLive(order)) return;
    const priceFor = (quantity: number) => this.#priceAt(order.request.side, reference, quantity);
    this.#host.execute({ order, priceFor, liquidity: 'taker', legsActiveAt });
  }

  #priceAt(side: OrderSide, reference: number, quantity: number): number {
    const costs = this.#market.halfSpread(this.#candle) + slippage(this.#host, this.#market, quantity);
    return priceAfterCosts(side, reference, costs);
  }
}

/** Lets one two-sided quote meet the orders of its symbol; `at` is when the venue knows it. */
export function matchQuote(host: MatchingHost, market: SymbolMarket, quote: Quote, at: EpochMs): void {
  const orders = host.liveOrders(quote.symbol).filter((order) => order.active_at <= at);
  const stopsFirst = [...orders].sort(
    (left, right) => rankOf(left) - rankOf(right) || left.sequence - right.sequence,
  );
  for (const order of stopsFirst) {
    if (!isLive(order)) continue;
    const { side, type } = order.request;
    const touch = side === 'buy' ? quote.ask : quote.bid;
    const level = Number(order.request.price);
    if (type === 'stop' && !order.triggered && (side === 'buy' ? touch >= level : touch <= level))
      order.triggered = true;
    const priceFor = (quantity: number) => priceAtQuote(host, market, quote, side, quantity);
    if (isMarketLike(order)) {
      host.execute({ order, priceFor, liquidity: 'taker', legsActiveAt: at });
    } else if (type === 'limit' && (side === 'buy' ? touch < level : touch > level)) {
      const bounded = (quantity: number) =>
        side === 'buy' ? Math.min(level, priceFor(quantity)) : Math.max(level, priceFor(quantity));
      const maker = order.rested;
      host.execute({
        order,
        priceFor: maker ? () => level : bounded,
        liquidity: maker ? 'maker' : 'taker',
        legsActiveAt: at,
      });
    }
    if (type === 'limit' && isLive(order)) host.noteRested(order);
  }
}

/**
 * What taking the quantity costs now: against a pool what its curve takes; through the order book where the venue told its
 * depth; else what the market's volatility and volume make likely.
 */
function priceAtQuote(
  host: MatchingHost,
  market: SymbolMarket,
  quote: Quote,
  side: OrderSide,
  quantity: number,
): number {
  const touch = side === 'buy' ? quote.ask : quote.bid;
  if (market.poolValue !== undefined) {
    const curve = poolImpact(side, quantity, touch, market.poolValue);
    return priceAfterCosts(side, touch, host.settings.slippage.base + curve);
  }
  const levels = side === 'buy' ? quote.depth?.asks : quote.depth?.bids;
  if (levels === undefined || levels.length === 0)
    return priceAfterCosts(side, touch, slippage(host, market, quantity));
  const average = priceThroughBook(side, levels, quantity, (rest) => slippage(host, market, rest));
  // The book moves between the look and the arrival, but what an order takes out of it is known.
  return priceAfterCosts(side, average, slippage(host, market, 0));
}

function slippage(host: MatchingHost, market: SymbolMarket, quantity: number): number {
  const participation = market.volume > 0 ? quantity / market.volume : 0;
  return slippageFraction(host.settings.slippage, market.volatility, participation);
}

function isMarketLike(order: VenueOrder): boolean {
  return order.request.type === 'market' || order.triggered;
}

function rankOf(order: VenueOrder): number {
  if (isMarketLike(order)) return 0;
  return order.request.type === 'stop' ? 1 : 2;
}
