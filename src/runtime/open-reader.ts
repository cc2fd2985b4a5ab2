// Opens the stored history for the command line, without disturbing a running system.
import path from 'node:path';
import { openPgliteReader } from '../adapters/store/pglite/open-reader.ts';
import { openPostgresReader } from '../adapters/store/postgres/open-reader.ts';
import type { Settings } from '../shared/config/settings.ts';
import type { StoreReader } from '../shared/ports/store.ts';

export interface OpenedReader {
  readonly reader: StoreReader;
  /** Sequence of the newest journalled input, for progress. */
  readonly lastSequence: number;
  close(): Promise<void>;
}
