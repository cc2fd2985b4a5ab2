// The simulated venue's own durable book, apart from the house's state: a real venue would not forget either.

export interface VenueRow {
  readonly key: string;
  /** JSON value, or null to remove the row. */
  readonly value: unknown;
}

export interface VenueBook {
  all(): Promise<readonly VenueRow[]>;
  /** Atomic and durable when it resolves. */
  write(rows: readonly VenueRow[]): Promise<void>;
}
