// Who looks on: the points at which checkers may look at the world. A witness must never act on it.
import type { OrderRequest } from '../../shared/domain/order.ts';
import type { CommitBatch } from '../../shared/ports/store.ts';

export interface Witness {
  /** A request leaves the house, in the state in which the checker's book then is. */
  leaving(request: OrderRequest): void;
  /** A batch is durable; the book already holds it. */
  committed(batch: CommitBatch): void;
  /** The venue's ledger changed. */
  ledgerChanged(): void;
  /** An event and everything it caused at this instant is over. */
  looked(): void;
}
