// Exact decimal arithmetic at the ledger and order boundary. Values travel as plain decimal text.
import { Decimal } from 'decimal.js';

const Exact = Decimal.clone({ precision: 40, toExpNeg: -40, toExpPos: 40 });

/** Plain decimal text without exponent, such as "0.00012". */
export type DecimalText = string;

/** Text of a finite number without exponent. Throws RangeError on NaN or infinity. */
export function decimalText(value: number | string): DecimalText {
  const decimal = new Exact(value);
  if (!decimal.isFinite()) throw new RangeError(`not a finite amount: ${value}`);
  return decimal.toFixed();
}

export function addDecimal(left: DecimalText, right: DecimalText): DecimalText {
  return new Exact(left).plus(right).toFixed();
}

export function subtractDecimal(left: DecimalText, right: DecimalText): DecimalText {
  return new Exact(left).minus(right).toFixed();
}

export function multiplyDecimal(left: DecimalText, right: DecimalText): DecimalText {
  return new Exact(left).times(right).toFixed();
}

/** Quotient at 40 significant digits. Throws RangeError when the divisor is zero. */
export function divideDecimal(left: DecimalText, right: DecimalText): DecimalText {
  const divisor = new Exact(right);
  if (divisor.isZero()) throw new RangeError('division by zero');
  return new Exact(left).dividedBy(divisor).toFixed();
}

export function compareDecimal(left: DecimalText, right: DecimalText): -1 | 0 | 1 {
  return new Exact(left).comparedTo(right) as -1 | 0 | 1;
}

export function isZeroDecimal(value: DecimalText): boolean {
  return new Exact(value).isZero();
}

/** Rounds towards zero to a whole number of steps, as venues do with quantities. */
export function floorToStep(value: number | DecimalText, step: DecimalText): DecimalText {
  const size = new Exact(step);
  return new Exact(value).dividedBy(size).trunc().times(size).toFixed();
}

/** Rounds half up to a whole number of steps, as venues do with prices. */
export function roundToStep(value: number | DecimalText, step: DecimalText): DecimalText {
  const size = new Exact(step);
  return new Exact(value).dividedBy(size).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).times(size).toFixed();
}

export function decimalNumber(value: DecimalText): number {
  return Number(value);
}

/** Rounds to a whole number of price steps against the trader: buys up, sells down. */
export function roundAgainst(
  side: 'buy' | 'sell',
  value: number | DecimalText,
  step: DecimalText,
): DecimalText {
  const size = new Exact(step);
  const rounding = side === 'buy' ? Decimal.ROUND_CEIL : Decimal.ROUND_FLOOR;
  return new Exact(value).dividedBy(size).toDecimalPlaces(0, rounding).times(size).toFixed();
}

export function negateDecimal(value: DecimalText): DecimalText {
  return new Exact(0).minus(value).toFixed();
}

export function minimumDecimal(left: DecimalText, right: DecimalText): DecimalText {
  return compareDecimal(left, right) <= 0 ? left : right;
}
