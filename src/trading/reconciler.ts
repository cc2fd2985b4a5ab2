// Makes our books equal to the broker's truth, by ordinary events with ids derived from content.
// It must never read an incomplete or older answer as absence, and never act on a difference seen only once.
import type { Turn } from '../kernel/agent.ts';
import type { BrokerOrder, BrokerSnapshot } from '../shared/bus/catalogue.ts';
import { compareDecimal, isZeroDecimal } from '../shared/domain/money.ts';
import type { Order, OrderQuestion } from '../shared/domain/order.ts';
import {
  isFinalState,
  isInFlight,
  type OrderEvent,
  orderTransition,
} from '../shared/domain/order-lifecycle.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { adoptOrder, cashKey, compareHoldings, silentSymbols } from './adoption.ts';
import type { Desk } from './desk.ts';
import { exitAlarmSymbol, exitInFlight, isProtected, protect, reduces, requestExit } from './exits.ts';
import { bookFill } from './fill-booking.ts';
import {
  absenceGraceMs,
  contradictionDelayMs,
  maxResubmitAgeMs,
  maxTruthDelayMs,
  settledRetentionMs,
  truthDelayMs,
} from './limits.ts';
import { cancelOrder, resendAlarmOrder, resubmitOrder } from './order-executor.ts';
import { isOutcomeUnknown } from './portfolio.ts';
import { applyOrderEvent, entryOfLeg, followUp, knownLeg } from './report-processor.ts';

/** Asks the broker for its whole truth; asks again by alarm until it is answered. */
export function askForTruth(desk: Desk, reason: string, turn: Turn): void {
  const { questions, rounds } = desk.memory;
  const id = turn.id('snap', turn.now, questions);
  desk.remember({ question: { id, asked_at: turn.now }, questions: questions + 1, rounds: rounds + 1 });
  turn.effect('broker.snapshot', { request_id: id, reason, orders: questionsOf(desk) });
  desk.scheduleTruth(truthDelay(rounds), turn);
}

/** Every order of our books, and the legs that the broker may have armed without our hearing of it. */
function questionsOf(desk: Desk): OrderQuestion[] {
  const questions: OrderQuestion[] = [];
  for (const { client_order_id, symbol, created_at, bracket, fill_ids } of desk.orders.values()) {
    questions.push({ client_order_id, symbol, created_at });
    if (bracket === null || fill_ids.length === 0 || !desk.brokerKeepsBracket) continue;
    for (const leg of [bracket.stop_client_order_id, bracket.target_client_order_id])
      if (!desk.orders.has(leg)) questions.push({ client_order_id: leg, symbol, created_at });
  }
  return questions;
}

function truthDelay(rounds: number): number {
  return Math.min(maxTruthDelayMs, truthDelayMs * 2 ** Math.min(rounds, 10));
}

/** Why the broker must be asked now, or undefined when nothing is open. */
function openQuestion(desk: Desk): string | undefined {
  if (desk.awaitingTruth) return 'start';
  const { doubt, question, mismatches } = desk.memory;
  if (doubt !== null) return doubt.reason;
  if (question !== null) return 'the last question was not answered';
  if (mismatches.length > 0) return 'a difference waits for confirmation';
  for (const order of desk.orders.values())
    if (isInFlight(order.state)) return `${order.client_order_id} is ${order.state}`;
  for (const position of desk.positions.values())
    if (position.close_reason === null && !isProtected(desk, position))
      return `no stop is known for ${position.symbol}`;
  return undefined;
}

/** The truth alarm: tidies up what is settled and asks the broker when anything is open. */
export function checkTruth(desk: Desk, turn: Turn): void {
  desk.truthDueAt = undefined;
  nameUnknown(desk, desk.silenceMs, 'the broker has not answered', turn);
  tidySettled(desk, turn);
  for (const order of desk.orders.values())
    if (isOutcomeUnknown(desk, order, turn.now)) desk.requestSummary();
  const reason = openQuestion(desk);
  if (reason !== undefined) askForTruth(desk, reason, turn);
  else if (desk.memory.rounds !== 0) desk.remember({ rounds: 0 });
}

/**
 * A submit that nobody answered for so long is what it is: an order whose outcome is unknown. Silence is no news of the
 * order, so its last news keep their time.
 */
export function nameUnknown(desk: Desk, silentMs: number, reason: string, turn: Turn): void {
  for (const order of [...desk.orders.values()])
    if (order.state === 'pending_submit' && turn.now - order.updated_at >= silentMs)
      desk.changeOrder(
        { ...order, state: orderTransition(order.state, 'outcome_unknown').state, reason },
        turn,
      );
}

/** Cancels what protects a position that is gone, and lets final orders of settled positions go from memory. */
function tidySettled(desk: Desk, turn: Turn): void {
  let young = false;
  for (const order of [...desk.orders.values()]) {
    const position = desk.positions.get(order.symbol);
    if (!isFinalState(order.state)) {
      if (position === undefined || !reduces(order, position)) tidyOrphan(desk, order, turn);
      continue;
    }
    if (position !== undefined || hasLiveLegs(desk, order.symbol)) continue;
    if (turn.now - order.updated_at < settledRetentionMs) young = true;
    else if (isBrokerTruthOpen(desk)) continue;
    else desk.saveOrder({ ...order, open: false }, turn);
  }
  if (young) desk.scheduleTruth(settledRetentionMs, turn);
}

/** Orders of one plan are forgotten together: a leg forgotten before its entry would be met again as new, fills and all. */
function hasLiveLegs(desk: Desk, symbol: string): boolean {
  for (const order of desk.liveOrders(symbol))
    if (order.reduce_only || order.fill_ids.length > 0) return true;
  return false;
}

/** While a question to the broker is open nothing is forgotten: its answer may name a fill of a final order. */
function isBrokerTruthOpen(desk: Desk): boolean {
  const { doubt, question, mismatches } = desk.memory;
  return desk.awaitingTruth || doubt !== null || question !== null || mismatches.length > 0;
}

/** A live reducing order without a position: its position was closed, or the fill that made it has not been told. */
function tidyOrphan(desk: Desk, order: Order, turn: Turn): void {
  const idle = turn.now - order.updated_at >= settledRetentionMs && !isInFlight(order.state);
  if (!order.reduce_only || !idle || desk.awaitingTruth || desk.memory.mismatches.length > 0) return;
  const entry = entryOfLeg(desk, order.client_order_id);
  if (entry !== undefined && entry.fill_ids.length === 0)
    desk.doubt(`a leg of ${entry.client_order_id} stands, but no fill was told`, truthDelayMs, turn);
  else cancelOrder(desk, order, 'its position is closed', turn);
}

/** Works one answer of the broker into the books. */
export function processSnapshot(desk: Desk, snapshot: BrokerSnapshot, turn: Turn): void {
  const { question } = desk.memory;
  const askedAt = question !== null && question.id === snapshot.request_id ? question.asked_at : undefined;
  const held = new Map(snapshot.orders.map((order) => [order.request.client_order_id, order]));
  const missing = takePositives(desk, snapshot, held, askedAt, turn);
  if (askedAt !== undefined) takeAbsences(desk, snapshot, held, askedAt, turn);
  if (!snapshot.complete || askedAt === undefined) {
    desk.scheduleTruth(truthDelay(desk.memory.rounds), turn);
    return;
  }
  const { doubt } = desk.memory;
  // What the venue shows may lag behind what it does: a doubt is settled only by a question asked some time after it arose.
  const settled = doubt === null || askedAt - doubt.at >= absenceGraceMs;
  desk.remember({ question: null, doubt: settled ? null : doubt });
  const blocks = new Map<string, string>();
  for (const id of missing) {
    const order = desk.orders.get(id);
    if (order === undefined) continue;
    desk.doubt('the broker did not name all fills', truthDelayMs, turn);
    blocks.set(order.symbol, `the broker did not name all fills of ${id}`);
  }
  adoptLive(desk, snapshot, turn);
  compareHoldings(desk, snapshot, askedAt, turn);
  noteUnanswered(desk, snapshot, held, askedAt, blocks, turn);
  setBlocks(desk, blocks);
  desk.awaitingTruth = false;
  healPositions(desk, silentSymbols(snapshot), askedAt, turn);
  desk.requestSummary();
  if (openQuestion(desk) !== undefined) desk.scheduleTruth(truthDelay(desk.memory.rounds), turn);
  else {
    desk.remember({ rounds: 0 });
    if (!hasSettledOrders(desk)) desk.clearTruth(turn);
  }
}

/** What the answer leaves open per symbol: said aloud, asked again, and no new entries there until it is clear. */
function noteUnanswered(
  desk: Desk,
  snapshot: BrokerSnapshot,
  held: ReadonlyMap<string, BrokerOrder>,
  askedAt: EpochMs,
  blocks: Map<string, string>,
  turn: Turn,
): void {
  const absent = new Set(snapshot.absent);
  for (const order of desk.orders.values()) {
    const answered = held.has(order.client_order_id) || absent.has(order.client_order_id);
    if (answered || isFinalState(order.state) || order.created_at >= askedAt) continue;
    blocks.set(order.symbol, `the broker did not answer about ${order.client_order_id}`);
  }
  for (const { symbol, reason } of snapshot.unanswered ?? [])
    blocks.set(symbol, `the broker did not answer: ${reason}`);
  if (blocks.size > 0) desk.doubt('the broker left something unanswered', truthDelayMs, turn);
  for (const { key, difference } of desk.memory.mismatches)
    if (key !== cashKey && !isZeroDecimal(difference))
      blocks.set(key, `the broker holds ${difference} more than our fills say`);
}

/** The blocks as of this answer; those of before are settled by it. */
function setBlocks(desk: Desk, blocks: ReadonlyMap<string, string>): void {
  for (const [symbol, reason] of blocks) desk.block(symbol, reason);
  const before = desk.memory.blocks;
  const kept = Object.fromEntries(Object.entries(before).filter(([symbol]) => blocks.has(symbol)));
  if (Object.keys(kept).length !== Object.keys(before).length) desk.remember({ blocks: kept });
}

function hasSettledOrders(desk: Desk): boolean {
  for (const order of desk.orders.values()) if (!desk.positions.has(order.symbol)) return true;
  return false;
}

/** What the broker positively says of orders we know. Returns the orders of which its answer lacks fills. */
function takePositives(
  desk: Desk,
  snapshot: BrokerSnapshot,
  held: ReadonlyMap<string, BrokerOrder>,
  askedAt: EpochMs | undefined,
  turn: Turn,
): readonly string[] {
  const touched = new Set<string>();
  for (const { request } of held.values()) {
    if (desk.orders.has(request.client_order_id)) continue;
    const leg = knownLeg(desk, request.client_order_id, request, turn);
    if (leg === undefined) continue;
    applyOrderEvent(desk, leg, 'accepted', null, request, turn);
    touched.add(request.client_order_id);
  }
  for (const fill of snapshot.fills) {
    const order = desk.orders.get(fill.client_order_id);
    if (order !== undefined && bookFill(desk, order, fill, turn)) touched.add(fill.client_order_id);
  }
  const missing: string[] = [];
  for (const [id, broker] of held) {
    const order = desk.orders.get(id);
    if (order === undefined) continue;
    if (compareDecimal(order.filled_quantity, broker.filled_quantity) < 0) missing.push(id);
    if (takeState(desk, order, broker, askedAt, turn)) touched.add(id);
  }
  for (const id of touched) followUp(desk, id, turn);
  return missing;
}

/** True when the broker's state of the order told us something. */
function takeState(
  desk: Desk,
  order: Order,
  broker: BrokerOrder,
  askedAt: EpochMs | undefined,
  turn: Turn,
): boolean {
  const event = eventOf(order, broker);
  if (event === undefined) return false;
  // An answer older than our last news of the order may not bring it back to life.
  const fresh = askedAt !== undefined && order.updated_at < askedAt;
  if (isFinalState(order.state) && !fresh) return false;
  const before = order.state;
  applyOrderEvent(desk, order, event, 'told by the broker when asked', broker.request, turn);
  const after = desk.orders.get(order.client_order_id) ?? order;
  if (after.state === 'cancel_requested' && fresh) cancelOrder(desk, after, after.reason, turn);
  return after.state !== before;
}

/** What the broker's state of an order tells beyond its fills. */
function eventOf(order: Order, broker: BrokerOrder): OrderEvent | undefined {
  if (broker.state === 'partially_filled') return 'accepted';
  if (broker.state !== 'filled') return broker.state;
  // Done at the venue, every fill of it booked, and still short of what we asked for: the venue took less.
  const ended = compareDecimal(order.filled_quantity, broker.filled_quantity) >= 0;
  const short = compareDecimal(order.filled_quantity, order.quantity) < 0;
  return ended && short ? 'cancelled' : undefined;
}

/** Orders that the broker, asked by their id, says it does not have: never arrived, or gone. */
function takeAbsences(
  desk: Desk,
  snapshot: BrokerSnapshot,
  held: ReadonlyMap<string, BrokerOrder>,
  askedAt: EpochMs,
  turn: Turn,
): void {
  for (const id of snapshot.absent) {
    const order = desk.orders.get(id);
    if (order === undefined || isFinalState(order.state) || held.has(id)) continue;
    if (askedAt - order.updated_at < absenceGraceMs) continue;
    const unsent = order.state === 'pending_submit' || order.state === 'unknown';
    if (unsent && maySendAgain(desk, order, turn.now)) {
      if (resubmitOrder(desk, order, 'sent again: the broker did not know it', turn)) continue;
    }
    const reason = unsent ? 'never reached the broker' : 'the broker no longer knows it';
    applyOrderEvent(desk, order, 'absent', reason, null, turn);
    followUp(desk, order.client_order_id, turn);
  }
}

/** Whether an order that did not arrive is still wanted. */
function maySendAgain(desk: Desk, order: Order, now: EpochMs): boolean {
  if (now - order.created_at > maxResubmitAgeMs || order.fill_ids.length > 0) return false;
  const position = desk.positions.get(order.symbol);
  if (order.reduce_only) {
    if (position === undefined || position.id !== order.position_id) return false;
    return order.leg !== 'exit' || !exitInFlight(desk, position, order);
  }
  const expiresAt = desk.intents.get(order.client_order_id)?.expires_at ?? null;
  if (expiresAt === null || now >= expiresAt || position !== undefined) return false;
  const { mandate, state } = desk;
  if (state?.state !== 'active' || mandate === undefined || now >= mandate.expires_at) return false;
  const price = desk.market.priceOf(order.symbol);
  if (price === undefined || order.bracket === null) return false;
  const low = Math.min(Number(order.bracket.stop_price), Number(order.bracket.target_price));
  const high = Math.max(Number(order.bracket.stop_price), Number(order.bracket.target_price));
  return price > low && price < high;
}

function adoptLive(desk: Desk, snapshot: BrokerSnapshot, turn: Turn): void {
  for (const broker of snapshot.orders) {
    const live = broker.state === 'accepted' || broker.state === 'partially_filled';
    if (!live || desk.orders.has(broker.request.client_order_id)) continue;
    adoptOrder(desk, broker.request, turn);
    for (const fill of snapshot.fills) {
      const order = desk.orders.get(fill.client_order_id);
      if (fill.client_order_id === broker.request.client_order_id && order !== undefined)
        bookFill(desk, order, fill, turn);
    }
    followUp(desk, broker.request.client_order_id, turn);
  }
}

/** With the broker's truth in hand: every position is protected or on its way out. */
function healPositions(desk: Desk, silent: ReadonlySet<string>, askedAt: EpochMs, turn: Turn): void {
  const doubtful = new Set(desk.memory.mismatches.map((mismatch) => mismatch.key));
  for (const position of [...desk.positions.values()]) {
    if (silent.has(position.symbol)) continue;
    const freshFill = (desk.lastFillAt.get(position.symbol) ?? 0) >= askedAt;
    if (freshFill || doubtful.has(position.symbol)) {
      desk.scheduleTruth(contradictionDelayMs, turn);
      continue;
    }
    if (position.close_reason !== null) {
      if (!exitInFlight(desk, position)) requestExit(desk, position, position.close_reason, turn);
    } else protect(desk, position, turn);
  }
}

/** Alarms of single orders and exits. True when the name was one of them. */
export function processOrderAlarm(desk: Desk, name: string, turn: Turn): boolean {
  const orderId = resendAlarmOrder(name);
  if (orderId !== undefined) {
    const order = desk.orders.get(orderId);
    if (order === undefined || order.state !== 'pending_submit') return true;
    if (maySendAgain(desk, order, turn.now) && resubmitOrder(desk, order, 'sent again: it never left', turn))
      return true;
    applyOrderEvent(desk, order, 'withdrawn', 'never sent, and no longer wanted', null, turn);
    followUp(desk, orderId, turn);
    return true;
  }
  const symbol = exitAlarmSymbol(name);
  if (symbol === undefined) return false;
  const position = desk.positions.get(symbol);
  if (position?.close_reason != null) requestExit(desk, position, position.close_reason, turn);
  return true;
}
