// Where state lives. A store commits one batch atomically, loads at start, answers reads, and computes nothing.
import type { AnyPut, CollectionName, CollectionRows } from '../bus/collections.ts';
import type { AnyEffect } from '../bus/effects.ts';
import type { EpochMs } from '../domain/time.ts';
import type { VenueBook } from './venue-book.ts';

/** One journalled input with all that it caused. `line` is the exact text that was hashed. */
export interface JournalEntry {
  readonly sequence: number;
  readonly at: EpochMs;
  readonly line: string;
  /** Chain hash after this entry: sha256(previous hash + line), hex. */
  readonly hash: string;
}

export interface CommitBatch {
  readonly entries: readonly JournalEntry[];
  /** In order; a later put of the same key wins. */
  readonly puts: readonly AnyPut[];
  /** Effects that must survive a crash until they are settled. */
  readonly effects: readonly AnyEffect[];
  readonly settledEffectIds: readonly string[];
}

export interface LoadedState {
  readonly sequence: number;
  readonly hash: string;
  readonly lastAt: EpochMs;
  /** Rows to restore per collection, by the rule in collectionLoading. */
  readonly rows: { readonly [Name in CollectionName]: ReadonlyMap<string, CollectionRows[Name]> };
  readonly pendingEffects: readonly AnyEffect[];
}

export interface ListQuery {
  /** At most this many rows, newest first. */
  readonly limit: number;
  readonly open?: boolean;
  /** Equality on top-level fields of the row. */
  readonly where?: Readonly<Record<string, string | number | boolean>>;
}

/** Reads for the API, the page and the command line; never used on the decision path. */
export interface StoreReader {
  list<Name extends CollectionName>(collection: Name, query: ListQuery): Promise<CollectionRows[Name][]>;
  get<Name extends CollectionName>(collection: Name, key: string): Promise<CollectionRows[Name] | undefined>;
  count(collection: CollectionName): Promise<number>;
  /** Journal entries in sequence order, in bounded chunks, starting after `afterSequence`. */
  journal(afterSequence: number): AsyncIterable<readonly JournalEntry[]>;
}

/** For verification of the journal after retention has removed its beginning. */
export interface JournalBaseReader {
  /**
   * State just before the first start in the retained journal, where a replay begins: journal(base.sequence)
   * continues it. An empty world as long as nothing was removed.
   */
  journalBase(): Promise<LoadedState>;
}

/** A store opened for reading beside, or instead of, the process that writes it. */
export interface ReadOnlyStore extends StoreReader, JournalBaseReader {
  load(): Promise<LoadedState>;
  close(): Promise<void>;
}

export interface StoreHealth {
  readonly ok: boolean;
  readonly latencyMs: number | null;
  readonly detail: string;
  readonly kind: string;
}

export interface Store extends StoreReader {
  /**
   * Opens, takes the lock and migrates. Throws StoreOpenError with a message that names the fix when the
   * folder is in use, the database is corrupt, or its schema is newer than this program.
   */
  open(): Promise<void>;
  load(): Promise<LoadedState>;
  /** All or nothing. Throws when the outcome is not a commit. */
  commit(batch: CommitBatch): Promise<void>;
  /** Rejects when another process may be writing here by now; absent where no other can. */
  readonly assertHeld?: () => Promise<void>;
  /** Round trip to the database, for probes and doctor. */
  check(): Promise<StoreHealth>;
  /** Routine upkeep such as VACUUM, ANALYZE and journal retention; safe to call at any time. */
  maintain(): Promise<void>;
  /** Rows of the simulated venue, kept beside the state but never part of it. */
  venueBook(): VenueBook;
  close(): Promise<void>;
}

/** Thrown by open(); the message is for a person and names the fix. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}
