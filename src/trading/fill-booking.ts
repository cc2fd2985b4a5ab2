// Books one fill: order, position, cash and equity in one turn, each fill once. What the broker says was filled is
// booked in every state of the order, also after a cancel: the money moved. It decides nothing about exits.
import type { Turn } from '../kernel/agent.ts';
import { averagePrice, flatHolding, foldFill, type Holding } from '../shared/domain/holding.ts';
import {
  addDecimal,
  compareDecimal,
  decimalNumber,
  decimalText,
  divideDecimal,
  isZeroDecimal,
  multiplyDecimal,
  negateDecimal,
  roundToStep,
  subtractDecimal,
} from '../shared/domain/money.ts';
import type { Fill, Order } from '../shared/domain/order.ts';
import { orderTransition } from '../shared/domain/order-lifecycle.ts';
import type { Position } from '../shared/domain/position.ts';
import { noteResult } from './cooldowns.ts';
import type { Desk } from './desk.ts';
import { fillDefect } from './fill-check.ts';
import { contradictionDelayMs, settledRetentionMs } from './limits.ts';
import { recordEquity, rollDay, scheduleNextPulse } from './portfolio.ts';
import { withEntry } from './trading-memory.ts';

const averageStep = '0.000000000001';

/** Books the fill unless it was booked before or cannot be true; true when it was new. */
export function bookFill(desk: Desk, order: Order, fill: Fill, turn: Turn): boolean {
  if (order.fill_ids.includes(fill.id)) {
    if (orderTransition(order.state, 'fill_repeated').contradiction)
      desk.doubt(`a repeated fill of ${order.client_order_id}`, contradictionDelayMs, turn);
    return false;
  }
  if (fillDefect(desk, order, fill) !== undefined) return false;
  rollDay(desk, turn.now);
  const filled = addDecimal(order.filled_quantity, fill.quantity);
  const fullness = compareDecimal(filled, order.quantity);
  const overfilled = fullness > 0;
  const event = overfilled ? 'over_fill' : fullness === 0 ? 'fill_complete' : 'fill_partial';
  const { state, contradiction } = orderTransition(order.state, event);
  const position_id = bookPosition(desk, order, fill, turn);
  desk.changeOrder(
    {
      ...order,
      position_id,
      state,
      filled_quantity: filled,
      average_price: newAverage(order, fill, filled),
      fees: addDecimal(order.fees, fill.fee),
      fill_ids: [...order.fill_ids, fill.id],
      reason: overfilled ? `filled beyond its quantity; ${order.reason}`.slice(0, 200) : order.reason,
      updated_at: turn.now,
    },
    turn,
  );
  turn.put('fills', fill.id, fill);
  desk.lastFillAt.set(fill.symbol, turn.now);
  if (contradiction)
    desk.doubt(`fill of ${order.client_order_id} contradicts its state`, contradictionDelayMs, turn);
  recordEquity(desk, turn);
  scheduleNextPulse(desk, turn);
  return true;
}

function newAverage(order: Order, fill: Fill, filled: string): string {
  const before =
    order.average_price === null ? '0' : multiplyDecimal(order.average_price, order.filled_quantity);
  const value = addDecimal(before, multiplyDecimal(fill.quantity, fill.price));
  return roundToStep(divideDecimal(value, filled), averageStep);
}

/** The position as a signed holding with its exact cost; flat when there is none. */
export function holdingOf(position: Position | undefined): Holding {
  if (position === undefined) return flatHolding;
  const cost = position.cost_basis ?? multiplyDecimal(position.average_entry_price, position.quantity);
  return { quantity: position.side === 'long' ? position.quantity : negateDecimal(position.quantity), cost };
}

/** Folds the fill into the symbol's position; returns the id of the position that the order belongs to now. */
function bookPosition(desk: Desk, order: Order, fill: Fill, turn: Turn): string {
  const position = desk.positions.get(fill.symbol);
  const folded = foldFill(holdingOf(position), fill.side, fill.quantity, fill.price);
  const { holding, dust } = settle(desk, order, fill, folded.holding);
  const change = { ...folded, holding };
  const net = subtractDecimal(subtractDecimal(change.realised, fill.fee), dust);
  desk.remember({ cash: addDecimal(desk.memory.cash, multiplyDecimal(net, accountRateOf(desk, fill))) });
  if (position === undefined) {
    const late = order.fill_ids.length > 0;
    return openPosition(desk, order, fill, change.holding, net, late, turn);
  }
  const flat = isZeroDecimal(change.holding.quantity);
  const turned = !flat && compareDecimal(change.holding.quantity, '0') > 0 !== (position.side === 'long');
  if (!flat && !turned) {
    updatePosition(desk, position, change.holding, fill, net, turn);
    return order.position_id;
  }
  closePosition(desk, position, order, fill, net, turn);
  if (!turned) return order.position_id;
  return openPosition(desk, order, fill, change.holding, '0', true, turn);
}

/** The rate that the broker booked the fill with, else the market's. Money moved: without either it is said and blocks. */
function accountRateOf(desk: Desk, fill: Fill): string {
  if (fill.account_rate !== undefined) return fill.account_rate;
  const instrument = desk.market.instrument(fill.symbol);
  const rate = instrument === undefined ? undefined : desk.market.rate(instrument);
  if (rate === undefined)
    desk.block(fill.symbol, 'a fill was booked at par: no rate into the account currency');
  return rate === undefined || rate === 1 ? '1' : roundToStep(decimalText(rate), averageStep);
}

/**
 * What is truly held after a fill: less what the venue kept of a purchase as its fee, and nothing where a reduction left
 * less than the venue's smallest step, which nobody can sell. `dust` is the cost of that remainder.
 */
function settle(desk: Desk, order: Order, fill: Fill, holding: Holding): { holding: Holding; dust: string } {
  const long = compareDecimal(holding.quantity, '0') > 0;
  const withheld = fill.side === 'buy' && long ? (fill.withheld_quantity ?? '0') : '0';
  const quantity = subtractDecimal(holding.quantity, withheld);
  const untradable = order.reduce_only && long && isZeroDecimal(desk.tradable(fill.symbol, quantity));
  if (!untradable) return { holding: { ...holding, quantity }, dust: '0' };
  return { holding: flatHolding, dust: holding.cost };
}

/** `unplanned` positions, left by a fill that should have only reduced or that came too late, are closed again. */
function openPosition(
  desk: Desk,
  order: Order,
  fill: Fill,
  holding: Holding,
  net: string,
  unplanned: boolean,
  turn: Turn,
): string {
  const long = compareDecimal(holding.quantity, '0') > 0;
  const closeAtOnce = order.reduce_only || (unplanned && order.bracket === null);
  const position: Position = {
    id: unplanned || order.reduce_only ? turn.id('pos', order.position_id, fill.id) : order.position_id,
    symbol: fill.symbol,
    side: long ? 'long' : 'short',
    quantity: long ? holding.quantity : negateDecimal(holding.quantity),
    average_entry_price: averagePrice(holding) ?? fill.price,
    cost_basis: holding.cost,
    realised_profit: net,
    fees: fill.fee,
    stop_price: order.bracket?.stop_price ?? null,
    target_price: order.bracket?.target_price ?? null,
    signal_id: order.signal_id,
    correlation_id: order.correlation_id,
    opened_at: turn.now,
    updated_at: turn.now,
    closed_at: null,
    close_reason: closeAtOnce ? 'not intended: a reducing order filled beyond the position' : null,
    open: true,
  };
  desk.changePosition(position, turn);
  return position.id;
}

function updatePosition(
  desk: Desk,
  position: Position,
  holding: Holding,
  fill: Fill,
  net: string,
  turn: Turn,
): void {
  const quantity = position.side === 'long' ? holding.quantity : negateDecimal(holding.quantity);
  desk.changePosition(
    {
      ...position,
      quantity,
      average_entry_price: averagePrice(holding) ?? position.average_entry_price,
      cost_basis: holding.cost,
      realised_profit: addDecimal(position.realised_profit, net),
      fees: addDecimal(position.fees, fill.fee),
      updated_at: turn.now,
    },
    turn,
  );
}

function closePosition(
  desk: Desk,
  position: Position,
  order: Order,
  fill: Fill,
  net: string,
  turn: Turn,
): void {
  const realised = addDecimal(position.realised_profit, net);
  desk.changePosition(
    {
      ...position,
      quantity: '0',
      cost_basis: '0',
      realised_profit: realised,
      fees: addDecimal(position.fees, fill.fee),
      updated_at: turn.now,
      closed_at: turn.now,
      close_reason: order.leg === 'exit' ? (position.close_reason ?? order.reason) : order.leg,
      open: false,
    },
    turn,
  );
  desk.remember({
    epochs: withEntry(desk.memory.epochs, position.id, undefined),
    exits: withEntry(desk.memory.exits, position.id, undefined),
  });
  noteResult(desk, position.symbol, decimalNumber(realised), turn.now);
  // Every closed trade is compared with the broker, after it had time to end the other leg itself.
  desk.doubt(`position in ${position.symbol} closed`, settledRetentionMs, turn);
}
