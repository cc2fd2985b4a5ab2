// When and at which price a position leaves: one set of rules for live trading, paper, backtest and `ato exits`.
// Where a candle leaves the order of events open, the rule is against the trader or the published one; docs/exits.md says
// which. It must never fill outside the candle, never loosen a stop and never look past the candle given.
import type { Candle } from './candle.ts';
import {
  type ExitPlan,
  type ExitReason,
  type ExitState,
  exitSideOf,
  isBetter,
  type PercentTrailing,
  type PositionSide,
  priceForProfit,
  profitRatio,
  shifted,
  targetStepAt,
} from './exit-plan.ts';
import { stopReference, tradedThrough } from './fill-engine.ts';

export type CandlePrices = Pick<Candle, 'open' | 'high' | 'low' | 'close'>;

export interface CandleMoment {
  /** Minutes from the entry to this candle's open; 0 on the entry candle. */
  readonly age_minutes: number;
  readonly timeframe_minutes: number;
  /** The strategy asked to leave when the candle before had closed. */
  readonly exit_signal: boolean;
  /** Average true range in price units known at this candle's open; null where none is known. */
  readonly average_true_range: number | null;
}

export interface Exit {
  readonly reason: ExitReason;
  /** Reference price before spread and slippage. */
  readonly price: number;
}

export interface CandleOutcome {
  readonly exit: Exit | undefined;
  /** The state after the candle; what stands when the next one opens. */
  readonly state: ExitState;
}

/** Lets one candle meet the position. */
export function exitInCandle(
  plan: ExitPlan,
  state: ExitState,
  candle: CandlePrices,
  moment: CandleMoment,
): CandleOutcome {
  const exit = exitAtOpen(plan, candle, moment);
  if (exit !== undefined) return { exit, state };
  return plan.candle_model === 'resting'
    ? restingOutcome(plan, state, candle, moment)
    : intracandleOutcome(plan, state, candle, moment);
}

/** What was decided before the candle is done at its open, before anything inside it can happen. */
function exitAtOpen(plan: ExitPlan, candle: CandlePrices, moment: CandleMoment): Exit | undefined {
  if (plan.signal_exit && moment.exit_signal) return { reason: 'exit_signal', price: candle.open };
  if (isTimeUp(plan, moment.age_minutes)) return { reason: 'time_limit', price: candle.open };
  return undefined;
}

export function isTimeUp(plan: ExitPlan, ageMinutes: number): boolean {
  return plan.time_limit_minutes !== null && ageMinutes >= plan.time_limit_minutes;
}

/** Stop and target rest at the venue as they stood at the open; the stop is believed first. */
function restingOutcome(
  plan: ExitPlan,
  state: ExitState,
  candle: CandlePrices,
  moment: CandleMoment,
): CandleOutcome {
  const side = exitSideOf(state.side);
  const stopped = stopReference(candle, side, state.stop_price);
  if (stopped !== undefined) return { exit: { reason: reasonOfStop(state), price: stopped }, state };
  const target = targetPriceAt(plan, state, moment.age_minutes);
  if (target !== undefined) {
    if (isNewStep(plan, moment) && isBetter(state.side, candle.open, target))
      return { exit: { reason: 'roi', price: candle.open }, state };
    if (tradedThrough(candle, side, target))
      return { exit: { reason: 'roi', price: withinCandle(candle, target) }, state };
  }
  return { exit: undefined, state: moveStop(plan, state, candle, moment.average_true_range) };
}

/**
 * The published assumptions: the candle's best price moves a percent trailing stop before its worst price tests it, and
 * the order is first stop, target, moved stop.
 */
function intracandleOutcome(
  plan: ExitPlan,
  state: ExitState,
  candle: CandlePrices,
  moment: CandleMoment,
): CandleOutcome {
  const moved =
    plan.trailing?.kind === 'percent' && !isReached(state.side, state.stop_price, candle)
      ? followPercent(plan, plan.trailing, state, bestOf(state.side, candle))
      : state;
  const stopped = isReached(moved.side, moved.stop_price, candle)
    ? { reason: reasonOfStop(moved), price: stopPrice(plan, state, moved, candle, moment) }
    : undefined;
  if (stopped !== undefined && moved.stop_kind !== 'trailing') return { exit: stopped, state: moved };
  const target = targetExit(plan, moved, candle, moment);
  if (target !== undefined) return { exit: target, state: moved };
  if (stopped !== undefined) return { exit: stopped, state: moved };
  return { exit: undefined, state: moveStop(plan, moved, candle, moment.average_true_range) };
}

/** Touching is enough: the stop was in the market. */
function isReached(side: PositionSide, stop: number, candle: CandlePrices): boolean {
  return side === 'long' ? candle.low <= stop : candle.high >= stop;
}

function reasonOfStop(state: ExitState): ExitReason {
  if (state.stop_kind === 'initial') return 'stop_loss';
  return state.stop_kind === 'trailing' ? 'trailing_stop_loss' : 'break_even';
}

/** `before` is the stop that stood at the open, `after` the one that the candle itself may have moved. */
function stopPrice(
  plan: ExitPlan,
  before: ExitState,
  after: ExitState,
  candle: CandlePrices,
  moment: CandleMoment,
): number {
  // The published rule: exactly the stop, also where the open lay beyond it; the open only where the whole candle does.
  const best = bestOf(after.side, candle);
  if (isBetter(after.side, after.stop_price, best)) return candle.open;
  const moved = after.stop_price !== before.stop_price;
  if (!moved || moment.age_minutes > 0 || plan.trailing?.kind !== 'percent') return after.stop_price;
  // On the entry candle only the open is trusted: the price went just far enough to move the stop, then turned.
  const { positive, offset, only_after_offset } = plan.trailing;
  const armed = only_after_offset && positive !== null && positive > 0;
  const share = armed ? (offset - positive) / plan.leverage : -after.stop_distance;
  return withinCandle(candle, shifted(after.side, candle.open, share));
}

/** Where the target in force closes the position, if the candle goes beyond it; touching is not enough. */
function targetExit(
  plan: ExitPlan,
  state: ExitState,
  candle: CandlePrices,
  moment: CandleMoment,
): Exit | undefined {
  const step = targetStepAt(plan.targets, moment.age_minutes);
  if (step === undefined) return undefined;
  const { side, entry_price } = state;
  const best = profitRatio(side, entry_price, bestOf(side, candle), plan.fee, plan.leverage);
  if (best <= step.profit) return undefined;
  const onOpen = step.after_minutes % moment.timeframe_minutes === 0;
  if (step.profit <= -1 && onOpen) return { reason: 'roi', price: candle.open };
  const target = priceForProfit(side, entry_price, step.profit, plan.fee, plan.leverage);
  if (isNewStep(plan, moment) && isBetter(side, candle.open, target))
    return { reason: 'roi', price: candle.open };
  return { reason: 'roi', price: withinCandle(candle, target) };
}

/** Price of the target in force at this age; undefined without one. */
function targetPriceAt(plan: ExitPlan, state: ExitState, ageMinutes: number): number | undefined {
  const step = targetStepAt(plan.targets, ageMinutes);
  if (step === undefined) return undefined;
  return priceForProfit(state.side, state.entry_price, step.profit, plan.fee, plan.leverage);
}

/** True when a later target step came into force exactly with this candle's open. */
function isNewStep(plan: ExitPlan, moment: CandleMoment): boolean {
  const step = targetStepAt(plan.targets, moment.age_minutes);
  return step !== undefined && moment.age_minutes > 0 && step.after_minutes === moment.age_minutes;
}

/**
 * The state once the candle has closed: the trailing stop and the break-even stop follow, only ever towards profit.
 * Live trading calls it with each closed candle and replaces the venue's stop when it moved far enough.
 */
export function moveStop(
  plan: ExitPlan,
  state: ExitState,
  candle: CandlePrices,
  averageTrueRange: number | null,
): ExitState {
  const { trailing, break_even } = plan;
  let next = state;
  if (trailing?.kind === 'percent') {
    if (plan.candle_model === 'resting')
      next = followPercent(plan, trailing, next, bestOf(state.side, candle));
  } else if (trailing !== null) {
    const seen = trailing.kind === 'atr' ? candle.close : bestOf(state.side, candle);
    const best = isBetter(state.side, seen, next.best_price) ? seen : next.best_price;
    next = { ...next, best_price: best };
    if (averageTrueRange !== null && averageTrueRange > 0) {
      const distance = (trailing.multiple * averageTrueRange) / best;
      next = raise(next, shifted(state.side, best, -distance), 'trailing', distance);
    }
  }
  if (break_even === null) return next;
  const best = bestOf(state.side, candle);
  const profit = profitRatio(state.side, state.entry_price, best, plan.fee, plan.leverage);
  if (profit < break_even.trigger) return next;
  const level = priceForProfit(state.side, state.entry_price, break_even.lock, plan.fee, plan.leverage);
  // A level that the close has already lost would be a stop on the wrong side of the market.
  return isBetter(state.side, candle.close, level)
    ? raise(next, level, 'break_even', next.stop_distance)
    : next;
}

function followPercent(plan: ExitPlan, rule: PercentTrailing, state: ExitState, best: number): ExitState {
  const profit = profitRatio(state.side, state.entry_price, best, plan.fee, plan.leverage);
  if (rule.only_after_offset && profit < rule.offset) return state;
  const share = rule.positive !== null && profit > rule.offset ? rule.positive : rule.distance;
  const distance = share / plan.leverage;
  const followed = isBetter(state.side, best, state.best_price) ? { ...state, best_price: best } : state;
  return raise(followed, shifted(state.side, best, -distance), 'trailing', distance);
}

/** The stop moved to the level if that is closer to profit, else unchanged. */
function raise(state: ExitState, level: number, kind: ExitState['stop_kind'], distance: number): ExitState {
  if (!(level > 0) || !isBetter(state.side, level, state.stop_price)) return state;
  return { ...state, stop_price: level, stop_kind: kind, stop_distance: distance };
}

function bestOf(side: PositionSide, candle: CandlePrices): number {
  return side === 'long' ? candle.high : candle.low;
}

function withinCandle(candle: CandlePrices, price: number): number {
  return Math.min(Math.max(price, candle.low), candle.high);
}
