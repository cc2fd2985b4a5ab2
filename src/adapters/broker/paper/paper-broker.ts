// The simulated venue as a broker for paper mode. Its book is durable before any report leaves, as with a real venue:
// what a report said is still true after kill -9. It must never release a report whose rows are not written.
import type { BrokerReport, BrokerSnapshot, CandleEvent, QuoteBatch } from '../../../shared/bus/catalogue.ts';
import type { OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { Broker, BrokerSink } from '../../../shared/ports/broker.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { SimulatedVenue } from '../../../shared/ports/simulated-venue.ts';
import type { VenueBook, VenueRow } from '../../../shared/ports/venue-book.ts';

export interface PaperBrokerOptions {
  readonly venue: SimulatedVenue;
  readonly book: VenueBook;
  readonly clock: Clock;
  readonly name?: string;
  readonly short?: boolean;
}

export class PaperBroker implements Broker {
  readonly name: string;
  readonly simulated = true;
  readonly capabilities: { readonly attachedBracket: boolean; readonly short: boolean };
  readonly #venue: SimulatedVenue;
  readonly #book: VenueBook;
  readonly #clock: Clock;
  #sink: BrokerSink | undefined;
  /** Rows and reports taken from the venue but not yet written; a newer row of the same key replaces the older. */
  readonly #unwritten = new Map<string, VenueRow>();
  #unreleased: BrokerReport[] = [];
  #writing: Promise<void> | undefined;
  #lastError: string | null = null;

  constructor(options: PaperBrokerOptions) {
    this.name = options.name ?? 'paper';
    this.capabilities = { attachedBracket: true, short: options.short ?? true };
    this.#venue = options.venue;
    this.#book = options.book;
    this.#clock = options.clock;
  }

  /** Text of the last failed write to the book, null while it works. */
  get lastError(): string | null {
    return this.#lastError;
  }

  async start(sink: BrokerSink): Promise<void> {
    this.#venue.restore(await this.#book.all());
    this.#sink = sink;
  }

  async submit(request: OrderRequest): Promise<void> {
    this.#venue.submit(request, this.#now());
    await this.#flushOrSay(request.client_order_id, 'submit');
  }

  async cancel(clientOrderId: string): Promise<void> {
    this.#venue.cancel(clientOrderId, this.#now());
    await this.#flushOrSay(clientOrderId, 'cancel');
  }

  /** Throws when the book cannot be written: then nobody may rely on the answer. */
  async snapshot(requestId: string, asked: readonly OrderQuestion[]): Promise<BrokerSnapshot> {
    this.#venue.advance(this.#now());
    await this.#flush();
    const snapshot = this.#venue.snapshot(requestId, this.#now(), asked);
    await this.#flush();
    return { ...snapshot, broker: this.name };
  }

  onCandle(event: CandleEvent): void {
    this.#venue.onCandle(event);
    this.#flushInBackground();
  }

  onQuotes(batch: QuoteBatch): void {
    this.#venue.onQuotes(batch);
    this.#flushInBackground();
  }

  /** Lets due arrivals and cancels happen; call it at nextEventAt() or often enough. */
  tick(): void {
    this.#venue.advance(this.#now());
    this.#flushInBackground();
  }

  nextEventAt(): EpochMs | undefined {
    return this.#venue.nextEventAt();
  }

  async stop(): Promise<void> {
    await this.#flush();
    this.#sink = undefined;
  }

  #now(): EpochMs {
    return this.#clock.now();
  }

  async #flushOrSay(clientOrderId: string, action: 'submit' | 'cancel'): Promise<void> {
    try {
      await this.#flush();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#sink?.uncertain({
        broker: this.name,
        client_order_id: clientOrderId,
        action,
        outcome: 'unknown',
        detail: `the venue's book could not be written: ${detail}`.slice(0, 500),
      });
    }
  }

  #flushInBackground(): void {
    // The rows stay in #unwritten and the next flush tries again; the failure is shown in lastError.
    this.#flush().catch(() => undefined);
  }

  /** Resolves when everything the venue did until now is durable and reported. */
  async #flush(): Promise<void> {
    this.#collect();
    while (this.#unwritten.size > 0 || this.#unreleased.length > 0) {
      this.#writing ??= this.#writeOnce().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
  }

  #collect(): void {
    for (const row of this.#venue.takeChangedRows()) this.#unwritten.set(row.key, row);
    for (const report of this.#venue.takeReports())
      this.#unreleased.push(report.broker === this.name ? report : { ...report, broker: this.name });
  }

  async #writeOnce(): Promise<void> {
    const rows = [...this.#unwritten.values()];
    const reports = this.#unreleased;
    this.#unreleased = [];
    try {
      if (rows.length > 0) await this.#book.write(rows);
    } catch (error) {
      this.#unreleased = [...reports, ...this.#unreleased];
      this.#lastError = error instanceof Error ? error.message : String(error);
      throw error;
    }
    this.#lastError = null;
    for (const row of rows) if (this.#unwritten.get(row.key) === row) this.#unwritten.delete(row.key);
    for (const report of reports) this.#sink?.report(report);
  }
}
