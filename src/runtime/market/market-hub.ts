// Joins the running market-data sources: hands what they publish to the kernel and to the simulated broker,
// and remembers what each source last said of itself.
import { CrossSourceGate, crossSourceReason } from '../../adapters/market-data/shared/cross-source-gate.ts';
import { judgeHistory } from '../../adapters/market-data/shared/history-gate.ts';
import { QuarantineReports } from '../../adapters/market-data/shared/quarantine-reports.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { CandleEvent, MarketQuarantine, QuoteBatch } from '../../shared/bus/catalogue.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import { midOf } from '../../shared/domain/quote.ts';
import type { SourceStatus } from '../../shared/domain/source-status.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { MarketDataSink, MarketDataSource } from '../../shared/ports/market-data.ts';
import { QuarantineCounts } from './quarantine-counts.ts';
import { SourceStates } from './source-states.ts';

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
  readonly #states = new SourceStates();
  readonly #crossSource = new CrossSourceGate();
  readonly #quarantined = new QuarantineCounts();

  constructor(options: MarketHubOptions) {
    this.#options = options;
  }

  get statuses(): readonly SourceStatus[] {
    return this.#states.all();
  }

  status(source: string): SourceStatus | undefined {
    return this.#states.status(source);
  }

  /** Times the source stopped working since the start. */
  errors(source: string): number {
    return this.#states.errors(source);
  }

  /** What was kept out since the start, by reason; empty when nothing was. */
  quarantined(source: string): Readonly<Record<string, number>> {
    return this.#quarantined.of(source);
  }

  /** A source of another process spoke of itself. */
  heard(status: SourceStatus): void {
    if (!this.keeps(status.source)) this.#states.note(status);
  }

  keeps(source: string): boolean {
    return this.#options.sources.some(({ name }) => name === source);
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
    this.#crossSource.forget(name);
    await source.restart(reason);
  }

  /** Asks a source less often, or as often as normal with 1; false when it polls nothing. */
  pace(name: string, factor: number): boolean {
    const source = this.#options.sources.find((candidate) => candidate.name === name);
    source?.pace?.(factor);
    return source?.pace !== undefined;
  }

  /** Past candles of a symbol from the first source that serves it and has some. */
  async history(
    symbol: string,
    count: number,
  ): Promise<{ source: MarketDataSource; candles: readonly Candle[] } | undefined> {
    const serving = this.#options.sources.filter((candidate) => candidate.symbols.includes(symbol));
    for (const [index, source] of serving.entries()) {
      const candles = await source.history(symbol, count).catch((error: unknown) => {
        // The next one may know; the last one's trouble is the answer.
        if (index === serving.length - 1) throw error;
        return [];
      });
      if (candles.length > 0 || index === serving.length - 1)
        return { source, candles: this.#possible(source, candles) };
    }
    return undefined;
  }

  /** What a source says of the past is judged like what it says of now. */
  #possible(source: MarketDataSource, candles: readonly Candle[]): readonly Candle[] {
    const { kept, refused } = judgeHistory(candles);
    for (const [reason, rows] of Map.groupBy(refused, (one) => one.reason)) {
      const [one] = rows;
      const where = one === undefined ? '' : `${one.candle.symbol} candle of ${one.candle.openTime}`;
      this.#quarantine({ source: source.name, reason, where, count: rows.length });
    }
    return kept;
  }

  #sinkFor(source: MarketDataSource): MarketDataSink {
    const { post, venue, log } = this.#options;
    const matchOnCandles = source.kind === 'recorded';
    const sink: MarketDataSink = {
      candle: (event) => {
        if (matchOnCandles) venue.onCandle(event);
        post({ from: 'market', message_type: 'market.candle', data: event, at: event.known_at });
      },
      quotes: (batch) => {
        if (!matchOnCandles) venue.onQuotes(batch);
        post({ from: 'market', message_type: 'market.quotes', data: batch, at: batch.known_at });
      },
      status: (status) => {
        if (this.#states.note(status))
          log.info({ source: status.source, state: status.state, detail: status.detail }, 'market source');
        post({ from: 'market', message_type: 'market.source_status', data: status, at: status.at });
      },
      quarantined: (report) => this.#quarantine(report),
    };
    return source.kind === 'live' ? this.#compared(source, sink) : sink;
  }

  /** Live sources are compared with each other; only the one in charge of a symbol is heard. */
  #compared(source: MarketDataSource, sink: MarketDataSink): MarketDataSink {
    const reports = new QuarantineReports(source.name, sink);
    const admits = (symbol: string, price: number, at: number, knownAt: number): boolean => {
      if (this.#crossSource.admits(source.name, symbol, price, at)) return true;
      reports.drop(crossSourceReason, symbol, `${symbol} at ${price}`, knownAt);
      return false;
    };
    return {
      ...sink,
      candle: (event) => {
        const { candle, happened_at: at, known_at: knownAt } = event;
        reports.flush(knownAt);
        if (admits(candle.symbol, candle.close, at, knownAt) && this.#inCharge(source, candle.symbol))
          sink.candle(event);
      },
      quotes: (batch) => {
        reports.flush(batch.known_at);
        const quotes = batch.quotes.filter(
          (quote) =>
            admits(quote.symbol, midOf(quote), quote.happenedAt, batch.known_at) &&
            this.#inCharge(source, quote.symbol),
        );
        if (quotes.length > 0) sink.quotes({ ...batch, quotes });
      },
    };
  }

  /** The first source of the symbol that can see; the others stand by and are compared with. */
  #inCharge(source: MarketDataSource, symbol: string): boolean {
    for (const candidate of this.#options.sources) {
      const state = this.#states.status(candidate.name)?.state;
      const sees = state === 'live' || state === 'degraded';
      if (sees && candidate.symbols.includes(symbol)) return candidate === source;
    }
    // Nobody claims to see: whoever speaks is heard.
    return true;
  }

  #quarantine(report: MarketQuarantine): void {
    const { post, log, clock } = this.#options;
    log.warn({ ...report }, 'market data quarantined');
    this.#quarantined.add(report);
    post({ from: 'market', message_type: 'market.quarantined', data: report, at: clock.now() });
  }
}
