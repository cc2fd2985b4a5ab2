// A store in memory, for simulation, replay and tests. Nothing survives the process; it must never pretend otherwise.
import {
  type AnyPut,
  type CollectionName,
  type CollectionRows,
  collectionNames,
} from '../../../shared/bus/collections.ts';
import type { AnyEffect } from '../../../shared/bus/effects.ts';
import { continueChain, emptyChainHash } from '../../../shared/db/journal-chain.ts';
import { boundedLimit, compareKeys, isRestored, journalChunkEntries } from '../../../shared/db/row-rules.ts';
import type {
  CommitBatch,
  JournalBaseReader,
  JournalEntry,
  ListQuery,
  LoadedState,
  Store,
  StoreHealth,
} from '../../../shared/ports/store.ts';
import type { VenueBook } from '../../../shared/ports/venue-book.ts';
import { MemoryVenueBook } from './memory-venue-book.ts';

export interface MemoryStoreOptions {
  /** False drops journal text after checking it, so a year of simulation stays flat. Default true. */
  readonly keepJournal?: boolean;
  /**
   * Most rows per collection kept of those that no start would restore (records and closed rows); the oldest
   * go first. Rows that a start restores are never dropped. Default: no limit.
   */
  readonly recordLimit?: number;
  /** False keeps only rows that a start would restore. Default true. */
  readonly keepRecords?: boolean;
  /** False keeps no rows: for a simulation, which nobody reads or starts again. The journal's chain is still checked. Default true. */
  readonly keepRows?: boolean;
}

/** Evicting in slices of this share keeps one put at constant cost. */
const evictionShare = 0.25;

type Rows = Record<CollectionName, Map<string, unknown>>;

export class MemoryStore implements Store, JournalBaseReader {
  readonly #rows: Rows;
  readonly #effects = new Map<string, AnyEffect>();
  readonly #journal: JournalEntry[] = [];
  readonly #venue = new MemoryVenueBook();
  readonly #keepJournal: boolean;
  readonly #keepRecords: boolean;
  readonly #keepRows: boolean;
  readonly #recordLimit: number;
  readonly #evictAbove = {} as Record<CollectionName, number>;
  #sequence = 0;
  #hash = emptyChainHash;
  #lastAt = 0;

  constructor(options: MemoryStoreOptions = {}) {
    this.#keepJournal = options.keepJournal ?? true;
    this.#keepRecords = options.keepRecords ?? true;
    this.#keepRows = options.keepRows ?? true;
    this.#recordLimit = options.recordLimit ?? Number.POSITIVE_INFINITY;
    for (const name of collectionNames) this.#evictLater(name, 0);
    this.#rows = Object.fromEntries(collectionNames.map((name) => [name, new Map()])) as Rows;
  }

  async open(): Promise<void> {}

  async load(): Promise<LoadedState> {
    const rows: Record<string, ReadonlyMap<string, unknown>> = {};
    for (const name of collectionNames) {
      const restored = [...this.#rows[name]].filter(([, value]) => isRestored(name, value));
      restored.sort(([left], [right]) => compareKeys(left, right));
      rows[name] = new Map(restored.map(([key, value]) => [key, jsonCopy(value)]));
    }
    return {
      sequence: this.#sequence,
      hash: this.#hash,
      lastAt: this.#lastAt,
      rows: rows as LoadedState['rows'],
      pendingEffects: jsonCopy([...this.#effects.values()]),
    };
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.commitNow(batch);
  }

  /**
   * The same commit without a promise, for the simulator's hot path.
   * Throws StoreConflictError, with nothing changed, when the batch does not continue the journal.
   */
  commitNow(batch: CommitBatch): void {
    const tip = continueChain({ sequence: this.#sequence, hash: this.#hash }, batch.entries, false);
    this.#sequence = tip.sequence;
    this.#hash = tip.hash;
    const last = batch.entries.at(-1);
    if (last !== undefined) this.#lastAt = last.at;
    if (this.#keepJournal) for (const entry of batch.entries) this.#journal.push(entry);
    if (!this.#keepRows) return;
    for (const put of batch.puts) this.#apply(put);
    for (const effect of batch.effects) this.#effects.set(effect.id, effect);
    for (const id of batch.settledEffectIds) this.#effects.delete(id);
  }

  #apply(put: AnyPut): void {
    const rows = this.#rows[put.collection];
    if (put.value === null) {
      rows.delete(put.key);
      return;
    }
    if (!this.#keepRecords && !isRestored(put.collection, put.value)) {
      rows.delete(put.key);
      return;
    }
    rows.set(put.key, put.value);
    if (rows.size > this.#evictAbove[put.collection]) this.#evict(put.collection, rows);
  }

  #evict(collection: CollectionName, rows: Map<string, unknown>): void {
    let surplus = rows.size - this.#recordLimit;
    for (const [key, value] of rows) {
      if (surplus <= 0) break;
      if (isRestored(collection, value)) continue;
      rows.delete(key);
      surplus--;
    }
    this.#evictLater(collection, rows.size);
  }

  /** The next eviction waits for a slice of new rows, also when most rows must stay. */
  #evictLater(collection: CollectionName, size: number): void {
    this.#evictAbove[collection] = Math.max(size, this.#recordLimit) * (1 + evictionShare);
  }

  async list<Name extends CollectionName>(
    collection: Name,
    query: ListQuery,
  ): Promise<CollectionRows[Name][]> {
    const limit = boundedLimit(query);
    const where = Object.entries(query.where ?? {});
    const found: unknown[] = [];
    for (const value of [...this.#rows[collection].values()].reverse()) {
      if (found.length >= limit) break;
      const row = value as Readonly<Record<string, unknown>>;
      if (query.open !== undefined && row.open !== query.open) continue;
      if (where.every(([field, wanted]) => Object.hasOwn(row, field) && row[field] === wanted))
        found.push(value);
    }
    return jsonCopy(found) as CollectionRows[Name][];
  }

  async get<Name extends CollectionName>(
    collection: Name,
    key: string,
  ): Promise<CollectionRows[Name] | undefined> {
    const value = this.#rows[collection].get(key);
    return value === undefined ? undefined : (jsonCopy(value) as CollectionRows[Name]);
  }

  async count(collection: CollectionName): Promise<number> {
    return this.#rows[collection].size;
  }

  async *journal(afterSequence: number): AsyncIterable<readonly JournalEntry[]> {
    let index = Math.max(0, afterSequence);
    for (;;) {
      const chunk = this.#journal.slice(index, index + journalChunkEntries);
      if (chunk.length === 0) return;
      yield chunk;
      index += chunk.length;
    }
  }

  async journalBase(): Promise<LoadedState> {
    return new MemoryStore().load();
  }

  async check(): Promise<StoreHealth> {
    return { ok: true, latencyMs: 0, detail: 'in memory; nothing survives the process', kind: 'memory' };
  }

  async maintain(): Promise<void> {}

  venueBook(): VenueBook {
    return this.#venue;
  }

  async close(): Promise<void> {}
}

/** What a database would give back: a fresh value, never the caller's own object. */
function jsonCopy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
