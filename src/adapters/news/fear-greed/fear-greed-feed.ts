// The crypto Fear & Greed index of alternative.me: one value a day, asked for once an hour, no key.
// Its numbers come as text; the class is taken as said, because publishers disagree on the bounds.
import { z } from 'zod';
import type { SentimentReading } from '../../../shared/domain/news.ts';
import { hourMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import { cleanText } from '../shared/clean-text.ts';
import { FeedFault } from '../shared/feed-fault.ts';
import type { FeedAnswer, FeedReading, NewsFeed } from '../shared/news-feed.ts';
import { readJson } from '../shared/read-json.ts';

const defaultBaseUrl = 'https://api.alternative.me';
/** Days asked for: enough to fill in what an outage missed. */
const days = 30;
const maxRows = 400;
const maxClassChars = 40;
const source = 'alternative.me';

const wholeText = z.union([z.string().regex(/^\d{1,12}$/), z.int().nonnegative()]).transform(Number);
const rowSchema = z.object({
  value: wholeText.refine((value) => value <= 100),
  value_classification: z.string().max(200),
  timestamp: wholeText.refine((seconds) => seconds > 1_500_000_000 && seconds < 7_000_000_000),
  time_until_update: wholeText.optional().catch(undefined),
});
const bodySchema = z.object({
  data: z.array(z.unknown()).max(maxRows),
  metadata: z.object({ error: z.unknown().optional() }).optional(),
});

export function fearGreedFeed(baseUrl: string = defaultBaseUrl): NewsFeed {
  return {
    name: 'fear-greed',
    statusGroup: 'fear_greed',
    newsGroup: 'aggregator',
    url: `${baseUrl}/fng/?limit=${days}&format=json`,
    secret: false,
    language: 'en',
    assets: [],
    everyMs: hourMs,
    hostGapMs: minuteMs,
    accept: 'application/json',
    read: readFearGreed,
  };
}

/** Throws FeedFault when the answer is an error or holds no readable row. */
export function readFearGreed(answer: FeedAnswer): FeedReading {
  const body = bodySchema.safeParse(readJson(answer));
  if (!body.success) throw new FeedFault('malformed', 'not the documented index');
  const error = body.data.metadata?.error ?? null;
  if (error !== null) throw new FeedFault('malformed', 'the index answers with an error');
  const rows = body.data.data.map((row) => rowSchema.safeParse(row));
  const readings = rows.flatMap((row) => (row.success ? [reading(row.data, answer.at)] : []));
  // A reading from the future is not one.
  const sentiment = readings.filter(({ at }) => at <= answer.at).sort((left, right) => left.at - right.at);
  if (sentiment.length === 0) throw new FeedFault('malformed', 'no readable value in the index');
  return {
    items: [],
    unreadable: rows.length - sentiment.length,
    unreadableReason: 'a value that is not the documented one',
    sentiment,
  };
}

function reading(row: z.output<typeof rowSchema>, now: number): SentimentReading {
  return {
    index: 'fear_greed',
    source,
    asset_class: 'crypto',
    value: row.value,
    classification: cleanText(row.value_classification, maxClassChars),
    at: row.timestamp * secondMs,
    known_at: now,
    next_update_at: row.time_until_update === undefined ? null : now + row.time_until_update * secondMs,
  };
}
