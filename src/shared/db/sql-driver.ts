// The little that a store needs from a PostgreSQL, so that one SQL text serves the server and the embedded one.
// Values travel as text, numbers, booleans and null only; a driver never interprets JSON.

export type SqlValue = string | number | boolean | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface SqlStatement {
  readonly text: string;
  readonly values?: readonly SqlValue[];
}

export interface SqlDriver {
  readonly kind: 'pglite' | 'postgres';
  /** One statement by itself; may run beside a transaction where the server allows it. Rejects with SqlError. */
  query(statement: SqlStatement): Promise<SqlRow[]>;
  /** All in order in one transaction, or none. Rejects with SqlError when the outcome is not a commit. */
  transaction(statements: readonly SqlStatement[]): Promise<SqlRow[][]>;
  /** Reads in one consistent snapshot. */
  snapshot(statements: readonly SqlStatement[]): Promise<SqlRow[][]>;
  /** Several statements in one text without values, in one transaction; for migrations. */
  script(text: string): Promise<void>;
  /** First statement of every commit, where another process could have taken over. */
  readonly fence?: SqlStatement | undefined;
  /** Rejects with SqlError when another process may have taken over. */
  assertHeld?(): Promise<void>;
  close(): Promise<void>;
}

/** What a database said no with. `code` is the SQLSTATE, or a system error code such as ECONNREFUSED. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** SQLSTATE raised by advance_tip() when the stored journal ends elsewhere. */
export const tipMovedCode = 'AT001';
/** SQLSTATE raised by assert_fence() when a later holder has the lease. */
export const fencedCode = 'AT002';
/** SQLSTATEs of damaged pages and indexes. */
export const damagedCodes: ReadonlySet<string> = new Set(['XX001', 'XX002']);

/** PostgreSQL literal of a text array, to be sent as one text value and cast with `::text[]`. */
export function textArray(values: readonly (string | number | null)[]): string {
  const items = values.map((value) =>
    value === null ? 'NULL' : typeof value === 'number' ? String(value) : `"${escapeItem(value)}"`,
  );
  return `{${items.join(',')}}`;
}

function escapeItem(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** Identifier in double quotes. Throws RangeError on anything but a plain lower-case name. */
export function quotedIdentifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name))
    throw new RangeError(
      `"${name}" is not a plain lower-case name of at most 63 letters, digits and underscores`,
    );
  return `"${name}"`;
}
