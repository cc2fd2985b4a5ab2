// What the forex calendar is made of: hours, the week's edges and holidays, as plain values that settings can carry.
// It must never hold code: the rules travel in `kernel.started`, so that a replay sees the calendar of its day.

export const forexSessions = ['sydney', 'tokyo', 'london', 'newyork'] as const;
export type ForexSession = (typeof forexSessions)[number];

export const sessionZones: Readonly<Record<ForexSession, string>> = {
  sydney: 'Australia/Sydney',
  tokyo: 'Asia/Tokyo',
  london: 'Europe/London',
  newyork: 'America/New_York',
};

/** Zone in which the week, the trading day and early closes are counted. */
export const weekZone = 'America/New_York';

/** Minutes of the local day; a close at or before the open falls on the next day. */
interface LocalHours {
  readonly open: number;
  readonly close: number;
}

/**
 * A day on which the market is not as usual. `day` is `MM-DD`, `YYYY-MM-DD`, `easter-2` (days from Easter Sunday)
 * or `11-thu-4` (fourth Thursday of November), and names the trading day that ends at 17:00 New York on that date.
 */
export interface HolidayRule {
  readonly day: string;
  readonly name: string;
  /** closed: the whole trading day. early_close: from `closes_at` on. thin: open, only named. */
  readonly effect: 'closed' | 'early_close' | 'thin';
  /** New York wall time of an early close, such as `13:00`. */
  readonly closes_at?: string;
}

export interface SessionRules {
  readonly hours: Readonly<Record<ForexSession, LocalHours>>;
  /** New York minutes of the day at which the week opens on Sunday and closes on Friday. */
  readonly week: LocalHours;
  readonly holidays: readonly HolidayRule[];
}

/** So many rules at most: a calendar that could close a whole season is a mistake. */
export const maxHolidayRules = 100;

/** Conventions, not law: there is no central exchange. No holidays: those come from a file. */
export const defaultSessionRules: SessionRules = {
  hours: {
    sydney: { open: 7 * 60, close: 16 * 60 },
    tokyo: { open: 9 * 60, close: 18 * 60 },
    london: { open: 8 * 60, close: 17 * 60 },
    newyork: { open: 8 * 60, close: 17 * 60 },
  },
  week: { open: 17 * 60, close: 17 * 60 },
  holidays: [],
};

/** `HH:MM` as minutes of the day; undefined when it is not a time. */
export function minutesOfDay(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}

/**
 * Reads `london=08:00-16:00,week=17:00-17:00`: what is not named keeps its default. Throws Error naming the mistake.
 */
export function parseSessionHours(text: string): Pick<SessionRules, 'hours' | 'week'> {
  const hours: Record<ForexSession, LocalHours> = { ...defaultSessionRules.hours };
  let { week } = defaultSessionRules;
  const seen = new Set<string>();
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const match = /^(\w+)\s*=\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)$/.exec(part);
    const [, name = '', from = '', to = ''] = match ?? [];
    const [open, close] = [minutesOfDay(from), minutesOfDay(to)];
    if (match === null || open === undefined || close === undefined)
      throw new Error(`cannot read "${part}": write a session as london=08:00-17:00`);
    if (seen.has(name)) throw new Error(`"${name}" is named twice`);
    seen.add(name);
    if (name === 'week') week = readWeek(open, close);
    else if (isForexSession(name)) {
      if (open === close) throw new Error(`${name} opens and closes at ${from}`);
      hours[name] = { open, close };
    } else
      throw new Error(`"${name}" is not a session: use ${forexSessions.join(', ')}, or week for the edges`);
  }
  return { hours, week };
}

/** Near midnight a clock change could fall on the edge of the week. */
const earliestWeekEdge = 4 * 60;

function readWeek(open: number, close: number): LocalHours {
  if (open < earliestWeekEdge || close < earliestWeekEdge)
    throw new Error('the week must open and close at 04:00 New York time or later');
  return { open, close };
}

function isForexSession(name: string): name is ForexSession {
  return (forexSessions as readonly string[]).includes(name);
}
