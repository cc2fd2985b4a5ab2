// Runs the market-data contract against the tape, the synthetic market, and Binance's stand-in.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { BinanceSource } from '../../src/adapters/market-data/binance/binance-source.ts';
import { SyntheticSource } from '../../src/adapters/market-data/synthetic/synthetic-source.ts';
import { readTape } from '../../src/adapters/market-data/tape/read-tape.ts';
import { TapeSource } from '../../src/adapters/market-data/tape/tape-source.ts';
import type { MarketDataSource } from '../../src/shared/ports/market-data.ts';
import { marketDataContract } from './market-data.contract.ts';
import { BinanceStandIn } from './market-data-support/binance-stand-in.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { until } from './market-data-support/recording-sink.ts';

/** A Wednesday, so that forex trades too. */
const startAt = Date.UTC(2026, 3, 15, 12, 30, 20);
const minuteMs = 60_000;

marketDataContract('tape', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ato-contract-'));
  const first = Math.floor(startAt / minuteMs) * minuteMs - 200 * minuteMs;
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
    const rows = Array.from({ length: 400 }, (_, index) => {
      const price = 100 + (index % 13);
      return `${first + index * minuteMs},${price},${price + 2},${price - 2},${price + 1},1.5`;
    });
    const text = ['time,open,high,low,close,volume', ...rows].join('\n');
    writeFileSync(path.join(folder, `${symbol}_1m_20260415-20260415.csv.gz`), gzipSync(text));
  }
  const clock = new ManualClock(startAt);
  const tape = await readTape([folder]);
  return {
    source: new TapeSource({ tape, clock }),
    clock,
    play: async (minutes) => clock.advance(minutes * minuteMs),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

marketDataContract('synthetic', async () => {
  const clock = new ManualClock(startAt);
  return {
    source: new SyntheticSource({ seed: 7, symbols: ['BTCUSDT', 'EURUSD', 'ODDUSDT'], clock }),
    clock,
    play: async (minutes) => clock.advance(minutes * minuteMs),
    close: async () => {},
  };
});

marketDataContract('binance', async () => {
  const clock = new ManualClock(startAt);
  const venue = new BinanceStandIn(() => clock.now());
  await venue.listen();
  const symbols = ['BTCUSDT', 'ETHUSDT'];
  const inner = new BinanceSource({
    symbols,
    clock,
    restUrl: venue.restUrl,
    streamUrl: venue.streamUrl,
    random: () => 0,
  });
  let arrived = 0;
  let sent = 0;
  let batches = 0;
  let state = '';
  const source: MarketDataSource = {
    name: inner.name,
    kind: inner.kind,
    symbols: inner.symbols,
    reachable: (timeoutMs) => inner.reachable(timeoutMs),
    history: (symbol, count) => inner.history(symbol, count),
    restart: (reason) => inner.restart(reason),
    stop: () => inner.stop(),
    start: (sink) =>
      inner.start({
        candle: (event) => {
          arrived += 1;
          sink.candle(event);
        },
        quotes: (batch) => {
          batches += 1;
          sink.quotes(batch);
        },
        status: (status) => {
          state = status.state;
          sink.status(status);
        },
        quarantined: (report) => sink.quarantined(report),
      }),
  };
  const play = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      const openTime = Math.floor(clock.now() / minuteMs) * minuteMs;
      const stopped = clock.pendingWakeAt === undefined;
      if (!stopped) await until(() => state === 'live', 'a connection');
      // The venue is never silent for a minute: something comes in between.
      clock.advanceTo(openTime + minuteMs / 2);
      const before = batches;
      venue.sendBook('BTCUSDT', 100, 100.1);
      await until(() => {
        if (!stopped) clock.advance(1);
        return stopped || batches > before;
      }, 'a quote batch');
      clock.advanceTo(openTime + minuteMs + 50);
      for (const symbol of symbols) {
        venue.sendBook(symbol, 100, 100.1);
        venue.sendKline(symbol, openTime, true);
      }
      sent += stopped ? 0 : symbols.length;
      await until(() => arrived >= sent, 'the candles of the minute');
      clock.advance(2_000);
    }
  };
  return { source, clock, play, close: () => venue.close() };
});
