// Our books against the venue's own, order by order and fill by fill: for every count of orders lost or doubled.
import type { BrokerSnapshot } from '../../shared/bus/catalogue.ts';
import { addDecimal, compareDecimal } from '../../shared/domain/money.ts';
import type { Fill, Order } from '../../shared/domain/order.ts';
import type { EpochMs } from '../../shared/domain/time.ts';

type Truth = Pick<BrokerSnapshot, 'orders' | 'fills'>;

export interface BooksDifference {
  readonly lost: number;
  readonly doubled: number;
  /** When each was written down; an order that only the venue knows has the time of its last change there. */
  readonly times: Readonly<Record<'orders' | 'lost' | 'doubled', readonly EpochMs[]>>;
}

/** What the venue has and our books do not, or differently, and what we have twice, also under another id. Pure, for tests. */
export function compareBooks(
  orders: readonly Order[],
  fills: readonly Fill[],
  truth: Truth,
): BooksDifference {
  const ours = new Map(orders.map((order) => [order.client_order_id, order]));
  const lost: EpochMs[] = [];
  const doubled: EpochMs[] = [];
  for (const { request } of truth.orders) if (!ours.has(request.client_order_id)) lost.push(0);
  compareFills(fills, truth.fills, lost, doubled);
  const sums = filledByOrder(fills);
  const signals = new Set<string>();
  for (const order of orders) {
    const { client_order_id, filled_quantity, leg, signal_id, created_at } = order;
    if (compareDecimal(sums.get(client_order_id) ?? '0', filled_quantity) !== 0) lost.push(created_at);
    if (ours.get(client_order_id) !== order) doubled.push(created_at);
    if (leg !== 'entry' || signal_id === null) continue;
    if (signals.has(signal_id)) doubled.push(created_at);
    signals.add(signal_id);
  }
  doubled.push(...leftTwice(orders));
  return {
    lost: lost.length,
    doubled: doubled.length,
    times: { orders: orders.map(({ created_at }) => created_at), lost, doubled },
  };
}

/** Orders of which only one side thinks that they work, or for another quantity. Asked while nothing is on its way. */
export function statesLost(orders: readonly Order[], truth: Pick<Truth, 'orders'>): number {
  const held = new Map(truth.orders.map((order) => [order.request.client_order_id, order]));
  return orders.filter((order) => {
    const there = held.get(order.client_order_id);
    if (there === undefined) return worksHere.has(order.state);
    const differs = compareDecimal(there.request.quantity, order.quantity) !== 0;
    return differs || worksThere.has(there.state) !== worksHere.has(order.state);
  }).length;
}

const worksThere: ReadonlySet<string> = new Set(['accepted', 'partially_filled']);
const worksHere: ReadonlySet<string> = new Set([...worksThere, 'cancel_requested']);

function compareFills(
  fills: readonly Fill[],
  theirs: readonly Fill[],
  lost: EpochMs[],
  doubled: EpochMs[],
): void {
  const booked = new Map(fills.map((fill) => [fill.id, fill]));
  for (const { id, at, quantity } of theirs) {
    const fill = booked.get(id);
    if (fill === undefined || compareDecimal(fill.quantity, quantity) !== 0) lost.push(at);
    booked.delete(id);
  }
  // What is left was booked and the venue never did it.
  for (const { at } of booked.values()) doubled.push(at);
  const seen = new Set<string>();
  for (const { id, at } of fills) {
    if (seen.has(id)) doubled.push(at);
    seen.add(id);
  }
}

function filledByOrder(fills: readonly Fill[]): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const { client_order_id: id, quantity } of fills)
    sums.set(id, addDecimal(sums.get(id) ?? '0', quantity));
  return sums;
}

/** One decision carried out twice under two ids: more went out of a position than had come in. */
function leftTwice(orders: readonly Order[]): EpochMs[] {
  const came = new Map<string, string>();
  const left = new Map<string, { readonly quantity: string; readonly at: EpochMs }>();
  for (const { leg, position_id, filled_quantity, created_at } of orders)
    if (leg === 'entry') came.set(position_id, addDecimal(came.get(position_id) ?? '0', filled_quantity));
    else {
      const before = left.get(position_id);
      left.set(position_id, {
        quantity: addDecimal(before?.quantity ?? '0', filled_quantity),
        at: Math.max(before?.at ?? 0, created_at),
      });
    }
  // A position that was adopted has no entry of ours.
  return [...left].flatMap(([position, { quantity, at }]) => {
    const entered = came.get(position);
    return entered !== undefined && compareDecimal(quantity, entered) > 0 ? [at] : [];
  });
}
