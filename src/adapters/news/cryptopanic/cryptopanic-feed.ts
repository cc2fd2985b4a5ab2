// CryptoPanic's posts, for users who have a paid key; its free plan is reported to have ended in April 2026.
// The key is part of the address, so the address is never logged and never follows a redirect elsewhere.
import { z } from 'zod';
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import { parseFeedDate } from '../shared/feed-date.ts';
import { FeedFault } from '../shared/feed-fault.ts';
import type { FeedAnswer, FeedReading, NewsFeed, RawNews } from '../shared/news-feed.ts';
import { readJson } from '../shared/read-json.ts';

const defaultBaseUrl = 'https://cryptopanic.com';
/** The plan is part of the path; plans above this one answer there too as far as is known. */
const plan = 'developer';
const everyMs = 10 * minuteMs;
const hostGapMs = 5 * secondMs;
const maxPosts = 500;

const code = z.object({ code: z.string().max(20) });
const postSchema = z.object({
  id: z
    .union([z.string().max(100), z.number()])
    .optional()
    .catch(undefined),
  title: z.string().min(1).max(5_000),
  description: z.string().max(50_000).nullish().catch(null),
  published_at: z.string().max(64).nullish().catch(null),
  created_at: z.string().max(64).nullish().catch(null),
  url: z.string().max(4_000).nullish().catch(null),
  original_url: z.string().max(4_000).nullish().catch(null),
  source: z
    .object({ region: z.string().max(10).optional().catch(undefined) })
    .optional()
    .catch(undefined),
  /** The old and the new name of the same list. */
  currencies: z.array(code).max(100).nullish().catch(null),
  instruments: z.array(code).max(100).nullish().catch(null),
});
const bodySchema = z.object({ results: z.array(z.unknown()).max(maxPosts) });
const errorSchema = z.object({ status: z.unknown(), info: z.unknown() });

export function cryptoPanicFeed(key: string, baseUrl: string = defaultBaseUrl): NewsFeed {
  const query = new URLSearchParams({ auth_token: key, public: 'true', kind: 'news' });
  return {
    name: 'cryptopanic',
    statusGroup: 'news_aggregator',
    newsGroup: 'aggregator',
    url: `${baseUrl}/api/${plan}/v2/posts/?${query}`,
    secret: true,
    language: 'en',
    assets: [],
    everyMs,
    hostGapMs,
    accept: 'application/json',
    read: readCryptoPanic,
  };
}

/** Throws FeedFault; an error body under HTTP 200 is `refused`. */
export function readCryptoPanic(answer: FeedAnswer): FeedReading {
  const json = readJson(answer);
  const body = bodySchema.safeParse(json);
  if (!body.success) {
    if (errorSchema.safeParse(json).success && !Object.hasOwn(json as object, 'results'))
      throw new FeedFault('refused', 'CryptoPanic answers with an error');
    throw new FeedFault('malformed', 'not the known list of posts');
  }
  const posts = body.data.results.map((row) => postSchema.safeParse(row));
  const items = posts.flatMap((post) => (post.success ? [rawNews(post.data)] : []));
  return { items, unreadable: posts.length - items.length, unreadableReason: 'not the known fields' };
}

function rawNews(post: z.output<typeof postSchema>): RawNews {
  const named = [...(post.instruments ?? []), ...(post.currencies ?? [])];
  return {
    guid: post.id === undefined ? null : String(post.id),
    title: post.title,
    summary: post.description ?? '',
    url: post.original_url ?? post.url ?? null,
    publishedAt: parseFeedDate(post.published_at ?? post.created_at),
    language: post.source?.region ?? null,
    assets: named.map((instrument) => instrument.code.toUpperCase()),
  };
}
