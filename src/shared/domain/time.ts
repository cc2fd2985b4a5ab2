// Units of time. All instants in the system are UTC epoch milliseconds.

/** UTC instant in milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** ISO 8601 text of an instant, for people and for the wire. */
export function toIso(at: EpochMs): string {
  return new Date(at).toISOString();
}
