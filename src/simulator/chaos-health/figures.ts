// Small sums that every report of fault runs is made of.

export interface Spread {
  readonly p50: number | null;
  readonly max: number | null;
}

/** Median (of an even number the mean of the two in the middle) and worst of what is known. */
export function spread(values: readonly (number | null)[]): Spread {
  const sorted = values.filter((value) => value !== null).sort((left, right) => left - right);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  const p50 = low === undefined || high === undefined ? null : (low + high) / 2;
  return { p50, max: sorted.at(-1) ?? null };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Milliseconds as seconds with one digit. */
export function formatSeconds(ms: number | null): string {
  return ms === null ? 'never' : `${Math.round(ms / 100) / 10}`;
}
