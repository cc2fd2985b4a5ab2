// What a backup file says: a header, one line per row, and an end with the checksum of everything before it.
// Values are PostgreSQL's own texts, so a backup of one kind of database can be restored into the other.
import { z } from 'zod';

export const backupFormat = 'ato-backup';
export const backupVersion = 1;
/** Rows read and written at once. */
export const backupPageRows = 200;

const name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);

export const backupHeader = z.strictObject({
  format: z.literal(backupFormat),
  version: z.literal(backupVersion),
  program: z.string().max(100),
  made_at: z.iso.datetime(),
  /** Kind of database and schema it was made of. */
  source: z.strictObject({ kind: z.enum(['pglite', 'postgres']), schema: name }),
  migrations: z.array(
    z.strictObject({ version: z.int().positive(), name: z.string(), checksum: z.string() }),
  ),
  /** Where its journal ends. */
  sequence: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Columns of each table, in the order of its rows' values. */
  tables: z.record(name, z.array(name).min(1)),
});
export type BackupHeader = z.output<typeof backupHeader>;

export const backupRow = z.tuple([name, z.array(z.string().nullable())]);
export type BackupRow = z.output<typeof backupRow>;

export const backupEnd = z.strictObject({
  end: z.literal(true),
  rows: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A backup that cannot be made, read or restored; the message is for a person and names the fix. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
