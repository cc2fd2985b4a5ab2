// What the poller needs of one feed: where, how often, how gently, and how to read its answer.
import type { CalendarSnapshot, NewsGroup, SentimentReading } from '../../../shared/domain/news.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';

/** An item as a feed gave it, before cleaning. */
export interface RawNews {
  /** The publisher's own id, when it has one. */
  readonly guid: string | null;
  readonly title: string;
  readonly summary: string;
  readonly url: string | null;
  readonly publishedAt: EpochMs | null;
  readonly language: string | null;
  /** Assets the feed itself names for the item. */
  readonly assets: readonly string[];
}

export interface FeedReading {
  readonly items: readonly RawNews[];
  /** Rows that were there and could not be read. */
  readonly unreadable: number;
  /** What was unreadable, for one log line; empty when nothing was. */
  readonly unreadableReason: string;
  readonly sentiment?: readonly SentimentReading[];
  readonly calendar?: CalendarSnapshot;
}

export interface FeedAnswer {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly at: EpochMs;
}

export interface NewsFeed {
  readonly name: string;
  /** Name of the status it counts into. */
  readonly statusGroup: string;
  readonly newsGroup: NewsGroup;
  /** The address; may carry a key, so it is never logged. */
  readonly url: string;
  /** True when the address holds a secret: redirects elsewhere are then refused. */
  readonly secret: boolean;
  readonly language: string;
  /** Assets every item of this feed concerns, such as EUR for the ECB. */
  readonly assets: readonly string[];
  readonly everyMs: number;
  /** Least pause between any two requests to its host. */
  readonly hostGapMs: number;
  readonly accept: string;
  /** Throws FeedFault when the answer is not what was asked for. */
  read(answer: FeedAnswer): FeedReading;
}
