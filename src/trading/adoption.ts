// What the broker holds and we do not know: adopted under derived ids, and said aloud in the order's reason.
// It must never believe a difference on one look: fills may be on their way.
import type { Turn } from '../kernel/agent.ts';
import type { BrokerPosition, BrokerSnapshot } from '../shared/bus/catalogue.ts';
import {
  addDecimal,
  compareDecimal,
  decimalText,
  isZeroDecimal,
  subtractDecimal,
} from '../shared/domain/money.ts';
import type { Fill, Order, OrderRequest } from '../shared/domain/order.ts';
import { isInFlight } from '../shared/domain/order-lifecycle.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { type AdoptionStep, adoptionSteps, averageDiffers } from './adoption-steps.ts';
import type { Desk } from './desk.ts';
import { bookFill, holdingOf } from './fill-booking.ts';
import { truthDelayMs } from './limits.ts';
import { boundedMismatches, type Mismatch } from './trading-memory.ts';

/** Key of a cash difference among the mismatches; no symbol is written in lower case. */
export const cashKey = 'cash';

/** Takes a live order of the broker into our books. */
export function adoptOrder(desk: Desk, request: OrderRequest, turn: Turn): Order {
  const position = desk.positions.get(request.symbol);
  const position_id =
    request.reduce_only && position !== undefined ? position.id : turn.id('pos', request.client_order_id);
  return desk.changeOrder(
    adoptedRow(request, position_id, 'accepted', 'adopted: found at the broker, unknown to us', turn.now),
    turn,
  );
}

function adoptedRow(
  request: OrderRequest,
  position_id: string,
  state: Order['state'],
  reason: string,
  now: EpochMs,
): Order {
  return {
    ...request,
    id: request.client_order_id,
    signal_id: null,
    correlation_id: request.client_order_id,
    position_id,
    state,
    filled_quantity: '0',
    average_price: null,
    fees: '0',
    fill_ids: [],
    reason,
    created_at: now,
    updated_at: now,
    open: true,
  };
}

/**
 * Compares net holdings and cash. A difference is noted first; the same difference in a later answer, with nothing
 * in flight and no fill in between, is the broker's truth and is booked as an adoption.
 */
export function compareHoldings(desk: Desk, snapshot: BrokerSnapshot, askedAt: EpochMs, turn: Turn): void {
  const before = desk.memory.mismatches;
  const after: Mismatch[] = [];
  const told = new Map((snapshot.positions ?? []).map((position) => [position.symbol, position]));
  const symbols =
    snapshot.positions === undefined ? [] : [...new Set([...desk.positions.keys(), ...told.keys()])].sort();
  const silent = silentSymbols(snapshot);
  for (const symbol of symbols) {
    if (silent.has(symbol)) {
      // A holding that was not told is not flat; what was noted before still waits for its second look.
      after.push(...before.filter((mismatch) => mismatch.key === symbol));
      continue;
    }
    const broker = told.get(symbol);
    const ours = holdingOf(desk.positions.get(symbol));
    const difference = subtractDecimal(broker?.quantity ?? '0', ours.quantity);
    // More than ours may be the user's own.
    if (broker?.shared === true && compareDecimal(difference, '0') >= 0) continue;
    if (isZeroDecimal(difference) && !averageDiffers(ours, broker?.average_price ?? null)) continue;
    const seen = before.find((mismatch) => mismatch.key === symbol);
    const confirmed =
      seen?.difference === difference && seen.seen_at < askedAt && isQuiet(desk, symbol, askedAt);
    if (confirmed && adoptDifference(desk, symbol, broker, turn)) continue;
    after.push({
      key: symbol,
      difference,
      seen_at: seen?.difference === difference ? seen.seen_at : turn.now,
    });
  }
  const cash = cashMismatch(desk, snapshot, after.length > 0 || silent.size > 0, askedAt, turn);
  if (cash !== undefined) after.push(cash);
  if (after.length > 0) desk.scheduleTruth(truthDelayMs, turn);
  if (before.length > 0 || after.length > 0) desk.remember({ mismatches: boundedMismatches(after) });
}

/** Symbols of which the broker could not be heard: nothing may be concluded about them. */
export function silentSymbols(snapshot: BrokerSnapshot): ReadonlySet<string> {
  return new Set((snapshot.unanswered ?? []).map(({ symbol }) => symbol));
}

/** Nothing of the symbol is under way, and its last fill is older than the question. */
function isQuiet(desk: Desk, symbol: string, askedAt: EpochMs): boolean {
  for (const order of desk.liveOrders(symbol)) if (isInFlight(order.state)) return false;
  return (desk.lastFillAt.get(symbol) ?? 0) < askedAt;
}

/** Books what is missing as fills of their own; false when no price is known for them. */
function adoptDifference(
  desk: Desk,
  symbol: string,
  broker: BrokerPosition | undefined,
  turn: Turn,
): boolean {
  const ours = holdingOf(desk.positions.get(symbol));
  const mark = desk.market.priceOf(symbol);
  const quantity = broker?.quantity ?? '0';
  const average = broker?.average_price ?? null;
  const steps = adoptionSteps(ours, quantity, average, mark === undefined ? undefined : decimalText(mark));
  if (steps === undefined) return false;
  const count = desk.memory.adoptions;
  desk.remember({ adoptions: count + 1 });
  for (const [index, step] of steps.entries()) {
    // No time in it: the same books and the same answer of the broker always give the same id.
    const id = turn.id('adopt', symbol, ours.quantity, ours.cost, quantity, average ?? '', count, index);
    bookStep(desk, symbol, step, id, turn);
  }
  return true;
}

function bookStep(desk: Desk, symbol: string, step: AdoptionStep, id: string, turn: Turn): void {
  const known = desk.positions.get(symbol);
  const reducing = known !== undefined && (step.side === 'buy') !== (known.side === 'long');
  const request: OrderRequest = {
    client_order_id: id,
    symbol,
    side: step.side,
    type: 'market',
    leg: reducing ? 'exit' : 'entry',
    quantity: step.quantity,
    price: null,
    reduce_only: false,
    bracket: null,
  };
  const { quantity, price, side } = step;
  const fill: Fill = {
    id,
    client_order_id: id,
    symbol,
    side,
    quantity,
    price,
    fee: '0',
    liquidity: 'taker',
    at: turn.now,
  };
  const reason = 'adopted: the broker holds something else than our fills say';
  const row = adoptedRow(request, known?.id ?? turn.id('pos', id), 'accepted', reason, turn.now);
  bookFill(desk, row, fill, turn);
}

/** Cash follows the broker's only when it differs by the same amount twice and positions agree. */
function cashMismatch(
  desk: Desk,
  snapshot: BrokerSnapshot,
  unsettled: boolean,
  askedAt: EpochMs,
  turn: Turn,
): Mismatch | undefined {
  if (snapshot.cash === null) return undefined;
  const difference = subtractDecimal(snapshot.cash, desk.memory.cash);
  if (isZeroDecimal(difference)) return undefined;
  const seen = desk.memory.mismatches.find((mismatch) => mismatch.key === cashKey);
  const same = seen?.difference === difference;
  let quiet = true;
  for (const at of desk.lastFillAt.values()) if (at >= askedAt) quiet = false;
  if (same && quiet && !unsettled && seen.seen_at < askedAt) {
    desk.remember({ cash: addDecimal(desk.memory.cash, difference) });
    return undefined;
  }
  return { key: cashKey, difference, seen_at: same ? seen.seen_at : turn.now };
}
