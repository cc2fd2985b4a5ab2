// Wall time of a zone to UTC and back, fast: a zone's clock changes are looked up once per year and kept.
// It must never use fixed offsets; the rules come from the tz data of the pinned Node.
import { dayMs, type EpochMs, minuteMs } from './time.ts';

/** Offset from an instant on, in milliseconds ahead of UTC. */
interface OffsetChange {
  readonly from: EpochMs;
  readonly offset: number;
}

/** Years kept per zone; four zones over the forty years of the property tests need 164. */
const maxKeptYears = 1_024;
const probeStepMs = 7 * dayMs;

const formatters = new Map<string, Intl.DateTimeFormat>();
const years = new Map<string, readonly OffsetChange[]>();

/** UTC instant of a local wall time. A wall time that a clock change skips is read with the offset before the change. */
export function zonedInstant(zone: string, localDay: number, minuteOfDay: number): EpochMs {
  const wall = localDay * dayMs + minuteOfDay * minuteMs;
  const guess = wall - zoneOffsetMs(zone, wall);
  return wall - zoneOffsetMs(zone, guess);
}

/** Minutes since 1970-01-01 00:00 on the wall clock of a zone. */
export function localMinutes(zone: string, at: EpochMs): number {
  return Math.floor((at + zoneOffsetMs(zone, at)) / minuteMs);
}

/** What a zone's wall clock is ahead of UTC at an instant, in milliseconds. */
function zoneOffsetMs(zone: string, at: EpochMs): number {
  const changes = changesOf(zone, new Date(at).getUTCFullYear());
  let { offset } = changes[0] as OffsetChange;
  for (const change of changes) {
    if (change.from > at) break;
    offset = change.offset;
  }
  return offset;
}

function changesOf(zone: string, year: number): readonly OffsetChange[] {
  const key = `${zone} ${year}`;
  let changes = years.get(key);
  if (changes === undefined) {
    changes = findChanges(zone, Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
    if (years.size >= maxKeptYears) years.clear();
    years.set(key, changes);
  }
  return changes;
}

/** The offset at `from` and every change before `to`: weekly probes, then bisection to the minute. */
function findChanges(zone: string, from: EpochMs, to: EpochMs): OffsetChange[] {
  let offset = askOffsetMs(zone, from);
  const changes: OffsetChange[] = [{ from, offset }];
  for (let start = from; start < to; start += probeStepMs) {
    const end = Math.min(start + probeStepMs, to);
    if (askOffsetMs(zone, end) === offset) continue;
    let [low, high] = [start, end];
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
      if (askOffsetMs(zone, middle) === offset) low = middle;
      else high = middle;
    }
    offset = askOffsetMs(zone, high);
    changes.push({ from: high, offset });
  }
  return changes;
}

function askOffsetMs(zone: string, at: EpochMs): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(at / minuteMs) * minuteMs;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}
