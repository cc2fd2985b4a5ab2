// Keeps everything a source publishes, in order, and waits for conditions without sleeping.
import type { CandleEvent, MarketQuarantine, QuoteBatch } from '../../../src/shared/bus/catalogue.ts';
import type { SourceStatus } from '../../../src/shared/domain/source-status.ts';
import type { MarketDataSink } from '../../../src/shared/ports/market-data.ts';

const untilDeadlineMs = 10_000;

export class RecordingSink implements MarketDataSink {
  readonly candles: CandleEvent[] = [];
  readonly batches: QuoteBatch[] = [];
  readonly statuses: SourceStatus[] = [];
  readonly quarantines: MarketQuarantine[] = [];
  /** What arrived, in order of arrival. */
  readonly order: ('candle' | 'quotes' | 'status' | 'quarantined')[] = [];

  candle(event: CandleEvent): void {
    this.candles.push(event);
    this.order.push('candle');
  }

  quotes(batch: QuoteBatch): void {
    this.batches.push(batch);
    this.order.push('quotes');
  }

  status(status: SourceStatus): void {
    this.statuses.push(status);
    this.order.push('status');
  }

  quarantined(report: MarketQuarantine): void {
    this.quarantines.push(report);
    this.order.push('quarantined');
  }

  get lastStatus(): SourceStatus | undefined {
    return this.statuses.at(-1);
  }

  openTimes(symbol: string): number[] {
    return this.candles
      .filter((event) => event.candle.symbol === symbol)
      .map((event) => event.candle.openTime);
  }
}

/** Lets I/O happen until the condition holds; fails with `what` at the deadline. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + untilDeadlineMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${untilDeadlineMs} ms: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
