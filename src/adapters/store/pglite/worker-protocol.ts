// What the main thread and the database's worker thread say to each other.
import type { SqlRow, SqlStatement } from '../../../shared/db/sql-driver.ts';

export interface WorkerSetup {
  readonly folder: string;
}

export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: 'query'; readonly statement: SqlStatement }
  | { readonly kind: 'transaction'; readonly statements: readonly SqlStatement[] }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'close' }
);

/** `id` 0 says that the worker is ready, or why it is not. */
export interface WorkerAnswer {
  readonly id: number;
  readonly results?: readonly (readonly SqlRow[])[];
  readonly error?: { readonly message: string; readonly code: string };
}
