// Joins the running market-data sources: hands what they publish to the kernel and to the simulated broker,
// and remembers what each source last said of itself.
import type { KernelInput } from '../kernel/kernel.ts';
import type { CandleEvent, QuoteBatch } from '../shared/bus/catalogue.ts';
import type { Candle } from '../shared/domain/candle.ts';
import type { SourceStatus } from '../shared/domain/source-status.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log } from '../shared/ports/log.ts';
import type { MarketDataSink, MarketDataSource } from '../shared/ports/market-data.ts';

/** What the hub feeds besides the kernel. Live quotes match orders; a recording has only candles. */
export interface MarketListener {
  onCandle(event: CandleEvent): void;
  onQuotes(batch: QuoteBatch): void;
}

export interface MarketHubOptions {
  readonly sources: readonly MarketDataSource[];
  readonly clock: Clock;
  readonly post: (input: KernelInput) => void;
  readonly venue: MarketListener;
  readonly log: Log;
}

export class MarketHub {
  readonly #options: MarketHubOptions;
  readonly #statuses = new Map<string, SourceStatus>();

  constructor(options: MarketHubOptions) {
    this.#options = options;
  }

  get statuses(): readonly SourceStatus[] {
    return [...this.#statuses.values()];
  }

  status(source: string): SourceStatus | undefined {
    return this.#statuses.get(source);
  }

  async start(): Promise<void> {
    for (const source of this.#options.sources) await source.start(this.#sinkFor(source));
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#options.sources.map((source) => source.stop()));
  }

  async restart(name: string, reason: string): Promise<void> {
    const source = this.#options.sources.find((candidate) => candidate.name === name);
    if (source === undefined) throw new Error(`no such source: ${name}`);
    await source.restart(reason);
  }

  /** Past candles of a symbol from the source that serves it. */
  async history(
    symbol: string,
    count: number,
  ): Promise<{ source: MarketDataSource; candles: readonly Candle[] } | undefined> {
    const source = this.#options.sources.find((candidate) => candidate.symbols.includes(symbol));
    if (source === undefined) return undefined;
    return { source, candles: await source.history(symbol, count) };
  }

  #sinkFor(source: MarketDataSource): MarketDataSink {
    const { post, venue, log, clock } = this.#options;
    const matchOnCandles = source.kind === 'recorded';
    return {
      candle: (event) => {
        if (matchOnCandles) venue.onCandle(event);
        post({ from: 'market', message_type: 'market.candle', data: event, at: event.known_at });
      },
      quotes: (batch) => {
        if (!matchOnCandles) venue.onQuotes(batch);
        post({ from: 'market', message_type: 'market.quotes', data: batch, at: batch.known_at });
      },
      status: (status) => {
        const before = this.#statuses.get(status.source);
        this.#statuses.set(status.source, status);
        if (before?.state !== status.state)
          log.info({ source: status.source, state: status.state, detail: status.detail }, 'market source');
        post({ from: 'market', message_type: 'market.source_status', data: status, at: status.at });
      },
      quarantined: (report) => {
        log.warn({ ...report }, 'market data quarantined');
        post({ from: 'market', message_type: 'market.quarantined', data: report, at: clock.now() });
      },
    };
  }
}
