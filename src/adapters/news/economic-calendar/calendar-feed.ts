// This week's economic events from ForexFactory's weekly export, asked for once an hour. Unofficial: a row that cannot
// be read is counted, never guessed; an answer without a readable row changes nothing.
import { z } from 'zod';
import {
  type CalendarEvent,
  type CalendarImpact,
  type CalendarSnapshot,
  newsLimits,
} from '../../../shared/domain/news.ts';
import { type EpochMs, hourMs, minuteMs } from '../../../shared/domain/time.ts';
import { cleanText } from '../shared/clean-text.ts';
import { contentHash } from '../shared/content-hash.ts';
import { parseFeedDate } from '../shared/feed-date.ts';
import { FeedFault } from '../shared/feed-fault.ts';
import type { FeedAnswer, FeedReading, NewsFeed } from '../shared/news-feed.ts';
import { readJson } from '../shared/read-json.ts';

const defaultBaseUrl = 'https://nfs.faireconomy.media';
const source = 'forexfactory';
const maxRows = 2_000;
const maxValueChars = 32;
const impacts: ReadonlySet<string> = new Set<CalendarImpact>(['high', 'medium', 'low', 'holiday']);

const value = z.union([z.string(), z.number().transform(String)]).nullish();
const rowSchema = z.object({
  title: z.string().min(1).max(5_000),
  country: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/),
  date: z.string().max(64),
  impact: z.string().max(64).optional().catch(undefined),
  forecast: value.catch(null),
  previous: value.catch(null),
});

export function calendarFeed(baseUrl: string = defaultBaseUrl): NewsFeed {
  return {
    name: 'economic-calendar',
    statusGroup: 'economic_calendar',
    newsGroup: 'aggregator',
    url: `${baseUrl}/ff_calendar_thisweek.json`,
    secret: false,
    language: 'en',
    assets: [],
    everyMs: hourMs,
    hostGapMs: minuteMs,
    accept: 'application/json',
    read: readCalendar,
  };
}

/** Throws FeedFault when the answer is not a list with at least one readable event. */
export function readCalendar(answer: FeedAnswer): FeedReading {
  const rows = z.array(z.unknown()).max(maxRows).safeParse(readJson(answer));
  if (!rows.success) throw new FeedFault('malformed', 'not the known list of events');
  const events = new Map<string, CalendarEvent>();
  let unreadable = 0;
  for (const row of rows.data) {
    const event = readEvent(row, answer.at);
    if (event === undefined) unreadable += 1;
    else events.set(event.id, event);
  }
  const calendar = snapshot([...events.values()], answer.at);
  if (calendar === undefined) throw new FeedFault('malformed', 'no readable event in the calendar');
  return { items: [], unreadable, unreadableReason: 'not the known fields', calendar };
}

function readEvent(row: unknown, now: EpochMs): CalendarEvent | undefined {
  const parsed = rowSchema.safeParse(row);
  if (!parsed.success) return undefined;
  const { country, date, impact, forecast, previous } = parsed.data;
  const at = parseFeedDate(date);
  const title = cleanText(parsed.data.title, newsLimits.maxTitleChars);
  if (at === null || title === '') return undefined;
  const level = impact?.trim().toLowerCase() ?? '';
  return {
    id: contentHash('event', country, title, at),
    source,
    at,
    currency: country,
    title,
    impact: impacts.has(level) ? (level as CalendarImpact) : 'unknown',
    forecast: shortText(forecast),
    previous: shortText(previous),
    known_at: now,
  };
}

function shortText(text: string | null | undefined): string | null {
  const cleaned = cleanText(text ?? '', maxValueChars);
  return cleaned === '' ? null : cleaned;
}

function snapshot(events: readonly CalendarEvent[], now: EpochMs): CalendarSnapshot | undefined {
  const ordered = [...events]
    .sort((left, right) => left.at - right.at || (left.id < right.id ? -1 : 1))
    .slice(0, newsLimits.maxCalendarEvents);
  const first = ordered[0];
  const last = ordered.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { source, from: first.at, to: last.at, events: ordered, known_at: now };
}
