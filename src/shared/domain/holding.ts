// Net holding of one symbol as the exact fold of its fills; venue and trading share it, so both reach the same cash.
// It must never round what is added up: the profit of a closed holding is exactly proceeds minus cost.
import {
  addDecimal,
  compareDecimal,
  type DecimalText,
  divideDecimal,
  isZeroDecimal,
  minimumDecimal,
  multiplyDecimal,
  negateDecimal,
  roundToStep,
  subtractDecimal,
} from './money.ts';
import type { OrderSide } from './order.ts';

/** Smallest part of a cost that is split off when a holding is reduced in parts; what is left stays exact. */
const costStep = '0.000000000001';

export interface Holding {
  /** Signed: negative is short. */
  readonly quantity: DecimalText;
  /** Exact sum of quantity x price of the open part, never negative. */
  readonly cost: DecimalText;
}

export const flatHolding: Holding = { quantity: '0', cost: '0' };

export interface HoldingChange {
  readonly holding: Holding;
  /** Profit of the closed part in quote currency, before fees. */
  readonly realised: DecimalText;
  readonly closed: DecimalText;
  readonly opened: DecimalText;
}

/** Adds one fill. A fill larger than an opposite holding closes it and opens the rest on the other side. */
export function foldFill(
  holding: Holding,
  side: OrderSide,
  quantity: DecimalText,
  price: DecimalText,
): HoldingChange {
  const direction = compareDecimal(holding.quantity, '0');
  const sign = side === 'buy' ? 1 : -1;
  const held = direction < 0 ? negateDecimal(holding.quantity) : holding.quantity;
  const closed = direction === -sign ? minimumDecimal(quantity, held) : '0';
  const opened = subtractDecimal(quantity, closed);
  const { cost, realised } = closePart(holding.cost, held, closed, price, direction);
  const openCost = addDecimal(cost, multiplyDecimal(opened, price));
  const signed = sign === 1 ? quantity : negateDecimal(quantity);
  return {
    holding: { quantity: addDecimal(holding.quantity, signed), cost: openCost },
    realised,
    closed,
    opened,
  };
}

function closePart(
  cost: DecimalText,
  held: DecimalText,
  closed: DecimalText,
  price: DecimalText,
  direction: number,
): { cost: DecimalText; realised: DecimalText } {
  if (isZeroDecimal(closed)) return { cost, realised: '0' };
  const removed =
    compareDecimal(closed, held) === 0
      ? cost
      : roundToStep(divideDecimal(multiplyDecimal(cost, closed), held), costStep);
  const proceeds = multiplyDecimal(closed, price);
  const realised = direction > 0 ? subtractDecimal(proceeds, removed) : subtractDecimal(removed, proceeds);
  return { cost: subtractDecimal(cost, removed), realised };
}

/** Average price of the open part for showing, rounded to twelve places; null when flat. */
export function averagePrice(holding: Holding): DecimalText | null {
  const direction = compareDecimal(holding.quantity, '0');
  if (direction === 0) return null;
  const held = direction < 0 ? negateDecimal(holding.quantity) : holding.quantity;
  return roundToStep(divideDecimal(holding.cost, held), costStep);
}
