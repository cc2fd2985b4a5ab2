// Runs the benchmark against cron on recorded candles and says exactly which data and which prior it used.
import { createHash } from 'node:crypto';
import { shippedPrior } from '../../orchestrator/intensity/prior-coefficients.ts';
import { type BenchmarkReport, benchmarkAgainstCron } from '../../simulator/cron-benchmark/benchmark.ts';
import type { ControlKind } from '../../simulator/cron-benchmark/disguise.ts';
import type { Panel } from '../../simulator/cron-benchmark/panel.ts';
import { version } from '../version.ts';
import { readBenchmarkData } from './bench-cron-data.ts';

export interface CronBenchOptions {
  readonly paths: readonly string[];
  readonly budgetsMin: readonly number[];
  readonly seed: number;
  readonly controls: readonly ControlKind[];
  readonly draws: number;
  readonly from?: number;
  readonly to?: number;
  readonly note: (text: string) => void;
}

export interface CronBenchReport extends BenchmarkReport {
  readonly version: string;
  readonly prior: string;
  readonly data: {
    readonly symbols: readonly string[];
    readonly from: string;
    readonly to: string;
    readonly hash: string;
    readonly left_out: readonly { readonly symbol: string; readonly reason: string }[];
    readonly quarantined_rows: number;
  };
  readonly wall_seconds: number;
}

/** Throws RangeError or TapeError, naming the fix, when the data cannot be compared. */
export async function benchCron(options: CronBenchOptions): Promise<CronBenchReport> {
  const started = performance.now();
  const bounds = {
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.to === undefined ? {} : { to: options.to }),
  };
  const { panel, leftOut, quarantinedRows } = await readBenchmarkData(options.paths, bounds);
  const report = benchmarkAgainstCron(panel, { ...options, clock: () => performance.now() });
  const isoDay = (at: number | undefined) => new Date(at ?? 0).toISOString();
  return {
    version,
    prior: shippedPrior.name,
    data: {
      symbols: panel.symbols,
      from: isoDay((panel.at[0] ?? 0) - panel.barMs),
      to: isoDay(panel.at[panel.bars - 1]),
      hash: hashOf(panel),
      left_out: leftOut,
      quarantined_rows: quarantinedRows,
    },
    ...report,
    wall_seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}

function hashOf(panel: Panel): string {
  const hash = createHash('sha256').update(panel.symbols.join(' ')).update(panel.at);
  for (const closes of panel.close) hash.update(closes);
  return hash.digest('hex').slice(0, 16);
}
