// ato learn fit: refits the look schedulers on recordings, class by class, and says whether the refit predicts better on
// their newest part. It changes nothing: putting a refit in force is the orchestrator's decision.
import { readTape } from '../../adapters/market-data/tape/read-tape.ts';
import { defaultFind } from '../../orchestrator/intensity/intensity-settings.ts';
import { timeframeMs } from '../../shared/domain/candle.ts';
import { type AssetClass, instrumentFor } from '../../shared/domain/instrument.ts';
import type { Refit } from '../../shared/domain/refit.ts';
import { toIso } from '../../shared/domain/time.ts';
import { buildPanel } from '../../simulator/cron-benchmark/panel.ts';
import { refitIntensity } from '../../simulator/intensity-refit.ts';

const classes = ['crypto', 'forex'] as const satisfies readonly AssetClass[];

export interface LearnFitRequest {
  readonly tape: readonly string[];
  /** Coefficients in force, by class; the shipped ones where not given. */
  readonly inForce: Readonly<Partial<Record<AssetClass, readonly number[]>>>;
}

export interface LearnFitReport {
  readonly from: string;
  readonly to: string;
  readonly candles: number;
  /** Refits that are better by more than one standard error on what they were not fitted on. */
  readonly refits: readonly Refit[];
  readonly parts: readonly {
    readonly part: AssetClass;
    readonly symbols: readonly string[];
    readonly finds: number;
    readonly reason: string;
  }[];
}

/** Throws RangeError or TapeError, naming the fix, when the recordings cannot be read. */
export async function learnFit({ tape, inForce }: LearnFitRequest): Promise<LearnFitReport> {
  const recorded = await readTape([...tape], {});
  const barMs = Math.max(
    defaultFind.barMs,
    ...[...recorded.timeframes.values()].map((name) => timeframeMs[name]),
  );
  const refits: Refit[] = [];
  const parts: LearnFitReport['parts'][number][] = [];
  for (const part of classes) {
    const series = recorded.series.filter(({ symbol }) => instrumentFor(symbol)?.assetClass === part);
    if (series.length === 0) continue;
    const symbols = series.map(({ symbol }) => symbol);
    try {
      const { panel } = buildPanel(
        series.map(({ symbol, columns }) => ({ symbol, ...barsOf(columns, barMs) })),
        barMs,
      );
      const { refit, finds, reason } = refitIntensity(panel, part, inForce[part]);
      if (refit !== undefined) refits.push(refit);
      parts.push({ part, symbols: panel.symbols, finds, reason });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      parts.push({ part, symbols, finds: 0, reason: error.message });
    }
  }
  const { from, to, candles } = recorded;
  return { from: toIso(from), to: toIso(to), candles, refits, parts };
}

interface Columns {
  readonly count: number;
  readonly openTime: ArrayLike<number>;
  readonly close: ArrayLike<number>;
  readonly volume: ArrayLike<number>;
}

/** Candles joined to bars of this size, by the last close and the sum of volumes. */
function barsOf({ count, openTime, close, volume }: Columns, barMs: number) {
  const [times, closes, volumes]: number[][] = [[], [], []];
  for (let k = 0; k < count; k += 1) {
    const at = Math.floor((openTime[k] as number) / barMs) * barMs;
    if (times?.at(-1) !== at) {
      times?.push(at);
      closes?.push(close[k] as number);
      volumes?.push(volume[k] as number);
      continue;
    }
    const last = (closes?.length ?? 1) - 1;
    if (closes !== undefined) closes[last] = close[k] as number;
    if (volumes !== undefined) volumes[last] = (volumes[last] as number) + (volume[k] as number);
  }
  const column = (values: number[] = []) => Float64Array.from(values);
  return {
    count: times?.length ?? 0,
    openTime: column(times),
    close: column(closes),
    volume: column(volumes),
  };
}
