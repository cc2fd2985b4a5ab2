// The durable rows that agents would be restored from right now, kept in memory so that a failed agent,
// a restart and a replay all restore from the very same thing.
import {
  type AnyPut,
  type CollectionName,
  type CollectionRows,
  collectionLoading,
  collectionNames,
} from '../shared/bus/collections.ts';
import type { LoadedState } from '../shared/ports/store.ts';
import type { StateReader } from './agent.ts';

type Rows = { readonly [Name in CollectionName]: Map<string, CollectionRows[Name]> };

export class StateMirror implements StateReader {
  readonly #rows: Rows;

  constructor(loaded?: LoadedState['rows']) {
    const rows: Record<string, Map<string, unknown>> = {};
    for (const name of collectionNames)
      rows[name] = new Map<string, unknown>(loaded?.[name] as ReadonlyMap<string, unknown> | undefined);
    this.#rows = rows as unknown as Rows;
  }

  get<Name extends CollectionName>(collection: Name, key: string): CollectionRows[Name] | undefined {
    return this.#rows[collection].get(key);
  }

  /** Sorted by key, so that a restore after a restart and one inside a replay see the same order. */
  all<Name extends CollectionName>(collection: Name): Iterable<readonly [string, CollectionRows[Name]]> {
    return [...this.#rows[collection].entries()].sort(([left], [right]) =>
      left < right ? -1 : left > right ? 1 : 0,
    );
  }

  apply(put: AnyPut): void {
    const rule = collectionLoading[put.collection];
    if (rule === 'none') return;
    const rows: Map<string, unknown> = this.#rows[put.collection];
    const value = put.value;
    const closed = rule === 'open' && value !== null && (value as { open?: boolean }).open === false;
    if (value === null || closed) rows.delete(put.key);
    else rows.set(put.key, value);
  }
}
