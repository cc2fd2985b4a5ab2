// Small number helpers shared by the orchestrator's parts; every result is safe in a JSON row.

/** Powers of ten by their exponent: raising to a power costs more than the rest of a rounding. */
const scales = [1, 10, 100, 1e3, 1e4, 1e5, 1e6] as const;

/** Rounded to `digits` decimals, never minus zero. */
export function rounded(value: number, digits: 0 | 1 | 2 | 3 | 4 | 5 | 6 = 3): number {
  const scale = scales[digits];
  return Math.round(value * scale) / scale + 0;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Minutes and seconds for people: "45 s", "5 min", "2.5 h". */
export function durationText(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${rounded(ms / 60_000, 1)} min`;
  return `${rounded(ms / 3_600_000, 1)} h`;
}
