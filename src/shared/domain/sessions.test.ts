// Checks the sessions against an independent reading of the same rules (luxon) and against facts known by hand.
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import { holidayIn, holidayRuleDefect } from './holidays.ts';
import {
  defaultSessionRules,
  type ForexSession,
  forexSessions,
  type HolidayRule,
  parseSessionHours,
  type SessionRules,
  sessionZones,
} from './session-rules.ts';
import { isForexWeekOpen, openSessions, SessionCalendar, sessionCalendar } from './sessions.ts';
import { dayMs, hourMs, minuteMs, toIso } from './time.ts';

const plain = sessionCalendar();

function weekOpenByLuxon(at: number, rules = defaultSessionRules): boolean {
  const local = DateTime.fromMillis(at, { zone: 'America/New_York' });
  const minute = local.hour * 60 + local.minute;
  if (local.weekday === 6) return false;
  if (local.weekday === 7) return minute >= rules.week.open;
  if (local.weekday === 5) return minute < rules.week.close;
  return true;
}

/** The wall clock of each zone, read at the instant itself: no interval arithmetic that could err in the same way. */
function openByLuxon(at: number, rules = defaultSessionRules): ForexSession[] {
  if (!weekOpenByLuxon(at, rules)) return [];
  return forexSessions.filter((session) => {
    const { open, close } = rules.hours[session];
    const local = DateTime.fromMillis(at, { zone: sessionZones[session] });
    const minute = local.hour * 60 + local.minute;
    const today = local.weekday <= 5;
    const yesterday = local.weekday >= 2 && local.weekday <= 6;
    if (close > open) return today && minute >= open && minute < close;
    return (today && minute >= open) || (yesterday && minute < close);
  });
}

function hoursOf(date: string, session: ForexSession): string {
  const begin = Date.parse(`${date}T00:00:00Z`);
  const open = [...Array(24).keys()].filter((hour) => openSessions(begin + hour * hourMs).includes(session));
  const wraps = open.includes(0) && open.includes(23);
  const from = wraps ? open.find((hour) => hour > 12) : open[0];
  const to = wraps ? open.findLast((hour) => hour < 12) : open.at(-1);
  return `${from}-${(to ?? -1) + 1}`;
}

const knownDays: readonly (readonly [string, string, string, string, string])[] = [
  ['2026-01-14', '20-5', '0-9', '8-17', '13-22'],
  ['2026-03-11', '20-5', '0-9', '8-17', '12-21'],
  ['2026-04-01', '20-5', '0-9', '7-16', '12-21'],
  ['2026-07-15', '21-6', '0-9', '7-16', '12-21'],
  ['2026-10-14', '20-5', '0-9', '7-16', '12-21'],
  ['2026-10-28', '20-5', '0-9', '8-17', '12-21'],
  ['2026-11-25', '20-5', '0-9', '8-17', '13-22'],
];

test.each(knownDays)('UTC hours on %s', (date, sydney, tokyo, london, newyork) => {
  expect([
    hoursOf(date, 'sydney'),
    hoursOf(date, 'tokyo'),
    hoursOf(date, 'london'),
    hoursOf(date, 'newyork'),
  ]).toEqual([sydney, tokyo, london, newyork]);
});

test('the week opens on Sunday 17:00 New York, also for Sydney, whose own Monday begins earlier', () => {
  const winterOpen = Date.parse('2026-01-11T22:00:00Z');
  expect(openSessions(winterOpen - minuteMs)).toEqual([]);
  expect(openSessions(winterOpen)).toEqual(['sydney']);
  const summerOpen = Date.parse('2026-07-12T21:00:00Z');
  expect(isForexWeekOpen(summerOpen - 1)).toBe(false);
  expect(openSessions(summerOpen)).toEqual(['sydney']);
  expect(plain.nextChange(summerOpen - 1)).toBe(summerOpen);
});

test('the week closes on Friday 17:00 New York and Saturday is closed everywhere', () => {
  const close = Date.parse('2026-01-16T22:00:00Z');
  expect(openSessions(close - 1)).toEqual(['newyork']);
  expect(openSessions(close)).toEqual([]);
  expect(plain.nextChange(close)).toBe(Date.parse('2026-01-18T22:00:00Z'));
});

test('London and New York overlap five hours in the weeks when only one of them has changed its clock', () => {
  const overlap = (date: string) =>
    [...Array(24).keys()].filter((hour) => {
      const open = openSessions(Date.parse(`${date}T00:00:00Z`) + hour * hourMs);
      return open.includes('london') && open.includes('newyork');
    }).length;
  expect([overlap('2026-03-11'), overlap('2026-10-28')]).toEqual([5, 5]);
  expect([overlap('2026-02-11'), overlap('2026-07-15')]).toEqual([4, 4]);
});

/** Every clock change of a zone between 2000 and 2040, found by bisection with luxon. */
function clockChanges(zone: string): number[] {
  const offset = (at: number) => DateTime.fromMillis(at, { zone }).offset;
  const changes: number[] = [];
  const end = Date.UTC(2041, 0, 1);
  for (let day = Date.UTC(2000, 0, 1); day < end; day += 7 * dayMs) {
    if (offset(day) === offset(day + 7 * dayMs)) continue;
    let [low, high] = [day, day + 7 * dayMs];
    while (high - low > minuteMs) {
      const middle = Math.floor((low + high) / 2 / minuteMs) * minuteMs;
      if (offset(middle) === offset(low)) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  return changes;
}

/** First and last day of every stretch in which only one of New York and London has changed its clock. */
function mismatchWeeks(): [first: number, last: number, minutesApart: number][] {
  const behind = (day: number) =>
    DateTime.fromMillis(day, { zone: 'Europe/London' }).offset -
    DateTime.fromMillis(day, { zone: 'America/New_York' }).offset;
  const found: [number, number, number][] = [];
  for (let day = Date.UTC(2000, 0, 1); day < Date.UTC(2041, 0, 1); day += dayMs) {
    const apart = behind(day + 12 * hourMs);
    if (apart === 300) continue;
    const last = found.at(-1);
    if (last !== undefined && last[1] === day - dayMs) last[1] = day;
    else found.push([day, day, apart]);
  }
  return found;
}

function expectAgreement(at: number): void {
  if (openSessions(at).join() !== openByLuxon(at).join() || isForexWeekOpen(at) !== weekOpenByLuxon(at))
    expect.fail(`at ${toIso(at)}: ${openSessions(at)} is not ${openByLuxon(at)}`);
}

test('agrees with luxon every half hour around every clock change from 2000 to 2040', () => {
  let checked = 0;
  for (const zone of Object.values(sessionZones)) {
    for (const change of clockChanges(zone)) {
      for (let at = change - 36 * hourMs; at <= change + 60 * hourMs; at += 30 * minuteMs) {
        expectAgreement(at);
        checked++;
      }
    }
  }
  expect(checked).toBeGreaterThan(246 * 190);
});

test('opens and closes to the minute on the days around every clock change', () => {
  for (const zone of Object.values(sessionZones))
    for (const change of clockChanges(zone)) {
      const end = change + 60 * hourMs;
      for (let at = plain.nextChange(change - 36 * hourMs); at < end; at = plain.nextChange(at))
        for (const near of [at - minuteMs, at - 1, at, at + minuteMs]) expectAgreement(near);
    }
});

test('in every week when America and Europe disagree, London and New York overlap as long as their clocks say', () => {
  const weeks = mismatchWeeks();
  // Until 2006 Europe was first in spring (three hours of overlap), since 2007 America is first in spring and last in
  // autumn (five hours both times).
  expect(weeks.filter(([, , apart]) => apart === 360).length).toBe(7);
  expect(weeks.filter(([, , apart]) => apart === 240).length).toBe(34 + 34);
  for (const [first, last, apart] of weeks)
    for (let day = first; day <= last; day += dayMs) {
      const weekday = new Date(day).getUTCDay();
      if (weekday === 0 || weekday === 6) continue;
      let minutes = 0;
      for (let at = day; at < day + dayMs; at += 15 * minuteMs) {
        expectAgreement(at);
        const open = openSessions(at);
        if (open.includes('london') && open.includes('newyork')) minutes += 15;
      }
      expect(minutes, toIso(day)).toBe(apart === 240 ? 300 : 180);
    }
});

const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 11, 31) });

test('agrees with luxon at any instant, in any order of asking', () => {
  fc.assert(fc.property(instants, expectAgreement), { numRuns: 5_000 });
});

const wallTime = fc.integer({ min: 0, max: 95 }).map((quarter) => quarter * 15);
const anyHours = fc
  .tuple(wallTime, wallTime)
  .filter(([open, close]) => open !== close)
  .map(([open, close]) => ({ open, close }));
const anyRules: fc.Arbitrary<SessionRules> = fc.record({
  hours: fc.record({ sydney: anyHours, tokyo: anyHours, london: anyHours, newyork: anyHours }),
  week: fc.record({
    open: fc.integer({ min: 4 * 60, max: 1439 }),
    close: fc.integer({ min: 4 * 60, max: 1439 }),
  }),
  holidays: fc.constant([]),
});

test('any configured hours agree with the wall clocks, over midnight too', () => {
  fc.assert(
    fc.property(anyRules, fc.array(instants, { minLength: 20, maxLength: 20 }), (rules, times) => {
      const calendar = new SessionCalendar(rules);
      for (const at of times) {
        expect(calendar.openSessions(at), toIso(at)).toEqual(openByLuxon(at, rules));
        expect(calendar.isMarketOpen(at)).toBe(weekOpenByLuxon(at, rules));
      }
    }),
    { numRuns: 200 },
  );
});

const holidays: readonly HolidayRule[] = [
  { day: '12-25', name: 'Christmas Day', effect: 'closed' },
  { day: '01-01', name: 'New Year', effect: 'closed' },
  { day: '12-24', name: 'Christmas Eve', effect: 'early_close', closes_at: '13:00' },
  { day: 'easter-2', name: 'Good Friday', effect: 'thin' },
];
const festive = new SessionCalendar({ ...defaultSessionRules, holidays });

test('the next change is the first instant at which anything differs, the last one where that began', () => {
  for (const calendar of [plain, festive]) {
    const stateAt = (at: number) => `${calendar.openSessions(at)}/${calendar.isMarketOpen(at)}`;
    fc.assert(
      fc.property(instants, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (at, share) => {
        const change = calendar.nextChange(at);
        expect(change).toBeGreaterThan(at);
        expect(stateAt(change)).not.toBe(stateAt(change - 1));
        expect(stateAt(change - 1)).toBe(stateAt(at));
        expect(stateAt(at + Math.floor((change - at) * share))).toBe(stateAt(at));
        const since = calendar.lastChange(at);
        expect(since).toBeLessThanOrEqual(at);
        expect(stateAt(since - 1)).not.toBe(stateAt(at));
        expect(calendar.nextChange(since - 1)).toBe(since);
        expect(calendar.nextChange(since)).toBe(change);
      }),
      { numRuns: 1_000 },
    );
  }
});

test('holidays close their trading day, from 17:00 on the eve to 17:00 New York, in every year', () => {
  for (let year = 2000; year <= 2040; year += 1)
    for (const [month, day] of [
      [12, 25],
      [1, 1],
    ] as const) {
      const at = (hour: number, before = 0) =>
        DateTime.fromObject({ year, month, day, hour }, { zone: 'America/New_York' })
          .minus({ days: before })
          .toMillis();
      expect(festive.isMarketOpen(at(17, 1))).toBe(false);
      expect(festive.openSessions(at(9))).toEqual([]);
      expect(festive.isMarketOpen(at(17) - 1)).toBe(false);
      expect(festive.holidayAt(at(9))?.effect).toBe('closed');
      expect(festive.isMarketOpen(at(17))).toBe(isForexWeekOpen(at(17)));
      if (month === 12) {
        expect(festive.isMarketOpen(at(13, 1) - 1), 'open until the early close').toBe(
          isForexWeekOpen(at(13, 1) - 1),
        );
        expect(festive.isMarketOpen(at(13, 1))).toBe(false);
      }
    }
});

test('without holidays the holiday calendar is the plain one, and only holidays differ', () => {
  fc.assert(
    fc.property(instants, (at) => {
      const closed = festive.holidayAt(at);
      if (closed === undefined || closed.effect === 'thin')
        expect(festive.openSessions(at)).toEqual(openSessions(at));
      else expect(festive.openSessions(at)).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test('moving holidays fall where the church and Congress put them', () => {
  const date = (year: number, day: string) => {
    const found = holidayIn(year, { day, name: 'x', effect: 'thin' });
    return found === undefined ? undefined : toIso(found * dayMs).slice(0, 10);
  };
  expect([2000, 2008, 2011, 2019, 2026, 2027, 2038].map((year) => date(year, 'easter'))).toEqual([
    '2000-04-23',
    '2008-03-23',
    '2011-04-24',
    '2019-04-21',
    '2026-04-05',
    '2027-03-28',
    '2038-04-25',
  ]);
  expect(date(2026, 'easter-2')).toBe('2026-04-03');
  expect(date(2026, '11-thu-4')).toBe('2026-11-26');
  expect([date(2026, '2026-06-01'), date(2027, '2026-06-01')]).toEqual(['2026-06-01', undefined]);
  expect([date(2028, '02-29'), date(2027, '02-29')]).toEqual(['2028-02-29', undefined]);
});

test('holiday rules that cannot be kept are named', () => {
  const defect = (rule: Partial<HolidayRule>) =>
    holidayRuleDefect({ day: '12-25', name: 'Feast', effect: 'closed', ...rule });
  expect(defect({})).toBeUndefined();
  expect(defect({ effect: 'early_close', closes_at: '13:00' })).toBeUndefined();
  expect(defect({ day: '02-30' })).toMatch(/not a day/);
  expect(defect({ day: 'xmas' })).toMatch(/not a day/);
  expect(defect({ effect: 'early_close' })).toMatch(/closes_at/);
  expect(defect({ effect: 'early_close', closes_at: '25:00' })).toMatch(/closes_at/);
  expect(defect({ closes_at: '13:00' })).toMatch(/only an early_close/);
});

test('hours are read from one line, and mistakes are named', () => {
  const { hours, week } = parseSessionHours('london=08:00-16:00, tokyo=08:30-17:00,week=17:05-16:55');
  expect(hours.london).toEqual({ open: 480, close: 960 });
  expect(hours.tokyo).toEqual({ open: 510, close: 1020 });
  expect(hours.newyork).toEqual(defaultSessionRules.hours.newyork);
  expect(week).toEqual({ open: 1025, close: 1015 });
  for (const [text, message] of [
    ['paris=08:00-16:00', /"paris" is not a session/],
    ['london=8-16', /write a session as/],
    ['london=08:00-24:00', /write a session as/],
    ['london=08:00-08:00', /opens and closes/],
    ['london=08:00-16:00,london=08:00-17:00', /named twice/],
    ['week=02:00-17:00', /04:00/],
  ] as const)
    expect(() => parseSessionHours(text)).toThrow(message);
});

test('refuses what is not an instant', () => {
  expect(() => openSessions(Number.NaN)).toThrow(RangeError);
});
