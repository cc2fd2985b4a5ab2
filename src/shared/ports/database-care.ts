// Looks into the database server and tidies what is ours. It must never touch another role's work.

export interface DatabaseFinding {
  /** Measures by name: connection_share, waiting_locks, longest_lock_wait_ms, longest_own_ms, dead_rows_share ... */
  readonly facts: Readonly<Record<string, number>>;
  /** Evidence in words: the slowest statement, the table with most dead rows. */
  readonly detail: string;
  /** Own clock minus the server's, milliseconds, corrected by half the round trip. */
  readonly clockSkewMs: number;
}

export interface DatabaseCare {
  look(): Promise<DatabaseFinding>;
  /** Says what was ended. */
  cancelRunaways(): Promise<string>;
  /** Says what was vacuumed. */
  tidy(): Promise<string>;
  /** Builds the first proposed index; says which, or that there is none. Throws when it was not built. */
  createIndex(): Promise<string>;
  close(): Promise<void>;
}
