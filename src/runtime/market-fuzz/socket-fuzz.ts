// Whole sources, sockets and all, against a venue that misbehaves in every way: what ends the process or passes the
// gate is counted. Fewer runs than the fuzzing of inputs, because each takes real time.
import { ScaledClock } from '../../adapters/clock/scaled/scaled-clock.ts';
import { BinanceSource } from '../../adapters/market-data/binance/binance-source.ts';
import { openExchange } from '../../adapters/market-data/ccxt/ccxt-exchange.ts';
import { CcxtSource } from '../../adapters/market-data/ccxt/ccxt-source.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import type { Random } from '../../shared/ports/random.ts';
import { damage } from './damage.ts';
import { ImpossiblePassed } from './fuzz-target.ts';
import { openHostileVenue } from './hostile-server.ts';
import { OracleSink } from './oracle-sink.ts';

const startAt = Date.UTC(2026, 3, 15, 12, 30, 20);
/** A run of 250 ms sees eight minutes of the market. */
const speed = 2_000;
const runMs = 250;
const symbol = 'BTCUSDT';

export interface SocketFuzzReport {
  readonly runs: number;
  readonly crashes: number;
  readonly impossible_prices_past_gate: number;
  readonly passed: number;
  readonly quarantine_reports: number;
  readonly messages: readonly string[];
}

interface SocketTarget {
  readonly name: string;
  build(port: number, clock: Clock, random: Random): MarketDataSource;
}

/** A source with an address of its own adds one entry here. */
const targets: readonly SocketTarget[] = [
  {
    name: 'binance',
    build: (port, clock, random) =>
      new BinanceSource({
        symbols: [symbol],
        clock,
        restUrl: `http://127.0.0.1:${port}`,
        streamUrl: `ws://127.0.0.1:${port}`,
        random: () => random.next(),
      }),
  },
  {
    name: 'ccxt',
    build: (port, clock, random) =>
      new CcxtSource({
        exchange: 'binance',
        symbols: [symbol],
        clock,
        random: () => random.next(),
        prepare: async (exchange) => {
          const api = exchange.urls.api as Record<string, unknown>;
          for (const name of Object.keys(api)) api[name] = `http://127.0.0.1:${port}/api/v3`;
          api.ws = { spot: `ws://127.0.0.1:${port}/ws` };
          await exchange.loadHttpProxyAgent?.();
          exchange.enableRateLimit = false;
          exchange.setMarkets([
            {
              id: symbol,
              lowercaseId: 'btcusdt',
              symbol: 'BTC/USDT',
              base: 'BTC',
              quote: 'USDT',
              type: 'spot',
              spot: true,
              active: true,
              precision: {},
              limits: {},
              info: {},
            },
          ]);
        },
      }),
  },
];

/** The same venue behaviour for the same seed; what the timing of real sockets makes of it may differ. */
export async function fuzzSockets(
  runs: number,
  seed: number,
): Promise<Readonly<Record<string, SocketFuzzReport>>> {
  const reports: Record<string, SocketFuzzReport> = {};
  // Loading the library takes longer than a run.
  await openExchange('binance');
  for (const target of targets) {
    const total = { runs: 0, crashes: 0, impossible_prices_past_gate: 0, passed: 0, quarantine_reports: 0 };
    const messages: string[] = [];
    for (let run = 0; run < runs; run += 1) {
      const one = await socketRun(target, randomStream(seed, 'sockets', target.name, run));
      total.runs += 1;
      total.passed += one.sink.passed;
      total.quarantine_reports += one.sink.quarantines;
      for (const error of one.errors) {
        if (error instanceof ImpossiblePassed) total.impossible_prices_past_gate += 1;
        else total.crashes += 1;
        if (messages.length < 10)
          messages.push(
            `run ${run}: ${error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error)}`,
          );
      }
    }
    reports[target.name] = { ...total, messages };
  }
  return reports;
}

async function socketRun(
  target: SocketTarget,
  random: Random,
): Promise<{ readonly sink: OracleSink; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const caught = (error: unknown) => {
    errors.push(error);
  };
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
  const clock = new ScaledClock(startAt, speed);
  const sink = new OracleSink(() => clock.now());
  const earlier: string[] = [];
  const damaged = (sample: string) => {
    const input = damage(sample, earlier, random);
    if (earlier.length < 100) earlier.push(input);
    return input;
  };
  const venue = await openHostileVenue(
    random,
    (path) => damaged(bodyFor(path, clock.now())),
    () => damaged(frameFor(clock.now(), random)),
  );
  const source = target.build(venue.port, clock, random);
  try {
    await source.start(sink);
    void source.history(symbol, 100).catch(() => undefined);
    await pause(runMs / 2);
    await source.restart('fuzz');
    await pause(runMs / 2);
    await source.stop();
  } catch (error) {
    errors.push(error);
  } finally {
    await venue.close();
    await pause(5);
    process.off('uncaughtException', caught);
    process.off('unhandledRejection', caught);
  }
  return { sink, errors };
}

const minuteMs = 60_000;

function bodyFor(path: string, now: number): string {
  if (!path.includes('klines')) return JSON.stringify(path.includes('time') ? { serverTime: now } : []);
  const last = Math.floor(now / minuteMs) * minuteMs;
  const rows = [4, 3, 2, 1, 0].map((ago) => [
    last - ago * minuteMs,
    '100',
    '101',
    '99',
    '100.5',
    '3',
    last - ago * minuteMs + minuteMs - 1,
  ]);
  return JSON.stringify(rows);
}

/** Combined frames are Binance's own; ccxt asks for the bare ones. */
function frameFor(now: number, random: Random): string {
  const combined = random.integer(2) === 0;
  const wrap = (stream: string, data: unknown) => JSON.stringify(combined ? { stream, data } : data);
  if (random.integer(2) === 0)
    return wrap('btcusdt@bookTicker', { u: now, s: symbol, b: '100', B: '1', a: '100.1', A: '1' });
  const t = Math.floor(now / minuteMs) * minuteMs - minuteMs;
  const k = {
    t,
    T: t + minuteMs - 1,
    s: symbol,
    i: '1m',
    o: '100',
    h: '101',
    l: '99',
    c: '100.5',
    v: '3',
    x: true,
  };
  return wrap('btcusdt@kline_1m', { e: 'kline', E: now, s: symbol, k });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
