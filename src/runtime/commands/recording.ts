// Records what the configured market sources say into a folder of tapes, until told to stop or the hours are over.
// It must never mix two sources in one series: a tape says where each of its series came from.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { judgeHistory } from '../../adapters/market-data/shared/history-gate.ts';
import { TapeError } from '../../adapters/market-data/tape/tape-error.ts';
import { replaceFile, TapeWriter } from '../../adapters/market-data/tape/tape-writer.ts';
import type { CandleEvent } from '../../shared/bus/catalogue.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { type Candle, timeframeMs } from '../../shared/domain/candle.ts';
import { hourMs, toIso } from '../../shared/domain/time.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { MarketDataSink, MarketDataSource } from '../../shared/ports/market-data.ts';
import type { SelectedMarket } from '../market/market-selection.ts';
import { marketOf } from './recording-sources.ts';

/** Longest gap that is filled from a source's history when a recording goes on, in candles. */
const maxBackfillCandles = 10_000;
const manifestName = 'recording.json';

export interface RecordingRequest {
  /** Names of sources; a symbol is recorded from the first that serves it. */
  readonly sources: readonly string[];
  readonly folder: string;
  readonly hours?: number;
  readonly maxFileBytes: number;
  readonly log: Log;
}

interface RecordedSeries {
  readonly symbol: string;
  readonly source: string;
  readonly kind: MarketDataSource['kind'];
  written: number;
  /** Of the written ones, candles that the source gave for the time before this start. */
  backfilled: number;
  duplicates: number;
  late: number;
  from: string | null;
  to: string | null;
}

export interface RecordingReport {
  readonly out: string;
  readonly ended: 'hours over' | 'stopped' | 'failed';
  readonly mended_lines: number;
  readonly quarantined: number;
  readonly series: readonly RecordedSeries[];
}

/**
 * Records until `stop` resolves or the hours are over. Throws TapeError when the folder belongs to another recorder or
 * holds these symbols from another source, and the file system's error when a candle cannot be written.
 */
export async function record(
  settings: Settings,
  request: RecordingRequest,
  stop: Promise<void>,
): Promise<RecordingReport> {
  const writer = await TapeWriter.open({ folder: request.folder, maxFileBytes: request.maxFileBytes });
  let recorder: Recorder | undefined;
  try {
    const markets = await selectAll(settings, request, lastClose(request.folder, writer));
    recorder = new Recorder(writer, markets, request);
    await recorder.keepOrigins();
    const ended = await recorder.run(stop);
    return recorder.report(ended);
  } finally {
    await recorder?.stopSources();
    await writer.close();
  }
}

async function selectAll(settings: Settings, request: RecordingRequest, lastAt: number) {
  const markets: SelectedMarket[] = [];
  for (const name of request.sources)
    markets.push(await marketOf(name, settings, Promise.resolve(lastAt), request.log));
  return markets;
}

/** Close of the newest candle in the folder, so that a hurried synthetic market goes on where it ended. */
function lastClose(folder: string, writer: TapeWriter): number {
  const { series } = readManifest(folder);
  return Math.max(
    0,
    ...Object.keys(series).map((symbol) => (writer.lastOpenTime(symbol, '1m') ?? -60_000) + 60_000),
  );
}

class Recorder {
  readonly #writer: TapeWriter;
  readonly #markets: readonly SelectedMarket[];
  readonly #request: RecordingRequest;
  readonly #series = new Map<string, RecordedSeries>();
  readonly #source = new Map<string, MarketDataSource>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #started: MarketDataSource[] = [];
  #quarantined = 0;
  /** Candles heard while the gap before them is still being filled. */
  #waiting: CandleEvent[] | undefined = [];

  constructor(writer: TapeWriter, markets: readonly SelectedMarket[], request: RecordingRequest) {
    this.#writer = writer;
    this.#markets = markets;
    this.#request = request;
    for (const source of markets.flatMap((market) => market.sources))
      for (const symbol of source.symbols) {
        if (this.#source.has(symbol)) continue;
        this.#source.set(symbol, source);
        this.#series.set(symbol, {
          symbol,
          source: source.name,
          kind: source.kind,
          written: 0,
          backfilled: 0,
          duplicates: 0,
          late: 0,
          from: null,
          to: null,
        });
      }
    // Heard only while run() waits; a failure before that must not end the process.
    this.#failed.promise.catch(() => undefined);
  }

  /** Writes down where each series comes from; refuses to go on with another source than before. */
  async keepOrigins(): Promise<void> {
    const { folder } = this.#request;
    const before = readManifest(folder).series;
    for (const { symbol, source } of this.#series.values()) {
      const known = before[symbol];
      if (known !== undefined && known.source !== source)
        throw new TapeError(
          `${folder}: ${symbol} was recorded from ${known.source} here, and now comes from ${source}; choose another folder`,
        );
    }
    const series = { ...before };
    for (const { symbol, source, kind } of this.#series.values()) series[symbol] = { source, kind };
    const text = `${JSON.stringify({ made_by: 'ato record', series }, null, 2)}\n`;
    await replaceFile(path.join(folder, manifestName), Buffer.from(text));
  }

  async run(stop: Promise<void>): Promise<RecordingReport['ended']> {
    const over = this.#hoursOver();
    for (const source of this.#markets.flatMap((market) => market.sources)) {
      if (![...this.#source.values()].includes(source)) continue;
      this.#started.push(source);
      await source.start(this.#sinkFor(source));
    }
    const first = await Promise.race([
      this.#backfill().then(() => undefined),
      stop.then(() => 'stopped' as const),
      this.#failed.promise,
    ]);
    if (first !== undefined) return first;
    return Promise.race([over, stop.then(() => 'stopped' as const), this.#failed.promise]);
  }

  async stopSources(): Promise<void> {
    this.#markets[0]?.clock().cancelWake();
    await Promise.allSettled(this.#started.map((source) => source.stop()));
  }

  report(ended: RecordingReport['ended']): RecordingReport {
    return {
      out: this.#request.folder,
      ended,
      mended_lines: this.#writer.mendedLines,
      quarantined: this.#quarantined,
      series: [...this.#series.values()],
    };
  }

  #hoursOver(): Promise<'hours over'> {
    const { hours } = this.#request;
    const clock = this.#markets[0]?.clock();
    return new Promise((resolve) => {
      if (hours !== undefined && clock !== undefined)
        clock.wakeAt(clock.now() + hours * hourMs, () => resolve('hours over'));
    });
  }

  /** Fills the time between the last recorded candle and this start from each source's history. */
  async #backfill(): Promise<void> {
    const clock = this.#markets[0]?.clock();
    for (const [symbol, source] of this.#source) {
      const last = this.#writer.lastOpenTime(symbol, '1m');
      if (last === undefined || clock === undefined) continue;
      const missing = Math.floor((clock.now() - last) / timeframeMs['1m']);
      const wanted = Math.min(missing, maxBackfillCandles);
      const candles = await source.history(symbol, wanted).catch((error: unknown) => {
        this.#request.log.warn(
          { source: source.name, symbol, error: String(error) },
          'history did not answer; the gap stays',
        );
        return [];
      });
      const { kept, refused } = judgeHistory(candles);
      this.#quarantined += refused.length;
      for (const candle of kept)
        if (candle.openTime > last && this.#keep(candle)) {
          const series = this.#series.get(symbol);
          if (series !== undefined) series.backfilled += 1;
        }
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { candle } of waiting) this.#keep(candle);
  }

  #sinkFor(source: MarketDataSource): MarketDataSink {
    const { log } = this.#request;
    let state: string | undefined;
    return {
      candle: (event) => {
        if (this.#source.get(event.candle.symbol) !== source) return;
        if (this.#waiting !== undefined) this.#waiting.push(event);
        else this.#keep(event.candle);
      },
      quotes: () => undefined,
      status: (status) => {
        if (status.state !== state)
          log.info({ source: status.source, state: status.state, detail: status.detail }, 'market source');
        state = status.state;
      },
      quarantined: (report) => {
        this.#quarantined += report.count;
        log.warn({ ...report }, 'market data quarantined');
      },
    };
  }

  /** True when the candle was written. A failure to write ends the recording. */
  #keep(candle: Candle): boolean {
    const series = this.#series.get(candle.symbol);
    if (series === undefined) return false;
    try {
      const written = this.#writer.write(candle);
      if (written === 'duplicate') series.duplicates += 1;
      if (written === 'late') series.late += 1;
      if (written !== 'written') return false;
    } catch (error) {
      this.#failed.reject(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    series.written += 1;
    series.from ??= toIso(candle.openTime);
    series.to = toIso(candle.openTime + timeframeMs[candle.timeframe]);
    return true;
  }
}

const manifestSchema = z.object({
  series: z.record(z.string(), z.object({ source: z.string(), kind: z.string() })),
});

function readManifest(folder: string): z.infer<typeof manifestSchema> {
  const file = path.join(folder, manifestName);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) return { series: {} };
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new TapeError(
      `${file}: it cannot be read; it says where each series came from, so restore or delete it`,
    );
  }
}
