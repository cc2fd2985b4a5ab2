// An order in ccxt's words: which type, which price, which parameters. Pure; what the venue cannot take is refused here.
import { compareDecimal } from '../../../shared/domain/money.ts';
import type { OrderRequest } from '../../../shared/domain/order.ts';
import { VenueFault } from '../shared/venue-fault.ts';
import type { CcxtExchange } from './ccxt-exchange.ts';
import type { VenueMarket } from './ccxt-markets.ts';

/** How far beyond its trigger a stop may fill where the venue has only stops with a limit. */
const stopLimitReach = 0.05;

export interface Wording {
  readonly type: string;
  readonly price: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The order in ccxt's words; `venueId` is our id as the venue takes it. Throws VenueFault for a price off the venue's grid. */
export function wordingOf(
  request: OrderRequest,
  market: VenueMarket,
  exchange: Pick<CcxtExchange, 'priceToPrecision'>,
  venueId: string,
): Wording {
  const { price, reduce_only, side } = request;
  const params: Record<string, unknown> = { clientOrderId: venueId };
  if (reduce_only && market.swap) params.reduceOnly = true;
  if (request.type === 'market') return { type: 'market', price: undefined, params };
  const level = price ?? '';
  if (exchange.priceToPrecision(market.market, level) !== level)
    if (compareDecimal(exchange.priceToPrecision(market.market, level), level) !== 0)
      throw new VenueFault('rejected', `price ${level} is no multiple of ${market.instrument.priceStep}`);
  if (request.type === 'limit') return { type: 'limit', price: level, params };
  params.stopLossPrice = level;
  const plainStop = market.swap ? 'STOP_MARKET' : 'STOP_LOSS';
  if (market.orderTypes.length === 0 || market.orderTypes.includes(plainStop))
    return { type: 'market', price: undefined, params };
  const reach = Number(level) * (1 + (side === 'buy' ? stopLimitReach : -stopLimitReach));
  return { type: 'limit', price: exchange.priceToPrecision(market.market, String(reach)), params };
}
