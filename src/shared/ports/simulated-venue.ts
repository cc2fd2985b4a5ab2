// The one matching engine of the house as its drivers see it: synchronous, fed with market data and the time.
import type { BrokerReport, BrokerSnapshot, CandleEvent, QuoteBatch } from '../bus/catalogue.ts';
import type { OrderQuestion, OrderRequest } from '../domain/order.ts';
import type { EpochMs } from '../domain/time.ts';
import type { VenueRow } from './venue-book.ts';

export interface SimulatedVenue {
  submit(request: OrderRequest, now: EpochMs): void;
  cancel(clientOrderId: string, now: EpochMs): void;
  onCandle(event: CandleEvent): void;
  onQuotes(batch: QuoteBatch): void;
  /** Makes everything happen that is due at `now`, such as orders arriving after their latency. */
  advance(now: EpochMs): void;
  /** When `advance` next has something to do; undefined when nothing is under way. */
  nextEventAt(): EpochMs | undefined;
  /** Reports since the last call, in order. */
  takeReports(): readonly BrokerReport[];
  snapshot(requestId: string, now: EpochMs, asked: readonly OrderQuestion[]): BrokerSnapshot;
  /** Rows of the durable book that changed since the last call. */
  takeChangedRows(): readonly VenueRow[];
  restore(rows: readonly VenueRow[]): void;
}
