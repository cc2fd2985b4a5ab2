// Candles of one symbol as columns of floats: 48 bytes each, so that years of minutes fit in memory.
import type { EpochMs } from '../../../shared/domain/time.ts';

export interface CandleColumns {
  readonly count: number;
  readonly openTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

export const columnNames = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;

export function newColumns(capacity: number): CandleColumns {
  return {
    count: 0,
    openTime: new Float64Array(capacity),
    open: new Float64Array(capacity),
    high: new Float64Array(capacity),
    low: new Float64Array(capacity),
    close: new Float64Array(capacity),
    volume: new Float64Array(capacity),
  };
}

/** Rows [from, to) without copying. */
export function sliceColumns(columns: CandleColumns, from: number, to: number): CandleColumns {
  return {
    count: to - from,
    openTime: columns.openTime.subarray(from, to),
    open: columns.open.subarray(from, to),
    high: columns.high.subarray(from, to),
    low: columns.low.subarray(from, to),
    close: columns.close.subarray(from, to),
    volume: columns.volume.subarray(from, to),
  };
}

/** First row whose open time is at or after `at`, by bisection; `count` when there is none. */
export function firstRowAtOrAfter(columns: CandleColumns, at: EpochMs): number {
  let low = 0;
  let high = columns.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((columns.openTime[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
