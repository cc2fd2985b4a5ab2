// What is open at an instant, which sessions overlap and what changes next: one answer for people and programs.
import type { ForexSession, HolidayRule } from './session-rules.ts';
import type { SessionCalendar } from './sessions.ts';
import { type EpochMs, toIso } from './time.ts';

export interface SessionReport {
  readonly at: string;
  readonly open: ForexSession[];
  /** Every two sessions that are open together, and from when until when they are. */
  readonly overlaps: {
    readonly sessions: [ForexSession, ForexSession];
    readonly from: string;
    readonly until: string;
  }[];
  readonly market: 'open' | 'closed';
  /** The holiday of this trading day; with effect `thin` the market is open. */
  readonly holiday: { readonly name: string; readonly effect: HolidayRule['effect'] } | null;
  readonly next_change: {
    readonly at: string;
    readonly in_seconds: number;
    readonly opens: ForexSession[];
    readonly closes: ForexSession[];
    /** What is open from then on. */
    readonly open: ForexSession[];
    readonly market: 'open' | 'closed';
  };
}

/** Bounds of the instants that can be described: the rules of the time zones are known between them. */
export const earliestInstant: EpochMs = Date.UTC(1971, 0, 1);
export const latestInstant: EpochMs = Date.UTC(2100, 0, 1);

/** Steps when looking for the ends of an overlap; sessions change a dozen times a day at most. */
const maxSteps = 32;

/** Describes an instant. Throws RangeError when it is no instant. */
export function sessionReport(calendar: SessionCalendar, at: EpochMs): SessionReport {
  const open = calendar.openSessions(at);
  const changeAt = calendar.nextChange(at);
  const then = calendar.openSessions(changeAt);
  const holiday = calendar.holidayAt(at);
  return {
    at: toIso(at),
    open: [...open],
    overlaps: pairsOf(open).map((sessions) => ({ sessions, ...overlapSpan(calendar, sessions, at) })),
    market: calendar.isMarketOpen(at) ? 'open' : 'closed',
    holiday: holiday === undefined ? null : { name: holiday.name, effect: holiday.effect },
    next_change: {
      at: toIso(changeAt),
      in_seconds: Math.ceil((changeAt - at) / 1_000),
      opens: then.filter((session) => !open.includes(session)),
      closes: open.filter((session) => !then.includes(session)),
      open: [...then],
      market: calendar.isMarketOpen(changeAt) ? 'open' : 'closed',
    },
  };
}

function pairsOf(open: readonly ForexSession[]): [ForexSession, ForexSession][] {
  return open.flatMap((left, index) =>
    open.slice(index + 1).map((right): [ForexSession, ForexSession] => [left, right]),
  );
}

function overlapSpan(calendar: SessionCalendar, pair: readonly ForexSession[], at: EpochMs) {
  const both = (instant: EpochMs) =>
    pair.every((session) => calendar.openSessions(instant).includes(session));
  let until = calendar.nextChange(at);
  for (let step = 0; step < maxSteps && both(until); step += 1) until = calendar.nextChange(until);
  let from = calendar.lastChange(at);
  for (let step = 0; step < maxSteps && both(from - 1); step += 1) from = calendar.lastChange(from - 1);
  return { from: toIso(from), until: toIso(until) };
}
