// How much of an order can really go out: a venue's steps are kept exactly, a reduction never becomes a new position, and on
// spot nothing is sold that is not there, whatever of ours must give way for it.
import {
  addDecimal,
  compareDecimal,
  type DecimalText,
  floorToStep,
  minimumDecimal,
  subtractDecimal,
} from '../../../shared/domain/money.ts';
import type { OrderRequest } from '../../../shared/domain/order.ts';
import type { Redact } from '../shared/plain-text.ts';
import { VenueFault } from '../shared/venue-fault.ts';
import type { OrderTruth } from '../shared/venue-link.ts';
import type { VenueMarket } from './ccxt-markets.ts';

/** What can be sold, and the resting sale of ours that must give way in the same step. */
export interface Sale {
  readonly quantity: DecimalText;
  readonly instead: string | undefined;
}

/** What must be known and done to free what our own resting sales lock. */
export interface SaleHands {
  /** Base units of the market that nothing locks. */
  readonly free: (market: VenueMarket) => Promise<DecimalText>;
  readonly openOrders: (market: VenueMarket) => Promise<readonly OrderTruth[]>;
  readonly cancel: (clientOrderId: string, symbol: string) => Promise<void>;
  /** Whether the venue can put one order in the place of another in a single step. */
  readonly replaces: boolean;
  readonly redact: Redact;
}

/** Throws VenueFault: `rejected` for what the venue could never take, `not-sent` when nothing could be freed. */
export async function sendable(request: OrderRequest, market: VenueMarket, hands: SaleHands): Promise<Sale> {
  const { quantityStep, minimumQuantity } = market.instrument;
  let { quantity } = request;
  let instead: string | undefined;
  if (request.reduce_only && !market.swap) ({ quantity, instead } = await freed(request, market, hands));
  if (request.reduce_only) quantity = floorToStep(quantity, quantityStep);
  else if (compareDecimal(floorToStep(quantity, quantityStep), quantity) !== 0)
    throw new VenueFault('rejected', `quantity ${quantity} is no multiple of ${quantityStep}`);
  const least = minimumQuantity ?? quantityStep;
  if (compareDecimal(quantity, least) < 0)
    throw new VenueFault(
      'rejected',
      request.reduce_only ? 'reduce only: there is nothing to reduce' : `quantity is below ${least}`,
    );
  return { quantity, instead };
}

/**
 * Base units that can be sold. Our own resting sale locks them: where the venue can put one order in the place of another,
 * that one gives way in the same step; elsewhere an exit cancels it first. A stop never takes the place of a larger one.
 */
async function freed(request: OrderRequest, market: VenueMarket, hands: SaleHands): Promise<Sale> {
  const { quantity, leg, side } = request;
  try {
    const before = await hands.free(market);
    if (leg !== 'exit' && compareDecimal(before, quantity) >= 0) return { quantity, instead: undefined };
    const resting = (await hands.openOrders(market)).filter((truth) => truth.request.side === side);
    const [only] = resting;
    if (only !== undefined && resting.length === 1 && hands.replaces) {
      const locked = subtractDecimal(only.request.quantity, only.filled_quantity);
      const most = minimumDecimal(quantity, addDecimal(before, locked));
      if (leg === 'exit' || compareDecimal(most, locked) >= 0)
        return { quantity: most, instead: only.request.client_order_id };
    }
    if (leg !== 'exit') return { quantity: minimumDecimal(quantity, before), instead: undefined };
    for (const { request: sale } of resting) await hands.cancel(sale.client_order_id, request.symbol);
    return { quantity: minimumDecimal(quantity, await hands.free(market)), instead: undefined };
  } catch (error) {
    // Whatever happened, the order itself has not left.
    throw new VenueFault('not-sent', `could not free what is to be sold: ${hands.redact(error)}`);
  }
}
