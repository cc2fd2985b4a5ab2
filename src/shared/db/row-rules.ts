// Rules about rows that all stores share: which are restored at start, in which order, and the bounds on reads.
import { type CollectionName, collectionLoading } from '../bus/collections.ts';
import type { ListQuery } from '../ports/store.ts';

/** A list never returns more rows than this, whatever was asked. */
const maxListRows = 1_000;

/** Journal entries per chunk handed to a reader. */
export const journalChunkEntries = 1_000;

/** True when the row is read back at start; the same rule as the kernel's state mirror. */
export function isRestored(collection: CollectionName, value: unknown): boolean {
  const rule = collectionLoading[collection];
  if (rule !== 'open') return rule === 'all';
  return (value as { readonly open?: boolean }).open !== false;
}

/** Order of rows at load: by key, compared by UTF-16 code unit, on every store and every machine. */
export function compareKeys(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Limit of a query as a whole number within 0..maxListRows. */
export function boundedLimit(query: ListQuery): number {
  if (!Number.isFinite(query.limit)) return maxListRows;
  return Math.max(0, Math.min(maxListRows, Math.floor(query.limit)));
}
