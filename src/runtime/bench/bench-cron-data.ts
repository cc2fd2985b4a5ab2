// Reads the benchmark's candles: of everything under the given paths, the one bar size that offers most to compare.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readTape } from '../../adapters/market-data/tape/read-tape.ts';
import { readTapeFileName } from '../../adapters/market-data/tape/tape-file-name.ts';
import { type Timeframe, timeframeMs } from '../../shared/domain/candle.ts';
import { hourMs, minuteMs } from '../../shared/domain/time.ts';
import { buildPanel, type LeftOut, type Panel } from '../../simulator/cron-benchmark/panel.ts';

/** Coarser candles leave no bars between two polls; those up to `fineBarMs` are preferred. */
const coarsestBarMs = hourMs;
const fineBarMs = 15 * minuteMs;

export interface BenchmarkData {
  readonly panel: Panel;
  readonly leftOut: readonly LeftOut[];
  readonly quarantinedRows: number;
}

async function filesByTimeframe(paths: readonly string[]): Promise<Map<Timeframe, string[]>> {
  const files: string[] = [];
  for (const given of paths) {
    const info = await stat(given).catch(() => undefined);
    if (info === undefined) throw new RangeError(`${given}: there is no such file or folder`);
    if (!info.isDirectory()) files.push(given);
    else
      for (const name of (await readdir(given)).sort())
        if (/\.csv(\.gz)?$/.test(name)) files.push(path.join(given, name));
  }
  const groups = new Map<Timeframe, string[]>();
  for (const file of files) {
    try {
      const { timeframe, side } = readTapeFileName(file, false);
      if (side === 'ask' && files.length > 1) continue;
      if (timeframeMs[timeframe] <= coarsestBarMs)
        groups.set(timeframe, [...(groups.get(timeframe) ?? []), file]);
    } catch {
      // Not a candle recording; the tape says so when it is the only one.
      if (files.length === 1) await readTape([file]);
    }
  }
  return groups;
}

/** Throws RangeError or TapeError, naming the fix, when nothing can be compared. */
export async function readBenchmarkData(
  paths: readonly string[],
  bounds: { readonly from?: number; readonly to?: number },
): Promise<BenchmarkData> {
  let best: BenchmarkData | undefined;
  let why = 'no candles of one hour or finer were found';
  for (const [timeframe, files] of await filesByTimeframe(paths)) {
    const barMs = timeframeMs[timeframe];
    try {
      const tape = await readTape(files, bounds);
      const recordings = tape.series.map(({ symbol, columns }) => ({
        symbol,
        count: columns.count,
        openTime: columns.openTime,
        close: columns.close,
        volume: columns.volume,
      }));
      const { panel, leftOut } = buildPanel(recordings, barMs);
      const quarantinedRows = tape.quarantined.reduce((sum, group) => sum + group.count, 0);
      const found = { panel, leftOut, quarantinedRows };
      if (best === undefined || preference(panel) > preference(best.panel)) best = found;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  if (best === undefined) throw new RangeError(why);
  return best;
}

/** Symbol-days, where fine enough candles go before all coarser ones. */
function preference(panel: Panel): number {
  return panel.symbols.length * panel.bars * panel.barMs * (panel.barMs <= fineBarMs ? 1e6 : 1);
}
