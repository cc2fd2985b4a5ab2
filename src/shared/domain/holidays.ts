// On which days a holiday rule falls. Pure calendar arithmetic on days counted from 1970-01-01.

import type { HolidayRule } from './session-rules.ts';
import { minutesOfDay } from './session-rules.ts';
import { dayMs } from './time.ts';

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Days from 1970-01-01 on which the rule falls in a year; empty when it names another year. */
export function holidayIn(year: number, rule: HolidayRule): number | undefined {
  const { day } = rule;
  const dated = /^(?:(\d{4})-)?(\d\d)-(\d\d)$/.exec(day);
  if (dated !== null) {
    if (dated[1] !== undefined && Number(dated[1]) !== year) return undefined;
    return dayOf(year, Number(dated[2]), Number(dated[3]));
  }
  const easter = /^easter([+-]\d{1,2})?$/.exec(day);
  if (easter !== null) return easterSunday(year) + Number(easter[1] ?? 0);
  const nth = /^(\d\d)-(sun|mon|tue|wed|thu|fri|sat)-([1-4])$/.exec(day);
  if (nth === null) return undefined;
  const first = dayOf(year, Number(nth[1]), 1);
  if (first === undefined) return undefined;
  const wanted = weekdays.indexOf(nth[2] as (typeof weekdays)[number]);
  return first + ((wanted - weekdayOf(first) + 7) % 7) + 7 * (Number(nth[3]) - 1);
}

/** What is wrong with a rule, in words for a person; undefined when it can be used. */
export function holidayRuleDefect(rule: HolidayRule): string | undefined {
  // A leap year, so that 02-29 is a day; it falls in leap years only.
  const year = Number(/^(\d{4})-/.exec(rule.day)?.[1] ?? 2000);
  if (holidayIn(year, rule) === undefined)
    return `"${rule.day}" is not a day: write 12-25, 2026-12-25, easter-2 or 11-thu-4`;
  const closes = rule.closes_at === undefined ? undefined : minutesOfDay(rule.closes_at);
  if (rule.effect === 'early_close' && closes === undefined)
    return `"${rule.name}" closes early, so it needs closes_at, a New York time such as 13:00`;
  if (rule.effect !== 'early_close' && rule.closes_at !== undefined)
    return `"${rule.name}" has closes_at, which only an early_close has`;
  return undefined;
}

/** Weekday of a day counted from 1970-01-01, 0 = Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

function dayOf(year: number, month: number, dayOfMonth: number): number | undefined {
  const at = new Date(Date.UTC(year, month - 1, dayOfMonth));
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== dayOfMonth) return undefined;
  return Math.floor(at.getTime() / dayMs);
}

/** Gregorian Easter by the anonymous algorithm (Meeus, Jones, Butcher). */
function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  const dayOfMonth = ((h + l - 7 * m + 114) % 31) + 1;
  return Math.floor(Date.UTC(year, month - 1, dayOfMonth) / dayMs);
}
