// Reads every table of a store's schema, row by row in pages, for a backup. The caller holds one consistent view meanwhile.
import {
  type BackupHeader,
  type BackupRow,
  backupFormat,
  backupPageRows,
  backupVersion,
} from '../../../shared/db/backup-format.ts';
import { quotedIdentifier, type SqlRow, type SqlStatement } from '../../../shared/db/sql-driver.ts';

/** Reads of one unchanging view of the schema in the search_path. */
export interface DumpSource {
  readonly kind: 'pglite' | 'postgres';
  readonly schema: string;
  query(statement: SqlStatement): Promise<SqlRow[]>;
}

interface Column {
  readonly name: string;
  readonly type: string;
  /** Place in the primary key, from 1; 0 for none. */
  readonly keyPlace: number;
}

/** Stored columns of each table of the current schema; generated ones are made again by the database. */
const columnsStatement = `select c.relname as relation, a.attname as attribute, format_type(a.atttypid, a.atttypmod) as type,
    coalesce(array_position(string_to_array(i.indkey::text, ' '), a.attnum::text), 0)::int as key_place
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
  where n.nspname = current_schema() and c.relkind = 'r' order by c.relname, a.attnum`;

/** Tables of the schema in the search_path with their stored columns. */
export async function tablesOf(query: DumpSource['query']): Promise<ReadonlyMap<string, readonly Column[]>> {
  const tables = new Map<string, Column[]>();
  for (const row of await query({ text: columnsStatement })) {
    const columns = tables.get(String(row.relation)) ?? [];
    columns.push({ name: String(row.attribute), type: String(row.type), keyPlace: Number(row.key_place) });
    tables.set(String(row.relation), columns);
  }
  return tables;
}

/** Everything that stands before the rows. */
export async function dumpHeader(source: DumpSource, program: string, madeAt: string): Promise<BackupHeader> {
  const migrations = await source.query({
    text: 'select version::text, name, checksum from schema_migrations order by schema_migrations.version',
  });
  const [tip] = await source.query({ text: 'select sequence::text, hash from store_state' });
  const tables = await tablesOf((statement) => source.query(statement));
  return {
    format: backupFormat,
    version: backupVersion,
    program,
    made_at: madeAt,
    source: { kind: source.kind, schema: source.schema },
    migrations: migrations.map((row) => ({
      version: Number(row.version),
      name: String(row.name),
      checksum: String(row.checksum),
    })),
    sequence: Number(tip?.sequence),
    hash: String(tip?.hash),
    tables: Object.fromEntries(
      [...tables].map(([table, columns]) => [table, columns.map(({ name }) => name)]),
    ),
  };
}

/** Every row of every table. */
export async function* dumpRows(source: DumpSource): AsyncGenerator<BackupRow> {
  for (const [table, columns] of await tablesOf((statement) => source.query(statement)))
    for await (const values of rowsOf(source, table, columns)) yield [table, values];
}

async function* rowsOf(
  source: DumpSource,
  table: string,
  columns: readonly Column[],
): AsyncGenerator<(string | null)[]> {
  const key = columns
    .filter(({ keyPlace }) => keyPlace > 0)
    .sort((left, right) => left.keyPlace - right.keyPlace);
  const list = columns.map(({ name }, place) => `${quotedIdentifier(name)}::text as c${place}`).join(', ');
  const keyList = key.map(({ name }) => quotedIdentifier(name)).join(', ');
  const order = key.length === 0 ? '' : ` order by ${keyList} limit ${backupPageRows}`;
  const bound = key.map(({ type }, place) => `$${place + 1}::text::${type}`).join(', ');
  let after: (string | null)[] | undefined;
  for (;;) {
    const where = after === undefined ? '' : ` where (${keyList}) > (${bound})`;
    const text = `select ${list} from ${quotedIdentifier(table)}${where}${order}`;
    const rows = await source.query({ text, ...(after === undefined ? {} : { values: after }) });
    let last: (string | null)[] = [];
    for (const row of rows) {
      last = columns.map((_, place) => textOf(row[`c${place}`]));
      yield last;
    }
    if (key.length === 0 || rows.length < backupPageRows) return;
    after = key.map((column) => last[columns.indexOf(column)] ?? null);
  }
}

function textOf(value: SqlRow[string] | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
