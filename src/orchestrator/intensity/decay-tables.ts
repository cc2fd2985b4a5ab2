// Powers of time by whole bars, so that scoring takes no exponential for them. Read only once made.

/** Tables reach this many bars; older looks count as this old. */
export const maxAgeBars = 4_096;

/** Tables of a scale, shared by every model of it: a restart must not pay for them again. */
const tables = new Map<string, Float64Array>();
const maxTables = 64;

function table(key: string, of: (age: number) => number): Float64Array {
  const known = tables.get(key);
  if (known !== undefined) return known;
  const made = Float64Array.from({ length: maxAgeBars + 1 }, (_, age) => of(age));
  if (tables.size < maxTables) tables.set(key, made);
  return made;
}

/** exp(-age / bars) by age in bars. */
function decayTable(bars: number): Float64Array {
  return table(`decay ${bars}`, (age) => Math.exp(-age / bars));
}

/** Decays named by their time constant in minutes at a tau of 30 minutes, and the logarithm of the age. */
export interface DecayTables {
  readonly decay10: Float64Array;
  readonly decay60: Float64Array;
  readonly decay240: Float64Array;
  readonly decay360: Float64Array;
  readonly decay1440: Float64Array;
  /** log(1 + age in units of five minutes). */
  readonly logAge: Float64Array;
}

/** `hour`: bars of twice tau, an hour where finds fade with a tau of 30 minutes. */
export function decayTables(hour: number): DecayTables {
  return {
    decay10: decayTable(hour / 6),
    decay60: decayTable(hour),
    decay240: decayTable(4 * hour),
    decay360: decayTable(6 * hour),
    decay1440: decayTable(24 * hour),
    logAge: table(`age ${hour}`, (age) => Math.log1p((age * 12) / hour)),
  };
}
