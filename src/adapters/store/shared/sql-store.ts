// A store over any PostgreSQL: one transaction per commit, the tip of the journal held here and in the database.
// It must never report a commit that the database did not confirm, nor write when the stored tip has moved.
import type { CollectionName, CollectionRows } from '../../../shared/bus/collections.ts';
import {
  continueChain,
  emptyChainHash,
  type JournalTip,
  StoreConflictError,
} from '../../../shared/db/journal-chain.ts';
import {
  damagedCodes,
  fencedCode,
  type SqlDriver,
  SqlError,
  tipMovedCode,
} from '../../../shared/db/sql-driver.ts';
import {
  type CommitBatch,
  type JournalBaseReader,
  type JournalEntry,
  type ListQuery,
  type LoadedState,
  type Store,
  type StoreHealth,
  StoreOpenError,
} from '../../../shared/ports/store.ts';
import type { VenueBook } from '../../../shared/ports/venue-book.ts';
import { planCommit } from './commit-statements.ts';
import { pruneJournal } from './journal-retention.ts';
import { SqlReader } from './sql-reader.ts';
import { SqlVenueBook } from './sql-venue-book.ts';

/** Days of journal kept when nothing else is set. */
export const defaultJournalKeepDays = 30;

export interface SqlStoreParts {
  /** Opens the database, takes the writer lock and migrates. Throws StoreOpenError. */
  readonly openDriver: () => Promise<SqlDriver>;
  /** Days of journal to keep; 0 keeps all. */
  readonly journalKeepDays: number;
  /** What a person should do when the data turn out to be damaged. */
  readonly damageFix: string;
  /** Upkeep statements besides retention, each run by itself. */
  readonly upkeep: readonly string[];
}

export class SqlStore implements Store, JournalBaseReader {
  readonly #parts: SqlStoreParts;
  readonly #reader: SqlReader;
  readonly #venue: VenueBook;
  #driver: SqlDriver | undefined;
  #tip: JournalTip = { sequence: 0, hash: emptyChainHash };
  #lastAt = 0;
  #nextOrdinal = 1;
  #lastCommit: Promise<void> = Promise.resolve();
  #maintenance: Promise<void> | undefined;

  constructor(parts: SqlStoreParts) {
    this.#parts = parts;
    this.#reader = new SqlReader(() => this.#open());
    this.#venue = new SqlVenueBook(() => this.#open());
  }

  async open(): Promise<void> {
    if (this.#driver !== undefined) throw new Error('the store is already open');
    const driver = await this.#parts.openDriver();
    try {
      await this.#readTip(driver);
    } catch (error) {
      await driver.close().catch(() => undefined);
      throw this.#damage(error);
    }
    this.#driver = driver;
  }

  async load(): Promise<LoadedState> {
    try {
      return await this.#reader.load();
    } catch (error) {
      throw this.#damage(error);
    }
  }

  commit(batch: CommitBatch): Promise<void> {
    const commit = this.#lastCommit.then(() => this.#commit(batch));
    this.#lastCommit = commit.catch(() => undefined);
    return commit;
  }

  async #commit(batch: CommitBatch): Promise<void> {
    const driver = this.#open();
    const newTip = continueChain(this.#tip, batch.entries, true);
    const lastAt = batch.entries.at(-1)?.at ?? this.#lastAt;
    const plan = await planCommit(batch, this.#tip, newTip, lastAt, this.#nextOrdinal);
    try {
      const { fence } = driver;
      await driver.transaction(fence === undefined ? plan.statements : [fence, ...plan.statements]);
    } catch (error) {
      if (error instanceof SqlError && (error.code === tipMovedCode || error.code === fencedCode))
        throw new StoreConflictError(error.message);
      throw error;
    }
    this.#tip = plan.tip;
    this.#lastAt = lastAt;
    this.#nextOrdinal = plan.nextOrdinal;
  }

  list<Name extends CollectionName>(collection: Name, query: ListQuery): Promise<CollectionRows[Name][]> {
    return this.#reader.list(collection, query);
  }

  get<Name extends CollectionName>(collection: Name, key: string): Promise<CollectionRows[Name] | undefined> {
    return this.#reader.get(collection, key);
  }

  count(collection: CollectionName): Promise<number> {
    return this.#reader.count(collection);
  }

  journal(afterSequence: number): AsyncIterable<readonly JournalEntry[]> {
    return this.#reader.journal(afterSequence);
  }

  journalBase(): Promise<LoadedState> {
    return this.#reader.journalBase();
  }

  async check(): Promise<StoreHealth> {
    const kind = this.#driver?.kind ?? 'closed';
    const begun = performance.now();
    try {
      const [row] = await this.#open().query({ text: 'select sequence::text from store_state' });
      const latencyMs = Math.round((performance.now() - begun) * 100) / 100;
      return { ok: true, latencyMs, detail: `journal at entry ${row?.sequence ?? '?'}`, kind };
    } catch (error) {
      return {
        ok: false,
        latencyMs: null,
        detail: error instanceof Error ? error.message : String(error),
        kind,
      };
    }
  }

  async assertHeld(): Promise<void> {
    await this.#open().assertHeld?.();
  }

  /** One run at a time; a call during a run waits for that run. */
  maintain(): Promise<void> {
    this.#maintenance ??= this.#maintain().finally(() => {
      this.#maintenance = undefined;
    });
    return this.#maintenance;
  }

  async #maintain(): Promise<void> {
    await pruneJournal(this.#open(), this.#parts.journalKeepDays, this.#lastAt);
    for (const text of this.#parts.upkeep) await this.#open().query({ text });
  }

  venueBook(): VenueBook {
    return this.#venue;
  }

  /** Waits for the commit and the upkeep under way, then lets go of the lock. Safe to call twice. */
  async close(): Promise<void> {
    const driver = this.#driver;
    await this.#lastCommit;
    await this.#maintenance?.catch(() => undefined);
    this.#driver = undefined;
    await driver?.close();
  }

  async #readTip(driver: SqlDriver): Promise<void> {
    const [row] = await driver.query({
      text: 'select sequence::text, hash, last_at::text, next_ordinal::text from store_state',
    });
    if (row === undefined) throw new SqlError('store_state has no row', 'XX001');
    this.#tip = { sequence: Number(row.sequence), hash: String(row.hash) };
    this.#lastAt = Number(row.last_at);
    this.#nextOrdinal = Number(row.next_ordinal);
  }

  #open(): SqlDriver {
    if (this.#driver === undefined) throw new Error('the store is not open');
    return this.#driver;
  }

  #damage(error: unknown): unknown {
    if (!(error instanceof SqlError) || !damagedCodes.has(error.code)) return error;
    return new StoreOpenError(`The database is damaged: ${error.message}. ${this.#parts.damageFix}`);
  }
}
