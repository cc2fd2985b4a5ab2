// Joins the news sources to the kernel: what they publish becomes inputs, what they say of themselves is shown.
// Their statuses stay out of the kernel: health judges market sources, and news that flows must not hide that no
// prices do.
import { cryptoPanicFeed } from '../../adapters/news/cryptopanic/cryptopanic-feed.ts';
import { calendarFeed } from '../../adapters/news/economic-calendar/calendar-feed.ts';
import { fearGreedFeed } from '../../adapters/news/fear-greed/fear-greed-feed.ts';
import { redditFeeds } from '../../adapters/news/reddit/reddit-feeds.ts';
import { rssFeeds } from '../../adapters/news/rss/rss-feeds.ts';
import type { NewsFeed } from '../../adapters/news/shared/news-feed.ts';
import { NewsPoller } from '../../adapters/news/shared/news-poller.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { NewsItem } from '../../shared/domain/news.ts';
import type { SourceStatus } from '../../shared/domain/source-status.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { NewsSource } from '../../shared/ports/news.ts';
import { SourceStates } from './source-states.ts';

export interface NewsDeskOptions {
  /** Undefined when news is off. */
  readonly source: NewsSource | undefined;
  readonly clock: Clock;
  readonly post: (input: KernelInput) => void;
  readonly log: Log;
}

/** One group of feeds with its last word about itself; null before it spoke. */
export interface NewsGroupFacts {
  readonly source: string;
  readonly status: SourceStatus | null;
  /** Times it stopped working since the start. */
  readonly errors: number;
}

export class NewsDesk {
  readonly #options: NewsDeskOptions;
  readonly #states = new SourceStates();

  constructor(options: NewsDeskOptions) {
    this.#options = options;
  }

  get groups(): readonly NewsGroupFacts[] {
    const names = this.#options.source?.groups ?? [];
    return names.map((source) => ({
      source,
      status: this.#states.status(source) ?? null,
      errors: this.#states.errors(source),
    }));
  }

  /** Returns at once; the network is asked later. */
  start(): void {
    const { source, post, clock, log } = this.#options;
    source?.start({
      item: (item) => post({ from: 'market', message_type: 'news.item', data: item, at: clock.now() }),
      sentiment: (reading) =>
        post({ from: 'market', message_type: 'market.sentiment', data: reading, at: clock.now() }),
      calendar: (snapshot) =>
        post({ from: 'market', message_type: 'market.calendar', data: snapshot, at: clock.now() }),
      status: (status) => {
        if (this.#states.note(status))
          log.info({ source: status.source, state: status.state, detail: status.detail }, 'news source');
      },
    });
  }

  async stop(): Promise<void> {
    await this.#options.source?.stop();
  }
}

/**
 * The news source of a run, or undefined when ATO_NEWS is off or the run's time is not the world's: today's news
 * beside a recorded or a hurried market would be nonsense.
 */
export function selectNews(
  settings: Settings,
  parts: {
    readonly clock: Clock;
    readonly log: Log;
    readonly universe: readonly string[];
    readonly recent: Iterable<NewsItem>;
  },
): NewsSource | undefined {
  const ownTime = settings.ATO_MARKET_SOURCE === 'tape' || settings.ATO_MARKET_SOURCE === 'synthetic';
  if (settings.ATO_NEWS === 'off' || ownTime) return undefined;
  const { clock, log, universe } = parts;
  const recent = [...parts.recent].sort((left, right) => left.known_at - right.known_at);
  return new NewsPoller({ feeds: newsFeeds(settings.CRYPTOPANIC_API_KEY), universe, clock, log, recent });
}

function newsFeeds(cryptoPanicKey: string | undefined): readonly NewsFeed[] {
  return [
    ...rssFeeds(),
    ...redditFeeds(),
    fearGreedFeed(),
    calendarFeed(),
    ...(cryptoPanicKey === undefined ? [] : [cryptoPanicFeed(cryptoPanicKey)]),
  ];
}
