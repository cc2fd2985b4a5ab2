// Checks the sessions against an independent reading of the same rules (luxon) and against facts known by hand.
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import {
  type ForexSession,
  forexSessions,
  isForexWeekOpen,
  nextSessionChange,
  openSessions,
  sessionHours,
} from './sessions.ts';
import { dayMs, hourMs, minuteMs } from './time.ts';

function weekOpenByLuxon(at: number): boolean {
  const local = DateTime.fromMillis(at, { zone: 'America/New_York' });
  if (local.weekday === 6) return false;
  if (local.weekday === 7) return local.hour >= 17;
  if (local.weekday === 5) return local.hour < 17;
  return true;
}

function openByLuxon(at: number): ForexSession[] {
  if (!weekOpenByLuxon(at)) return [];
  return forexSessions.filter((session) => {
    const { zone, openHour, closeHour } = sessionHours[session];
    const local = DateTime.fromMillis(at, { zone });
    return local.weekday <= 5 && local.hour >= openHour && local.hour < closeHour;
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
  expect(nextSessionChange(summerOpen - 1)).toBe(summerOpen);
});

test('the week closes on Friday 17:00 New York and Saturday is closed everywhere', () => {
  const close = Date.parse('2026-01-16T22:00:00Z');
  expect(openSessions(close - 1)).toEqual(['newyork']);
  expect(openSessions(close)).toEqual([]);
  expect(nextSessionChange(close)).toBe(Date.parse('2026-01-18T22:00:00Z'));
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

test('agrees with luxon every half hour around every clock change from 2000 to 2040', () => {
  let checked = 0;
  for (const zone of new Set(forexSessions.map((session) => sessionHours[session].zone))) {
    for (const change of clockChanges(zone)) {
      for (let at = change - 36 * hourMs; at <= change + 60 * hourMs; at += 30 * minuteMs) {
        if (openSessions(at).join() !== openByLuxon(at).join() || isForexWeekOpen(at) !== weekOpenByLuxon(at))
          expect.fail(
            `${zone} at ${new Date(at).toISOString()}: ${openSessions(at)} is not ${openByLuxon(at)}`,
          );
        checked++;
      }
    }
  }
  expect(checked).toBeGreaterThan(246 * 190);
});

const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 11, 31) });

test('agrees with luxon at any instant, in any order of asking', () => {
  fc.assert(
    fc.property(instants, (at) => {
      expect(openSessions(at)).toEqual(openByLuxon(at));
      expect(isForexWeekOpen(at)).toBe(weekOpenByLuxon(at));
    }),
    { numRuns: 2_000 },
  );
});

test('the next change is the first instant at which anything differs', () => {
  const stateAt = (at: number) => `${openSessions(at)}/${isForexWeekOpen(at)}`;
  fc.assert(
    fc.property(instants, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (at, share) => {
      const change = nextSessionChange(at);
      expect(change).toBeGreaterThan(at);
      expect(stateAt(change)).not.toBe(stateAt(change - 1));
      expect(stateAt(change - 1)).toBe(stateAt(at));
      expect(stateAt(at + Math.floor((change - at) * share))).toBe(stateAt(at));
    }),
    { numRuns: 1_000 },
  );
});

test('refuses what is not an instant', () => {
  expect(() => openSessions(Number.NaN)).toThrow(RangeError);
});
