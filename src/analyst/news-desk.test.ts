// The shelf through the real kernel: bounded, idempotent, and the same after a restart.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnalystWorld, analystSettings, startTime } from '../../test/support/analyst-world.ts';
import type { MessageDataByType, MessageType } from '../shared/bus/catalogue.ts';
import type { CalendarEvent, CalendarSnapshot, NewsItem, SentimentReading } from '../shared/domain/news.ts';
import { maxNewsRows } from './news-desk.ts';
import { trendBreakout } from './strategies/trend-breakout.ts';

const hex = (index: number) => index.toString(16).padStart(20, '0');

function item(index: number, known_at = startTime + index): NewsItem {
  return {
    id: `news-${hex(index)}`,
    published_at: null,
    known_at,
    source: 'desk',
    group: 'crypto',
    title: `Story ${index}`,
    summary: '',
    url: null,
    assets: ['BTC'],
    symbols: ['BTCUSDT'],
    language: 'en',
  };
}

function event(index: number, patch: Partial<CalendarEvent> = {}): CalendarEvent {
  return {
    id: `event-${hex(index)}`,
    source: 'forexfactory',
    at: startTime + index * 3_600_000,
    currency: 'USD',
    title: `Event ${index}`,
    impact: 'high',
    forecast: null,
    previous: null,
    known_at: startTime,
    ...patch,
  };
}

function snapshot(events: readonly CalendarEvent[]): CalendarSnapshot {
  const times = events.map(({ at }) => at);
  return {
    source: 'forexfactory',
    from: Math.min(...times),
    to: Math.max(...times),
    events,
    known_at: startTime,
  };
}

function reading(dayIndex: number, value: number): SentimentReading {
  const at = startTime + dayIndex * 86_400_000;
  return {
    index: 'fear_greed',
    source: 'alternative.me',
    asset_class: 'crypto',
    value,
    classification: 'Fear',
    at,
    known_at: at,
    next_update_at: null,
  };
}

function newWorld(): AnalystWorld {
  const world = new AnalystWorld(analystSettings(), [trendBreakout]);
  world.start();
  return world;
}

type World = ReturnType<typeof newWorld>;

function send<Type extends MessageType>(
  world: World,
  type: Type,
  data: MessageDataByType[Type],
  at: number,
): void {
  world.process({ from: 'market', message_type: type, data, at });
}

const putsOf = (world: World) =>
  world.records.at(-1)?.puts.filter(({ collection }) => collection !== 'agent_memory');

test('an item is kept once, and the oldest goes when the shelf is full', () => {
  const world = newWorld();
  for (let index = 0; index < maxNewsRows; index += 1)
    send(world, 'news.item', item(index), startTime + index);
  send(world, 'news.item', item(5), startTime + maxNewsRows);
  expect(putsOf(world)).toEqual([]);
  send(world, 'news.item', item(maxNewsRows), startTime + maxNewsRows);
  expect(putsOf(world)).toEqual([
    { collection: 'news', key: item(maxNewsRows).id, value: item(maxNewsRows) },
    { collection: 'news', key: item(0).id, value: null },
  ]);
});

test('a repeated reading changes nothing, a revised one does', () => {
  const world = newWorld();
  send(world, 'market.sentiment', reading(0, 40), startTime);
  expect(putsOf(world)).toHaveLength(1);
  send(world, 'market.sentiment', { ...reading(0, 40), known_at: startTime + 5 }, startTime + 5);
  expect(putsOf(world)).toEqual([]);
  send(world, 'market.sentiment', reading(0, 41), startTime + 6);
  expect(putsOf(world)).toHaveLength(1);
});

test('a snapshot replaces its span and nothing outside it', () => {
  const world = newWorld();
  send(world, 'market.calendar', snapshot([event(0), event(1), event(2), event(9)]), startTime);
  expect(putsOf(world)).toHaveLength(4);
  send(world, 'market.calendar', snapshot([event(0), event(2, { forecast: '1%' })]), startTime);
  expect(putsOf(world)).toEqual([
    { collection: 'calendar', key: event(1).id, value: null },
    { collection: 'calendar', key: event(2).id, value: event(2, { forecast: '1%' }) },
  ]);
  send(world, 'market.calendar', snapshot([event(0), event(2, { forecast: '1%' })]), startTime);
  expect(putsOf(world)).toEqual([]);
});

test('a shelf restored from rows goes on exactly like one that kept running', () => {
  const arbitrary = fc.oneof(
    fc.tuple(fc.nat(40), fc.nat(5)).map(([index, at]) => ['news.item', item(index, startTime + at)] as const),
    fc.tuple(fc.nat(5), fc.nat(3)).map(([day, value]) => ['market.sentiment', reading(day, value)] as const),
    fc
      .uniqueArray(fc.nat(8), { minLength: 1, maxLength: 5 })
      .map((list) => ['market.calendar', snapshot(list.map((index) => event(index)))] as const),
  );
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 30 }), fc.nat(30), (messages, cut) => {
      const [kept, restarted] = [newWorld(), newWorld()];
      messages.forEach(([type, data], index) => {
        if (index === cut) restarted.start();
        for (const world of [kept, restarted]) send(world, type, data, startTime + index);
        expect(putsOf(restarted)).toEqual(putsOf(kept));
      });
    }),
    { numRuns: 100 },
  );
});
