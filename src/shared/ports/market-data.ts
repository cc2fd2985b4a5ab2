// Market data from one venue, file or generator, normalised. A source must say when it is stale or blind.
import type { CandleEvent, MarketQuarantine, QuoteBatch } from '../bus/catalogue.ts';
import type { Candle } from '../domain/candle.ts';
import type { SourceStatus } from '../domain/source-status.ts';

export interface MarketDataSink {
  candle(event: CandleEvent): void;
  quotes(batch: QuoteBatch): void;
  status(status: SourceStatus): void;
  quarantined(report: MarketQuarantine): void;
}

export interface MarketDataSource {
  readonly name: string;
  readonly kind: 'live' | 'simulated' | 'recorded';
  readonly symbols: readonly string[];
  /** True when the source answers right now; used to choose a default without waiting long. */
  reachable(timeoutMs: number): Promise<boolean>;
  /** Begins publishing into the sink; resolves when started, never waits for data. */
  start(sink: MarketDataSink): Promise<void>;
  /** Up to `count` closed one-minute candles before now, oldest first; empty when it has none. */
  history(symbol: string, count: number): Promise<readonly Candle[]>;
  /** Drops connections and begins again; for healing. */
  restart(reason: string): Promise<void>;
  /** Asks as often as normal times `factor` (above 0, at most 1). Absent where nothing is polled. */
  pace?(factor: number): void;
  stop(): Promise<void>;
}
