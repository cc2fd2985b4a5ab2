// News and sentiment from outside. A source publishes cleaned, bounded, deduplicated records and admits when it is
// blind; nobody waits for it, and what it publishes is quoted data, never instruction.
import type { CalendarSnapshot, NewsItem, SentimentReading } from '../domain/news.ts';
import type { SourceStatus } from '../domain/source-status.ts';

export interface NewsSink {
  item(item: NewsItem): void;
  sentiment(reading: SentimentReading): void;
  calendar(snapshot: CalendarSnapshot): void;
  /** One status per group of feeds. */
  status(status: SourceStatus): void;
}

export interface NewsSource {
  /** Names of the statuses it will publish. */
  readonly groups: readonly string[];
  /** Begins polling; returns at once and never waits for the network. */
  start(sink: NewsSink): void;
  stop(): Promise<void>;
}
