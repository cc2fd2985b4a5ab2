// All orders the simulated venue remembers, indexed by what it asks for often, with the rows of its durable book.
// It must stay bounded: final orders are forgotten after a time or beyond a number.
import type { DecimalText } from '../../../shared/domain/money.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { VenueRow } from '../../../shared/ports/venue-book.ts';
import { finalOrderRetentionMs, maxFinalOrders } from './paper-settings.ts';
import { isFinal, isLive, type VenueOrder } from './venue-order.ts';

const orderPrefix = 'order/';
const noOrders: readonly VenueOrder[] = [];

export class VenueOrders {
  readonly #all = new Map<string, VenueOrder>();
  readonly #live = new Map<string, VenueOrder[]>();
  /** Orders on their way, and orders with a cancel on its way. */
  readonly #due = new Set<VenueOrder>();
  /** Final orders, oldest first. */
  readonly #final: VenueOrder[] = [];
  readonly #changed = new Set<string>();
  #nextSequence = 1;

  get(clientOrderId: string): VenueOrder | undefined {
    return this.#all.get(clientOrderId);
  }

  /** Orders that can fill, in arrival order; a copy where the caller will change it. */
  live(symbol: string): readonly VenueOrder[] {
    return this.#live.get(symbol) ?? noOrders;
  }

  /** Everything remembered, in arrival order. */
  all(): Iterable<VenueOrder> {
    return this.#all.values();
  }

  takeSequence(): number {
    return this.#nextSequence++;
  }

  add(order: VenueOrder): void {
    this.#all.set(order.request.client_order_id, order);
    this.touch(order);
  }

  /** Must be called after every change of an order: keeps the indexes and marks its row. */
  touch(order: VenueOrder): void {
    this.#changed.add(order.request.client_order_id);
    const live = this.#live.get(order.request.symbol) ?? [];
    const place = live.indexOf(order);
    if (isLive(order) && place < 0) {
      live.push(order);
      this.#live.set(order.request.symbol, live);
    } else if (!isLive(order) && place >= 0) {
      live.splice(place, 1);
      if (live.length === 0) this.#live.delete(order.request.symbol);
    }
    if (order.state === 'in_transit' || (order.cancel_at !== null && !isFinal(order))) this.#due.add(order);
    else this.#due.delete(order);
    if (isFinal(order) && !this.#final.includes(order)) this.#final.push(order);
  }

  /** Time of the next arrival or cancel; undefined when nothing is under way. */
  nextDueAt(): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const order of this.#due) {
      const at = dueAt(order);
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  /** Orders with something due at `now`, by due time, then arrival order. */
  dueAt(now: EpochMs): VenueOrder[] {
    if (this.#due.size === 0) return [];
    return [...this.#due]
      .filter((order) => dueAt(order) <= now)
      .sort((left, right) => dueAt(left) - dueAt(right) || left.sequence - right.sequence);
  }

  /** Forgets final orders that are too old or too many. */
  prune(now: EpochMs): void {
    for (;;) {
      const oldest = this.#final[0];
      if (oldest === undefined) return;
      const old = now - oldest.updated_at > finalOrderRetentionMs;
      if (!old && this.#final.length <= maxFinalOrders) return;
      this.#final.shift();
      this.#all.delete(oldest.request.client_order_id);
      this.#changed.add(oldest.request.client_order_id);
    }
  }

  takeChangedRows(): VenueRow[] {
    const rows = [...this.#changed].map((id) => {
      const order = this.#all.get(id);
      return {
        key: orderPrefix + id,
        value: order === undefined ? null : { ...order, fills: [...order.fills] },
      };
    });
    this.#changed.clear();
    return rows;
  }

  /** Takes back what takeChangedRows once gave; rows of other kinds are ignored. */
  restore(rows: readonly VenueRow[]): void {
    const orders = rows
      .filter((row) => row.key.startsWith(orderPrefix) && row.value !== null)
      .map((row) => {
        const order = row.value as VenueOrder;
        return { ...order, fills: [...order.fills] };
      })
      .sort((left, right) => left.sequence - right.sequence);
    for (const order of orders) {
      this.#nextSequence = Math.max(this.#nextSequence, order.sequence + 1);
      this.add(order);
    }
    this.#final.sort((left, right) => left.updated_at - right.updated_at || left.sequence - right.sequence);
    this.#changed.clear();
  }
}

function dueAt(order: VenueOrder): EpochMs {
  return order.state === 'in_transit' ? order.arrives_at : (order.cancel_at ?? order.arrives_at);
}

/** True for zero quantities, which never become orders. */
export function isPositive(quantity: DecimalText): boolean {
  return Number(quantity) > 0;
}
