// From raw items to records: cleaned, stamped, linked, and each story once. Counts what it turns away and why.
import { type NewsItem, newsLimits } from '../../../shared/domain/news.ts';
import { dayMs, type EpochMs, minuteMs } from '../../../shared/domain/time.ts';
import { cleanText, cleanUrl } from './clean-text.ts';
import { contentHash } from './content-hash.ts';
import { languageOf } from './detect-language.ts';
import { DuplicateMemory, normalisedTitle } from './duplicate-memory.ts';
import { assetsIn, isKnownAsset, symbolsOf } from './link-assets.ts';
import type { NewsFeed, RawNews } from './news-feed.ts';

/** Older items are a feed's archive, not news. */
const maxAgeMs = 3 * dayMs;
/** A publisher's clock may run this far ahead; beyond it the date is not believed. */
const maxAheadMs = 10 * minuteMs;

export type IntakeResult = NewsItem | 'repeated' | 'duplicate' | 'near_duplicate' | 'old' | 'no_title';

export class NewsIntake {
  readonly #universe: readonly string[];
  readonly #memory = new DuplicateMemory();

  /** `recent`: items of an earlier run, oldest first, so that a restart does not tell them again. */
  constructor(universe: readonly string[], recent: readonly NewsItem[] = []) {
    this.#universe = universe;
    for (const item of recent) {
      this.#memory.knows(keysOf(item, item.source, null));
      this.#memory.check(item.title, item.known_at);
    }
  }

  take(raw: RawNews, feed: NewsFeed, now: EpochMs): IntakeResult {
    const title = cleanText(raw.title, newsLimits.maxTitleChars);
    if (normalisedTitle(title) === '') return 'no_title';
    const summary = cleanText(raw.summary, newsLimits.maxSummaryChars);
    const url = cleanUrl(raw.url);
    const published_at = publishedAt(raw.publishedAt, now);
    if (published_at !== null && now - published_at > maxAgeMs) return 'old';
    const id = contentHash('news', normalisedTitle(title), url ?? feed.name);
    if (this.#memory.knows(keysOf({ id, url }, feed.name, raw.guid))) return 'repeated';
    const duplicate = this.#memory.check(title, now);
    if (duplicate !== undefined) return duplicate === 'same' ? 'duplicate' : 'near_duplicate';
    const named = raw.assets.filter(isKnownAsset);
    const assets = [...new Set([...assetsIn(`${title}\n${summary}`), ...named, ...feed.assets])].sort();
    return {
      id,
      published_at,
      known_at: now,
      source: feed.name,
      group: feed.newsGroup,
      title,
      summary: summary === title ? '' : summary,
      url,
      assets: assets.slice(0, newsLimits.maxAssets),
      symbols: symbolsOf(assets, this.#universe),
      language: languageOf(`${title} ${summary}`, raw.language, feed.language),
    };
  }
}

function keysOf(
  item: Pick<NewsItem, 'id' | 'url'>,
  feedName: string,
  guid: string | null,
): readonly string[] {
  const keys = [item.id];
  // A bare host is a landing page that many items may share.
  if (item.url !== null && new URL(item.url).pathname !== '/') keys.push(`url ${item.url}`);
  if (guid !== null && guid !== '') keys.push(contentHash('guid', feedName, guid));
  return keys;
}

function publishedAt(said: EpochMs | null, now: EpochMs): EpochMs | null {
  if (said === null || said > now + maxAheadMs) return null;
  return Math.min(said, now);
}
