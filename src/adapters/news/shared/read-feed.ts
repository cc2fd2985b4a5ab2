// RSS, Atom and RDF to raw items. The guard looks first; the parser expands no entities of the feed's own making.
import { type AtomFeed, type DcNs, parseFeed, type RdfFeed, type RssFeed } from 'feedsmith';
import { decodeBody } from './decode-body.ts';
import { parseFeedDate } from './feed-date.ts';
import { FeedFault } from './feed-fault.ts';
import { guardXml } from './guard-xml.ts';
import type { FeedAnswer, FeedReading, RawNews } from './news-feed.ts';

type Loose<Row> = Partial<Row>;

/** Throws FeedFault: `html-page`, `hostile`, `truncated` or `malformed`. */
export function readFeed(answer: FeedAnswer): FeedReading {
  const text = decodeBody(answer.bytes, answer.contentType).replace(/^\ufeff/, '');
  guardXml(text);
  const { language, items } = parsed(text);
  const readable = items.filter((item) => item.title.trim() !== '');
  return {
    items: readable.map((item) => ({ ...item, language })),
    unreadable: items.length - readable.length,
    unreadableReason: 'no title',
  };
}

interface ParsedFeed {
  readonly language: string | null;
  readonly items: readonly Omit<RawNews, 'language'>[];
}

function parsed(text: string): ParsedFeed {
  try {
    const result = parseFeed(text);
    switch (result.format) {
      case 'rss':
        return { language: result.feed.language ?? null, items: (result.feed.items ?? []).map(fromRss) };
      case 'atom':
        return { language: result.feed.xml?.lang ?? null, items: (result.feed.entries ?? []).map(fromAtom) };
      case 'rdf':
        return {
          language: firstText(result.feed.dc?.languages),
          items: (result.feed.items ?? []).map(fromRdf),
        };
      case 'json':
        throw new FeedFault('malformed', 'JSON instead of XML');
    }
  } catch (error) {
    if (error instanceof FeedFault) throw error;
    throw new FeedFault('malformed', 'not a readable feed');
  }
}

function fromRss(item: Loose<RssFeed.Item<string>>): Omit<RawNews, 'language'> {
  const guid = item.guid?.value ?? null;
  const permalink = item.guid?.isPermaLink === false ? null : guid;
  return {
    guid,
    title: item.title ?? '',
    summary: item.description ?? '',
    url: item.link ?? permalink,
    publishedAt: parseFeedDate(item.pubDate ?? dublinDate(item.dc)),
    assets: [],
  };
}

function fromAtom(entry: Loose<AtomFeed.Entry<string>>): Omit<RawNews, 'language'> {
  const links = entry.links ?? [];
  const link = links.find(({ rel }) => rel === undefined || rel === 'alternate') ?? links[0];
  return {
    guid: entry.id ?? null,
    title: entry.title?.value ?? '',
    summary: entry.summary?.value ?? entry.content?.value ?? '',
    url: link?.href ?? null,
    publishedAt: parseFeedDate(entry.published ?? entry.updated),
    assets: [],
  };
}

function fromRdf(item: Loose<RdfFeed.Item<string>>): Omit<RawNews, 'language'> {
  const url = item.link ?? item.rdf?.about ?? null;
  return {
    guid: item.rdf?.about ?? null,
    title: item.title ?? '',
    summary: item.description ?? '',
    url,
    publishedAt: parseFeedDate(dublinDate(item.dc)),
    assets: [],
  };
}

function dublinDate(dc: DcNs.ItemOrFeed<string> | undefined): string | null {
  return firstText(dc?.dates);
}

function firstText(values: readonly string[] | undefined): string | null {
  return values?.[0] ?? null;
}
