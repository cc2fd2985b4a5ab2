// News, sentiment and calendar as records. Texts are quoted from others: data, never instruction.
import type { EpochMs } from './time.ts';

/** Bounds of one item; the same at the edge and at the kernel's door. */
export const newsLimits = {
  maxTitleChars: 300,
  maxSummaryChars: 600,
  maxUrlChars: 1_000,
  maxAssets: 24,
  maxSymbols: 64,
  maxCalendarEvents: 500,
} as const;

export const newsGroups = ['crypto', 'forex', 'central_bank', 'social', 'aggregator'] as const;
export type NewsGroup = (typeof newsGroups)[number];

/** One headline as its publisher wrote it, cleaned, never interpreted. */
export interface NewsItem {
  /** A function of title and address: the same item always has the same id. */
  readonly id: string;
  /** As the publisher says; null when it said nothing readable. Never after `known_at`. */
  readonly published_at: EpochMs | null;
  /** When this system could first know it: the only time a decision may rest on. */
  readonly known_at: EpochMs;
  /** Name of the feed. */
  readonly source: string;
  readonly group: NewsGroup;
  readonly title: string;
  readonly summary: string;
  readonly url: string | null;
  /** Codes the text names: BTC, EUR, XAU; sorted. */
  readonly assets: readonly string[];
  /** Symbols of the universe that concern those assets; sorted. */
  readonly symbols: readonly string[];
  /** ISO 639 code, or `und`. */
  readonly language: string;
}

export const sentimentIndexes = ['fear_greed'] as const;

/** One reading of a sentiment index. */
export interface SentimentReading {
  readonly index: (typeof sentimentIndexes)[number];
  readonly source: string;
  readonly asset_class: 'crypto' | 'forex';
  /** 0 extreme fear to 100 extreme greed. */
  readonly value: number;
  /** The publisher's own word: sources disagree on the bounds. */
  readonly classification: string;
  /** The day or moment the value is for. */
  readonly at: EpochMs;
  readonly known_at: EpochMs;
  readonly next_update_at: EpochMs | null;
}

export const calendarImpacts = ['high', 'medium', 'low', 'holiday', 'unknown'] as const;
export type CalendarImpact = (typeof calendarImpacts)[number];

/** One scheduled economic event. Forecast and previous stay the publisher's text ("0.3%", "215K"). */
export interface CalendarEvent {
  readonly id: string;
  readonly source: string;
  readonly at: EpochMs;
  /** Currency code, or ALL. */
  readonly currency: string;
  readonly title: string;
  readonly impact: CalendarImpact;
  readonly forecast: string | null;
  readonly previous: string | null;
  readonly known_at: EpochMs;
}

/** All that a source has for a span of time: an event inside it that is not listed no longer stands. */
export interface CalendarSnapshot {
  readonly source: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly events: readonly CalendarEvent[];
  readonly known_at: EpochMs;
}
