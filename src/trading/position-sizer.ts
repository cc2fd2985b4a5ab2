// How much to buy or sell so that a stop costs a known part of equity. Pure arithmetic; it never rounds up.
import type { DecimalText } from '../shared/domain/money.ts';
import {
  compareDecimal,
  decimalNumber,
  decimalText,
  floorToStep,
  isZeroDecimal,
} from '../shared/domain/money.ts';
import { failure, type Result, success } from '../shared/domain/result.ts';
import type { RefusalCode } from '../shared/domain/risk.ts';

/** One upper bound of the order's value, with what it rests on when it is the one that leaves too little. */
export interface Cap {
  readonly code: RefusalCode;
  /** Account currency that the order may be worth; zero or less is no room. */
  readonly room: number;
  readonly limit: number | string | null;
  readonly actual: number | string | null;
}

export interface SizingQuestion {
  readonly equity: number;
  /** Percent of equity lost when the stop is hit, after appetite, Kelly and wind-down. */
  readonly riskPct: number;
  /** Distance from entry to stop in price units. */
  readonly stopDistance: number;
  readonly price: number;
  /** Account currency per unit of quote currency. */
  readonly rate: number;
  readonly caps: readonly Cap[];
  readonly quantityStep: DecimalText;
  /** In quote currency. */
  readonly minimumNotional: DecimalText;
}

export interface Size {
  readonly quantity: DecimalText;
  /** Account currency lost between entry and stop, before costs. */
  readonly riskAmount: number;
}

export interface Denial {
  readonly code: RefusalCode;
  readonly limit: number | string | null;
  readonly actual: number | string | null;
}

/**
 * Share of the money that the Kelly criterion stakes on a bet that wins or loses the same amount (Kelly 1956): 2p - 1.
 * The analyst's confidence is calibrated on just that, one range towards profit before one against; zero or less is no edge.
 */
export function kellyShare(confidence: number): number {
  return 2 * confidence - 1;
}

/** Fixed-fractional size by stop distance (Tharp's percent risk model), capped by room and floored to the step. */
export function sizeEntry(question: SizingQuestion): Result<Size, Denial> {
  const { equity, riskPct, stopDistance, price, rate, quantityStep, minimumNotional } = question;
  const riskBudget = (equity * riskPct) / 100;
  const unitValue = price * rate;
  const unitRisk = stopDistance * rate;
  let wanted = riskBudget / unitRisk;
  let binding: Cap | undefined;
  for (const cap of question.caps) {
    const most = Math.max(0, cap.room) / unitValue;
    if (most < wanted) {
      wanted = most;
      binding = cap;
    }
  }
  if (!Number.isFinite(wanted) || !Number.isFinite(unitRisk))
    return failure({ code: 'signal_invalid', limit: null, actual: 'size is not finite' });
  const quantity = floorToStep(Math.max(0, wanted), quantityStep);
  const notional = decimalNumber(quantity) * price;
  if (!isZeroDecimal(quantity) && compareDecimal(decimalText(notional.toFixed(12)), minimumNotional) >= 0)
    return success({ quantity, riskAmount: decimalNumber(quantity) * unitRisk });
  if (binding !== undefined) {
    const { code, limit, actual } = binding;
    return failure({ code, limit, actual });
  }
  const smallest = Math.max(decimalNumber(quantityStep), decimalNumber(minimumNotional) / price);
  return failure({
    code: 'trade_risk',
    limit: Number(riskBudget.toFixed(8)),
    actual: Number((smallest * unitRisk).toFixed(8)),
  });
}
