// What a group of feeds says of itself, in every state.
import { expect, test } from 'vitest';
import { assessFeeds } from './assess-feeds.ts';
import { FeedFault } from './feed-fault.ts';
import { FeedTrack } from './feed-track.ts';
import type { NewsFeed } from './news-feed.ts';

const now = Date.UTC(2026, 3, 15);

function feed(name: string): NewsFeed {
  return {
    name,
    statusGroup: 'news_crypto',
    newsGroup: 'crypto',
    url: `https://${name}.example/rss`,
    secret: false,
    language: 'en',
    assets: [],
    everyMs: 180_000,
    hostGapMs: 10_000,
    accept: '*/*',
    read: () => ({ items: [], unreadable: 0, unreadableReason: '' }),
  };
}

const [first, second] = [feed('coindesk'), feed('cointelegraph')];

function track(which: NewsFeed, lastOkAt: number | null, fault?: FeedFault): FeedTrack {
  const made = new FeedTrack(which, now);
  made.lastOkAt = lastOkAt;
  made.latencyMs = lastOkAt === null ? null : 100;
  made.fault = fault;
  return made;
}

const refused = new FeedFault('refused', 'HTTP 403');
const hourMs = 3_600_000;

test.each([
  ['before the first poll', track(first, null), track(second, null), 'degraded', 0.5],
  ['all answered', track(first, now), track(second, now), 'live', 1],
  ['one fails, the other answered', track(first, now), track(second, null, refused), 'degraded', 0.5],
  [
    'one fails, the other was not asked yet',
    track(first, null),
    track(second, null, refused),
    'unreachable',
    0,
  ],
  [
    'all fail and none ever answered',
    track(first, null, refused),
    track(second, null, refused),
    'unreachable',
    0,
  ],
  [
    'all fail for long',
    track(first, now - hourMs, refused),
    track(second, now - hourMs, refused),
    'stale',
    0,
  ],
  ['all just failed', track(first, now - 1_000, refused), track(second, now, refused), 'degraded', 0.5],
])('%s', (_what, one, other, state, health) => {
  expect(assessFeeds('news', [one, other], now)).toMatchObject({ source: 'news', state, health, at: now });
});

test('the same trouble of many is one sentence, different ones are named', () => {
  const same = [track(first, null, refused), track(second, null, refused)];
  expect(assessFeeds('news', same, now).detail).toBe('0 of 2 feeds; 2 are refused (HTTP 403)');
  const waiting = [...same, track(feed('decrypt'), null)];
  expect(assessFeeds('news', waiting, now).detail).toBe(
    '0 of 3 feeds, 1 not asked yet; 2 are refused (HTTP 403)',
  );
  const gone = new FeedFault('gone', 'HTTP 404');
  const different = [track(first, null, refused), track(second, null, gone)];
  expect(assessFeeds('news', different, now).detail).toMatch(/coindesk: refused .*cointelegraph: gone/);
});
