// What ccxt makes of a venue's orders and trades, in our words. Pure and total: what lacks an id, a size or a state is
// unreadable, and never guessed.
import { z } from 'zod';
import type { BrokerOrder } from '../../../shared/bus/catalogue.ts';
import {
  addDecimal,
  compareDecimal,
  type DecimalText,
  decimalText,
  multiplyDecimal,
} from '../../../shared/domain/money.ts';
import type { Fill, OrderLeg, OrderRequest, OrderType } from '../../../shared/domain/order.ts';
import { fromContracts, type VenueMarket } from './ccxt-markets.ts';

const maxTrades = 5_000;

const amount = z
  .union([z.string().max(60), z.number()])
  .refine((value) => Number.isFinite(Number(value)), 'not a number')
  .transform((value) => decimalText(value));
const text = z.union([z.string().min(1).max(80), z.int()]).transform(String);

export const orderSchema = z.object({
  id: text.nullish(),
  clientOrderId: z.string().max(80).nullish(),
  symbol: z.string().max(60).nullish(),
  type: z.string().max(40).nullish(),
  side: z.enum(['buy', 'sell']),
  status: z.enum(['open', 'closed', 'canceled', 'canceling', 'expired', 'expiring', 'rejected']),
  amount,
  filled: amount.nullish(),
  price: amount.nullish(),
  triggerPrice: amount.nullish(),
  stopLossPrice: amount.nullish(),
  reduceOnly: z.boolean().nullish(),
  info: z.looseObject({ actualOrderId: z.union([z.string(), z.number()]).nullish() }).nullish(),
});
export type CcxtOrder = z.infer<typeof orderSchema>;

export const tradesSchema = z
  .array(
    z.object({
      id: text,
      order: text.nullish(),
      side: z.enum(['buy', 'sell']),
      amount,
      price: amount,
      timestamp: z.int().positive(),
      takerOrMaker: z.enum(['taker', 'maker']).nullish(),
      fee: z.object({ cost: amount.nullish(), currency: z.string().max(20).nullish() }).nullish(),
    }),
  )
  .max(maxTrades);
type CcxtTrade = z.infer<typeof tradesSchema>[number];

/** The order as our books write it; the leg is inferred, for a venue does not know our plan. */
export function requestOf(order: CcxtOrder, market: VenueMarket, clientOrderId: string): OrderRequest {
  const trigger = order.triggerPrice ?? order.stopLossPrice ?? undefined;
  const isTriggered = trigger !== undefined && Number(trigger) > 0;
  const type: OrderType = isTriggered ? 'stop' : order.type === 'limit' ? 'limit' : 'market';
  // A spot venue has no reduce-only orders; what sells there only ever sells what we hold.
  const reduce_only = market.swap ? order.reduceOnly === true : order.side === 'sell';
  return {
    client_order_id: clientOrderId,
    symbol: market.symbol,
    side: order.side,
    type,
    leg: legOf(type, reduce_only),
    quantity: fromContracts(market, order.amount),
    price: type === 'market' ? null : (trigger ?? order.price ?? null),
    reduce_only,
    bracket: null,
  };
}

function legOf(type: OrderType, reduceOnly: boolean): OrderLeg {
  if (!reduceOnly) return 'entry';
  return type === 'market' ? 'exit' : type === 'stop' ? 'stop' : 'target';
}

/** Our word for the venue's state; an order closed short of its amount has ended, and its rest will not come. */
export function stateOf(order: CcxtOrder, filled: DecimalText, quantity: DecimalText): BrokerOrder['state'] {
  switch (order.status) {
    case 'rejected':
      return 'rejected';
    case 'expired':
      return 'expired';
    case 'canceled':
      return 'cancelled';
    case 'closed':
      return compareDecimal(filled, quantity) >= 0 ? 'filled' : 'cancelled';
    default:
      return compareDecimal(filled, '0') > 0 ? 'partially_filled' : 'accepted';
  }
}

/**
 * One trade as a fill. A fee in the quote currency is the fee; one in the base currency was taken out of what was bought;
 * one in a third currency (a venue's own coin) is counted at the market's taker rate.
 */
export function fillOf(trade: CcxtTrade, request: OrderRequest, market: VenueMarket): Fill {
  const quantity = fromContracts(market, trade.amount);
  const cost = trade.fee?.cost ?? '0';
  const currency = trade.fee?.currency ?? market.quote;
  const inBase = currency === market.base && !market.swap;
  const fee =
    currency === market.quote
      ? cost
      : inBase
        ? '0'
        : multiplyDecimal(multiplyDecimal(quantity, trade.price), market.takerFee);
  return {
    id: `${market.symbol}-${trade.id}`,
    client_order_id: request.client_order_id,
    symbol: market.symbol,
    side: trade.side,
    quantity,
    price: trade.price,
    fee,
    liquidity: trade.takerOrMaker ?? 'taker',
    at: trade.timestamp,
    ...(inBase && compareDecimal(cost, '0') > 0 ? { withheld_quantity: cost } : {}),
  };
}

export function sumOf(fills: readonly Fill[]): DecimalText {
  return fills.reduce((sum, fill) => addDecimal(sum, fill.quantity), '0');
}
