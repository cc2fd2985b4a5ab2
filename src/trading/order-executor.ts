// Sends what was approved, and nothing else. The order row is written in the same turn in which the effect is asked
// for, and the kernel commits that turn before the effect leaves: no order exists that the house does not know.
import type { Turn } from '../kernel/agent.ts';
import type { Order, OrderRequest } from '../shared/domain/order.ts';
import { isFinalState, orderTransition } from '../shared/domain/order-lifecycle.ts';
import type { Approved } from '../shared/domain/risk.ts';
import { type EpochMs, minuteMs } from '../shared/domain/time.ts';
import type { Desk } from './desk.ts';
import { maxSubmitAttempts, resendDelayMs, truthDelayMs } from './limits.ts';
import { scheduleNextPulse } from './portfolio.ts';

const retryPrefix = 'retry/';

/** Writes the order as `pending_submit` and asks for the submit. `expiresAt` is null for orders that reduce. */
export function submitOrder(
  desk: Desk,
  approved: Approved,
  reason: string,
  expiresAt: EpochMs | null,
  turn: Turn,
): Order {
  const { request } = approved;
  const known = desk.orders.get(request.client_order_id);
  if (known !== undefined) return known;
  const order: Order = {
    ...request,
    id: request.client_order_id,
    signal_id: approved.signal_id === '' ? null : approved.signal_id,
    correlation_id: approved.correlation_id,
    position_id: approved.position_id,
    state: 'pending_submit',
    filled_quantity: '0',
    average_price: null,
    fees: '0',
    fill_ids: [],
    reason,
    created_at: turn.now,
    updated_at: turn.now,
    open: true,
  };
  desk.changeOrder(order, turn);
  desk.intents.save(order.client_order_id, { attempts: 1, expires_at: expiresAt }, turn);
  if (!order.reduce_only) {
    const recent = desk.memory.recent_entries.filter((at) => at > turn.now - minuteMs);
    desk.remember({ recent_entries: [...recent, turn.now] });
  }
  send(desk, order, turn);
  return order;
}

function send(desk: Desk, order: Order, turn: Turn): void {
  turn.effect('broker.submit', requestOf(order), { correlationId: order.correlation_id });
  desk.scheduleTruth(truthDelayMs, turn);
  scheduleNextPulse(desk, turn);
}

/** The same order again under the same client order id, or false when its attempts are used up. */
export function resubmitOrder(desk: Desk, order: Order, reason: string, turn: Turn): boolean {
  const intent = desk.intents.get(order.client_order_id);
  const attempts = intent?.attempts ?? 1;
  if (attempts >= maxSubmitAttempts) return false;
  const { state, contradiction } = orderTransition(order.state, 'resubmitted');
  if (contradiction) return false;
  desk.changeOrder({ ...order, state, reason, updated_at: turn.now }, turn);
  const next = { attempts: attempts + 1, expires_at: intent?.expires_at ?? null };
  desk.intents.save(order.client_order_id, next, turn);
  send(desk, order, turn);
  return true;
}

/** Waits before sending again what certainly never left. */
export function scheduleResend(desk: Desk, order: Order, turn: Turn): void {
  const attempts = desk.intents.get(order.client_order_id)?.attempts ?? 1;
  turn.setAlarm(retryPrefix + order.client_order_id, turn.now + resendDelayMs * attempts);
}

/** Client order id of a resend alarm, undefined for other alarms. */
export function resendAlarmOrder(alarmName: string): string | undefined {
  return alarmName.startsWith(retryPrefix) ? alarmName.slice(retryPrefix.length) : undefined;
}

/** Asks the broker to cancel; until it answers the order counts as live. */
export function cancelOrder(desk: Desk, order: Order, reason: string, turn: Turn): void {
  if (isFinalState(order.state)) return;
  const { state } = orderTransition(order.state, 'cancel_requested');
  if (state !== order.state) desk.changeOrder({ ...order, state, reason, updated_at: turn.now }, turn);
  turn.effect(
    'broker.cancel',
    { client_order_id: order.client_order_id, symbol: order.symbol },
    { correlationId: order.correlation_id },
  );
  desk.scheduleTruth(truthDelayMs, turn);
}

/** The part of an order row that travels to the broker. */
function requestOf(order: Order): OrderRequest {
  const { client_order_id, symbol, side, type, leg, quantity, price, reduce_only, bracket } = order;
  return { client_order_id, symbol, side, type, leg, quantity, price, reduce_only, bracket };
}
