// Small sums that every report of fault runs is made of.

export interface Spread {
  readonly p50: number | null;
  readonly max: number | null;
}

/** Median and worst of what is known. */
export function spread(values: readonly (number | null)[]): Spread {
  const sorted = values.filter((value) => value !== null).sort((left, right) => left - right);
  return { p50: sorted[Math.floor((sorted.length - 1) / 2)] ?? null, max: sorted.at(-1) ?? null };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Milliseconds as seconds with one digit. */
export function formatSeconds(ms: number | null): string {
  return ms === null ? 'never' : `${Math.round(ms / 100) / 10}`;
}
