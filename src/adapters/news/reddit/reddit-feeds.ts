// Reddit by Atom, the only form that answers without a login, at its real limit: about one request a minute from one
// address. No scores and no comment counts are in it, so none are invented.
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { NewsFeed } from '../shared/news-feed.ts';
import { readFeed } from '../shared/read-feed.ts';

const defaultBaseUrl = 'https://www.reddit.com';
const subreddits = ['CryptoCurrency', 'Bitcoin', 'ethereum', 'solana', 'Forex'] as const;
/** Between any two requests to the host; it was seen to refuse a second one within 42 s. */
const hostGapMs = 65 * secondMs;
const everyMs = 15 * minuteMs;

export function redditFeeds(baseUrl: string = defaultBaseUrl): NewsFeed[] {
  return subreddits.map((subreddit) => ({
    name: `reddit-${subreddit.toLowerCase()}`,
    statusGroup: 'news_social',
    newsGroup: 'social',
    url: `${baseUrl}/r/${subreddit}/new/.rss`,
    secret: false,
    language: 'en',
    assets: [],
    everyMs,
    hostGapMs,
    accept: 'application/atom+xml, application/xml;q=0.9',
    read: readFeed,
  }));
}
