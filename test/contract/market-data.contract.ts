// What every market-data source owes, whatever it is made of. Run by each adapter with its own world.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { candleDefect, closeTimeOf } from '../../src/shared/domain/candle.ts';
import { sourceStates } from '../../src/shared/domain/source-status.ts';
import type { MarketDataSource } from '../../src/shared/ports/market-data.ts';
import type { ManualClock } from './market-data-support/manual-clock.ts';
import { RecordingSink } from './market-data-support/recording-sink.ts';

export interface MarketDataWorld {
  readonly source: MarketDataSource;
  readonly clock: ManualClock;
  /** Lets `minutes` pass and everything that belongs to them arrive. */
  play(minutes: number): Promise<void>;
  close(): Promise<void>;
}

export function marketDataContract(name: string, build: () => Promise<MarketDataWorld>): void {
  describe(`market data contract: ${name}`, () => {
    let world: MarketDataWorld;
    beforeEach(async () => {
      world = await build();
    });
    afterEach(async () => {
      await world.source.stop();
      await world.close();
    });

    test('is reachable, names its symbols, and publishes a status at once', async () => {
      const sink = new RecordingSink();
      expect(await world.source.reachable(2_000)).toBe(true);
      expect(world.source.symbols.length).toBeGreaterThan(0);
      await world.source.start(sink);
      expect(sink.statuses.length).toBeGreaterThan(0);
      await world.play(2);
      for (const status of sink.statuses) {
        expect(status.source).toBe(world.source.name);
        expect(sourceStates).toContain(status.state);
        expect(status.health).toBeGreaterThanOrEqual(0);
        expect(status.health).toBeLessThanOrEqual(1);
        expect(status.detail).not.toBe('');
      }
    });

    test('history is closed candles only, oldest first, no more than asked for', async () => {
      const symbol = world.source.symbols[0] ?? '';
      const candles = await world.source.history(symbol, 50);
      expect(candles).toHaveLength(50);
      for (const [index, candle] of candles.entries()) {
        expect(candle.symbol).toBe(symbol);
        expect(candleDefect(candle)).toBe(undefined);
        expect(closeTimeOf(candle)).toBeLessThanOrEqual(world.clock.now());
        if (index > 0) expect(candle.openTime).toBeGreaterThan(candles[index - 1]!.openTime);
      }
      expect(await world.source.history(symbol, 0)).toEqual([]);
      expect(await world.source.history('NOTASKEDFORUSDT', 10)).toEqual([]);
    });

    test('candles ascend per symbol, are sound, and never come from the future of the clock', async () => {
      const sink = new RecordingSink();
      const arrivals: number[] = [];
      await world.source.start({
        candle: (event) => {
          arrivals.push(world.clock.now());
          sink.candle(event);
        },
        quotes: (batch) => {
          for (const quote of batch.quotes) expect(quote.happenedAt).toBeLessThanOrEqual(world.clock.now());
          sink.quotes(batch);
        },
        status: (status) => sink.status(status),
        quarantined: (report) => sink.quarantined(report),
      });
      await world.play(5);
      for (const symbol of world.source.symbols) {
        const times = sink.openTimes(symbol);
        expect(times).toHaveLength(5);
        expect(times).toEqual(times.map((_, index) => times[0]! + index * 60_000));
      }
      for (const [index, event] of sink.candles.entries()) {
        expect(event).toMatchObject({ source: world.source.name, kind: world.source.kind });
        expect(candleDefect(event.candle)).toBe(undefined);
        expect(event.happened_at).toBe(closeTimeOf(event.candle));
        expect(event.known_at).toBeGreaterThanOrEqual(event.happened_at);
        expect(event.known_at).toBeLessThanOrEqual(arrivals[index]!);
      }
    });

    test('quotes come in batches of at most one per symbol, never crossed', async () => {
      const sink = new RecordingSink();
      await world.source.start(sink);
      await world.play(3);
      expect(sink.batches.length).toBeGreaterThan(0);
      for (const batch of sink.batches) {
        const symbols = batch.quotes.map((quote) => quote.symbol);
        expect(new Set(symbols).size).toBe(symbols.length);
        for (const quote of batch.quotes) {
          expect(quote.bid).toBeGreaterThan(0);
          expect(quote.ask).toBeGreaterThanOrEqual(quote.bid);
          expect(world.source.symbols).toContain(quote.symbol);
        }
      }
    });

    test('history and what is published afterwards are one line without gap or overlap', async () => {
      const symbol = world.source.symbols[0] ?? '';
      const before = await world.source.history(symbol, 5);
      const sink = new RecordingSink();
      await world.source.start(sink);
      await world.play(3);
      const line = [...before.map((candle) => candle.openTime), ...sink.openTimes(symbol)];
      expect(line).toEqual(line.map((_, index) => line[0]! + index * 60_000));
      const after = await world.source.history(symbol, 8);
      const published = sink.candles.filter((event) => event.candle.symbol === symbol);
      expect(after.slice(5)).toEqual(published.map((event) => event.candle));
    });

    test('stop stops everything', async () => {
      const sink = new RecordingSink();
      await world.source.start(sink);
      await world.play(2);
      await world.source.stop();
      const seen = sink.order.length;
      expect(world.clock.pendingWakeAt).toBe(undefined);
      await world.play(3);
      expect(sink.order).toHaveLength(seen);
    });

    test('restart goes on without repeating or losing a candle, and says so', async () => {
      const sink = new RecordingSink();
      await world.source.start(sink);
      await world.play(2);
      const statuses = sink.statuses.length;
      await world.source.restart('test');
      await world.play(2);
      expect(sink.statuses.length).toBeGreaterThan(statuses);
      for (const symbol of world.source.symbols) {
        const times = sink.openTimes(symbol);
        expect(times).toEqual([0, 1, 2, 3].map((index) => times[0]! + index * 60_000));
      }
    });

    test('everything published survives JSON unchanged', async () => {
      const sink = new RecordingSink();
      await world.source.start(sink);
      await world.play(2);
      for (const message of [...sink.candles, ...sink.batches, ...sink.statuses]) {
        expect(JSON.parse(JSON.stringify(message))).toEqual(message);
      }
    });
  });
}
