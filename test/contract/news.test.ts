// News sources on good and bad days, against the stand-in: real HTTP, the test's clock, no sleeps.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cryptoPanicFeed } from '../../src/adapters/news/cryptopanic/cryptopanic-feed.ts';
import { calendarFeed } from '../../src/adapters/news/economic-calendar/calendar-feed.ts';
import { fearGreedFeed } from '../../src/adapters/news/fear-greed/fear-greed-feed.ts';
import { redditFeeds } from '../../src/adapters/news/reddit/reddit-feeds.ts';
import { type FeedEntry, feedEntries } from '../../src/adapters/news/rss/feeds.ts';
import { rssFeeds } from '../../src/adapters/news/rss/rss-feeds.ts';
import type { NewsFeed } from '../../src/adapters/news/shared/news-feed.ts';
import { NewsPoller, type NewsPollerOptions } from '../../src/adapters/news/shared/news-poller.ts';
import { isPlainText } from '../../src/shared/domain/plain-text.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { until } from './market-data-support/recording-sink.ts';
import { FeedStandIn, jsonType, rss, rssType } from './news-support/feed-stand-in.ts';
import { hostileTexts } from './news-support/hostile-texts.ts';
import { RecordingNewsSink } from './news-support/recording-news-sink.ts';

const minuteMs = 60_000;
const startAt = Date.UTC(2026, 3, 15, 12, 30);
const published = 'Wed, 15 Apr 2026 12:25:00 GMT';

let clock: ManualClock;
let server: FeedStandIn;
let sink: RecordingNewsSink;
let poller: NewsPoller | undefined;
let logged: string[];

beforeEach(async () => {
  clock = new ManualClock(startAt);
  server = new FeedStandIn();
  await server.listen();
  sink = new RecordingNewsSink();
  logged = [];
});
afterEach(async () => {
  await poller?.stop();
  poller = undefined;
  await server.close();
});

function entry(name: string, patch: Partial<FeedEntry> = {}): FeedEntry {
  return {
    name,
    group: 'crypto',
    url: `${server.url}/${name}`,
    language: 'en',
    assets: [],
    everyMinutes: 5,
    source: 'test',
    ...patch,
  };
}

function run(feeds: readonly NewsFeed[], patch: Partial<NewsPollerOptions> = {}): NewsPoller {
  const keep = (fields: Readonly<Record<string, unknown>>, text: string) => {
    logged.push(`${text} ${JSON.stringify(fields)}`);
  };
  poller = new NewsPoller({
    feeds,
    universe: ['BTCUSDT', 'ETHUSDT', 'EURUSD'],
    clock,
    log: { debug: keep, info: keep, warn: keep, error: keep },
    random: () => 0.5,
    ...patch,
  });
  poller.start(sink);
  return poller;
}

/** Until every feed has been polled `times` times and nothing is under way, with time going on in small steps. */
async function polled(times: number, stepMs = 1_000): Promise<void> {
  await until(() => {
    const tracks = poller?.tracks ?? [];
    const done = tracks.every((track) => pollsOf(track) >= times && !track.underWay);
    if (done) return true;
    if (tracks.every((track) => !track.underWay)) clock.advance(stepMs);
    return false;
  }, `${times} poll(s) of every feed`);
}

function pollsOf(track: NewsPoller['tracks'][number]): number {
  const failures = [...track.faults.values()].reduce((sum, count) => sum + count, 0);
  return failures + (successes.get(track.feed.name) ?? 0);
}

const successes = new Map<string, number>();
beforeEach(() => successes.clear());

/** The feed itself counts what it read, so that a poll that brought nothing is seen too. */
function counted(feed: NewsFeed): NewsFeed {
  return {
    ...feed,
    read: (answer) => {
      const reading = feed.read(answer);
      successes.set(feed.name, (successes.get(feed.name) ?? 0) + 1);
      return reading;
    },
  };
}

function desks(...entries: readonly FeedEntry[]): NewsFeed[] {
  return rssFeeds(entries).map(counted);
}

const faultsOf = (name: string) =>
  Object.fromEntries(poller?.tracks.find((track) => track.feed.name === name)?.faults ?? []);
const countsOf = (name: string) =>
  Object.fromEntries(poller?.tracks.find((track) => track.feed.name === name)?.counts ?? []);

test('an item is stamped, linked, cleaned and told once; its feed is live', async () => {
  const item = {
    title: '<![CDATA[Bitcoin &amp; EUR/USD: what’s next?]]>',
    link: '<![CDATA[https://desk.example/a?utm_source=rss&amp;x=1]]>',
    guid: 'abc',
    description: '<![CDATA[<p><img src="x.png"/>Some <b>words</b></p>]]>',
    date: published,
  };
  server.stage('/desk', { headers: rssType, body: rss([item]) });
  run(desks(entry('desk')));
  await polled(2);
  expect(sink.items).toHaveLength(1);
  expect(sink.items[0]).toMatchObject({
    title: 'Bitcoin & EUR/USD: what’s next?',
    summary: 'Some words',
    source: 'desk',
    group: 'crypto',
    published_at: Date.parse(published),
    assets: ['BTC', 'EUR', 'USD'],
    symbols: ['BTCUSDT', 'EURUSD'],
    language: 'en',
  });
  expect(sink.items[0]?.known_at).toBeGreaterThanOrEqual(startAt);
  expect(sink.items[0]?.url).toMatch(/^https:\/\/desk\.example\/a\?/);
  expect(sink.items[0]?.url).not.toContain('utm_');
  expect(countsOf('desk')).toEqual({ told: 1, repeated: 1 });
  expect(sink.state('news_crypto')).toMatchObject({ state: 'live', health: 1 });
  expect(sink.state('news')).toMatchObject({ state: 'live', health: 1 });
});

test('starting waits for nobody and asks nobody at once', () => {
  server.stage('/desk', { behaviour: 'hang' });
  run(desks(entry('desk')));
  expect(server.requests).toHaveLength(0);
  expect(sink.state('news_crypto')).toMatchObject({ state: 'degraded', health: 0.5 });
});

test('validators are sent back, and 304 is an answer', async () => {
  const headers = { ...rssType, etag: '"v1"', 'last-modified': published };
  server.stage('/desk', { headers, body: rss([{ title: 'One', guid: '1' }]) }, { status: 304 });
  run(desks(entry('desk')));
  await polled(1);
  await until(() => {
    if (countsOf('desk').not_modified !== undefined) return true;
    if (poller?.tracks.every((track) => !track.underWay)) clock.advance(10_000);
    return false;
  }, '304');
  expect(server.requests[0]?.headers['if-none-match']).toBeUndefined();
  expect(server.requests[1]?.headers['if-none-match']).toBe('"v1"');
  expect(server.requests[1]?.headers['if-modified-since']).toBe(published);
  expect(server.requests[0]?.headers['user-agent']).toMatch(/^ato\//);
  expect(sink.state('news_crypto')?.state).toBe('live');
});

test('what could not be read is not answered by "nothing changed"', async () => {
  server.stage('/desk', { headers: { ...rssType, etag: '"bad"' }, body: '<rss><channel>' });
  run(desks(entry('desk')));
  await polled(2);
  expect(server.requests[1]?.headers['if-none-match']).toBeUndefined();
  expect(faultsOf('desk')).toEqual({ truncated: 2 });
});

test.each([
  ['120', 120_000],
  [new Date(startAt + 30 * minuteMs).toUTCString(), 25 * minuteMs],
])('429 with Retry-After %s is obeyed for the whole host', async (retryAfter, waitMs) => {
  server.stage('/desk', { status: 429, headers: { 'retry-after': retryAfter } });
  server.stage('/other', { headers: rssType, body: rss([{ title: 'Other', guid: '1' }]) });
  run(desks(entry('desk'), entry('other')));
  await until(() => {
    if (faultsOf('desk')['rate-limited'] === 1) return true;
    if (poller?.tracks.every((track) => !track.underWay)) clock.advance(100);
    return false;
  }, '429');
  const before = server.requests.length;
  const told = clock.now();
  clock.advanceTo(told + waitMs - 2_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.requests).toHaveLength(before);
  await polled(1);
  expect(sink.titles).toEqual(['Other']);
});

test('a failing feed is asked ever more rarely, and the others go on', async () => {
  server.stage('/bad', { status: 400 });
  server.stage('/good', { headers: rssType, body: rss([{ title: 'Good', guid: '1' }]) });
  run(desks(entry('bad'), entry('good')));
  const end = startAt + 3 * 60 * minuteMs;
  await until(() => {
    if (poller?.tracks.every((track) => !track.underWay)) clock.advance(10_000);
    return clock.now() > end;
  }, 'three hours');
  expect(server.count('/bad')).toBeLessThan(9);
  expect(server.count('/bad')).toBeGreaterThan(3);
  expect(server.count('/good')).toBeGreaterThan(30);
  expect(sink.state('news_crypto')).toMatchObject({ state: 'degraded', health: 0.5 });
  expect(logged.filter((line) => line.includes('"bad"'))).toHaveLength(1);
});

test.each([
  ['refused', { status: 403, body: '<html>blocked</html>' }],
  ['gone', { status: 404 }],
  ['unreachable', { behaviour: 'reset' as const }],
  ['unreachable', { behaviour: 'cut' as const }],
  ['too-large', { behaviour: 'endless' as const }],
  ['too-large', { headers: { 'content-length': String(50_000_000) }, body: Buffer.alloc(50_000_000, 'A') }],
  ['html-page', { body: '<!DOCTYPE html><html><body>Please enable JavaScript</body></html>' }],
  ['html-page', { body: '<HTML><head></head></HTML>' }],
  ['truncated', { body: rss([{ title: 'One' }]).slice(0, -40) }],
  ['truncated', { body: '<rss><channel><item><title><![CDATA[never closed' }],
  ['malformed', { body: 'plain text' }],
  ['malformed', { body: '' }],
  ['malformed', { body: '<rss><channel><item></channel></item></rss>' }],
  ['malformed', { body: '<svg></svg>' }],
  ['malformed', { status: 418 }],
  [
    'hostile',
    {
      body: `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "${'&lol;'.repeat(10)}">]><rss><channel><item><title>&lol2;</title></item></channel></rss>`,
    },
  ],
  ['hostile', { body: '<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><channel></channel></rss>' }],
  ['hostile', { body: `<rss>${'<a>'.repeat(100_000)}` }],
  ['hostile', { body: `<rss>${'<a/>'.repeat(200_000)}</rss>` }],
  ['hostile', { body: `<rss ${'a="b" '.repeat(1_000)}></rss>` }],
  ['hostile', { body: `<rss a="${'b'.repeat(100_000)}"></rss>` }],
  ['hostile', { body: '<rss><__proto__>x</__proto__></rss>' }],
])('%s: %j', async (kind, answer) => {
  server.stage('/desk', answer);
  run(desks(entry('desk')));
  await polled(1);
  expect(faultsOf('desk')).toEqual({ [kind]: 1 });
  expect(sink.items).toEqual([]);
  expect(sink.state('news_crypto')).toMatchObject({ state: 'unreachable', health: 0 });
});

test('no answer at all ends after its time', async () => {
  server.stage('/desk', { behaviour: 'hang' });
  run(desks(entry('desk')));
  await until(() => {
    clock.advance(500);
    return faultsOf('desk').unreachable === 1;
  }, 'the time-out');
  expect(clock.now() - startAt).toBeGreaterThanOrEqual(20_000);
});

test('redirects are followed, but not for ever and not to private places', async () => {
  server.stage('/moved', { status: 301, headers: { location: '/desk' } });
  server.stage('/desk', { headers: rssType, body: rss([{ title: 'Moved here', guid: '1' }]) });
  server.stage('/loop', { status: 302, headers: { location: '/loop' } });
  server.stage('/inside', { status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } });
  server.stage('/name', { status: 302, headers: { location: 'http://localhost/admin' } });
  server.stage('/file', { status: 302, headers: { location: 'file:///etc/passwd' } });
  run(desks(entry('moved'), entry('loop'), entry('inside'), entry('name'), entry('file')));
  await polled(1);
  expect(sink.titles).toEqual(['Moved here']);
  expect(faultsOf('loop')).toEqual({ malformed: 1 });
  for (const name of ['inside', 'name', 'file']) expect(faultsOf(name)).toEqual({ hostile: 1 });
});

test.each([
  [
    'windows-1252 said in the header',
    'text/xml; charset=windows-1252',
    Buffer.from('Zinsen für Börse', 'latin1'),
    '',
  ],
  ['windows-1252 said by nobody', 'text/xml', Buffer.from('Zinsen für Börse', 'latin1'), ''],
  ['utf-8 called latin-1', 'text/xml; charset=iso-8859-1', Buffer.from('Zinsen für Börse'), ''],
  ['latin-1 in the declaration', 'text/xml', Buffer.from('Zinsen für Börse', 'latin1'), 'iso-8859-1'],
  ['an encoding that does not exist', 'text/xml; charset=klingon', Buffer.from('Zinsen für Börse'), 'x-none'],
])('charset: %s', async (_what, type, title, declared) => {
  const declaration = declared === '' ? '' : `<?xml version="1.0" encoding="${declared}"?>`;
  const body = Buffer.concat([
    Buffer.from(`${declaration}<rss version="2.0"><channel><item><title>`),
    title,
    Buffer.from('</title></item></channel></rss>'),
  ]);
  server.stage('/desk', { headers: { 'content-type': type }, body });
  run(desks(entry('desk')));
  await polled(1);
  expect(sink.titles).toEqual(['Zinsen für Börse']);
});

test('utf-16 with a mark is read', async () => {
  const text = `\ufeff${rss([{ title: 'Wide', guid: '1' }]).replace('UTF-8', 'UTF-16')}`;
  server.stage('/desk', { headers: { 'content-type': 'text/xml' }, body: Buffer.from(text, 'utf16le') });
  run(desks(entry('desk')));
  await polled(1);
  expect(sink.titles).toEqual(['Wide']);
});

test('every hostile text comes out harmless or not at all, as title, as summary, raw and escaped', async () => {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const cdata = (text: string) => `<![CDATA[${text.replaceAll(']]>', ']] >')}]]>`;
  const texts = hostileTexts.map((text) => text.slice(0, 20_000).toWellFormed());
  server.stage('/escaped', {
    headers: rssType,
    body: rss(
      texts.map((text, index) => ({ title: escaped(text), description: escaped(text), guid: `e${index}` })),
    ),
  });
  server.stage('/cdata', {
    headers: rssType,
    body: rss(
      texts.map((text, index) => ({ title: cdata(text), description: cdata(text), guid: `c${index}` })),
    ),
  });
  run(desks(entry('escaped'), entry('cdata')));
  await polled(1);
  expect(faultsOf('escaped')).toEqual({});
  expect(faultsOf('cdata')).toEqual({});
  expect(sink.items.length).toBeGreaterThan(20);
  for (const { title, summary } of sink.items) {
    expect(isPlainText(title) && isPlainText(summary)).toBe(true);
    expect(title.length).toBeLessThanOrEqual(300);
    expect(summary.length).toBeLessThanOrEqual(600);
  }
  const all = Object.values({ ...countsOf('escaped') }).reduce((sum, count) => sum + count, 0);
  expect(all).toBe(texts.length);
});

test('one story from two desks is told once; old, undated and future items are judged', async () => {
  server.stage('/a', {
    headers: rssType,
    body: rss([
      {
        title: 'Fed holds rates steady and signals patience on inflation',
        link: 'https://a.example/1',
        date: published,
      },
      { title: 'Archive', link: 'https://a.example/2', date: 'Wed, 01 Apr 2026 12:00:00 +0000' },
      { title: 'From the future', link: 'https://a.example/3', date: 'Thu, 16 Apr 2026 12:00:00 +0000' },
      { title: 'Clock a little ahead', link: 'https://a.example/4', date: 'Wed, 15 Apr 2026 12:33:00 +0000' },
      { title: 'Undated', link: 'https://a.example/5', date: 'yesterday' },
      { title: '   ', link: 'https://a.example/6' },
    ]),
  });
  server.stage('/b', {
    headers: rssType,
    body: rss([
      { title: 'FED HOLDS RATES STEADY, AND SIGNALS PATIENCE ON INFLATION!', link: 'https://b.example/9' },
    ]),
  });
  run(desks(entry('a'), entry('b')));
  await polled(1);
  expect(sink.titles.filter((title) => /fed holds/i.test(title))).toHaveLength(1);
  const by = (title: string) => sink.items.find((item) => item.title === title);
  expect(by('Archive')).toBeUndefined();
  expect(by('From the future')?.published_at).toBeNull();
  expect(by('Undated')?.published_at).toBeNull();
  expect(by('Clock a little ahead')?.published_at).toBe(by('Clock a little ahead')?.known_at);
  expect(countsOf('a').unreadable).toBe(1);
});

test('a restart does not tell again what was told', async () => {
  server.stage('/desk', {
    headers: rssType,
    body: rss([{ title: 'Once only', link: 'https://a.example/1' }]),
  });
  run(desks(entry('desk')));
  await polled(1);
  await poller?.stop();
  const recent = [...sink.items];
  sink = new RecordingNewsSink();
  successes.clear();
  run(desks(entry('desk')), { recent });
  await polled(1);
  expect(sink.items).toEqual([]);
});

test('RDF of central banks is read, with the bank’s currency', async () => {
  const rdf = `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://bank.example"><title>Bank</title><link>https://bank.example</link><description>d</description></channel><item rdf:about="https://bank.example/1"><title>Statement on Monetary Policy</title><link>https://bank.example/1</link><dc:date>2026-04-15T12:00:00+09:00</dc:date></item></rdf:RDF>`;
  server.stage('/boj', { body: rdf });
  run(desks(entry('boj', { group: 'central_bank', assets: ['EUR'] })));
  await polled(1);
  expect(sink.items[0]).toMatchObject({
    assets: ['EUR'],
    symbols: ['EURUSD'],
    published_at: Date.parse('2026-04-15T03:00:00Z'),
    url: 'https://bank.example/1',
  });
});

test('Reddit: one request to the host per 65 s, its reset obeyed, Atom read', async () => {
  const atom = (id: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>r</title><entry><author><name>/u/x</name></author><id>${id}</id><link href="https://www.reddit.com/r/x/${id}/"/><updated>2026-04-15T12:20:00+00:00</updated><published>2026-04-15T12:20:00+00:00</published><title>Post ${id} on Solana</title><content type="html">&lt;div&gt;&lt;p&gt;Hello &amp;amp; bye&lt;/p&gt;&lt;/div&gt;</content></entry></feed>`;
  const feeds = redditFeeds(server.url).map(counted);
  for (const [index, feed] of feeds.entries()) {
    const headers =
      index === 0
        ? { 'x-ratelimit-used': '1', 'x-ratelimit-remaining': '0.0', 'x-ratelimit-reset': '300' }
        : {};
    server.stage(new URL(feed.url).pathname, { headers, body: atom(`t3_${index}`) });
  }
  const times: number[] = [];
  run(feeds, {
    fetch: (...given) => {
      times.push(clock.now());
      return fetch(...given);
    },
  });
  await polled(1, 500);
  expect(times.length).toBeGreaterThanOrEqual(feeds.length);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(65_000);
  expect(gaps[0]).toBeGreaterThanOrEqual(302_000);
  const first = sink.items.find((item) => item.source === 'reddit-cryptocurrency');
  expect(first).toMatchObject({ summary: 'Hello & bye', group: 'social', assets: ['SOL'] });
});

test('Fear & Greed: text numbers, newest and past days, errors told apart', async () => {
  const day = Math.floor(startAt / 86_400_000) * 86_400;
  const body = {
    name: 'Fear and Greed Index',
    data: [
      { value: '40', value_classification: 'Fear', timestamp: String(day), time_until_update: '41400' },
      { value: '55', value_classification: '<b>Greed</b>', timestamp: String(day - 86_400) },
      { value: '140', value_classification: 'Fear', timestamp: String(day) },
      { value: 'NaN', value_classification: 'Fear', timestamp: String(day) },
      { value: '50', value_classification: 'Neutral', timestamp: String(day + 864_000) },
      null,
    ],
    metadata: { error: null },
  };
  server.stage('/fng/', { headers: jsonType, body: JSON.stringify(body) });
  run([counted(fearGreedFeed(server.url))]);
  await polled(1);
  expect(sink.readings.map(({ value, classification, at }) => [value, classification, at])).toEqual([
    [55, 'Greed', (day - 86_400) * 1_000],
    [40, 'Fear', day * 1_000],
  ]);
  expect(sink.readings[1]?.next_update_at).toBe((sink.readings[1]?.known_at ?? 0) + 41_400_000);
  expect(countsOf('fear-greed').unreadable).toBe(4);
  expect(sink.state('fear_greed')?.state).toBe('live');
  expect(sink.state('news')).toBeUndefined();
});

test.each([
  ['malformed', '{"data":[],"metadata":{"error":"too many"}}'],
  ['malformed', '{"data":[]}'],
  ['malformed', '[]'],
  ['malformed', 'NaN'],
  ['truncated', '{"name":"Fear and Greed Index","data":[{"value":"4'],
  ['html-page', '<html>Cloudflare</html>'],
])('Fear & Greed %s: %s', async (kind, body) => {
  server.stage('/fng/', { headers: jsonType, body });
  run([fearGreedFeed(server.url)]);
  await polled(1);
  expect(faultsOf('fear-greed')).toEqual({ [kind]: 1 });
  expect(sink.readings).toEqual([]);
});

test('calendar: New York offsets, holidays, entities, missing fields; unreadable rows counted', async () => {
  const rows = [
    {
      title: 'CPI y/y &amp; more',
      country: 'USD',
      date: '2026-04-15T08:30:00-04:00',
      impact: 'High',
      forecast: '2.9%',
      previous: '',
    },
    { title: 'Bank Holiday', country: 'JPY', date: '2026-04-16T00:00:00-04:00', impact: 'Holiday' },
    {
      title: 'OPEC',
      country: 'All',
      date: '2026-04-17T06:00:00-04:00',
      impact: 'Odd',
      forecast: 3,
      previous: null,
    },
    { title: 'No date', country: 'EUR', date: 'soon', impact: 'Low' },
    { title: '<script>x</script>', country: 'EUR', date: '2026-04-15T08:30:00-04:00', impact: 'Low' },
    { country: 'EUR' },
    'text',
  ];
  server.stage(
    '/ff_calendar_thisweek.json',
    { headers: { ...jsonType, etag: '"1"' }, body: JSON.stringify(rows) },
    { status: 304 },
  );
  run([counted(calendarFeed(server.url))]);
  await polled(1);
  const events = sink.snapshots[0]?.events ?? [];
  expect(
    events.map(({ title, currency, at, impact, forecast, previous }) => [
      title,
      currency,
      at,
      impact,
      forecast,
      previous,
    ]),
  ).toEqual([
    ['CPI y/y & more', 'USD', Date.parse('2026-04-15T12:30:00Z'), 'high', '2.9%', null],
    ['Bank Holiday', 'JPY', Date.parse('2026-04-16T04:00:00Z'), 'holiday', null, null],
    ['OPEC', 'ALL', Date.parse('2026-04-17T10:00:00Z'), 'unknown', '3', null],
  ]);
  expect(countsOf('economic-calendar').unreadable).toBe(4);
  await until(() => {
    if (sink.snapshots.length === 2) return true;
    if (poller?.tracks.every((track) => !track.underWay)) clock.advance(minuteMs);
    return false;
  }, 'the snapshot said again at 304');
});

test.each([
  ['malformed', '[]'],
  ['malformed', '{"error":"x"}'],
  ['malformed', '["a", 1]'],
  ['html-page', '<!DOCTYPE html><html>Request denied</html>'],
])('calendar %s: %s changes nothing', async (kind, body) => {
  server.stage('/ff_calendar_thisweek.json', { body });
  run([calendarFeed(server.url)]);
  await polled(1);
  expect(faultsOf('economic-calendar')).toEqual({ [kind]: 1 });
  expect(sink.snapshots).toEqual([]);
});

const key = 'secret-key-123';

test('CryptoPanic: posts of the old and the new form; the key is in no log and no status', async () => {
  const results = [
    {
      id: 1,
      title: 'SEC delays a decision',
      kind: 'news',
      published_at: '2026-04-15T12:00:00Z',
      url: 'https://cryptopanic.com/news/1',
      currencies: [{ code: 'BTC' }, { code: 'NOPE<' }],
    },
    {
      title: 'Another thing',
      created_at: '2026-04-15T12:01:00Z',
      original_url: 'https://x.example/1',
      instruments: [{ code: 'eth' }],
    },
    { kind: 'news' },
  ];
  server.stage('/api/developer/v2/posts/', {
    headers: jsonType,
    body: JSON.stringify({ next: null, results }),
  });
  run([counted(cryptoPanicFeed(key, server.url))]);
  await polled(1);
  expect(server.requests[0]?.path).toContain(`auth_token=${key}`);
  expect(sink.items.map(({ title, assets }) => [title, assets])).toEqual([
    ['Another thing', ['ETH']],
    ['SEC delays a decision', ['BTC']],
  ]);
  expect(JSON.stringify([sink.items, sink.statuses, logged])).not.toContain(key);
});

test.each([
  ['refused', { status: 403, body: '{"status":"Incomplete","info":"plan"}' }],
  ['refused', { status: 200, body: '{"status":"api_error","info":"Token not found"}' }],
  ['hostile', { status: 302, headers: { location: 'https://elsewhere.example/' } }],
  ['unreachable', { behaviour: 'reset' as const }],
])('CryptoPanic %s: the key stays inside', async (kind, answer) => {
  server.stage('/api/developer/v2/posts/', answer);
  run([cryptoPanicFeed(key, server.url)]);
  await polled(1);
  expect(faultsOf('cryptopanic')).toEqual({ [kind]: 1 });
  expect(JSON.stringify([sink.statuses, logged])).not.toContain(key);
});

test('a source that cannot be reached says so', async () => {
  run(rssFeeds([entry('desk', { url: 'http://127.0.0.1:1/feed' })]));
  await polled(1);
  expect(sink.state('news_crypto')).toMatchObject({ state: 'unreachable', health: 0 });
});

test('the list of feeds is whole: unique names, https, a source for each', () => {
  expect(new Set(feedEntries.map(({ name }) => name)).size).toBe(feedEntries.length);
  for (const { url, source } of feedEntries) {
    expect(new URL(url).protocol).toBe('https:');
    expect(source).not.toBe('');
  }
  expect(new Set(feedEntries.map(({ group }) => group))).toEqual(
    new Set(['crypto', 'forex', 'central_bank']),
  );
  expect(
    () => new NewsPoller({ feeds: [...rssFeeds(), ...rssFeeds()], universe: [], clock, log: console }),
  ).toThrow(RangeError);
});
