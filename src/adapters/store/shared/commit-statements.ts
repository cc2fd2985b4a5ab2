// The SQL of one commit: the tip moved, one journal row, one multi-row write per collection, the outbox.
// It must never touch a collection twice for one key: within a batch the last put of a key wins.
import { type AnyPut, type CollectionName, collectionNames } from '../../../shared/bus/collections.ts';
import type { JournalTip } from '../../../shared/db/journal-chain.ts';
import { quotedIdentifier, type SqlStatement, textArray } from '../../../shared/db/sql-driver.ts';
import type { CommitBatch, JournalEntry } from '../../../shared/ports/store.ts';
import { packEntries } from './journal-codec.ts';
import { rowColumns } from './row-columns.ts';
import { storedJson, storedKey } from './stored-text.ts';

/** Rows per statement, so that one huge batch does not make one huge statement. */
const maxRowsPerStatement = 1_000;
const startMark = '"message_type":"kernel.started"';

export interface CommitPlan {
  readonly statements: readonly SqlStatement[];
  readonly tip: JournalTip;
  readonly nextOrdinal: number;
}

const columnTypes = {
  text: 'text',
  number: 'numeric',
  time: 'double precision',
  open: 'boolean',
  true: 'boolean',
} as const;

/** Per collection, the statement that puts any number of rows: one array of texts per column. */
const upsertTexts = Object.fromEntries(
  collectionNames.map((collection) => [collection, upsertText(collection)]),
) as Record<CollectionName, string>;

interface PendingRow {
  /** Null when the row is to be gone. */
  readonly value: unknown;
  readonly ordinal: number;
  /** True when the row was removed in this batch before it was put again: it is then a new row. */
  readonly renewed: boolean;
}

/** Statements of the batch, to be run in one transaction. `newTip` is where its entries end. */
export async function planCommit(
  batch: CommitBatch,
  tip: JournalTip,
  newTip: JournalTip,
  lastAt: number,
  nextOrdinal: number,
): Promise<CommitPlan> {
  const ordinals = { next: nextOrdinal };
  const writes = rowStatements(batch.puts, ordinals);
  const outbox = effectStatements(batch, ordinals);
  const journal = await journalStatements(batch, tip);
  const advance: SqlStatement = {
    text: 'select advance_tip($1, $2, $3, $4, $5, $6)',
    values: [tip.sequence, tip.hash, newTip.sequence, newTip.hash, lastAt, ordinals.next],
  };
  return { statements: [advance, ...journal, ...writes, ...outbox], tip: newTip, nextOrdinal: ordinals.next };
}

/** One block, or several where a start of the kernel lies inside: a start always begins a block. */
async function journalStatements(batch: CommitBatch, tip: JournalTip): Promise<SqlStatement[]> {
  const statements: SqlStatement[] = [];
  let previousHash = tip.hash;
  for (const block of splitAtStarts(batch.entries)) {
    const first = block[0];
    const last = block.at(-1);
    if (first === undefined || last === undefined) continue;
    statements.push({
      text: `insert into journal (sequence_from, sequence_to, at_last, previous_hash, hash, starts, entries)
        values ($1, $2, to_timestamp($3::double precision / 1000), $4, $5, $6, decode($7, 'base64'))`,
      values: [
        first.sequence,
        last.sequence,
        last.at,
        previousHash,
        last.hash,
        isStart(first),
        await packEntries(block),
      ],
    });
    previousHash = last.hash;
  }
  return statements;
}

function isStart(entry: JournalEntry): boolean {
  return entry.line.includes(startMark);
}

function splitAtStarts(entries: readonly JournalEntry[]): JournalEntry[][] {
  const blocks: JournalEntry[][] = [];
  for (const entry of entries) {
    const current = blocks.at(-1);
    if (current === undefined || isStart(entry)) blocks.push([entry]);
    else current.push(entry);
  }
  return blocks;
}

function rowStatements(puts: readonly AnyPut[], ordinals: { next: number }): SqlStatement[] {
  const pending = new Map<CollectionName, Map<string, PendingRow>>();
  for (const put of puts) {
    let rows = pending.get(put.collection);
    if (rows === undefined) {
      rows = new Map();
      pending.set(put.collection, rows);
    }
    rows.set(put.key, nextPending(put.value, rows.get(put.key), ordinals));
  }
  return collectionNames.flatMap((name) => {
    const rows = pending.get(name);
    return rows === undefined ? [] : [...deleteStatements(name, rows), ...upsertStatements(name, rows)];
  });
}

function nextPending(
  value: unknown,
  earlier: PendingRow | undefined,
  ordinals: { next: number },
): PendingRow {
  if (value === null) return { value, ordinal: 0, renewed: true };
  if (earlier !== undefined && earlier.value !== null) return { ...earlier, value };
  return { value, ordinal: ordinals.next++, renewed: earlier !== undefined };
}

function deleteStatements(collection: CollectionName, rows: ReadonlyMap<string, PendingRow>): SqlStatement[] {
  const keys = [...rows].filter(([, row]) => row.renewed).map(([key]) => storedKey(key).key);
  return slices(keys).map((slice) => ({
    text: `delete from ${collection} where key = any($1::text::text[])`,
    values: [textArray(slice)],
  }));
}

function upsertStatements(collection: CollectionName, rows: ReadonlyMap<string, PendingRow>): SqlStatement[] {
  const kept = [...rows].filter(([, row]) => row.value !== null);
  const columns = rowColumns[collection];
  const text = upsertTexts[collection];
  return slices(kept).map((slice) => {
    const keys = slice.map(([key]) => storedKey(key));
    const texts = slice.map(([, row]) => storedJson(row.value));
    return {
      text,
      values: [
        textArray(keys.map((key) => key.key)),
        textArray(slice.map(([, row]) => row.ordinal)),
        textArray(texts.map((stored) => stored.text)),
        textArray(keys.map((key) => key.exactKey)),
        textArray(texts.map((stored) => stored.exactText)),
        ...columns.map((column) => textArray(slice.map(([, row]) => column.read(row.value)))),
      ],
    };
  });
}

function upsertText(collection: CollectionName): string {
  const columns = [
    { name: 'key', type: 'text', value: 'key' },
    { name: 'ordinal', type: 'bigint', value: 'ordinal' },
    { name: 'data', type: 'text', value: 'data::json' },
    { name: 'exact_key', type: 'text', value: 'exact_key' },
    { name: 'exact_data', type: 'text', value: 'exact_data' },
    ...rowColumns[collection].map(({ name, kind }) => ({
      name: quotedIdentifier(name),
      type: columnTypes[kind],
      value: kind === 'time' ? `to_timestamp(${quotedIdentifier(name)} / 1000)` : quotedIdentifier(name),
    })),
  ];
  const names = columns.map(({ name }) => name).join(', ');
  const replaced = columns.slice(2).filter(({ name }) => name !== 'exact_key');
  return `insert into ${collection} (${names})
    select ${columns.map(({ value }) => value).join(', ')}
    from unnest(${columns.map(({ type }, place) => `$${place + 1}::text::${type}[]`).join(', ')}) as puts (${names})
    on conflict (key) do update set ${replaced.map(({ name }) => `${name} = excluded.${name}`).join(', ')}`;
}

function effectStatements(batch: CommitBatch, ordinals: { next: number }): SqlStatement[] {
  const settled = new Set(batch.settledEffectIds);
  const unsettled = batch.effects.filter((effect) => !settled.has(effect.id));
  const inserts = slices(unsettled).map((slice) => ({
    text: `insert into effects (id, ordinal, kind, at, data)
      select id, ordinal, kind, to_timestamp(at / 1000), data
      from unnest($1::text::text[], $2::text::bigint[], $3::text::text[], $4::text::double precision[], $5::text::text[])
        as requested (id, ordinal, kind, at, data)
      on conflict (id) do update set data = excluded.data`,
    values: [
      textArray(slice.map((effect) => effect.id)),
      textArray(slice.map(() => ordinals.next++)),
      textArray(slice.map((effect) => effect.kind)),
      textArray(slice.map((effect) => effect.at)),
      textArray(slice.map((effect) => JSON.stringify(effect))),
    ],
  }));
  const deletes = slices([...settled]).map((slice) => ({
    text: 'delete from effects where id = any($1::text::text[])',
    values: [textArray(slice)],
  }));
  return [...inserts, ...deletes];
}

function slices<Item>(items: readonly Item[]): Item[][] {
  const found: Item[][] = [];
  for (let index = 0; index < items.length; index += maxRowsPerStatement)
    found.push(items.slice(index, index + maxRowsPerStatement));
  return found;
}
