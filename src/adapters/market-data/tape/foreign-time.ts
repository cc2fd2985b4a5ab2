// Times as other programs write them: epoch numbers in any unit, ISO, and the common forms with separate date and time.
// It must never guess a zone: text without one is read in the zone that the caller names.
import type { EpochMs } from '../../../shared/domain/time.ts';
import { dayMs } from '../../../shared/domain/time.ts';
import { zonedInstant } from '../../../shared/domain/time-zone.ts';

export type TimeUnit = 'auto' | 's' | 'ms' | 'us' | 'ns' | 'iso';

const perMs: Readonly<Record<string, number>> = { s: 0.001, ms: 1, us: 1_000, ns: 1_000_000 };
/** 2001 to 2100 in seconds; each finer unit is a thousand times as long, so the ranges never meet. */
const [minSeconds, maxSeconds] = [978_307_200, 4_102_444_800];

/** Unit of an epoch number by its size, undefined when it is none between 2001 and 2100. */
function epochUnitOf(value: number): Exclude<TimeUnit, 'auto' | 'iso'> | undefined {
  if (value >= minSeconds && value < maxSeconds) return 's';
  if (value >= minSeconds * 1e3 && value < maxSeconds * 1e3) return 'ms';
  if (value >= minSeconds * 1e6 && value < maxSeconds * 1e6) return 'us';
  if (value >= minSeconds * 1e9 && value < maxSeconds * 1e9) return 'ns';
  return undefined;
}

const time = String.raw`(?:[T ,]+(\d{1,2}):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?`;
const zone = String.raw`\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?`;
const yearFirst = new RegExp(`^(\\d{4})[-./]?(\\d\\d)[-./]?(\\d\\d)${time}${zone}$`, 'i');
const dayFirst = new RegExp(`^(\\d\\d)\\.(\\d\\d)\\.(\\d{4})${time}${zone}$`, 'i');

/** Epoch milliseconds of a written time; NaN when it cannot be read. */
export function readTime(text: string, unit: TimeUnit, timeZone: string): EpochMs {
  if (unit !== 'iso' && /^\d{9,}(\.\d+)?$/.test(text)) {
    const value = Number(text);
    const known = unit === 'auto' ? epochUnitOf(value) : unit;
    return known === undefined ? Number.NaN : Math.round(value / (perMs[known] ?? Number.NaN));
  }
  return unit === 'auto' || unit === 'iso' ? readWritten(text, timeZone) : Number.NaN;
}

function readWritten(text: string, timeZone: string): EpochMs {
  const found = yearFirst.exec(text);
  const turned = found === null ? dayFirst.exec(text) : null;
  const parts = found ?? turned;
  if (parts === null) return Number.NaN;
  const [year, month, day] = found === null ? [parts[3], parts[2], parts[1]] : [parts[1], parts[2], parts[3]];
  const [hour, minute, second] = [parts[4], parts[5], parts[6]].map((part) => Number(part ?? 0));
  const fraction = Number(`0.${parts[7] ?? 0}`);
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // 30 February would silently become a day of March.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return Number.NaN;
  const [h = 0, m = 0, s = 0] = [hour, minute, second];
  if (h > 23 || m > 59 || s > 59) return Number.NaN;
  const rest = s * 1_000 + Math.round(fraction * 1_000);
  const written = parts[8];
  if (written === undefined) return zonedInstant(timeZone, date.getTime() / dayMs, h * 60 + m) + rest;
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(written);
  const minutes = offset === null ? 0 : Number(offset[2]) * 60 + Number(offset[3]);
  const behind = offset?.[1] === '-' ? 1 : -1;
  return date.getTime() + (h * 60 + m + behind * minutes) * 60_000 + rest;
}
