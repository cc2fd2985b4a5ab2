// Opens the stored history for the command line, without disturbing a running system.
import path from 'node:path';
import { openPgliteReader } from '../../adapters/store/pglite/open-reader.ts';
import { openPostgresReader } from '../../adapters/store/postgres/open-reader.ts';
import { schemaOf } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { ReadOnlyStore } from '../../shared/ports/store.ts';

/** Reads DATABASE_URL, or the embedded database in `dataFolder` or DATA_DIR. Throws StoreOpenError naming the fix. */
export function openReader(settings: Settings, dataFolder?: string): Promise<ReadOnlyStore> {
  if (settings.DATABASE_URL !== undefined && dataFolder === undefined) {
    return openPostgresReader({ url: settings.DATABASE_URL, schema: schemaOf(settings) });
  }
  return openPgliteReader({ folder: path.resolve(dataFolder ?? settings.DATA_DIR) });
}
