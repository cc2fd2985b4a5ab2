// Rows turned into what the charts draw. Pure; times are whole UTC seconds, strictly rising where the chart demands it.
import type { SeriesMarker, Time, UTCTimestamp } from 'lightweight-charts';
import type { Palette } from './chart-theme.ts';
import { formatQuantity } from './format.ts';
import type { Candle, EquityPoint, Fill, Signal } from './rows.ts';

const markLimit = 200;
/** A candle is shown once it is closed: what happened since then stands on the last one. */
const formingMs = 5 * 60_000;

export function seconds(at: number): UTCTimestamp {
  return Math.floor(at / 1_000) as UTCTimestamp;
}

/** Open time of the last candle that began at or before `at`; candles rise in time. */
function candleAt(candles: readonly Candle[], at: number): number | undefined {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((candles[middle]?.openTime ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return candles[low - 1]?.openTime;
}

/** Signals and fills as marks on the candle in which they happened; those outside the shown candles are left out. */
export function marksOf(
  candles: readonly Candle[],
  signals: readonly Signal[],
  fills: readonly Fill[],
  palette: Palette,
): SeriesMarker<Time>[] {
  const last = candles.at(-1)?.openTime;
  if (last === undefined) return [];
  const marks: SeriesMarker<Time>[] = [];
  const put = (at: number | null, mark: Omit<SeriesMarker<Time>, 'time'>) => {
    if (at === null || at > last + formingMs) return;
    const opened = candleAt(candles, at);
    if (opened !== undefined) marks.push({ ...mark, time: seconds(opened) } as SeriesMarker<Time>);
  };
  for (const signal of signals) {
    const buys = signal.action === 'BUY';
    put(signal.issued_at, {
      position: buys ? 'belowBar' : 'aboveBar',
      shape: signal.action === 'CLOSE' ? 'square' : 'circle',
      color: palette.accent,
      size: 0.6,
    });
  }
  for (const fill of fills) {
    const buys = fill.side === 'buy';
    put(fill.at, {
      position: buys ? 'belowBar' : 'aboveBar',
      shape: buys ? 'arrowUp' : 'arrowDown',
      color: buys ? palette.up : palette.down,
      text: formatQuantity(fill.quantity),
    });
  }
  return marks.sort((left, right) => Number(left.time) - Number(right.time)).slice(-markLimit);
}

/** One value per second at most, as the chart demands strictly rising times; the last of a second wins. */
export function curveOf(points: readonly EquityPoint[], read: (point: EquityPoint) => number | null) {
  const curve: { time: UTCTimestamp; value: number }[] = [];
  for (const point of points) {
    const value = read(point);
    if (value === null) continue;
    const time = seconds(point.at);
    if (curve.at(-1)?.time === time) curve.pop();
    curve.push({ time, value });
  }
  return curve;
}
