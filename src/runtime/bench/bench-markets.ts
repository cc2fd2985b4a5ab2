// Measures the market side on this machine: messages per second through decoder and gate, memory of the analyst's
// windows, and the session look-up. Figures only; it judges nothing.
import { cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeFrame } from '../../adapters/market-data/binance/decode-frame.ts';
import { decodePairs } from '../../adapters/market-data/dexscreener/dexscreener-schemas.ts';
import { CandidateGate, type GateSink } from '../../adapters/market-data/shared/candidate-gate.ts';
import { CandleTrack, trackDefect } from '../../adapters/market-data/shared/candle-track.ts';
import { parseJson } from '../../adapters/market-data/shared/lenient-json.ts';
import { QualityGate } from '../../adapters/market-data/shared/quality-gate.ts';
import { InstrumentWindows } from '../../analyst/instrument-windows.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import { instrumentFor } from '../../shared/domain/instrument.ts';
import { openSessions } from '../../shared/domain/sessions.ts';
import { dayMs, minuteMs } from '../../shared/domain/time.ts';
import type { MarketDataSink } from '../../shared/ports/market-data.ts';
import { version } from '../version.ts';

const benchFrom = Date.UTC(2026, 0, 5);
const batchMessages = 20_000;
const batches = 7;
const instruments = 1_000;
/** More than every ring of a window holds, for the fastest timeframe; an hour's window holds 256 of them. */
const candlesPerInstrument = 2_500;
const lookups = 1_000_000;
const pairAnswers = 100;
const pairsPerAnswer = 30;

/** A parser measured by messages per second. A new adapter adds one entry to `parsers`. */
export interface ParserBench {
  readonly name: string;
  /** What one unit is, such as `kline message`. */
  readonly unit: string;
  /** Prepares a batch and returns the work, which answers how many units it did. */
  prepare(): () => number;
}

const parsers: readonly ParserBench[] = [
  { name: 'binance_kline', unit: 'kline message', prepare: prepareKlines },
  { name: 'dexscreener_pair', unit: 'pair object', prepare: preparePairs },
];

export interface ParserFigure {
  readonly unit: string;
  readonly per_second: number;
  readonly best_per_second: number;
  readonly microseconds_each: number;
}

export interface MarketsBenchReport {
  readonly version: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly parsers: Readonly<Record<string, ParserFigure>>;
  readonly windows: {
    readonly instruments: number;
    readonly timeframes: readonly string[];
    readonly candles_each: number;
    readonly memory_mb: number;
    readonly array_buffers_mb: number;
    readonly heap_mb: number;
    readonly process_resident_mb: number;
    readonly microseconds_per_candle: number;
  };
  readonly sessions: { readonly lookups: number; readonly microseconds_each: number };
}

export function benchMarkets(note: (text: string) => void): MarketsBenchReport {
  const collect = garbageCollector();
  note('1,000 instruments with four timeframes');
  const windows = measureWindows(collect);
  const figures: Record<string, ParserFigure> = {};
  for (const parser of parsers) {
    note(`${parser.name}: ${parser.unit}s`);
    figures[parser.name] = measureParser(parser);
  }
  note('session look-up');
  return {
    version,
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    parsers: figures,
    windows,
    sessions: measureSessions(),
  };
}

/** Units per second of one core, median and best of several batches after a warm-up. */
function measureParser(parser: ParserBench): ParserFigure {
  const speeds: number[] = [];
  for (let batch = 0; batch <= batches; batch += 1) {
    const work = parser.prepare();
    const begun = process.cpuUsage();
    const units = work();
    // Time of the processor: a core that others use too is still one core.
    const { user, system } = process.cpuUsage(begun);
    const seconds = (user + system) / 1e6;
    if (batch > 0) speeds.push(units / seconds);
  }
  speeds.sort((left, right) => left - right);
  const median = speeds[speeds.length >> 1] ?? 0;
  return {
    unit: parser.unit,
    per_second: Math.round(median),
    best_per_second: Math.round(speeds.at(-1) ?? 0),
    microseconds_each: round(1e6 / median),
  };
}

/** Frames as the venue sends them, of 100 symbols; every tenth closes its candle and goes through the gate. */
function prepareKlines(): () => number {
  const symbols = Array.from({ length: 100 }, (_, index) => `T${index}USDT`);
  const frames: string[] = [];
  for (let index = 0; index < batchMessages; index += 1) {
    const symbol = symbols[index % symbols.length] ?? '';
    const update = Math.floor(index / symbols.length);
    const openTime = benchFrom + Math.floor(update / 10) * minuteMs;
    const price = 100 + (update % 10) / 10;
    const text = (value: number) => value.toFixed(8);
    const k = {
      ...{ t: openTime, T: openTime + minuteMs - 1, s: symbol, i: '1m', f: 1, L: 2 },
      ...{ o: text(price), c: text(price), h: text(price + 1), l: text(price - 1), v: text(3.5), n: 10 },
      ...{ x: update % 10 === 9, q: '350.0', V: '1.0', Q: '100.0', B: '0' },
    };
    const data = { e: 'kline', E: openTime + 2_000, s: symbol, k };
    frames.push(JSON.stringify({ stream: `${symbol.toLowerCase()}@kline_1m`, data }));
  }
  let published = 0;
  const gate = new QualityGate(
    countingSink(() => (published += 1)),
    { source: 'bench' },
  );
  const tracks = new Map(symbols.map((symbol) => [symbol, new CandleTrack(symbol, benchFrom - minuteMs)]));
  return () => {
    for (const frame of frames) takeKline(frame, gate, tracks);
    if (published !== batchMessages / 10) throw new Error(`the gate let ${published} candles pass`);
    return frames.length;
  };
}

/** Answers of thirty pairs, the most that one request may ask for; each is read, judged, and goes through the gate. */
function preparePairs(): () => number {
  const answers = Array.from({ length: pairAnswers }, (_, answer) =>
    JSON.stringify(Array.from({ length: pairsPerAnswer }, (_, pair) => samplePair(answer, pair))),
  );
  let published = 0;
  const sink: GateSink = {
    candidates: ({ observations }) => {
      published += observations.length;
    },
    quarantined: ({ reason }) => {
      throw new Error(`a sound pair was kept out: ${reason}`);
    },
  };
  const gate = new CandidateGate(sink, 'bench');
  return () => {
    for (const answer of answers) gate.publish(decodePairs(parseJson(answer)), benchFrom);
    if (published !== answers.length * pairsPerAnswer)
      throw new Error(`the gate let ${published} pairs pass`);
    return published;
  };
}

/** A pair with every documented field. */
function samplePair(answer: number, pair: number): unknown {
  const price = (0.0001 * (1 + pair)) / (1 + answer);
  const windows = (scale: number) => ({ m5: scale, h1: 7.5 * scale, h6: 40 * scale, h24: 95 * scale });
  const trades = { m5: { buys: 3, sells: 1 }, h1: { buys: 20, sells: 15 } };
  return {
    chainId: 'solana',
    dexId: 'pumpswap',
    url: `https://dexscreener.com/solana/pool${answer}x${pair}`,
    pairAddress: `Pool${answer}x${pair}`,
    labels: ['v1'],
    baseToken: { address: `Mint${answer}x${pair}`, name: `Demo ${pair}`, symbol: `DMO${pair}` },
    quoteToken: {
      address: 'So11111111111111111111111111111111111111112',
      name: 'Wrapped SOL',
      symbol: 'SOL',
    },
    priceNative: String(price / 150),
    priceUsd: String(price),
    txns: { ...trades, h6: { buys: 60, sells: 50 }, h24: { buys: 900, sells: 700 } },
    volume: windows(120.5),
    priceChange: windows(-0.2),
    liquidity: { usd: 15_000.5, base: 1.1e8, quote: 55.2 },
    fdv: 180_000,
    marketCap: 180_000,
    pairCreatedAt: benchFrom - dayMs,
    info: {
      imageUrl: 'https://x',
      websites: [{ url: 'https://y' }],
      socials: [{ type: 'twitter', url: 'https://z' }],
    },
    boosts: { active: 10 },
  };
}

function takeKline(frame: string, gate: QualityGate, tracks: ReadonlyMap<string, CandleTrack>): void {
  const decoded = decodeFrame(frame);
  if (decoded.kind !== 'kline') throw new Error('a sound frame was not read');
  const { t, o, h, l, c, v, x } = decoded.event.k;
  const symbol = decoded.event.s;
  const track = tracks.get(symbol);
  if (!x || track === undefined) return;
  const candle: Candle = {
    symbol,
    timeframe: '1m',
    openTime: t,
    open: o,
    high: h,
    low: l,
    close: c,
    volume: v,
  };
  const closedAt = t + minuteMs;
  if (trackDefect(candle, closedAt) !== undefined) return;
  for (const ready of track.take(candle, closedAt))
    gate.candle({ source: 'bench', kind: 'live', candle: ready, happened_at: closedAt, known_at: closedAt });
}

function countingSink(candle: () => void): MarketDataSink {
  return { candle, quotes: () => undefined, status: () => undefined, quarantined: () => undefined };
}

/** The analyst's own windows, filled until every ring is full. */
function measureWindows(collect: () => void): MarketsBenchReport['windows'] {
  collect();
  const before = process.memoryUsage();
  const all: InstrumentWindows[] = [];
  for (let index = 0; index < instruments; index += 1) {
    const instrument = instrumentFor(`T${index}USDT`);
    if (instrument !== undefined) all.push(new InstrumentWindows(instrument, '1m'));
  }
  const random = randomStream(1, 'bench-markets');
  const begun = performance.now();
  let price = 100;
  for (let minute = 0; minute < candlesPerInstrument; minute += 1) {
    const open = price;
    price = open * Math.exp(0.001 * random.normal());
    const openTime = benchFrom + minute * minuteMs;
    const high = Math.max(open, price) * 1.0003;
    const low = Math.min(open, price) * 0.9997;
    for (const windows of all) {
      const { symbol } = windows.instrument;
      windows.add(
        { symbol, timeframe: '1m', openTime, open, high, low, close: price, volume: 1 },
        'simulated',
      );
    }
  }
  const microseconds = ((performance.now() - begun) * 1_000) / (candlesPerInstrument * all.length);
  collect();
  const after = process.memoryUsage();
  const accepted = all.reduce((total, windows) => total + windows.counts.accepted, 0);
  if (accepted !== candlesPerInstrument * instruments)
    throw new Error(`the windows took ${accepted} candles`);
  const grown = (part: 'arrayBuffers' | 'heapUsed') => after[part] - before[part];
  return {
    instruments: all.length,
    timeframes: ['1m', '5m', '15m', '1h'],
    candles_each: candlesPerInstrument,
    memory_mb: megabytes(grown('arrayBuffers') + grown('heapUsed')),
    array_buffers_mb: megabytes(grown('arrayBuffers')),
    heap_mb: megabytes(grown('heapUsed')),
    process_resident_mb: megabytes(after.rss),
    microseconds_per_candle: round(microseconds),
  };
}

/** Look-ups of random instants within a month: a day is computed once and then looked up. */
function measureSessions(): MarketsBenchReport['sessions'] {
  const random = randomStream(1, 'bench-sessions');
  const instants = Float64Array.from({ length: 10_000 }, () => benchFrom + random.integer(30 * dayMs));
  let open = 0;
  for (const at of instants) open += openSessions(at).length;
  const begun = performance.now();
  for (let index = 0; index < lookups; index += 1)
    open += openSessions(instants[index % instants.length] ?? benchFrom).length;
  const microseconds = ((performance.now() - begun) * 1_000) / lookups;
  if (open === 0) throw new Error('no session was ever open');
  return { lookups, microseconds_each: round(microseconds) };
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 104_857.6) / 10;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
