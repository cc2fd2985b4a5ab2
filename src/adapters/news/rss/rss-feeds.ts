// The list of feeds as the poller takes them.
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { NewsFeed } from '../shared/news-feed.ts';
import { readFeed } from '../shared/read-feed.ts';
import { type FeedEntry, feedEntries } from './feeds.ts';

/** No publisher states a limit: a pause between two requests to one host is good manners. */
const hostGapMs = 10 * secondMs;

/** One feed per entry; `entries` is for tests. */
export function rssFeeds(entries: readonly FeedEntry[] = feedEntries): NewsFeed[] {
  return entries.map((entry) => ({
    name: entry.name,
    statusGroup: `news_${entry.group}`,
    newsGroup: entry.group,
    url: entry.url,
    secret: false,
    language: entry.language,
    assets: entry.assets,
    everyMs: entry.everyMinutes * minuteMs,
    hostGapMs,
    accept: 'application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8',
    read: readFeed,
  }));
}
