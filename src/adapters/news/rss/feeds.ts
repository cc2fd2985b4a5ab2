// The feeds of the crypto and forex desks and of the central banks: data, with where each address comes from.
// Publishers allow headline and link; nothing else of an article is read or kept.
import type { NewsGroup } from '../../../shared/domain/news.ts';

export interface FeedEntry {
  readonly name: string;
  readonly group: Extract<NewsGroup, 'crypto' | 'forex' | 'central_bank'>;
  readonly url: string;
  readonly language: string;
  /** Assets that every item of the feed concerns. */
  readonly assets: readonly string[];
  readonly everyMinutes: number;
  /** Where the address was established, and what is known to be odd about it. */
  readonly source: string;
}

const seen = 'seen in third-party code and dated notes of 2026';
const official = 'published by the bank itself';

export const feedEntries: readonly FeedEntry[] = [
  {
    name: 'coindesk',
    group: 'crypto',
    url: 'https://www.coindesk.com/arc/outboundfeeds/rss/',
    language: 'en',
    assets: [],
    everyMinutes: 3,
    source: `${seen}: RSS 2.0, title in CDATA, guid is no address`,
  },
  {
    name: 'cointelegraph',
    group: 'crypto',
    url: 'https://cointelegraph.com/rss',
    language: 'en',
    assets: [],
    everyMinutes: 3,
    source: `${seen}: RSS 2.0, link with utm_ parameters, description is HTML with an image`,
  },
  {
    name: 'the-block',
    group: 'crypto',
    url: 'https://www.theblock.co/rss.xml',
    language: 'en',
    assets: [],
    everyMinutes: 5,
    source: seen,
  },
  {
    name: 'decrypt',
    group: 'crypto',
    url: 'https://decrypt.co/feed',
    language: 'en',
    assets: [],
    everyMinutes: 5,
    source: seen,
  },
  {
    name: 'investinglive',
    group: 'forex',
    url: 'https://investinglive.com/feed/news',
    language: 'en',
    assets: [],
    everyMinutes: 3,
    source: `${seen}: formerly forexlive.com, whose address redirects here`,
  },
  {
    name: 'investinglive-centralbank',
    group: 'forex',
    url: 'https://investinglive.com/feed/centralbank/',
    language: 'en',
    assets: [],
    everyMinutes: 5,
    source: seen,
  },
  {
    name: 'fxstreet',
    group: 'forex',
    url: 'https://www.fxstreet.com/rss/news',
    language: 'en',
    assets: [],
    everyMinutes: 5,
    source: `${seen}; item fields not established, refuses data-centre addresses at times`,
  },
  {
    name: 'financialjuice',
    group: 'forex',
    url: 'https://www.financialjuice.com/feed.ashx?xy=rss',
    language: 'en',
    assets: [],
    everyMinutes: 5,
    source: seen,
  },
  {
    name: 'federal-reserve',
    group: 'central_bank',
    url: 'https://www.federalreserve.gov/feeds/press_monetary.xml',
    language: 'en',
    assets: ['USD'],
    everyMinutes: 5,
    source: `${official}; link, guid and date are in CDATA`,
  },
  {
    name: 'ecb',
    group: 'central_bank',
    url: 'https://www.ecb.europa.eu/rss/press.html',
    language: 'en',
    assets: ['EUR'],
    everyMinutes: 5,
    source: `${official}; RSS although the name ends in html`,
  },
  {
    name: 'bank-of-england',
    group: 'central_bank',
    url: 'https://www.bankofengland.co.uk/rss/news',
    language: 'en',
    assets: ['GBP'],
    everyMinutes: 5,
    source: `${official}; the folder /rss is established, the file "news" is not`,
  },
  {
    name: 'bank-of-japan',
    group: 'central_bank',
    url: 'https://www.boj.or.jp/en/rss/whatsnew.xml',
    language: 'en',
    assets: ['JPY'],
    everyMinutes: 5,
    source: official,
  },
  {
    name: 'reserve-bank-of-australia',
    group: 'central_bank',
    url: 'https://www.rba.gov.au/rss/rss-cb-media-releases.xml',
    language: 'en',
    assets: ['AUD'],
    everyMinutes: 5,
    source: `${official}; the beginning rss-cb is established, the rest of the name is not`,
  },
];
