// Whether the simulated venue takes an arriving order: readable, open, and paid for. It must never change anything.
import { marginLeverage } from '../../../shared/domain/account-currency.ts';
import { isZeroDecimal, subtractDecimal } from '../../../shared/domain/money.ts';
import type { OrderRequest } from '../../../shared/domain/order.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { PaperAccount, Valuation } from './paper-account.ts';
import type { SymbolMarket } from './symbol-market.ts';
import { isLive, remainingOf, type VenueOrder } from './venue-order.ts';
import { isPositive, type VenueOrders } from './venue-orders.ts';

/** What the venue lets admission see. */
export interface Admission {
  readonly account: PaperAccount;
  readonly orders: VenueOrders;
  readonly allowShort: boolean;
  marketOf(symbol: string): SymbolMarket | undefined;
  rateOf(market: SymbolMarket): number | undefined;
  valuationOf(symbol: string): Valuation | undefined;
  isOpen(market: SymbolMarket, at: EpochMs): boolean;
}

/** Why the order is rejected on arrival, or undefined when it is accepted. */
export function refusalOf(order: VenueOrder, venue: Admission): string | undefined {
  const { request } = order;
  const market = venue.marketOf(request.symbol);
  if (market === undefined) return 'unknown symbol';
  if (!isPositive(request.quantity)) return 'quantity is not above zero';
  if ((request.type === 'market') !== (request.price === null)) return 'price does not fit the order type';
  if (!venue.isOpen(market, order.arrives_at)) return 'market closed';
  if (!request.reduce_only) return fundingRefusal(request, market, venue);
  const reducible = venue.account.reducible(request.symbol, request.side, request.quantity);
  return isZeroDecimal(reducible) ? 'reduce only: there is nothing to reduce' : undefined;
}

function fundingRefusal(request: OrderRequest, market: SymbolMarket, venue: Admission): string | undefined {
  const reducing = venue.account.reducible(request.symbol, request.side, request.quantity);
  const adding = Number(subtractDecimal(request.quantity, reducing));
  if (request.side === 'sell' && adding > 0 && !venue.allowShort) return 'short selling not supported';
  const price = market.price ?? (request.price === null ? undefined : Number(request.price));
  const rate = venue.rateOf(market);
  if (rate === undefined) return 'no rate into the account currency';
  if (price === undefined) return undefined;
  const needed = (adding * price * rate) / marginLeverage[market.instrument.assetClass];
  const free = venue.account.freeMargin((symbol) => venue.valuationOf(symbol)) - reservedMargin(venue);
  return needed > free ? 'insufficient funds' : undefined;
}

/** Margin that orders already accepted will need when they fill. */
function reservedMargin(venue: Admission): number {
  let reserved = 0;
  for (const order of venue.orders.all()) {
    if (!isLive(order) || order.request.reduce_only) continue;
    const value = venue.valuationOf(order.request.symbol);
    if (value === undefined) continue;
    const margin = value.price * value.rate * Number(remainingOf(order));
    reserved += margin / marginLeverage[value.instrument.assetClass];
  }
  return reserved;
}
