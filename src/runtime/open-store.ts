// Chooses the store by setting: PostgreSQL when DATABASE_URL is set, the embedded database otherwise.
import path from 'node:path';
import { PgliteStore } from '../adapters/store/pglite/pglite-store.ts';
import { PostgresStore } from '../adapters/store/postgres/postgres-store.ts';
import { schemaOf } from '../shared/config/process-settings.ts';
import type { Settings } from '../shared/config/settings.ts';
import type { Store } from '../shared/ports/store.ts';

/** A store that is not open yet. */
export function openStore(settings: Settings): Store {
  const retentionDays = settings.ATO_JOURNAL_RETENTION_DAYS;
  if (settings.DATABASE_URL !== undefined) {
    return new PostgresStore({ url: settings.DATABASE_URL, schema: schemaOf(settings), retentionDays });
  }
  return new PgliteStore({ folder: path.resolve(settings.DATA_DIR), retentionDays });
}
