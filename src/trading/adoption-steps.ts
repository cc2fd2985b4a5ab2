// Which fills turn our holding into the one the broker tells: pure arithmetic, the same input gives the same steps.
// It must never invent profit: what is added costs what the broker says, what is taken away leaves at the mark.
import { averagePrice, foldFill, type Holding } from '../shared/domain/holding.ts';
import {
  addDecimal,
  compareDecimal,
  type DecimalText,
  divideDecimal,
  isZeroDecimal,
  multiplyDecimal,
  negateDecimal,
  roundToStep,
  subtractDecimal,
} from '../shared/domain/money.ts';
import type { OrderSide } from '../shared/domain/order.ts';

export interface AdoptionStep {
  readonly side: OrderSide;
  readonly quantity: DecimalText;
  readonly price: DecimalText;
}

/** Averages nearer than this fraction are the same: venues round what they show. */
const averageTolerance = 0.0001;
const priceStep = '0.000000000001';

/** True when both hold something on the same side and the averages differ by more than 0.01 %. */
export function averageDiffers(ours: Holding, told: DecimalText | null): boolean {
  const own = averagePrice(ours);
  if (own === null || told === null) return false;
  return Math.abs(Number(own) / Number(told) - 1) > averageTolerance;
}

/**
 * Fills that make `ours` hold `quantity` (signed) at the broker's average within 0.01 %. `mark` is the last price, and
 * undefined when none is known. Returns undefined when a price is needed that nobody knows.
 */
export function adoptionSteps(
  ours: Holding,
  quantity: DecimalText,
  average: DecimalText | null,
  mark: DecimalText | undefined,
): readonly AdoptionStep[] | undefined {
  const steps: AdoptionStep[] = [];
  let holding = ours;
  const take = (change: DecimalText, price: DecimalText | undefined): boolean => {
    if (price === undefined || compareDecimal(price, '0') <= 0) return false;
    const side = compareDecimal(change, '0') > 0 ? 'buy' : 'sell';
    const step = { side, quantity: absolute(change), price } as const;
    holding = foldFill(holding, step.side, step.quantity, step.price).holding;
    steps.push(step);
    return true;
  };
  const leaving = mark ?? averagePrice(ours) ?? undefined;
  if (turns(ours.quantity, quantity) && !take(negateDecimal(ours.quantity), leaving)) return undefined;
  const change = subtractDecimal(quantity, holding.quantity);
  if (!isZeroDecimal(change)) {
    const adds = compareDecimal(absolute(quantity), absolute(holding.quantity)) > 0;
    const price = adds ? (addedPrice(holding, quantity, average) ?? mark) : leaving;
    if (!take(change, price)) return undefined;
  }
  if (averageDiffers(holding, average) && average !== null) washTo(holding, average, take);
  return steps;
}

/** Price of the added part that makes the whole cost what the broker says; undefined when it would not be positive. */
function addedPrice(
  holding: Holding,
  quantity: DecimalText,
  average: DecimalText | null,
): DecimalText | undefined {
  if (average === null) return undefined;
  const cost = subtractDecimal(multiplyDecimal(absolute(quantity), average), holding.cost);
  const added = subtractDecimal(absolute(quantity), absolute(holding.quantity));
  const price = roundToStep(divideDecimal(cost, added), priceStep);
  return compareDecimal(price, '0') > 0 ? price : undefined;
}

/**
 * Half out and half in again at one price moves the average and books the difference as realised: equity stays the same
 * at any mark, and the position with its plan stays open.
 */
function washTo(
  holding: Holding,
  average: DecimalText,
  take: (change: DecimalText, price: DecimalText) => boolean,
): void {
  const own = averagePrice(holding);
  if (own === null) return;
  const half = divideDecimal(holding.quantity, '2');
  const price = subtractDecimal(addDecimal(average, average), own);
  if (compareDecimal(price, '0') <= 0) return;
  take(negateDecimal(half), price);
  take(half, price);
}

function turns(ours: DecimalText, theirs: DecimalText): boolean {
  return compareDecimal(ours, '0') * compareDecimal(theirs, '0') < 0;
}

function absolute(value: DecimalText): DecimalText {
  return compareDecimal(value, '0') < 0 ? negateDecimal(value) : value;
}
