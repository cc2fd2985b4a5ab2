// Turns what goes wrong while opening a server into one message for a person that names the fix.
// It must never show a password.
import { SqlError } from '../../../shared/db/sql-driver.ts';
import { StoreOpenError } from '../../../shared/ports/store.ts';
import { type PostgresTarget, sqlError } from './postgres-driver.ts';

const fixes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'start the PostgreSQL server, or correct host and port in DATABASE_URL',
  ENOTFOUND: 'correct the host in DATABASE_URL',
  EAI_AGAIN: 'check the name resolution of this machine, or the host in DATABASE_URL',
  ETIMEDOUT: 'check that the server can be reached from here',
  ECONNRESET: 'check that the port in DATABASE_URL belongs to a PostgreSQL server',
  '28P01': 'correct user and password in DATABASE_URL',
  '28000': 'correct the user in DATABASE_URL, or allow it in pg_hba.conf',
  '3D000': 'create the database, or correct its name in DATABASE_URL',
  '42501': 'grant this user its own schema: "create schema ai_trading authorization <user>"',
  '42P01': 'this schema holds tables of another program; set another DATABASE_SCHEMA',
  '42P07': 'this schema holds tables of another program; set another DATABASE_SCHEMA',
  '53300': 'raise max_connections on the server; this program needs up to five',
  '57P03': 'wait until the server has started',
};

/** The URL without its password. */
export function shownUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    return `${parsed.protocol}//${parsed.username}@${parsed.host}${parsed.pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

/** Always a StoreOpenError, unless the program itself is at fault. */
export function openFailure(error: unknown, target: PostgresTarget): unknown {
  if (error instanceof StoreOpenError) return error;
  if (error instanceof TypeError && !(error.message.includes('URL') || error.message.includes('url')))
    return error;
  const { message, code } = error instanceof SqlError ? error : sqlError(error);
  const fix = fixes[code] ?? 'check DATABASE_URL and the log of the server';
  return new StoreOpenError(
    `The database at ${shownUrl(target.url)} cannot be opened: ${message}. Fix: ${fix}. Nothing was overwritten.`,
  );
}
