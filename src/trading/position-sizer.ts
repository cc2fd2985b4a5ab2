// How much to buy or sell so that a stop costs a known part of equity. Pure arithmetic; it never rounds up.
import type { DecimalText } from '../shared/domain/money.ts';
import { compareDecimal, decimalNumber, floorToStep, isZeroDecimal } from '../shared/domain/money.ts';
import { failure, type Result, success } from '../shared/domain/result.ts';
import type { RefusalCode } from '../shared/domain/risk.ts';

export interface SizingQuestion {
  readonly equity: number;
  /** Percent of equity lost when the stop is hit, already multiplied with the mandate's appetite. */
  readonly riskPct: number;
  /** Distance from entry to stop in price units. */
  readonly stopDistance: number;
  readonly price: number;
  /** Account currency per unit of quote currency. */
  readonly rate: number;
  readonly instrumentRoom: number;
  readonly grossRoom: number;
  readonly cashRoom: number;
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

/** Fixed-fractional size by stop distance (Tharp's percent risk model), capped by room and floored to the step. */
export function sizeEntry(question: SizingQuestion): Result<Size, Denial> {
  const { equity, riskPct, stopDistance, price, rate } = question;
  const byRisk = (equity * riskPct) / 100 / (stopDistance * rate);
  const unitValue = price * rate;
  const caps: readonly (readonly [RefusalCode, number])[] = [
    ['instrument_exposure', question.instrumentRoom],
    ['gross_exposure', question.grossRoom],
    ['insufficient_cash', question.cashRoom],
  ];
  let wanted = byRisk;
  let binding: RefusalCode = 'below_minimum_notional';
  for (const [code, room] of caps) {
    const most = Math.max(0, room) / unitValue;
    if (most < wanted) {
      wanted = most;
      binding = code;
    }
  }
  if (!Number.isFinite(wanted))
    return failure({ code: 'signal_invalid', limit: null, actual: 'size is not finite' });
  const quantity = floorToStep(Math.max(0, wanted), question.quantityStep);
  const notional = decimalNumber(quantity) * price;
  if (isZeroDecimal(quantity) || compareDecimal(String(notional.toFixed(12)), question.minimumNotional) < 0)
    return failure({ code: binding, limit: question.minimumNotional, actual: Number(notional.toFixed(8)) });
  return success({ quantity, riskAmount: decimalNumber(quantity) * stopDistance * rate });
}
