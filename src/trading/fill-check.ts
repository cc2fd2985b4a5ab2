// Whether a fill can be what it says it is, before it is booked. A venue's words are evidence, not law: what cannot be true
// is asked about. It must never refuse a fill for being unwelcome, only for being impossible.
import { compareDecimal, decimalNumber, multiplyDecimal } from '../shared/domain/money.ts';
import type { Fill, Order } from '../shared/domain/order.ts';
import type { Desk } from './desk.ts';

/** A fill this many times above or below the last price is a fault of the feed, not a market. */
const maxPriceFactor = 10;

/** What is impossible about the fill of this order, or undefined. */
export function fillDefect(desk: Desk, order: Order, fill: Fill): string | undefined {
  if (fill.client_order_id !== order.client_order_id) return 'it names another order';
  if (fill.symbol !== order.symbol) return `it is in ${fill.symbol.slice(0, 20)}`;
  if (fill.side !== order.side) return 'it is on the other side';
  if (compareDecimal(fill.quantity, '0') <= 0) return 'it is of nothing';
  if (compareDecimal(fill.price, '0') <= 0) return 'it has no price';
  if (fill.account_rate !== undefined && compareDecimal(fill.account_rate, '0') <= 0)
    return 'it has no conversion rate';
  if (compareDecimal(fill.withheld_quantity ?? '0', fill.quantity) >= 0)
    return 'all of it was kept by the venue';
  const value = decimalNumber(multiplyDecimal(fill.quantity, fill.price));
  if (Math.abs(decimalNumber(fill.fee)) > value) return 'its fee is more than its value';
  const price = desk.market.freshPriceOf(fill.symbol);
  const factor = price === undefined ? 1 : decimalNumber(fill.price) / price;
  if (!(factor < maxPriceFactor && factor > 1 / maxPriceFactor)) return 'its price is absurd';
  return undefined;
}
