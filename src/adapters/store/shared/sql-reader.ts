// Reads of a SQL store, shared by the running store and by the command line's read-only opening.
import type { CollectionName, CollectionRows } from '../../../shared/bus/collections.ts';
import type { SqlDriver } from '../../../shared/db/sql-driver.ts';
import type { JournalEntry, ListQuery, LoadedState, ReadOnlyStore } from '../../../shared/ports/store.ts';
import { readJournal } from './journal-queries.ts';
import { readJournalBase } from './journal-retention.ts';
import {
  countStatement,
  getStatement,
  listStatement,
  loadedState,
  loadStatements,
  parseRow,
} from './row-queries.ts';

export class SqlReader implements ReadOnlyStore {
  readonly #driver: () => SqlDriver;

  /** The driver is asked for at each read, because a store has one only between open and close. */
  constructor(driver: () => SqlDriver) {
    this.#driver = driver;
  }

  async load(): Promise<LoadedState> {
    return loadedState(await this.#driver().snapshot(loadStatements()));
  }

  async list<Name extends CollectionName>(
    collection: Name,
    query: ListQuery,
  ): Promise<CollectionRows[Name][]> {
    const rows = await this.#driver().query(listStatement(collection, query));
    return rows.map((row) => parseRow<Name>(row));
  }

  async get<Name extends CollectionName>(
    collection: Name,
    key: string,
  ): Promise<CollectionRows[Name] | undefined> {
    const [row] = await this.#driver().query(getStatement(collection, key));
    return row === undefined ? undefined : parseRow<Name>(row);
  }

  async count(collection: CollectionName): Promise<number> {
    const [row] = await this.#driver().query(countStatement(collection));
    return Number(row?.rows ?? 0);
  }

  journal(afterSequence: number): AsyncIterable<readonly JournalEntry[]> {
    return readJournal(this.#driver(), Math.max(0, afterSequence));
  }

  async journalBase(): Promise<LoadedState> {
    return readJournalBase(this.#driver());
  }

  async close(): Promise<void> {
    await this.#driver().close();
  }
}
