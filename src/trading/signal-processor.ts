// From a signal to an order, an exit or a coded no. A signal is a dated claim: it is judged once and never twice.
import type { Turn } from '../kernel/agent.ts';
import type { Message } from '../shared/bus/message.ts';
import type { Position } from '../shared/domain/position.ts';
import type { Refusal } from '../shared/domain/risk.ts';
import type { Signal } from '../shared/domain/signal.ts';
import type { Desk } from './desk.ts';
import { requestExit } from './exits.ts';
import { cancelOrder, submitOrder } from './order-executor.ts';
import type { Denial } from './position-sizer.ts';
import { judgeEntry } from './risk-manager.ts';
import { shownText, signalDefect } from './signal-check.ts';

const expiryPrefix = 'expiry/';

export function processSignal(desk: Desk, message: Message<'signal'>, turn: Turn): void {
  const signal = message.data;
  const denial = claimDenial(desk, signal, turn);
  if (denial !== undefined) {
    refuse(signal, denial, message.correlation_id, turn);
    return;
  }
  desk.signals.remember(signal.signal_id, signal.expires_at, turn);
  if (closes(desk, signal, message.correlation_id, turn)) return;
  const judged = judgeEntry(desk, signal, message.correlation_id, turn);
  if (!judged.ok) {
    refuse(signal, judged.reason, message.correlation_id, turn);
    return;
  }
  const order = submitOrder(desk, judged.value, `signal ${signal.signal_id}`, signal.expires_at, turn);
  turn.setAlarm(expiryPrefix + order.client_order_id, signal.expires_at);
}

/** What is wrong with the claim itself, before anybody asks whether it is allowed. */
function claimDenial(desk: Desk, signal: Signal, turn: Turn): Denial | undefined {
  const wrong = signalDefect(signal, turn.now);
  if (wrong !== undefined) return { code: 'signal_invalid', limit: null, actual: wrong };
  if (!desk.settings.universe.includes(signal.symbol) || desk.market.instrument(signal.symbol) === undefined)
    return { code: 'unknown_symbol', limit: null, actual: signal.symbol };
  if (turn.now >= signal.expires_at)
    return { code: 'signal_expired', limit: signal.expires_at, actual: turn.now };
  if (desk.signals.has(signal.signal_id))
    return { code: 'duplicate_signal', limit: 1, actual: signal.signal_id };
  return undefined;
}

/** Closing needs no mandate. True when the signal was about closing and is dealt with. */
function closes(desk: Desk, signal: Signal, correlationId: string, turn: Turn): boolean {
  const position = desk.positions.get(signal.symbol);
  const entry = desk.liveEntry(signal.symbol);
  const against =
    signal.action === 'CLOSE' ||
    (position !== undefined && isOpposite(position, signal)) ||
    (position === undefined && entry !== undefined && (entry.side === 'buy') !== (signal.action === 'BUY'));
  if (!against) return false;
  if (position === undefined && entry === undefined) {
    refuse(signal, { code: 'no_position', limit: null, actual: null }, correlationId, turn);
    return true;
  }
  if ((desk.state?.state ?? desk.settings.initial_trading_state) === 'halted') {
    refuse(signal, { code: 'trading_halted', limit: 'reducing', actual: 'halted' }, correlationId, turn);
    return true;
  }
  const reason = `${signal.action === 'CLOSE' ? 'close' : 'opposite'} signal ${signal.signal_id}`;
  if (position !== undefined) requestExit(desk, position, reason, turn);
  else if (entry !== undefined && entry.state !== 'cancel_requested') cancelOrder(desk, entry, reason, turn);
  return true;
}

function isOpposite(position: Position, signal: Signal): boolean {
  return position.side === 'long' ? signal.action === 'SELL' : signal.action === 'BUY';
}

function refuse(signal: Signal, denial: Denial, correlationId: string, turn: Turn): void {
  const refusal: Refusal = {
    id: turn.id('ref', shownText(signal.signal_id), denial.code, turn.now),
    signal_id: shownText(signal.signal_id),
    symbol: shownText(signal.symbol),
    code: denial.code,
    limit: denial.limit,
    actual: denial.actual,
    at: turn.now,
    correlation_id: correlationId,
  };
  turn.put('refusals', refusal.id, refusal);
  turn.emit('trading.refused', refusal, { correlationId });
}

/** An entry never outlives its signal: what has not filled by then is cancelled. True when the alarm was one of these. */
export function processExpiryAlarm(desk: Desk, name: string, turn: Turn): boolean {
  if (!name.startsWith(expiryPrefix)) return false;
  const order = desk.orders.get(name.slice(expiryPrefix.length));
  if (order !== undefined && order.state !== 'cancel_requested')
    cancelOrder(desk, order, 'its signal expired', turn);
  return true;
}
