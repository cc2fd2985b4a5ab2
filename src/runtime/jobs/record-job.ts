// The record job: the closed candles that each source remembers, added to a tape of that source.
// Two sources never share a folder, so that a tape says where its prices come from.
import path from 'node:path';
import { TapeWriter } from '../../adapters/market-data/tape/tape-writer.ts';
import { timeframeMs } from '../../shared/domain/candle.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import type { JobHandler } from './job-desk.ts';

/** Candles asked for where nothing is recorded yet: a day of minutes. */
const firstCandles = 1_440;
const maxCandles = 10_000;
const maxFileBytes = 50_000_000;

/** Folder of the tapes of one source. */
export function tapesOf(folder: string, source: string): string {
  return path.join(folder, source.replaceAll(/[^a-z0-9_-]/gi, '_'));
}

/** Adds what is missing to `<folder>/<source>`; the same job again adds nothing twice. Throws when no source answered. */
export function recordJob(sources: readonly MarketDataSource[], folder: string): JobHandler {
  return async ({ now }, signal) => {
    let [asked, written] = [0, 0];
    const silent: string[] = [];
    for (const source of sources.filter(({ kind }) => kind !== 'recorded')) {
      const writer = await TapeWriter.open({ folder: tapesOf(folder, source.name), maxFileBytes });
      try {
        for (const symbol of source.symbols) {
          signal.throwIfAborted();
          asked++;
          const last = writer.lastOpenTime(symbol, '1m');
          const missing = last === undefined ? firstCandles : Math.floor((now - last) / timeframeMs['1m']);
          const candles = await source.history(symbol, Math.min(missing, maxCandles)).catch(() => undefined);
          if (candles === undefined) silent.push(symbol);
          for (const candle of candles ?? [])
            if (candle.timeframe === '1m' && writer.write(candle) === 'written') written++;
        }
      } finally {
        await writer.close();
      }
    }
    if (asked > 0 && silent.length === asked)
      throw new Error(`no source gave past candles of ${silent.slice(0, 5).join(', ')}`);
    return {
      effect_observed: written > 0,
      looked_at: asked - silent.length,
      found: written,
      summary:
        asked === 0
          ? 'nothing to record: the market is a recording'
          : `${written} candles of ${asked - silent.length} symbols written${silent.length > 0 ? `; no history of ${silent.slice(0, 5).join(', ')}` : ''}`,
    };
  };
}
