// Getting out: one exit at a time, reducing only, with the protection left standing until the position is gone.
// It must never leave a position bare, and never send a second exit while one is in flight or a stop is filling.
import type { Turn } from '../kernel/agent.ts';
import { addDecimal, compareDecimal, roundToStep, subtractDecimal } from '../shared/domain/money.ts';
import type { Order } from '../shared/domain/order.ts';
import { isFinalState } from '../shared/domain/order-lifecycle.ts';
import type { Position } from '../shared/domain/position.ts';
import type { Desk } from './desk.ts';
import {
  adoptedStopFraction,
  closedMarketRetryMs,
  confirmEndWithinMs,
  contradictionDelayMs,
  exitRetryMs,
  maxExitRetryMs,
  truthDelayMs,
} from './limits.ts';
import { cancelOrder, submitOrder } from './order-executor.ts';
import { approveReduction } from './risk-manager.ts';
import { withEntry } from './trading-memory.ts';

const exitPrefix = 'exit/';

/** Begins or continues closing a position. Repeating it changes nothing while an exit is under way. */
export function requestExit(desk: Desk, position: Position, reason: string, turn: Turn): void {
  const closing =
    position.close_reason === null
      ? desk.changePosition({ ...position, close_reason: reason, updated_at: turn.now }, turn)
      : position;
  for (const order of [...desk.liveOrders(position.symbol)])
    if (!order.reduce_only && order.state !== 'cancel_requested') cancelOrder(desk, order, reason, turn);
  if (exitInFlight(desk, closing)) return;
  if (exitUnconfirmed(desk, closing, turn)) {
    // Its end is only what one report said: the broker is being asked, and its answer comes back here.
    turn.setAlarm(exitPrefix + closing.symbol, turn.now + contradictionDelayMs);
    return;
  }
  const calendar = desk.market.instrument(closing.symbol)?.calendar;
  if (calendar === 'forex' && !desk.calendar.isMarketOpen(turn.now)) {
    turn.setAlarm(exitPrefix + closing.symbol, turn.now + closedMarketRetryMs);
    return;
  }
  if (stopIsFilling(desk, closing)) {
    turn.setAlarm(exitPrefix + closing.symbol, turn.now + truthDelayMs);
    return;
  }
  const quantity = desk.tradable(closing.symbol, closing.quantity);
  const approved = approveReduction(turn, closing, 'exit', takeEpoch(desk, closing), quantity, null);
  submitOrder(desk, approved, closing.close_reason ?? reason, null, turn);
}

/** After an exit ended without closing the position: again, later each time, and for as long as it takes. */
export function scheduleExitRetry(desk: Desk, position: Position, turn: Turn): void {
  const tried = desk.memory.epochs[position.id] ?? 0;
  const delay = Math.min(maxExitRetryMs, exitRetryMs * 2 ** Math.min(tried, 10));
  turn.setAlarm(exitPrefix + position.symbol, turn.now + delay);
}

/** Symbol of an exit alarm, undefined for other alarms. */
export function exitAlarmSymbol(alarmName: string): string | undefined {
  return alarmName.startsWith(exitPrefix) ? alarmName.slice(exitPrefix.length) : undefined;
}

/** True when the order's side takes from the position; an order left from a position of the other side does not. */
export function reduces(order: Order, position: Position): boolean {
  return order.reduce_only && (order.side === 'sell') === (position.side === 'long');
}

/** True when an exit of the position lives, as far as known; `except` is left out of account. */
export function exitInFlight(desk: Desk, position: Position, except?: Order): boolean {
  for (const order of desk.liveOrders(position.symbol))
    if (order.leg === 'exit' && order !== except && reduces(order, position)) return true;
  return false;
}

/** True while the broker is being asked about an exit that has just ended without closing the position. */
function exitUnconfirmed(desk: Desk, position: Position, turn: Turn): boolean {
  if (desk.memory.doubt === null && desk.memory.question === null) return false;
  for (const order of desk.orders.values()) {
    if (order.leg !== 'exit' || order.position_id !== position.id || !isFinalState(order.state)) continue;
    const heardSince = Math.max(order.updated_at, desk.begunAt);
    if (order.state !== 'filled' && turn.now - heardSince < confirmEndWithinMs) return true;
  }
  return false;
}

function stopIsFilling(desk: Desk, position: Position): boolean {
  for (const order of desk.liveOrders(position.symbol))
    if (order.leg === 'stop' && order.state === 'partially_filled' && reduces(order, position)) return true;
  return false;
}

function takeEpoch(desk: Desk, position: Position): number {
  const epoch = (desk.memory.epochs[position.id] ?? 0) + 1;
  desk.remember({ epochs: withEntry(desk.memory.epochs, position.id, epoch) });
  return epoch;
}

/** Quantity of live or in-flight stops of the position. */
function coveredQuantity(desk: Desk, position: Position): string {
  let covered = '0';
  for (const order of liveStops(desk, position)) covered = addDecimal(covered, openQuantity(order));
  return covered;
}

export function openQuantity(order: Order): string {
  return subtractDecimal(order.quantity, order.filled_quantity);
}

function isProtection(order: Order): boolean {
  return (
    order.leg === 'stop' &&
    order.reduce_only &&
    order.state !== 'cancel_requested' &&
    !isFinalState(order.state)
  );
}

/** Live or in-flight stops of the position, oldest first. */
export function liveStops(desk: Desk, position: Position): Order[] {
  return [...desk.liveOrders(position.symbol)].filter(
    (order) => isProtection(order) && reduces(order, position),
  );
}

/**
 * Sends a second, closer stop for the whole position. The old one stays until the new one is known to stand, so the
 * position is never bare; both only reduce, so both together never close more than there is.
 */
export function tightenStop(desk: Desk, position: Position, stop: string, turn: Turn): void {
  const moved = desk.changePosition({ ...position, stop_price: stop, updated_at: turn.now }, turn);
  const approved = approveReduction(turn, moved, 'stop', takeEpoch(desk, moved), moved.quantity, stop);
  submitOrder(desk, approved, 'stop moved towards profit', null, turn);
}

/** True when stops at the broker, as far as known, cover the whole position. */
export function isProtected(desk: Desk, position: Position): boolean {
  return (
    compareDecimal(coveredQuantity(desk, position), desk.tradable(position.symbol, position.quantity)) >= 0
  );
}

/**
 * Gives a position the stop it lacks. Where the broker keeps brackets itself, call it only with its fresh and complete
 * truth in hand; elsewhere every stop is one that we sent.
 * A stop level that the price has already passed means: out, now.
 */
export function protect(
  desk: Desk,
  position: Position,
  turn: Turn,
  reason = 'protection was missing at the broker',
): void {
  const held = desk.tradable(position.symbol, position.quantity);
  const missing = subtractDecimal(held, coveredQuantity(desk, position));
  if (compareDecimal(missing, '0') <= 0) return;
  const view = desk.market.get(position.symbol);
  const long = position.side === 'long';
  const reference = view?.price ?? Number(position.average_entry_price);
  const fallback = reference * (1 + (long ? -1 : 1) * adoptedStopFraction);
  const step = desk.market.instrument(position.symbol)?.priceStep ?? '0.00000001';
  const stop = position.stop_price ?? roundToStep(fallback, step);
  const passed = view !== undefined && (long ? view.price <= Number(stop) : view.price >= Number(stop));
  if (passed) {
    requestExit(desk, position, 'stop level passed while unprotected', turn);
    return;
  }
  if (position.stop_price === null)
    desk.changePosition({ ...position, stop_price: stop, updated_at: turn.now }, turn);
  const approved = approveReduction(turn, position, 'stop', takeEpoch(desk, position), missing, stop);
  submitOrder(desk, approved, reason, null, turn);
}

/** Where the venue keeps no target, the house watches it: once the price is there, the position leaves at market. */
export function watchTargets(desk: Desk, turn: Turn): void {
  for (const position of [...desk.positions.values()]) {
    if (position.target_price === null || position.close_reason !== null) continue;
    const price = desk.market.freshPriceOf(position.symbol);
    const target = Number(position.target_price);
    if (price === undefined || (position.side === 'long' ? price < target : price > target)) continue;
    requestExit(desk, position, 'target', turn);
  }
}
