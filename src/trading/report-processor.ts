// What a broker says of one order, and what it could not say. Reports may come twice, late or in the wrong order.
// It must never book a fill for an order it does not know: that question goes to the broker's whole truth.
import type { Turn } from '../kernel/agent.ts';
import type { BrokerReport, BrokerUncertainty } from '../shared/bus/catalogue.ts';
import { compareDecimal, isZeroDecimal } from '../shared/domain/money.ts';
import type { Order, OrderRequest } from '../shared/domain/order.ts';
import { isFinalState, type OrderEvent, orderTransition } from '../shared/domain/order-lifecycle.ts';
import type { Desk } from './desk.ts';
import { exitInFlight, isProtected, protect, requestExit, scheduleExitRetry } from './exits.ts';
import { bookFill } from './fill-booking.ts';
import { fillDefect } from './fill-check.ts';
import { contradictionDelayMs, maxSubmitAttempts, settledRetentionMs, truthDelayMs } from './limits.ts';
import { scheduleResend } from './order-executor.ts';

export function processReport(desk: Desk, report: BrokerReport, turn: Turn): void {
  const order =
    desk.orders.get(report.client_order_id) ?? knownLeg(desk, report.client_order_id, report.order, turn);
  if (order === undefined) {
    processUnlisted(desk, report, turn);
    return;
  }
  if (report.kind === 'fill') takeFill(desk, order, report.fill, turn);
  else {
    applyOrderEvent(desk, order, report.kind, report.reason, report.order, turn);
    if (report.kind !== 'accepted') confirmShortEnd(desk, order, report.kind, turn);
  }
  followUp(desk, order.client_order_id, turn);
}

/** A fill that cannot be true is not booked: its symbol takes no entries until the broker has told the whole truth. */
function takeFill(desk: Desk, order: Order, fill: BrokerReport['fill'], turn: Turn): void {
  const wrong = fill === null ? 'it has no figures' : fillDefect(desk, order, fill);
  if (fill !== null && wrong === undefined) {
    bookFill(desk, order, fill, turn);
    return;
  }
  const reason = `a fill of ${order.client_order_id} is not booked: ${wrong}`;
  desk.block(order.symbol, reason);
  desk.doubt(reason, contradictionDelayMs, turn);
}

/** Nothing is booked for an id we do not have; its symbol takes no entries until the broker has told the whole truth. */
function processUnlisted(desk: Desk, report: BrokerReport, turn: Turn): void {
  const event = report.kind === 'fill' ? 'fill_partial' : report.kind;
  if (!orderTransition('unlisted', event).contradiction) return;
  const reason = `${report.kind} of an order we do not know: ${report.client_order_id}`;
  const symbol = report.fill?.symbol ?? report.order?.symbol;
  if (symbol !== undefined) desk.block(symbol, reason);
  desk.doubt(reason, truthDelayMs, turn);
}

/**
 * An order that ended short of its quantity may have filled in part without our hearing of it: ask before forgetting.
 * A refusal on arrival is believed; one of an order that had been accepted is not.
 */
function confirmShortEnd(
  desk: Desk,
  before: Order,
  kind: 'rejected' | 'cancelled' | 'expired',
  turn: Turn,
): void {
  if (isFinalState(before.state)) return;
  if (kind === 'rejected' && (before.state === 'pending_submit' || before.state === 'unknown')) return;
  if (!before.reduce_only || desk.positions.has(before.symbol))
    desk.doubt(`${before.client_order_id} ended short of its quantity`, contradictionDelayMs, turn);
}

/** A bracket leg that the broker created on its own: ours, though we never sent it. */
export function knownLeg(
  desk: Desk,
  clientOrderId: string,
  told: OrderRequest | null,
  turn: Turn,
): Order | undefined {
  const entry = entryOfLeg(desk, clientOrderId);
  if (entry === undefined || entry.bracket === null) return undefined;
  const { bracket } = entry;
  const isStop = bracket.stop_client_order_id === clientOrderId;
  return {
    client_order_id: clientOrderId,
    symbol: entry.symbol,
    side: entry.side === 'buy' ? 'sell' : 'buy',
    type: isStop ? 'stop' : 'limit',
    leg: isStop ? 'stop' : 'target',
    quantity:
      told?.quantity ?? (isZeroDecimal(entry.filled_quantity) ? entry.quantity : entry.filled_quantity),
    price: isStop ? bracket.stop_price : bracket.target_price,
    reduce_only: true,
    bracket: null,
    id: clientOrderId,
    signal_id: entry.signal_id,
    correlation_id: entry.correlation_id,
    position_id: entry.position_id,
    state: 'pending_submit',
    filled_quantity: '0',
    average_price: null,
    fees: '0',
    fill_ids: [],
    reason: `bracket of ${entry.client_order_id}`,
    created_at: turn.now,
    updated_at: turn.now,
    open: true,
  };
}

/** The entry whose bracket names this client order id. */
export function entryOfLeg(desk: Desk, clientOrderId: string): Order | undefined {
  for (const entry of desk.orders.values()) {
    const { bracket } = entry;
    if (bracket === null) continue;
    if (bracket.stop_client_order_id === clientOrderId || bracket.target_client_order_id === clientOrderId)
      return entry;
  }
  return undefined;
}

/** Moves the order by the table; saves only when something changed, and doubts when the table says so. */
export function applyOrderEvent(
  desk: Desk,
  order: Order,
  event: OrderEvent,
  reason: string | null,
  told: OrderRequest | null,
  turn: Turn,
): void {
  const next = orderTransition(order.state, event);
  // Legs only ever grow at the broker; an older, smaller report came late.
  const grown = told !== null && compareDecimal(told.quantity, order.quantity) > 0;
  // A leg that looked filled at its old size, and a revived order with fills, live on as partly filled.
  const outgrown =
    grown && next.state === 'filled' && compareDecimal(told.quantity, order.filled_quantity) > 0;
  const revived = next.state === 'accepted' && order.fill_ids.length > 0;
  const state = outgrown || revived ? 'partially_filled' : next.state;
  const isNew = !desk.orders.has(order.client_order_id);
  if (state !== order.state || grown || isNew) {
    const quantity = grown ? told.quantity : order.quantity;
    const why = isFinalState(state) && reason !== null ? reason : order.reason;
    desk.changeOrder({ ...order, state, quantity, reason: why, updated_at: turn.now }, turn);
  }
  if (next.contradiction)
    desk.doubt(`${event} of ${order.client_order_id} contradicts ${order.state}`, contradictionDelayMs, turn);
}

/** What the end of an order means for its position. */
export function followUp(desk: Desk, clientOrderId: string, turn: Turn): void {
  const order = desk.orders.get(clientOrderId);
  if (order === undefined) return;
  if (isFinalState(order.state)) desk.scheduleTruth(settledRetentionMs, turn);
  const position = desk.positions.get(order.symbol);
  if (position === undefined) return;
  if (position.close_reason !== null) {
    if (exitInFlight(desk, position)) return;
    const justOpened = position.opened_at === turn.now;
    // A position nobody planned is closed only when the broker confirms it: reports may have overtaken each other.
    if (justOpened)
      desk.doubt(`a position in ${position.symbol} was not intended`, contradictionDelayMs, turn);
    else if (order.leg === 'entry') requestExit(desk, position, position.close_reason, turn);
    else if (order.leg === 'exit' && isFinalState(order.state)) {
      scheduleExitRetry(desk, position, turn);
      // A venue that frees what a stop locks before it sells leaves the rest bare until the next try.
      if (!desk.brokerKeepsBracket) protect(desk, position, turn);
    }
    return;
  }
  if (isProtected(desk, position)) return;
  const ended = order.leg === 'stop' && isFinalState(order.state);
  if (ended)
    desk.doubt(`stop of ${position.symbol} ended while its position is open`, contradictionDelayMs, turn);
  else if (desk.brokerKeepsBracket) desk.scheduleTruth(truthDelayMs, turn);
  else protect(desk, position, turn, `stop of ${order.client_order_id}`);
}

/** `unknown` is a real state: exposure keeps counting it and nothing is sent again before the broker was asked. */
export function processUncertainty(desk: Desk, uncertainty: BrokerUncertainty, turn: Turn): void {
  const order = desk.orders.get(uncertainty.client_order_id);
  if (order === undefined || isFinalState(order.state)) return;
  if (uncertainty.action === 'cancel') {
    desk.scheduleTruth(truthDelayMs, turn);
    return;
  }
  if (uncertainty.outcome === 'unknown') {
    applyOrderEvent(desk, order, 'outcome_unknown', uncertainty.detail, null, turn);
    desk.scheduleTruth(truthDelayMs, turn);
    return;
  }
  if (order.state !== 'pending_submit') return;
  const attempts = desk.intents.get(order.client_order_id)?.attempts ?? maxSubmitAttempts;
  if (attempts < maxSubmitAttempts) {
    scheduleResend(desk, order, turn);
    return;
  }
  applyOrderEvent(desk, order, 'withdrawn', `never sent: ${uncertainty.detail}`.slice(0, 200), null, turn);
  followUp(desk, order.client_order_id, turn);
}
