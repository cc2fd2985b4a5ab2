import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AnalystWorld,
  analystSettings,
  eager,
  emitted,
  randomCandles,
  startTime,
  trade,
} from '../../test/support/analyst-world.ts';
import type { TurnRecord } from '../kernel/journal.ts';
import { trendBreakout } from './strategies/trend-breakout.ts';

const settings = analystSettings();

/** Outputs that must not depend on how the analyst came to its state. */
function outputs(records: readonly TurnRecord[]): unknown[] {
  return records
    .filter(
      (record) =>
        record.input.message_type === 'market.candle' || record.input.message_type === 'task.assigned',
    )
    .map((record) => ({
      out: record.emitted
        .filter((message) => message.message_type !== 'market.state')
        .map((message) => [message.message_type, message.to, message.data]),
      puts: record.puts,
    }));
}

test('no look-ahead: whatever the future brings, all earlier output stays byte for byte the same', () => {
  const cases = fc.record({
    seed: fc.integer(),
    cut: fc.integer({ min: 500, max: 1_400 }),
    other: fc.integer(),
  });
  fc.assert(
    fc.property(cases, ({ seed, cut, other }) => {
      const past = randomCandles(seed, cut, { volatility: 0.002, gapChance: 0.02 });
      const from = startTime + cut * 60_000;
      const run = (future: number) => {
        const world = new AnalystWorld(settings, [trendBreakout]);
        world.start();
        trade(world, [...past, ...randomCandles(future, 100, { from, volatility: 0.02 })]);
        return world.records.slice(0, past.length).map((record) => JSON.stringify(record));
      };
      expect(run(other)).toEqual(run(other + 1));
    }),
    { numRuns: 12 },
  );
});

test('an analyst restored from rows and backfilled goes on exactly like one that kept running', () => {
  const cases = fc.record({
    seed: fc.integer(),
    cut: fc.integer({ min: 300, max: 1_200 }),
    missed: fc.integer({ min: 0, max: 40 }),
  });
  fc.assert(
    fc.property(cases, ({ seed, cut, missed }) => {
      const candles = randomCandles(seed, 1_400, { volatility: 0.002, regimeCandles: 300 });
      const strategies = [eager((view) => ({ action: view.price % 2 > 1 ? 'BUY' : 'SELL' }))];
      const eagerSettings = analystSettings({ strategy: 'eager' });
      const kept = new AnalystWorld(eagerSettings, strategies);
      kept.start();
      trade(kept, candles.slice(0, cut));
      const loaded = kept.loaded();

      const restored = new AnalystWorld(eagerSettings, strategies, loaded);
      restored.start(kept.kernel.lastAt);
      // Some live candles arrive before the backfill is answered; nothing is judged meanwhile.
      for (const candle of candles.slice(cut, cut + missed)) {
        kept.candle(candle);
        restored.candle(candle);
      }
      restored.history(candles.slice(0, cut + Math.ceil(missed / 2)), restored.kernel.lastAt);
      expect(memoryOf(restored)).toEqual(memoryOf(kept));
      const keptFrom = kept.records.length;
      const restoredFrom = restored.records.length;
      trade(kept, candles.slice(cut + missed), 10, cut + missed);
      trade(restored, candles.slice(cut + missed), 10, cut + missed);
      // Task numbers differ between the two worlds, and so do the ids of their tasks; nothing else may.
      const plain = (records: readonly TurnRecord[]) =>
        JSON.stringify(outputs(records)).replaceAll(/task-\d+-/g, 'task-');
      expect(plain(restored.records.slice(restoredFrom))).toBe(plain(kept.records.slice(keptFrom)));
      expect(emitted(kept.records.slice(keptFrom), 'task.completed').length).toBeGreaterThan(0);
    }),
    { numRuns: 15 },
  );
});

function memoryOf(world: AnalystWorld): unknown {
  return [...world.loaded().rows.agent_memory].sort(([left], [right]) => (left < right ? -1 : 1));
}

test('the same inputs give the same journal hash, and every line survives JSON', () => {
  const run = () => {
    const world = new AnalystWorld(settings, [trendBreakout]);
    world.start();
    trade(world, randomCandles(13, 3_000, { volatility: 0.003, gapChance: 0.01 }));
    for (const record of world.records) expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    return world.kernel.hash;
  };
  expect(run()).toBe(run());
});
