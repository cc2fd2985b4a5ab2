// The adapters of this house as things to fuzz, put together from the parts the running sources use.
import { parseKlinesBody } from '../../adapters/market-data/binance/binance-rest.ts';
import { decodeFrame } from '../../adapters/market-data/binance/decode-frame.ts';
import { QuoteConflator } from '../../adapters/market-data/binance/quote-conflator.ts';
import { CcxtError } from '../../adapters/market-data/ccxt/ccxt-errors.ts';
import { CcxtFeed } from '../../adapters/market-data/ccxt/ccxt-feed.ts';
import {
  closedOnly,
  readCandles,
  readTicker,
  tickersOf,
} from '../../adapters/market-data/ccxt/ccxt-reader.ts';
import { CandleTrack, trackDefect } from '../../adapters/market-data/shared/candle-track.ts';
import { QualityGate } from '../../adapters/market-data/shared/quality-gate.ts';
import { judgeSeries } from '../../adapters/market-data/tape/judge-series.ts';
import { parseCandleCsv } from '../../adapters/market-data/tape/parse-csv.ts';
import { TapeError } from '../../adapters/market-data/tape/tape-error.ts';
import { type Candle, candleDefect } from '../../shared/domain/candle.ts';
import { minuteMs } from '../../shared/domain/time.ts';
import { type FuzzTarget, type FuzzWorld, ImpossiblePassed } from './fuzz-target.ts';
import { isSpike } from './oracle-sink.ts';

const symbol = 'BTCUSDT';
const market = 'BTC/USDT';

/** Way of a candle into the gate, as every live source goes it. */
class Intake {
  readonly gate: QualityGate;
  readonly track: CandleTrack;
  readonly #world: FuzzWorld;

  constructor(source: string, world: FuzzWorld) {
    this.#world = world;
    this.gate = new QualityGate(world.sink, { source });
    this.track = new CandleTrack(symbol, lastClosed(world) - minuteMs);
    this.source = source;
  }

  readonly source: string;

  unreadable(reason: string, where: string): void {
    this.gate.unreadable(reason, where.slice(0, 120), this.#world.now());
  }

  sound(candle: Candle): boolean {
    const defect = trackDefect(candle, this.#world.now());
    if (defect !== undefined) this.unreadable(defect, candle.symbol);
    return defect === undefined;
  }

  publish(candles: readonly Candle[]): void {
    const knownAt = this.#world.now();
    for (const candle of candles) {
      const happenedAt = candle.openTime + minuteMs;
      this.gate.candle({
        source: this.source,
        kind: 'live',
        candle,
        happened_at: happenedAt,
        known_at: knownAt,
      });
    }
  }

  live(candle: Candle): void {
    if (!this.sound(candle)) return;
    this.publish(this.track.take(candle, this.#world.now()));
    if (this.track.hasGap) this.publish(this.track.settle(true, this.#world.now()).released);
  }

  filled(candles: readonly Candle[]): void {
    this.publish(this.track.fill(candles.filter((candle) => this.sound(candle))));
  }
}

function lastClosed(world: FuzzWorld): number {
  return Math.floor(world.now() / minuteMs) * minuteMs - minuteMs;
}

function prices(world: FuzzWorld): { o: string; h: string; l: string; c: string; v: string } {
  const price = 100 + world.random.integer(200) / 100;
  const [o, h, l, c] = [price, price + 1, price - 1, price + 0.5].map((value) => value.toFixed(8));
  return { o: o ?? '', h: h ?? '', l: l ?? '', c: c ?? '', v: '3.50000000' };
}

const binanceStream: FuzzTarget = {
  name: 'binance stream',
  open: (world) => {
    const intake = new Intake('binance', world);
    const conflator = new QuoteConflator([symbol]);
    let updateId = 0;
    return {
      sample: () => {
        updateId += 1;
        if (world.random.integer(3) === 0)
          return `{"stream":"btcusdt@bookTicker","data":{"u":${updateId},"s":"${symbol}","b":"100.00","B":"1","a":"100.10","A":"1"}}`;
        const openTime = lastClosed(world);
        const k = {
          t: openTime,
          T: openTime + minuteMs - 1,
          s: symbol,
          i: '1m',
          ...prices(world),
          n: 10,
          x: true,
        };
        return JSON.stringify({
          stream: 'btcusdt@kline_1m',
          data: { e: 'kline', E: world.now(), s: symbol, k },
        });
      },
      feed: (input) => {
        const frame = decodeFrame(input);
        if (frame.kind === 'book') conflator.keepBook(frame.symbol, input, world.now());
        else if (frame.kind === 'unreadable') intake.unreadable(frame.reason, input);
        else if (frame.kind === 'kline' && frame.event.s === symbol && frame.event.k.x) {
          const { t, o, h, l, c, v } = frame.event.k;
          intake.live({
            symbol,
            timeframe: '1m',
            openTime: t,
            open: o,
            high: h,
            low: l,
            close: c,
            volume: v,
          });
        }
        const { quotes, unreadable } = conflator.take();
        for (const text of unreadable) intake.unreadable('a frame does not have a documented shape', text);
        intake.gate.quotes({ source: 'binance', quotes, known_at: world.now() });
      },
    };
  },
};

const binanceRest: FuzzTarget = {
  name: 'binance rest',
  open: (world) => {
    const intake = new Intake('binance', world);
    return {
      sample: () => JSON.stringify(rowsOf(world).map((row) => [...row, row[0], '1', 10, '1', '1', '0'])),
      feed: (input) => {
        const candles = parseKlinesBody(symbol, input, world.now());
        if (candles === undefined) intake.unreadable('not the documented list of candles', input);
        else intake.filled(candles);
      },
    };
  },
};

/** Rows of the last minutes, the one under way too. */
function rowsOf(world: FuzzWorld): [number, string, string, string, string, string][] {
  const last = lastClosed(world);
  return [2, 1, 0, -1].map((ago) => {
    const { o, h, l, c, v } = prices(world);
    return [last - ago * minuteMs, o, h, l, c, v];
  });
}

const ccxtRows: FuzzTarget = {
  name: 'ccxt candles',
  open: (world) => {
    const intake = new Intake('ccxt', world);
    const feed = new CcxtFeed();
    return {
      sample: () => JSON.stringify(rowsOf(world).map((row) => row.map(Number))),
      feed: (input) => {
        const answer = parsed(input);
        tolerating(intake, input, () => {
          const { candles, unreadable } = readCandles(symbol, answer);
          if (unreadable > 0) intake.unreadable('a row is not a candle', symbol);
          if (world.random.integer(2) === 0) {
            intake.filled(closedOnly(candles, world.now()));
            return;
          }
          for (const candle of candles) {
            if (!intake.sound(candle)) continue;
            const ended = feed.take(candle);
            if (ended !== undefined && ended.openTime > intake.track.last) intake.live(ended);
          }
        });
      },
    };
  },
};

const ccxtTickers: FuzzTarget = {
  name: 'ccxt tickers',
  open: (world) => {
    const intake = new Intake('ccxt', world);
    const feed = new CcxtFeed();
    const symbolOf = (name: string) => (name === market ? symbol : undefined);
    return {
      sample: () => {
        const ticker = { symbol: market, timestamp: world.now(), bid: 100, ask: 100.1, last: 100.05 };
        return JSON.stringify(world.random.integer(2) === 0 ? ticker : { [market]: ticker });
      },
      feed: (input) => {
        const answer = parsed(input);
        tolerating(intake, input, () => {
          for (const item of tickersOf(answer)) {
            const read = readTicker(item, symbolOf, world.now());
            if (read === undefined) intake.unreadable('a ticker has no price', 'ticker');
            else if (read !== 'foreign') feed.keepQuote(read.quote);
          }
        });
        intake.gate.quotes({ source: 'ccxt', quotes: feed.takeQuotes(), known_at: world.now() });
      },
    };
  },
};

/** ccxt parses JSON itself; what is no JSON reaches us as its error. */
function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** A CcxtError is how the reader says no; everything else is a crash. */
function tolerating(intake: Intake, input: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof CcxtError)) throw error;
    intake.unreadable(error.message, input);
  }
}

const tapeCsv: FuzzTarget = {
  name: 'tape csv',
  open: (world) => ({
    sample: () => {
      const rows = rowsOf(world).map((row) => row.join(','));
      return ['time,open,high,low,close,volume', ...rows].join('\n');
    },
    feed: (input) => {
      try {
        const file = 'fuzz.csv';
        const refuse = () => world.sink.quarantined({ source: 'tape', reason: 'row', where: file, count: 1 });
        const parsed = parseCandleCsv(Buffer.from(input), '1m', file, refuse);
        const { columns, refused } = judgeSeries([{ file, ...parsed }], symbol, '1m');
        refused.forEach(refuse);
        checkColumns(columns, world);
      } catch (error) {
        if (!(error instanceof TapeError)) throw error;
        world.sink.quarantined({ source: 'tape', reason: error.message, where: 'fuzz.csv', count: 1 });
      }
    },
  }),
};

type Columns = ReturnType<typeof judgeSeries>['columns'];

function checkColumns(columns: Columns, world: FuzzWorld): void {
  let last = 0;
  const at = (column: Float64Array, row: number) => column[row] ?? Number.NaN;
  for (let row = 0; row < columns.openTime.length; row += 1) {
    const candle: Candle = {
      symbol,
      timeframe: '1m',
      openTime: at(columns.openTime, row),
      open: at(columns.open, row),
      high: at(columns.high, row),
      low: at(columns.low, row),
      close: at(columns.close, row),
      volume: at(columns.volume, row),
    };
    const defect = candleDefect(candle);
    if (defect !== undefined) throw new ImpossiblePassed(`a tape row: ${defect}`);
    if (candle.openTime <= last) throw new ImpossiblePassed('a tape row: time running backwards');
    last = candle.openTime;
    const closes = [row - 2, row - 1, row].map((one) => columns.close[one] ?? Number.NaN);
    if (row >= 2 && isSpike(closes)) throw new ImpossiblePassed(`a tape row: a spike: ${closes.join(', ')}`);
  }
  // Every row is a price that was accepted; the sink counts it as one quote.
  const quotes = columns.openTime.length > 0 ? [{ symbol, bid: 1, ask: 1, happenedAt: world.now() }] : [];
  world.sink.quotes({ source: 'tape', quotes, known_at: world.now() });
}

export const houseTargets: readonly FuzzTarget[] = [
  binanceStream,
  binanceRest,
  ccxtRows,
  ccxtTickers,
  tapeCsv,
];
