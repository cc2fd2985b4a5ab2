// Forex sessions and the forex week as pure functions of an instant, exact across every clock change.
// It must never use fixed UTC hours and never read the current time.
import { holidayIn, weekdayOf } from './holidays.ts';
import {
  defaultSessionRules,
  type ForexSession,
  forexSessions,
  type HolidayRule,
  minutesOfDay,
  type SessionRules,
  sessionZones,
  weekZone,
} from './session-rules.ts';
import { dayMs, type EpochMs } from './time.ts';
import { zonedInstant } from './time-zone.ts';

/** A stretch of one UTC day in which nothing changes; it ends where the next begins. */
interface Segment {
  readonly from: EpochMs;
  readonly sessions: readonly ForexSession[];
  readonly marketOpen: boolean;
  readonly holiday: HolidayRule | undefined;
  /** The state in one word, so that two segments compare quickly. */
  readonly state: string;
}

interface Interval {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

interface HolidayInterval extends Interval {
  readonly rule: HolidayRule;
}

/** Days kept ready: the forty years that the tests walk through at random. */
const maxCachedDays = 16_384;
/** Farther than maxHolidayRules closed days in a row with their weekends. */
const maxSearchDays = 200;

/** Answers for one set of rules; days are computed once and kept, so a look-up takes far less than 2 µs. */
export class SessionCalendar {
  readonly rules: SessionRules;
  readonly #days = new Map<number, readonly Segment[]>();
  readonly #holidays = new Map<number, readonly HolidayInterval[]>();
  #lastDay = Number.NaN;
  #lastSegments: readonly Segment[] = [];

  constructor(rules: SessionRules) {
    this.rules = rules;
  }

  /** Sessions open at `at`, in the fixed order Sydney, Tokyo, London, New York; empty when the market is closed. */
  openSessions(at: EpochMs): readonly ForexSession[] {
    return this.#segmentAt(at).sessions;
  }

  /** True inside the week (Sunday 17:00 to Friday 17:00 New York by default) unless a holiday closes the market. */
  isMarketOpen(at: EpochMs): boolean {
    return this.#segmentAt(at).marketOpen;
  }

  /** The holiday whose trading day `at` belongs to, also one that leaves the market open. */
  holidayAt(at: EpochMs): HolidayRule | undefined {
    return this.#segmentAt(at).holiday;
  }

  /** First instant after `at` when a session or the market opens or closes. */
  nextChange(at: EpochMs): EpochMs {
    const current = this.#segmentAt(at);
    const first = Math.floor(at / dayMs);
    for (let day = first; day <= first + maxSearchDays; day++)
      for (const segment of this.#segmentsOf(day))
        if (segment.from > at && segment.state !== current.state) return segment.from;
    throw new Error(`no session change within ${maxSearchDays} days after ${at}`);
  }

  /** When the state that holds at `at` began. */
  lastChange(at: EpochMs): EpochMs {
    const current = this.#segmentAt(at);
    let since = current.from;
    const first = Math.floor(at / dayMs);
    for (let day = first; day >= first - maxSearchDays; day--)
      for (const segment of this.#segmentsOf(day).toReversed()) {
        if (segment.from > at) continue;
        if (segment.state !== current.state) return since;
        since = segment.from;
      }
    return since;
  }

  #segmentAt(at: EpochMs): Segment {
    const segments = this.#segmentsOf(Math.floor(at / dayMs));
    let found = segments[0];
    for (const segment of segments) {
      if (segment.from > at) break;
      found = segment;
    }
    if (found === undefined) throw new RangeError(`not an instant: ${at}`);
    return found;
  }

  #segmentsOf(day: number): readonly Segment[] {
    if (day === this.#lastDay) return this.#lastSegments;
    let segments = this.#days.get(day);
    if (segments === undefined) {
      if (!Number.isSafeInteger(day)) throw new RangeError(`not a day: ${day}`);
      segments = this.#computeSegments(day);
      if (this.#days.size >= maxCachedDays) this.#days.clear();
      this.#days.set(day, segments);
    }
    this.#lastDay = day;
    this.#lastSegments = segments;
    return segments;
  }

  #computeSegments(day: number): readonly Segment[] {
    const begin = day * dayMs;
    const end = begin + dayMs;
    const weeks = this.#weeksAround(day);
    const holidays = this.#holidaysAround(begin);
    const closures = holidays.filter(({ rule }) => rule.effect !== 'thin');
    const openings = forexSessions.map((session) => this.#intervalsAround(session, day, weeks));
    const edges = new Set([begin]);
    for (const interval of [...weeks, ...holidays, ...openings.flat()])
      for (const edge of [interval.from, interval.to]) if (edge > begin && edge < end) edges.add(edge);
    return [...edges]
      .sort((left, right) => left - right)
      .map((from) => {
        const marketOpen = covers(weeks, from) && !covers(closures, from);
        const sessions = marketOpen
          ? forexSessions.filter((_, index) => covers(openings[index] ?? [], from))
          : [];
        const holiday =
          closures.find((one) => covers([one], from))?.rule ??
          holidays.find((one) => covers([one], from))?.rule;
        return { from, sessions, marketOpen, holiday, state: `${marketOpen} ${sessions}` };
      });
  }

  /** The trading weeks that may touch a UTC day. */
  #weeksAround(day: number): Interval[] {
    const sunday = day - weekdayOf(day);
    const { open, close } = this.rules.week;
    return [sunday - 7, sunday, sunday + 7].map((first) => ({
      from: zonedInstant(weekZone, first, open),
      to: zonedInstant(weekZone, first + 5, close),
    }));
  }

  /** A session's openings around a UTC day, cut to the trading week. */
  #intervalsAround(session: ForexSession, day: number, weeks: readonly Interval[]): Interval[] {
    const zone = sessionZones[session];
    const { open, close } = this.rules.hours[session];
    const found: Interval[] = [];
    for (const localDay of [day - 2, day - 1, day, day + 1]) {
      const weekday = weekdayOf(localDay);
      if (weekday === 0 || weekday === 6) continue;
      const opens = zonedInstant(zone, localDay, open);
      const closes = zonedInstant(zone, close > open ? localDay : localDay + 1, close);
      for (const week of weeks) {
        const from = Math.max(opens, week.from);
        const to = Math.min(closes, week.to);
        if (from < to) found.push({ from, to });
      }
    }
    return found;
  }

  #holidaysAround(at: EpochMs): readonly HolidayInterval[] {
    if (this.rules.holidays.length === 0) return [];
    const year = new Date(at).getUTCFullYear();
    // A trading day begins on the eve and its neighbours may lie in the next year.
    return [year - 1, year, year + 1]
      .flatMap((one) => this.#holidaysIn(one))
      .filter((one) => one.from < at + dayMs && one.to > at);
  }

  #holidaysIn(year: number): readonly HolidayInterval[] {
    let found = this.#holidays.get(year);
    if (found === undefined) {
      found = this.rules.holidays.flatMap((rule) => {
        const day = holidayIn(year, rule);
        return day === undefined ? [] : [this.#holidayInterval(rule, day)];
      });
      if (this.#holidays.size >= maxCachedDays) this.#holidays.clear();
      this.#holidays.set(year, found);
    }
    return found;
  }

  /** The trading day ends at the week's closing hour; an early close lasts from its own hour until then. */
  #holidayInterval(rule: HolidayRule, day: number): HolidayInterval {
    const { open, close } = this.rules.week;
    const to = zonedInstant(weekZone, day, close);
    const early = rule.effect === 'early_close' ? minutesOfDay(rule.closes_at ?? '') : undefined;
    const from =
      early === undefined
        ? zonedInstant(weekZone, day - 1, open)
        : Math.min(to, zonedInstant(weekZone, day, early));
    return { from, to, rule };
  }
}

function covers(intervals: readonly Interval[], at: EpochMs): boolean {
  return intervals.some((interval) => interval.from <= at && at < interval.to);
}

const plainCalendar = new SessionCalendar(defaultSessionRules);
/** Calendars by their rules, so that all agents of a process share one set of computed days. */
const calendars = new Map<string, SessionCalendar>();
const maxCalendars = 16;

/** The calendar of these rules; without rules the default hours and no holidays. */
export function sessionCalendar(rules?: SessionRules): SessionCalendar {
  if (rules === undefined) return plainCalendar;
  const key = JSON.stringify(rules);
  let calendar = calendars.get(key);
  if (calendar === undefined) {
    calendar = new SessionCalendar(rules);
    if (calendars.size >= maxCalendars) calendars.clear();
    calendars.set(key, calendar);
  }
  return calendar;
}

/** Sessions open at `at` by the default hours, holidays left out. */
export function openSessions(at: EpochMs): readonly ForexSession[] {
  return plainCalendar.openSessions(at);
}

/** True from Sunday 17:00 to Friday 17:00 New York time. Holidays are not known here. */
export function isForexWeekOpen(at: EpochMs): boolean {
  return plainCalendar.isMarketOpen(at);
}
