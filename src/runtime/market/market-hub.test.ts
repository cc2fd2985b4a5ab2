import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/contract/market-data-support/manual-clock.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import type { SourceState } from '../../shared/domain/source-status.ts';
import type { MarketDataSink, MarketDataSource } from '../../shared/ports/market-data.ts';
import { MarketHub } from './market-hub.ts';

const t0 = 1_700_000_040_000;
const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

class HandSource implements MarketDataSource {
  readonly kind = 'live';
  readonly symbols = ['BTCUSDT'];
  readonly name: string;
  #sink: MarketDataSink | undefined;

  constructor(name: string) {
    this.name = name;
  }
  async reachable(): Promise<boolean> {
    return true;
  }
  async start(sink: MarketDataSink): Promise<void> {
    this.#sink = sink;
  }
  async history(_symbol: string, _count: number): Promise<readonly Candle[]> {
    return [];
  }
  async restart(): Promise<void> {}
  async stop(): Promise<void> {}

  say(state: SourceState): void {
    const health = state === 'live' ? 1 : 0;
    const { name: source } = this;
    this.#sink?.status({ source, state, health, detail: '', latencyMs: null, lastDataAt: null, at: t0 });
  }

  quote(price: number, second: number): void {
    const at = t0 + second * 1_000;
    const quotes = [{ symbol: 'BTCUSDT', bid: price, ask: price, happenedAt: at }];
    this.#sink?.quotes({ source: this.name, known_at: at, quotes });
  }
}

async function world() {
  const posted: KernelInput[] = [];
  const sources = [new HandSource('first'), new HandSource('second'), new HandSource('third')] as const;
  const hub = new MarketHub({
    sources,
    clock: new ManualClock(t0),
    post: (input) => posted.push(input),
    venue: { onCandle: () => {}, onQuotes: () => {} },
    log: silentLog,
  });
  await hub.start();
  for (const source of sources) source.say('live');
  const heard = () =>
    posted.flatMap((input) =>
      input.message_type === 'market.quotes' ? [(input.data as { source: string }).source] : [],
    );
  return { sources, hub, posted, heard };
}

test('of several sources of a symbol one is heard; the next takes over when it goes blind, and gives back', async () => {
  const { sources, heard } = await world();
  const [first, second] = sources;
  for (const source of sources) source.quote(100, 1);
  expect(heard()).toEqual(['first']);
  first.say('blind');
  for (const source of sources) source.quote(100, 2);
  expect(heard()).toEqual(['first', 'second']);
  first.say('live');
  second.quote(100, 3);
  first.quote(100, 3);
  expect(heard()).toEqual(['first', 'second', 'first']);
});

test('past candles come from the first source that has some', async () => {
  const { sources, hub } = await world();
  const [first, , third] = sources;
  const candle = {
    ...{ symbol: 'BTCUSDT', timeframe: '1m' as const, openTime: t0 },
    ...{ open: 1, high: 1, low: 1, close: 1, volume: 0 },
  };
  first.history = () => Promise.reject(new Error('not today'));
  third.history = async () => [candle];
  expect(await hub.history('BTCUSDT', 1)).toEqual({ source: third, candles: [candle] });
  third.history = async () => [];
  expect(await hub.history('BTCUSDT', 1)).toEqual({ source: third, candles: [] });
  third.history = () => Promise.reject(new Error('down'));
  await expect(hub.history('BTCUSDT', 1)).rejects.toThrow('down');
  expect(await hub.history('ETHUSDT', 1)).toBeUndefined();
});

test('a spike that the other sources did not see is kept out, counted by reason and reported', async () => {
  const { sources, hub, posted, heard } = await world();
  for (const source of sources) source.quote(100, 1);
  const [first, second, third] = sources;
  for (let spike = 2; spike < 12; spike += 1) first.quote(130, spike);
  expect(heard()).toEqual(['first']);
  second.quote(100, 70);
  third.quote(100, 70);
  first.quote(100, 90);
  expect(heard()).toEqual(['first', 'first']);
  expect(hub.quarantined('first')).toEqual({ 'spike against other sources': 10 });
  expect(hub.quarantined('second')).toEqual({});
  const reports = posted.filter((input) => input.message_type === 'market.quarantined');
  expect(reports.map((input) => (input.data as { source: string }).source)).toEqual(['first', 'first']);
});
