// How a position leaves: the plan, what is remembered of the position, and the arithmetic both need.
// Ratios are profits or price distances as fractions (0.02 = two per cent). It must never know an order or a venue.
import type { OrderSide } from './order.ts';

export type PositionSide = 'long' | 'short';

/** From this age on, the position closes when its profit exceeds the ratio; a negative ratio closes at a loss too. */
export interface TargetStep {
  readonly after_minutes: number;
  readonly profit: number;
}

/** A stop behind the best price by a share of that price. */
export interface PercentTrailing {
  readonly kind: 'percent';
  /** Distance until `positive` applies. */
  readonly distance: number;
  /** Distance once the profit exceeds `offset`; null keeps `distance`. */
  readonly positive: number | null;
  readonly offset: number;
  /** True: the stop stands still until the profit has reached `offset`. */
  readonly only_after_offset: boolean;
}

/**
 * A stop behind the best close (`atr`) or the best high or low (`chandelier`) by a multiple of the average true range.
 * Source: C. Le Beau's chandelier exit, in A. Elder, "Come Into My Trading Room" (2002).
 */
export interface RangeTrailing {
  readonly kind: 'atr' | 'chandelier';
  readonly multiple: number;
}

/** Once the profit has reached `trigger`, the stop stands at least at the entry plus `lock`. */
export interface BreakEven {
  readonly trigger: number;
  readonly lock: number;
}

export interface ExitPlan {
  /** Distance from entry to the first stop, as a share of the entry price, before leverage. */
  readonly stop: number;
  /** Sorted by age; empty means no target. */
  readonly targets: readonly TargetStep[];
  readonly trailing: PercentTrailing | RangeTrailing | null;
  readonly break_even: BreakEven | null;
  readonly time_limit_minutes: number | null;
  /** Whether the strategy's own exit signals count. */
  readonly signal_exit: boolean;
  /**
   * `resting`: stop and target are orders at the venue; they move when a candle has closed, and the stop is believed first.
   * `intracandle`: the published assumptions of candle backtests, see docs/exits.md; the same candle may move and hit a trailing stop.
   */
  readonly candle_model: 'resting' | 'intracandle';
  /** Paid on entry and on exit, as a share of the traded value. */
  readonly fee: number;
  /** Multiplies profits and divides distances. */
  readonly leverage: number;
}

export type StopKind = 'initial' | 'trailing' | 'break_even';

/** What is remembered of an open position; grows only towards profit. */
export interface ExitState {
  readonly side: PositionSide;
  readonly entry_price: number;
  readonly stop_price: number;
  readonly stop_kind: StopKind;
  /** Share of the price by which the stop last followed. */
  readonly stop_distance: number;
  /** Best price that the trailing follows: highest high or close for a long position, lowest for a short one. */
  readonly best_price: number;
}

export const exitReasons = [
  'exit_signal',
  'time_limit',
  'stop_loss',
  'trailing_stop_loss',
  'break_even',
  'roi',
  'force_exit',
] as const;
export type ExitReason = (typeof exitReasons)[number];

/** Profits are compared at this precision, so that a float's last digit decides nothing. */
const ratioDigits = 8;
/** Prices that follow from a ratio are kept at this precision, so that a stop at 4650 is not one at 4649.999999999999. */
const priceDigits = 12;

function directionOf(side: PositionSide): 1 | -1 {
  return side === 'long' ? 1 : -1;
}

export function exitSideOf(side: PositionSide): OrderSide {
  return side === 'long' ? 'sell' : 'buy';
}

/** True when `left` lies further towards profit than `right`. */
export function isBetter(side: PositionSide, left: number, right: number): boolean {
  return side === 'long' ? left > right : left < right;
}

function cleanPrice(price: number): number {
  return Number(price.toPrecision(priceDigits));
}

/** The price moved by a share of itself: a positive share towards profit, a negative one towards loss. */
export function shifted(side: PositionSide, price: number, share: number): number {
  return cleanPrice(price * (1 + directionOf(side) * share));
}

/** Profit after fees on both sides as a share of the own money, at eight digits. */
export function profitRatio(
  side: PositionSide,
  entryPrice: number,
  exitPrice: number,
  fee = 0,
  leverage = 1,
): number {
  const direction = directionOf(side);
  const paid = entryPrice * (1 + direction * fee);
  const received = exitPrice * (1 - direction * fee);
  const ratio = direction * (received / paid - 1) * leverage;
  // Adding zero turns a negative zero, which no message may hold, into a plain one.
  return Number(ratio.toFixed(ratioDigits)) + 0;
}

/** Price at which the profit after fees equals the ratio; never below zero. */
export function priceForProfit(
  side: PositionSide,
  entryPrice: number,
  ratio: number,
  fee = 0,
  leverage = 1,
): number {
  const direction = directionOf(side);
  const paid = entryPrice * (1 + direction * fee);
  return cleanPrice(Math.max(0, (paid * (1 + (direction * ratio) / leverage)) / (1 - direction * fee)));
}

/** The target step in force at this age: the one with the highest age that is not above it. */
export function targetStepAt(targets: readonly TargetStep[], ageMinutes: number): TargetStep | undefined {
  let found: TargetStep | undefined;
  for (const step of targets)
    if (
      step.after_minutes <= ageMinutes &&
      (found === undefined || step.after_minutes >= found.after_minutes)
    )
      found = step;
  return found;
}

/** The first state of a position entered at this price. */
export function openExitState(plan: ExitPlan, side: PositionSide, entryPrice: number): ExitState {
  const distance = plan.stop / plan.leverage;
  return {
    side,
    entry_price: entryPrice,
    stop_price: Math.max(0, shifted(side, entryPrice, -distance)),
    stop_kind: 'initial',
    stop_distance: distance,
    best_price: entryPrice,
  };
}
