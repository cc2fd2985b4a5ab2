// Schemas of news inputs at the kernel's door: text that is not plain and bounded never comes in.
import { z } from 'zod';
import {
  type CalendarSnapshot,
  calendarImpacts,
  type NewsItem,
  newsGroups,
  newsLimits,
  type SentimentReading,
  sentimentIndexes,
} from '../domain/news.ts';
import { isPlainText } from '../domain/plain-text.ts';

const at = z.int().nonnegative();
const name = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/);
const id = z.string().regex(/^[a-z]+-[0-9a-f]{20}$/);
const code = z.string().regex(/^[A-Z0-9][A-Z0-9-]{1,31}$/);
const language = z.string().regex(/^[a-z]{2,3}$/);

function plain(maxChars: number, minChars = 0): z.ZodString {
  return z
    .string()
    .min(minChars)
    .max(maxChars)
    .refine(isPlainText, 'plain text without markup or invisible characters expected');
}

const url = plain(newsLimits.maxUrlChars).regex(/^https?:\/\/[\x21-\x7e]+$/);

export const newsItemSchema: z.ZodType<NewsItem> = z
  .object({
    id,
    published_at: at.nullable(),
    known_at: at,
    source: name,
    group: z.enum(newsGroups),
    title: plain(newsLimits.maxTitleChars, 1),
    summary: plain(newsLimits.maxSummaryChars),
    url: url.nullable(),
    assets: z.array(code).max(newsLimits.maxAssets),
    symbols: z.array(code).max(newsLimits.maxSymbols),
    language,
  })
  .refine(
    (item) => item.published_at === null || item.published_at <= item.known_at,
    'nothing is known before it is published',
  );

export const sentimentSchema: z.ZodType<SentimentReading> = z.object({
  index: z.enum(sentimentIndexes),
  source: name,
  asset_class: z.enum(['crypto', 'forex']),
  value: z.number().min(0).max(100),
  classification: plain(64),
  at,
  known_at: at,
  next_update_at: at.nullable(),
});

const shortText = plain(64).nullable();

const calendarEventSchema = z.object({
  id,
  source: name,
  at,
  currency: z.string().regex(/^[A-Z]{3}$/),
  title: plain(newsLimits.maxTitleChars, 1),
  impact: z.enum(calendarImpacts),
  forecast: shortText,
  previous: shortText,
  known_at: at,
});

export const calendarSchema: z.ZodType<CalendarSnapshot> = z.object({
  source: name,
  from: at,
  to: at,
  events: z.array(calendarEventSchema).max(newsLimits.maxCalendarEvents),
  known_at: at,
});
