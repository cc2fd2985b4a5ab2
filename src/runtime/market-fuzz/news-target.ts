// The news readers as one thing to fuzz: whatever bytes come, records that the kernel's door accepts, or a FeedFault.
import { cryptoPanicFeed } from '../../adapters/news/cryptopanic/cryptopanic-feed.ts';
import { calendarFeed } from '../../adapters/news/economic-calendar/calendar-feed.ts';
import { fearGreedFeed } from '../../adapters/news/fear-greed/fear-greed-feed.ts';
import { redditFeeds } from '../../adapters/news/reddit/reddit-feeds.ts';
import { rssFeeds } from '../../adapters/news/rss/rss-feeds.ts';
import { FeedFault } from '../../adapters/news/shared/feed-fault.ts';
import type { NewsFeed } from '../../adapters/news/shared/news-feed.ts';
import { NewsIntake } from '../../adapters/news/shared/news-intake.ts';
import { inputSchemas } from '../../shared/bus/schemas.ts';
import type { NewsItem } from '../../shared/domain/news.ts';
import { dayMs, type EpochMs, minuteMs } from '../../shared/domain/time.ts';
import { type FuzzTarget, type FuzzWorld, ImpossiblePassed } from './fuzz-target.ts';

interface Shape {
  readonly feed: NewsFeed | undefined;
  readonly sample: (now: EpochMs, story: number) => string;
}

const iso = (at: EpochMs) => new Date(at).toISOString();

const shapes: readonly Shape[] = [
  {
    feed: rssFeeds()[0],
    sample: (now, story) =>
      `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><title><![CDATA[Story ${story} of BTC]]></title><link>https://x.example/${story}</link><guid>${story}</guid><pubDate>${new Date(now - minuteMs).toUTCString()}</pubDate><description>A &lt;b&gt;summary&lt;/b&gt;</description></item></channel></rss>`,
  },
  {
    feed: redditFeeds()[0],
    sample: (now, story) =>
      `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><entry><id>${story}</id><title type="html">Post ${story} about &lt;b&gt;SOL&lt;/b&gt;</title><link href="https://x.example/${story}"/><updated>${iso(now)}</updated></entry></feed>`,
  },
  {
    feed: fearGreedFeed(),
    sample: (now) =>
      JSON.stringify({
        data: [
          {
            value: '40',
            value_classification: 'Fear',
            timestamp: String((Math.floor(now / dayMs) * dayMs) / 1_000),
            time_until_update: '5',
          },
        ],
        metadata: { error: null },
      }),
  },
  {
    feed: calendarFeed(),
    sample: (now, story) =>
      JSON.stringify([
        {
          title: `CPI ${story}`,
          country: 'USD',
          date: iso(now).replace('.000Z', '+00:00'),
          impact: 'High',
          forecast: '1%',
          previous: '',
        },
      ]),
  },
  {
    feed: cryptoPanicFeed('key'),
    sample: (now, story) =>
      JSON.stringify({
        results: [
          {
            id: story,
            title: `Post ${story}`,
            published_at: iso(now),
            url: `https://x.example/${story}`,
            currencies: [{ code: 'BTC' }],
          },
        ],
      }),
  },
];

export const newsTarget: FuzzTarget = {
  name: 'news feeds',
  open: (world) => {
    const shape = shapes[world.random.integer(shapes.length)];
    const feed = shape?.feed;
    if (shape === undefined || feed === undefined) throw new RangeError('there is no feed to fuzz');
    const intake = new NewsIntake(['BTCUSDT', 'SOLUSDT', 'EURUSD']);
    let story = 0;
    return {
      sample: () => {
        story += 1;
        return shape.sample(world.now(), story);
      },
      feed: (input) => {
        try {
          world.passed(take(feed, intake, input, world));
        } catch (error) {
          if (!(error instanceof FeedFault)) throw error;
          world.sink.quarantined({
            source: feed.statusGroup,
            reason: error.message,
            where: feed.name,
            count: 1,
          });
        }
      },
    };
  },
};

/** How many records came out, each of which the door must accept. */
function take(feed: NewsFeed, intake: NewsIntake, input: string, world: FuzzWorld): number {
  const reading = feed.read({ bytes: Buffer.from(input), contentType: 'text/plain', at: world.now() });
  const items: NewsItem[] = [];
  for (const raw of reading.items) {
    const item = intake.take(raw, feed, world.now());
    if (typeof item !== 'string') items.push(item);
  }
  demand(items, 'news.item');
  demand(reading.sentiment ?? [], 'market.sentiment');
  demand(reading.calendar === undefined ? [] : [reading.calendar], 'market.calendar');
  // Written apart from the door's own rule, so that a fault there is seen here.
  for (const { title, summary } of items)
    if (
      /[\p{Cc}\p{Cf}\u2028\u2029]|<[a-z!/]/iu.test(title + summary) ||
      title.length + summary.length > 1_000
    )
      throw new ImpossiblePassed(`hostile text passed: ${JSON.stringify(title)}`);
  return items.length + (reading.sentiment?.length ?? 0) + (reading.calendar?.events.length ?? 0);
}

function demand(rows: readonly unknown[], type: 'news.item' | 'market.sentiment' | 'market.calendar'): void {
  for (const row of rows)
    if (!inputSchemas[type].safeParse(row).success)
      throw new ImpossiblePassed(`what the door refuses passed: ${JSON.stringify(row).slice(0, 300)}`);
}
