// Forex sessions and the forex week as pure functions of an instant, exact across every clock change.
// It must never use fixed UTC hours and never read the current time; zone rules come from the pinned Node's tz data.
import { dayMs, type EpochMs, hourMs, minuteMs } from './time.ts';

export const forexSessions = ['sydney', 'tokyo', 'london', 'newyork'] as const;
export type ForexSession = (typeof forexSessions)[number];

interface SessionHours {
  readonly zone: string;
  readonly openHour: number;
  readonly closeHour: number;
}

/** Local hours, Monday to Friday. Conventions, not law: there is no central exchange. */
export const sessionHours: Readonly<Record<ForexSession, SessionHours>> = {
  sydney: { zone: 'Australia/Sydney', openHour: 7, closeHour: 16 },
  tokyo: { zone: 'Asia/Tokyo', openHour: 9, closeHour: 18 },
  london: { zone: 'Europe/London', openHour: 8, closeHour: 17 },
  newyork: { zone: 'America/New_York', openHour: 8, closeHour: 17 },
};

/** The week runs from Sunday to Friday at this New York hour. */
const weekEdgeHour = 17;
const weekZone = 'America/New_York';

/** A stretch of one UTC day in which nothing changes; it ends where the next begins. */
interface Segment {
  readonly from: EpochMs;
  readonly sessions: readonly ForexSession[];
  readonly weekOpen: boolean;
}

interface Interval {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Days kept ready; a simulation walks forward, so an old day is rarely asked for again. */
const maxCachedDays = 1_024;
const cachedDays = new Map<number, readonly Segment[]>();
let lastDay = Number.NaN;
let lastSegments: readonly Segment[] = [];

/** Sessions open at `at`, in the fixed order Sydney, Tokyo, London, New York; empty when the week is closed. */
export function openSessions(at: EpochMs): readonly ForexSession[] {
  return segmentAt(at).sessions;
}

/** True from Sunday 17:00 to Friday 17:00 New York time. Holidays are not known here. */
export function isForexWeekOpen(at: EpochMs): boolean {
  return segmentAt(at).weekOpen;
}

/** First instant after `at` when a session or the week opens or closes. */
export function nextSessionChange(at: EpochMs): EpochMs {
  const current = segmentAt(at);
  let day = Math.floor(at / dayMs);
  // Never further than the weekend, so the loop is short; the bound only guards against endless search.
  for (const lastDayToSearch = day + 7; day <= lastDayToSearch; day++) {
    for (const segment of segmentsOf(day))
      if (segment.from > at && differs(segment, current)) return segment.from;
  }
  throw new Error(`no session change within a week after ${at}`);
}

function differs(left: Segment, right: Segment): boolean {
  return left.weekOpen !== right.weekOpen || left.sessions.join() !== right.sessions.join();
}

function segmentAt(at: EpochMs): Segment {
  const segments = segmentsOf(Math.floor(at / dayMs));
  let found = segments[0];
  for (const segment of segments) {
    if (segment.from > at) break;
    found = segment;
  }
  if (found === undefined) throw new RangeError(`not an instant: ${at}`);
  return found;
}

function segmentsOf(day: number): readonly Segment[] {
  if (day === lastDay) return lastSegments;
  let segments = cachedDays.get(day);
  if (segments === undefined) {
    if (!Number.isSafeInteger(day)) throw new RangeError(`not a day: ${day}`);
    segments = computeSegments(day);
    if (cachedDays.size >= maxCachedDays) cachedDays.clear();
    cachedDays.set(day, segments);
  }
  lastDay = day;
  lastSegments = segments;
  return segments;
}

function computeSegments(day: number): readonly Segment[] {
  const begin = day * dayMs;
  const end = begin + dayMs;
  const weeks = weeksAround(day);
  const openings = new Map(forexSessions.map((session) => [session, intervalsAround(session, day, weeks)]));
  const edges = new Set([begin]);
  for (const interval of [...weeks, ...[...openings.values()].flat()])
    for (const edge of [interval.from, interval.to]) if (edge > begin && edge < end) edges.add(edge);
  return [...edges]
    .sort((left, right) => left - right)
    .map((from) => ({
      from,
      sessions: forexSessions.filter((session) => covers(openings.get(session) ?? [], from)),
      weekOpen: covers(weeks, from),
    }));
}

function covers(intervals: readonly Interval[], at: EpochMs): boolean {
  return intervals.some((interval) => interval.from <= at && at < interval.to);
}

/** The trading weeks that may touch a UTC day. */
function weeksAround(day: number): Interval[] {
  const sunday = day - weekdayOf(day);
  return [sunday - 7, sunday, sunday + 7].map((first) => ({
    from: zonedInstant(weekZone, first, weekEdgeHour),
    to: zonedInstant(weekZone, first + 5, weekEdgeHour),
  }));
}

/** A session's openings around a UTC day, cut to the trading week. */
function intervalsAround(session: ForexSession, day: number, weeks: readonly Interval[]): Interval[] {
  const { zone, openHour, closeHour } = sessionHours[session];
  const found: Interval[] = [];
  for (const localDay of [day - 1, day, day + 1]) {
    const weekday = weekdayOf(localDay);
    if (weekday === 0 || weekday === 6) continue;
    const open = zonedInstant(zone, localDay, openHour);
    const close = zonedInstant(zone, localDay, closeHour);
    for (const week of weeks) {
      const from = Math.max(open, week.from);
      const to = Math.min(close, week.to);
      if (from < to) found.push({ from, to });
    }
  }
  return found;
}

/** Weekday of a day counted from 1970-01-01, 0 = Sunday. */
function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** UTC instant of a local wall time; the hours used here never fall into a clock change, which happens at night. */
function zonedInstant(zone: string, localDay: number, hour: number): EpochMs {
  const wall = localDay * dayMs + hour * hourMs;
  const guess = wall - offsetMs(zone, wall);
  return wall - offsetMs(zone, guess);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** What a zone's wall clock is ahead of UTC at an instant, in milliseconds. */
function offsetMs(zone: string, at: EpochMs): number {
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
  const part: Record<string, number> = {};
  for (const { type, value } of formatter.formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  return wall - Math.floor(at / minuteMs) * minuteMs;
}
