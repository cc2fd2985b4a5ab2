// Forward migrations: numbered SQL files applied once each, in order, and remembered with their checksum.
// It must never run on a database that a newer or altered program has touched.
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { StoreOpenError } from '../ports/store.ts';
import type { SqlDriver } from './sql-driver.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
  /** sha256 of the text with line feeds only, so that a checkout with other line ends is the same file. */
  readonly checksum: string;
}

const migrationsFolder = fileURLToPath(new URL('../../../migrations/', import.meta.url));
const fileNamePattern = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** All migrations of this program, in order. Throws Error when numbers repeat or leave a gap. */
export async function readMigrations(folder: string = migrationsFolder): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const match = fileNamePattern.exec(file);
    if (match === null) continue;
    const text = (await readFile(`${folder}/${file}`, 'utf8')).replaceAll('\r\n', '\n');
    const migration = { version: Number(match[1]), name: match[2] ?? '', text };
    if (migration.version !== migrations.length + 1)
      throw new Error(`migration ${file} should have number ${migrations.length + 1}`);
    migrations.push({ ...migration, checksum: hash('sha256', text, 'hex') });
  }
  return migrations;
}

/** Makes the table in which applied files are remembered. */
export const migrationsTable =
  'create table if not exists schema_migrations (version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())';

/** The file's text with the note that it was applied, for one transaction. */
export function scriptOf({ text, version, name, checksum }: Migration): string {
  return `${text};\ninsert into schema_migrations (version, name, checksum) values (${version}, '${name}', '${checksum}')`;
}

/**
 * Brings the schema in the driver's search_path up to date; the caller holds the writer lock. Returns how many
 * files were applied. Throws StoreOpenError, with nothing written, when the database is newer than the program
 * or a recorded file differs.
 */
export async function migrate(driver: SqlDriver, migrations: readonly Migration[]): Promise<number> {
  await driver.script(migrationsTable);
  const applied = await checkMigrations(driver, migrations);
  for (const migration of migrations.slice(applied)) await driver.script(scriptOf(migration));
  return migrations.length - applied;
}

/** How many of the program's migrations the database has; throws like migrate(). Writes nothing. */
export async function checkMigrations(driver: SqlDriver, migrations: readonly Migration[]): Promise<number> {
  const rows = await driver.query({
    text: 'select version, name, checksum from schema_migrations order by version',
  });
  for (const row of rows) {
    const known = migrations[Number(row.version) - 1];
    if (known === undefined)
      throw new StoreOpenError(
        `The database was written by a newer version of this program: it has migration ${row.version} (${row.name}), this program knows ${migrations.length}. Fix: update the program, or restore a backup made before the update. Nothing was changed.`,
      );
    if (known.checksum !== row.checksum)
      throw new StoreOpenError(
        `Migration ${row.version} (${row.name}) in the database differs from this program's file of that number. Fix: run the version of the program that created the database, or use another DATABASE_SCHEMA or DATA_DIR. Nothing was changed.`,
      );
  }
  if (rows.length > 0 && Number(rows.at(-1)?.version) !== rows.length)
    throw new StoreOpenError(
      'The database lacks one of its earlier migrations. Fix: restore a backup. Nothing was changed.',
    );
  return rows.length;
}
