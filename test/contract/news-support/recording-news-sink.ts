// Keeps everything a news source publishes, and shows each record to the schema at the kernel's door.
import { inputSchemas } from '../../../src/shared/bus/schemas.ts';
import type { CalendarSnapshot, NewsItem, SentimentReading } from '../../../src/shared/domain/news.ts';
import type { SourceStatus } from '../../../src/shared/domain/source-status.ts';
import type { NewsSink } from '../../../src/shared/ports/news.ts';

export class RecordingNewsSink implements NewsSink {
  readonly items: NewsItem[] = [];
  readonly readings: SentimentReading[] = [];
  readonly snapshots: CalendarSnapshot[] = [];
  readonly statuses: SourceStatus[] = [];

  item(item: NewsItem): void {
    inputSchemas['news.item'].parse(item);
    this.items.push(item);
  }

  sentiment(reading: SentimentReading): void {
    inputSchemas['market.sentiment'].parse(reading);
    this.readings.push(reading);
  }

  calendar(snapshot: CalendarSnapshot): void {
    inputSchemas['market.calendar'].parse(snapshot);
    this.snapshots.push(snapshot);
  }

  status(status: SourceStatus): void {
    inputSchemas['market.source_status'].parse(status);
    this.statuses.push(status);
  }

  state(source: string): SourceStatus | undefined {
    return this.statuses.findLast((status) => status.source === source);
  }

  get titles(): string[] {
    return this.items.map((item) => item.title);
  }
}
