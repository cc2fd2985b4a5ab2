// What comes in from the outside: said once of each source over all processes, and dated when it came.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/contract/market-data-support/manual-clock.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { KernelLoop } from '../../kernel/kernel-loop.ts';
import type { MarketDataSink, MarketDataSource } from '../../shared/ports/market-data.ts';
import type { Foundation } from './foundation.ts';
import { brokerSink, marketHub } from './source-wiring.ts';

const now = Date.parse('2026-03-04T10:00:00Z');
const clock = new ManualClock(now);
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A source that says at its start that it is live, and gives one price. */
const source = {
  ...{ name: 'hand', kind: 'live', symbols: ['BTCUSDT'] },
  start: async (sink: MarketDataSink) => {
    const told = { health: 1, detail: '', latencyMs: null, lastDataAt: null, at: now };
    sink.status({ source: 'hand', state: 'live', ...told });
    const quotes = [{ symbol: 'BTCUSDT', bid: 1, ask: 1, happenedAt: now }];
    sink.quotes({ source: 'hand', known_at: now, quotes });
  },
  stop: async () => undefined,
} as unknown as MarketDataSource;

async function postedWith(duties: Partial<Foundation['duties']>): Promise<string[]> {
  const posted: KernelInput[] = [];
  const market = { sources: [source] } as unknown as Foundation['market'];
  const foundation = { market, duties, clock, log } as unknown as Foundation;
  const hub = marketHub(foundation, { onCandle: () => {}, onQuotes: () => {} }, (input) =>
    posted.push(input),
  );
  await hub.start();
  await hub.stop();
  return [...new Set(posted.map((input) => input.message_type))].sort();
}

test('the process that speaks for the sources posts prices and states, another one with the same sources only prices', async () => {
  expect(await postedWith({ keepsSources: true, speaksForSources: true })).toEqual([
    'market.quotes',
    'market.source_status',
  ]);
  expect(await postedWith({ keepsSources: true, speaksForSources: false })).toEqual(['market.quotes']);
  expect(await postedWith({ keepsSources: false, speaksForSources: false })).toEqual([]);
});

test('a report of the broker enters no earlier than now, and a future one at its own time', () => {
  const posted: KernelInput[] = [];
  const sink = brokerSink(
    { post: (input: KernelInput) => posted.push(input) } as unknown as KernelLoop,
    clock,
  );
  const report = (at: number) => sink.report({ at } as Parameters<typeof sink.report>[0]);
  report(now - 5_000);
  report(now + 5_000);
  expect(posted.map(({ from, at }) => [from, at])).toEqual([
    ['broker', now],
    ['broker', now + 5_000],
  ]);
});
