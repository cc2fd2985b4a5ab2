// Fills an empty schema from a backup: the tables as they were when it was made, its rows, then what the program has added since.
// It must never report success before the counts and the end of the journal agree with the file.
import {
  BackupError,
  type BackupHeader,
  type BackupRow,
  backupPageRows,
} from '../../../shared/db/backup-format.ts';
import { type Migration, migrationsTable, scriptOf } from '../../../shared/db/migrations.ts';
import {
  quotedIdentifier,
  type SqlRow,
  type SqlStatement,
  textArray,
} from '../../../shared/db/sql-driver.ts';
import { tablesOf } from './dump.ts';

/** The empty schema in the search_path. */
export interface LoadTarget {
  script(text: string): Promise<void>;
  query(statement: SqlStatement): Promise<SqlRow[]>;
}

/** Fills the target and returns the number of rows. Throws BackupError when the program cannot read this backup. */
export async function loadBackup(
  target: LoadTarget,
  header: BackupHeader,
  rows: AsyncIterable<BackupRow>,
  migrations: readonly Migration[],
): Promise<number> {
  assertReadable(header, migrations);
  const then = header.migrations.length;
  await target.script(migrationsTable);
  for (const migration of migrations.slice(0, then)) await target.script(scriptOf(migration));
  const loaded = await insertAll(target, header, rows);
  await continueSequences(target);
  for (const migration of migrations.slice(then)) await target.script(scriptOf(migration));
  const [tip] = await target.query({ text: 'select sequence::text, hash from store_state' });
  if (Number(tip?.sequence) !== header.sequence || tip?.hash !== header.hash)
    throw new BackupError(
      `The restored journal ends at ${tip?.sequence}, the backup's at ${header.sequence}. Nothing was changed.`,
    );
  return loaded;
}

/** Throws BackupError when this program cannot make the tables of the backup. */
export function assertReadable(
  { migrations: applied, program }: BackupHeader,
  known: readonly Migration[],
): void {
  if (applied.length > known.length)
    throw new BackupError(
      `The backup was made by a newer version of this program (${program}). Fix: update the program. Nothing was changed.`,
    );
  const differs = applied.find(({ checksum }, place) => known[place]?.checksum !== checksum);
  if (differs !== undefined)
    throw new BackupError(
      `Migration ${differs.version} (${differs.name}) of the backup differs from this program's. Fix: restore with the version ${program} that made it. Nothing was changed.`,
    );
}

async function insertAll(
  target: LoadTarget,
  header: BackupHeader,
  rows: AsyncIterable<BackupRow>,
): Promise<number> {
  const tables = await tablesOf((statement) => target.query(statement));
  // Some migrations fill what they make, and applied ones are remembered: all of that is in the backup too.
  for (const table of tables.keys()) await target.query({ text: `delete from ${quotedIdentifier(table)}` });
  let page: BackupRow[] = [];
  let count = 0;
  const flush = async () => {
    const [first] = page;
    if (first === undefined) return;
    const statement = insertStatement(first[0], header, tables, page);
    page = [];
    await target.query(statement);
  };
  for await (const row of rows) {
    count++;
    if (page.length >= backupPageRows || (page.length > 0 && page[0]?.[0] !== row[0])) await flush();
    page.push(row);
  }
  await flush();
  return count;
}

function insertStatement(
  table: string,
  header: BackupHeader,
  tables: Awaited<ReturnType<typeof tablesOf>>,
  page: readonly BackupRow[],
): SqlStatement {
  const names = header.tables[table] ?? [];
  const types = names.map((name) => tables.get(table)?.find((column) => column.name === name)?.type);
  if (names.length === 0 || types.includes(undefined))
    throw new BackupError(
      `The table ${table} of the backup is not one of this program. Nothing was changed.`,
    );
  const list = names.map(quotedIdentifier).join(', ');
  const picked = names.map((_, place) => `x.c${place}::${types[place]}`).join(', ');
  const arrays = names.map((_, place) => `$${place + 1}::text::text[]`).join(', ');
  const columns = names.map((_, place) => `c${place}`).join(', ');
  return {
    text: `insert into ${quotedIdentifier(table)} (${list}) overriding system value select ${picked} from unnest(${arrays}) as x(${columns})`,
    values: names.map((_, place) => textArray(page.map(([, values]) => values[place] ?? null))),
  };
}

/** Numbers that the database gives out go on after the largest one restored. */
async function continueSequences(target: LoadTarget): Promise<void> {
  const owned = await target.query({
    text: `select c.relname as relation, a.attname as attribute, pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where n.nspname = current_schema() and c.relkind = 'r'
        and pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null`,
  });
  for (const { relation, attribute, sequence } of owned)
    await target.query({
      text: `select setval($1::text::regclass, coalesce((select max(${quotedIdentifier(String(attribute))}) from ${quotedIdentifier(String(relation))}), 0) + 1, false)::text`,
      values: [sequence ?? null],
    });
}
