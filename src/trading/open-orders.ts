// Orders that are still needed, found by id and by symbol: a signal must not look through all of them.
// An order never changes its symbol; everything here follows from the orders kept, in order of creation.
import type { Order } from '../shared/domain/order.ts';
import { isFinalState } from '../shared/domain/order-lifecycle.ts';

export class OpenOrders {
  readonly #all = new Map<string, Order>();
  readonly #live = new Map<string, Order>();
  readonly #bySymbol = new Map<string, Map<string, Order>>();
  readonly #entering = new Set<string>();

  /** All of them by client order id, also final ones whose position is not settled. */
  get all(): ReadonlyMap<string, Order> {
    return this.#all;
  }

  /** Those that are not final, by client order id. */
  get live(): ReadonlyMap<string, Order> {
    return this.#live;
  }

  /** Symbols with an entry that is not final. */
  get entering(): ReadonlySet<string> {
    return this.#entering;
  }

  /** Takes in an order, or lets it go when it is no longer open. */
  keep(order: Order): void {
    const { client_order_id: id, symbol, open } = order;
    const ofSymbol = this.#bySymbol.get(symbol) ?? new Map<string, Order>();
    this.#bySymbol.set(symbol, ofSymbol);
    for (const orders of [this.#all, ofSymbol]) put(orders, id, order, open);
    put(this.#live, id, order, open && !isFinalState(order.state));
    if (ofSymbol.size === 0) this.#bySymbol.delete(symbol);
    if (this.liveEntry(symbol) === undefined) this.#entering.delete(symbol);
    else this.#entering.add(symbol);
  }

  /** Orders of a symbol that are not final. */
  *liveOf(symbol: string): Iterable<Order> {
    for (const order of this.#bySymbol.get(symbol)?.values() ?? [])
      if (!isFinalState(order.state)) yield order;
  }

  liveEntry(symbol: string): Order | undefined {
    for (const order of this.liveOf(symbol)) if (!order.reduce_only) return order;
    return undefined;
  }
}

function put(orders: Map<string, Order>, id: string, order: Order, there: boolean): void {
  if (there) orders.set(id, order);
  else orders.delete(id);
}
