// Reading rows back: list, get, count and the rows of a start. Every value travels as a parameter.
import {
  type CollectionName,
  type CollectionRows,
  collectionLoading,
  collectionNames,
} from '../../../shared/bus/collections.ts';
import type { AnyEffect } from '../../../shared/bus/effects.ts';
import { boundedLimit, compareKeys } from '../../../shared/db/row-rules.ts';
import type { SqlRow, SqlStatement, SqlValue } from '../../../shared/db/sql-driver.ts';
import type { ListQuery, LoadedState } from '../../../shared/ports/store.ts';
import { holdable, storedJson, storedKey, trueKey } from './stored-text.ts';

/** Fields with an index of their own; the others are compared inside the JSON. */
const indexedFields: Readonly<Partial<Record<CollectionName, readonly string[]>>> = {
  decisions: ['mode', 'action'],
  tasks: ['kind', 'state', 'decision_id'],
  signals: ['symbol', 'task_id'],
  refusals: ['code', 'signal_id'],
  orders: ['symbol', 'state', 'client_order_id', 'position_id', 'signal_id', 'correlation_id'],
  fills: ['symbol', 'client_order_id'],
  positions: ['symbol', 'signal_id', 'correlation_id'],
  incidents: ['cause'],
  heals: ['incident_id'],
};
/** Length at which the indexed columns are cut. */
const indexedTextLength = 200;

const rowText = 'coalesce(exact_data, data::text) as text';

/** Newest rows first, by first appearance of their key. */
export function listStatement(collection: CollectionName, query: ListQuery): SqlStatement {
  const values: SqlValue[] = [];
  const parameter = (value: SqlValue): string => `$${values.push(value)}`;
  const terms: string[] = [];
  if (query.open !== undefined) {
    const loading = collectionLoading[collection];
    const column = loading === 'open' ? 'open' : "(data ->> 'open') = 'true'";
    terms.push(query.open ? column : loading === 'open' ? 'not open' : "(data ->> 'open') = 'false'");
  }
  for (const [field, wanted] of Object.entries(query.where ?? {})) {
    if (typeof wanted === 'string' && indexedFields[collection]?.includes(field) === true)
      terms.push(`${field} = ${parameter([...holdable(wanted)].slice(0, indexedTextLength).join(''))}`);
    const name = parameter(holdable(field));
    terms.push(`(data::jsonb -> ${name}::text) = ${parameter(storedJson(wanted).text)}::text::jsonb`);
  }
  const filter = terms.length === 0 ? '' : ` where ${terms.join(' and ')}`;
  const limit = parameter(boundedLimit(query));
  return {
    text: `select ${rowText} from ${collection}${filter} order by ordinal desc limit ${limit}`,
    values,
  };
}

export function getStatement(collection: CollectionName, key: string): SqlStatement {
  return { text: `select ${rowText} from ${collection} where key = $1`, values: [storedKey(key).key] };
}

export function countStatement(collection: CollectionName): SqlStatement {
  return { text: `select count(*)::text as rows from ${collection}` };
}

export function parseRow<Name extends CollectionName>(row: SqlRow): CollectionRows[Name] {
  return JSON.parse(String(row.text)) as CollectionRows[Name];
}

/** Statements whose answers loadedState() understands. */
export function loadStatements(): SqlStatement[] {
  const rows = collectionNames
    .filter((name) => collectionLoading[name] !== 'none')
    .map((name) => {
      const filter = collectionLoading[name] === 'open' ? ' where open' : '';
      return { text: `select key, exact_key, ${rowText} from ${name}${filter}` };
    });
  return [
    {
      text: 'select sequence::text, hash, last_at::text, next_ordinal::text from store_state',
    },
    { text: 'select data from effects order by ordinal' },
    ...rows,
  ];
}

export function loadedState(answers: readonly (readonly SqlRow[])[]): LoadedState {
  const [state, effects, ...collections] = answers;
  const tip = state?.[0];
  if (tip === undefined) throw new Error('store_state has no row');
  const rows: Record<string, ReadonlyMap<string, unknown>> = {};
  let index = 0;
  for (const name of collectionNames)
    rows[name] = restoredRows(collectionLoading[name] === 'none' ? [] : (collections[index++] ?? []));
  return {
    sequence: Number(tip.sequence),
    hash: String(tip.hash),
    lastAt: Number(tip.last_at),
    rows: rows as LoadedState['rows'],
    pendingEffects: (effects ?? []).map((row) => JSON.parse(String(row.data)) as AnyEffect),
  };
}

/** Parsed rows by their true keys, in the order of every start. */
function restoredRows(rows: readonly SqlRow[]): ReadonlyMap<string, unknown> {
  const pairs = rows.map((row): [string, unknown] => [
    trueKey(String(row.key), row.exact_key === null ? null : String(row.exact_key)),
    JSON.parse(String(row.text)),
  ]);
  return new Map(pairs.sort(([left], [right]) => compareKeys(left, right)));
}
