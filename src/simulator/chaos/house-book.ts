// The committed rows as anybody with access to the database would read them. Checkers judge by them; nothing that was
// not committed is ever in here.
import type { AnyPut, CollectionName, CollectionRows } from '../../shared/bus/collections.ts';
import type { DecimalText } from '../../shared/domain/money.ts';
import type { Order } from '../../shared/domain/order.ts';
import type { Position } from '../../shared/domain/position.ts';

const kept = [
  'orders',
  'fills',
  'positions',
  'signals',
  'decisions',
  'tasks',
  'incidents',
  'dead_letters',
] as const satisfies readonly CollectionName[];
type Kept = (typeof kept)[number];

export class HouseBook {
  readonly #rows = new Map<CollectionName, Map<string, unknown>>(kept.map((name) => [name, new Map()]));
  /** Trading's settled balance; undefined before the first commit. */
  cash: DecimalText | undefined;

  apply(puts: readonly AnyPut[]): void {
    for (const put of puts) {
      if (put.collection === 'agent_memory') {
        const value = put.value?.value as { readonly cash?: DecimalText } | undefined;
        if (put.key === 'trading_ai/account') this.cash = value?.cash;
        continue;
      }
      const rows = this.#rows.get(put.collection);
      if (put.value === null) rows?.delete(put.key);
      else rows?.set(put.key, put.value);
    }
  }

  get<Name extends Kept>(collection: Name, key: string): CollectionRows[Name] | undefined {
    return this.#rows.get(collection)?.get(key) as CollectionRows[Name] | undefined;
  }

  all<Name extends Kept>(collection: Name): Iterable<CollectionRows[Name]> {
    return (this.#rows.get(collection)?.values() ?? []) as Iterable<CollectionRows[Name]>;
  }

  count(collection: Kept): number {
    return this.#rows.get(collection)?.size ?? 0;
  }

  openPositions(): Position[] {
    return [...this.all('positions')].filter((position) => position.open);
  }

  liveOrders(): Order[] {
    return [...this.all('orders')].filter((order) => order.open);
  }
}
