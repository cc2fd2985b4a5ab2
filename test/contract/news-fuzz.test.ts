// Whatever bytes come, a reader answers with records the kernel's door accepts, or with a FeedFault. Nothing else.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCryptoPanic } from '../../src/adapters/news/cryptopanic/cryptopanic-feed.ts';
import { readCalendar } from '../../src/adapters/news/economic-calendar/calendar-feed.ts';
import { readFearGreed } from '../../src/adapters/news/fear-greed/fear-greed-feed.ts';
import { rssFeeds } from '../../src/adapters/news/rss/rss-feeds.ts';
import { FeedFault } from '../../src/adapters/news/shared/feed-fault.ts';
import type { FeedAnswer, FeedReading } from '../../src/adapters/news/shared/news-feed.ts';
import { NewsIntake } from '../../src/adapters/news/shared/news-intake.ts';
import { readFeed } from '../../src/adapters/news/shared/read-feed.ts';
import { inputSchemas } from '../../src/shared/bus/schemas.ts';
import { rss } from './news-support/feed-stand-in.ts';
import { hostileTexts } from './news-support/hostile-texts.ts';

const runs = 4_000;
const now = Date.UTC(2026, 3, 15, 12, 30);
const [feed] = rssFeeds();
const texts = hostileTexts.map((text) => text.slice(0, 300));

const day = String(Math.floor(now / 86_400_000) * 86_400);
const samples = {
  atom: '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><entry><id>1</id><title type="html">A &lt;b&gt;</title><link href="https://x.example/1"/><updated>2026-04-15T12:00:00Z</updated></entry></feed>',
  rdf: '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><item rdf:about="https://x.example"><title>T</title><link>https://x.example</link></item></rdf:RDF>',
  rss: rss([
    {
      title: '<![CDATA[One]]>',
      link: 'https://x.example/1',
      guid: '1',
      description: 'd',
      date: 'Wed, 15 Apr 2026 12:25:00 GMT',
    },
  ]),
  index: JSON.stringify({
    data: [{ value: '40', value_classification: 'Fear', timestamp: day, time_until_update: '5' }],
    metadata: { error: null },
  }),
  calendar: JSON.stringify([
    {
      title: 'CPI',
      country: 'USD',
      date: '2026-04-15T08:30:00-04:00',
      impact: 'High',
      forecast: '1%',
      previous: '',
    },
  ]),
  posts: JSON.stringify({
    results: [
      {
        id: 1,
        title: 'T',
        published_at: '2026-04-15T12:00:00Z',
        url: 'https://x.example',
        currencies: [{ code: 'BTC' }],
      },
    ],
  }),
};

/** A sample with pieces cut out, doubled, replaced or swapped. */
const mutated = (sample: string) =>
  fc
    .array(
      fc.record({
        at: fc.nat(sample.length),
        cut: fc.nat(40),
        insert: fc.oneof(
          fc.constant(''),
          fc.string({ unit: 'binary', maxLength: 20 }),
          fc.constantFrom(
            ...texts,
            '<',
            '>',
            '"',
            ']]>',
            '<![CDATA[',
            '</',
            '/>',
            '-1',
            '1e999',
            'null',
            '[',
            '{',
            '}',
            ',',
          ),
          fc.nat(sample.length).map((from) => sample.slice(from, from + 60)),
        ),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((changes) =>
      changes.reduce(
        (text, { at, cut, insert }) => text.slice(0, at) + insert + text.slice(at + cut),
        sample,
      ),
    );

function answerOf(body: string | Uint8Array): FeedAnswer {
  return { bytes: typeof body === 'string' ? Buffer.from(body) : body, contentType: 'text/xml', at: now };
}

function readsOrFaults(
  read: (answer: FeedAnswer) => FeedReading,
  body: string | Uint8Array,
): FeedReading | undefined {
  try {
    const reading = read(answerOf(body));
    const intake = new NewsIntake(['BTCUSDT', 'EURUSD']);
    for (const raw of reading.items) {
      const item = intake.take(raw, feed!, now);
      if (typeof item !== 'string') inputSchemas['news.item'].parse(item);
    }
    for (const row of reading.sentiment ?? []) inputSchemas['market.sentiment'].parse(row);
    if (reading.calendar !== undefined) inputSchemas['market.calendar'].parse(reading.calendar);
    return reading;
  } catch (error) {
    expect(error).toBeInstanceOf(FeedFault);
    return undefined;
  }
}

test.each([
  ['atom', readFeed, samples.atom],
  ['rdf', readFeed, samples.rdf],
  ['rss', readFeed, samples.rss],
  ['fear and greed', readFearGreed, samples.index],
  ['calendar', readCalendar, samples.calendar],
  ['cryptopanic', readCryptoPanic, samples.posts],
] as const)('%s: mutations of a real shape', (_name, read, sample) => {
  expect(readsOrFaults(read, sample)).toBeDefined();
  let readable = 0;
  fc.assert(
    fc.property(mutated(sample), (body) => {
      if (readsOrFaults(read, body) !== undefined) readable += 1;
    }),
    { numRuns: runs },
  );
  // Both ways out are taken, so the test reaches behind the first check.
  expect(readable).toBeGreaterThan(0);
  expect(readable).toBeLessThan(runs);
});

test('any bytes, any JSON', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.json(), (bytes, json) => {
      for (const read of [readFeed, readFearGreed, readCalendar, readCryptoPanic]) {
        readsOrFaults(read, bytes);
        readsOrFaults(read, json);
      }
    }),
    { numRuns: 1_000 },
  );
});
