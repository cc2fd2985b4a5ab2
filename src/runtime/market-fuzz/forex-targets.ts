// OANDA and TraderMade as things to fuzz: their parsers, the desk that all forex sources share, and its gate.
import { parseOandaCandles, parseOandaLine } from '../../adapters/market-data/oanda/parse-oanda.ts';
import { Alarms } from '../../adapters/market-data/shared/alarms.ts';
import { lastClosedMinute, MinuteTrack } from '../../adapters/market-data/shared/minute-track.ts';
import { QualityGate } from '../../adapters/market-data/shared/quality-gate.ts';
import { maxForexJumpRatio, QuoteDesk } from '../../adapters/market-data/shared/quote-desk.ts';
import { safeJson } from '../../adapters/market-data/shared/venue-text.ts';
import {
  parseTradermadeFrame,
  parseTradermadeLive,
  parseTradermadeSeries,
} from '../../adapters/market-data/tradermade/parse-tradermade.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import { isForexWeekOpen } from '../../shared/domain/sessions.ts';
import { type EpochMs, minuteMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { MarketDataSink } from '../../shared/ports/market-data.ts';
import type { FuzzTarget, FuzzWorld } from './fuzz-target.ts';

const symbol = 'EURUSD';
const never = Number.POSITIVE_INFINITY;

/** The session's time with the one wake-up that a source has; it rings when the time has moved on. */
class SessionClock implements Clock {
  readonly now: () => EpochMs;
  #at = never;
  #wake: () => void = () => undefined;

  constructor(now: () => EpochMs) {
    this.now = now;
  }

  wakeAt(at: EpochMs, wake: () => void): void {
    this.#at = at;
    this.#wake = wake;
  }

  cancelWake(): void {
    this.#at = never;
  }

  /** Rings everything that is due; an alarm may set the next. */
  ring(): void {
    for (let rung = 0; this.#at <= this.now() && rung < 100; rung += 1) {
      const wake = this.#wake;
      this.cancelWake();
      wake();
    }
  }
}

/** The desk hands candles on between two inputs too: what the oracle says then is kept for the next one. */
function patient(sink: MarketDataSink): { readonly sink: MarketDataSink; readonly speak: () => void } {
  const kept: unknown[] = [];
  const keeping = (tell: () => void) => {
    try {
      tell();
    } catch (error) {
      kept.push(error);
    }
  };
  return {
    sink: {
      candle: (event) => keeping(() => sink.candle(event)),
      quotes: (batch) => keeping(() => sink.quotes(batch)),
      status: (status) => sink.status(status),
      quarantined: (report) => sink.quarantined(report),
    },
    speak: () => {
      if (kept.length > 0) throw kept.shift();
    },
  };
}

/** A desk that builds its candles from the quotes it hears, as with a websocket, and has nobody to ask for others. */
function openDesk(name: string, world: FuzzWorld) {
  const clock = new SessionClock(world.now);
  const desk = new QuoteDesk({
    name,
    symbols: [symbol],
    clock,
    alarms: new Alarms(clock),
    isOpen: isForexWeekOpen,
    maxJumpRatio: maxForexJumpRatio,
    policy: () => 'quotes',
    fetchMinutes: async () => [],
    view: () => ({
      feedSince: 0,
      feed: 'fuzz',
      feedFault: '',
      refused: undefined,
      quietLimitMs: never,
      restBlockedUntil: 0,
      latencyMs: null,
      notes: [],
      shortfalls: [],
    }),
  });
  const { sink, speak } = patient(world.sink);
  desk.start(sink);
  desk.watched();
  const after = () => {
    clock.ring();
    speak();
  };
  return { desk, after };
}

function quoteOf(world: FuzzWorld): { readonly bid: number; readonly ask: number } {
  const bid = 1.1 + world.random.integer(200) / 100_000;
  return { bid: Number(bid.toFixed(5)), ask: Number((bid + 0.00008).toFixed(5)) };
}

const oandaStream: FuzzTarget = {
  name: 'oanda stream',
  open: (world) => {
    const { desk, after } = openDesk('oanda', world);
    return {
      sample: () => {
        const time = new Date(world.now()).toISOString();
        if (world.random.integer(8) === 0) return JSON.stringify({ type: 'HEARTBEAT', time });
        const { bid, ask } = quoteOf(world);
        const bids = [{ price: String(bid), liquidity: 1_000_000 }];
        const asks = [{ price: String(ask), liquidity: 1_000_000 }];
        return JSON.stringify({ type: 'PRICE', instrument: 'EUR_USD', time, tradeable: true, bids, asks });
      },
      feed: (input) => {
        const line = parseOandaLine(input);
        if (line.kind === 'unreadable') desk.unreadable(line.reason, input);
        else if (line.kind === 'heartbeat') desk.heardClock(line.at, world.now());
        else if (line.instrument !== 'EUR_USD')
          desk.unreadable('a quote of a symbol not asked for', line.instrument);
        else if (line.quote === undefined) desk.venueClosed();
        else desk.quote(symbol, line.quote.bid, line.quote.ask, line.at);
        after();
      },
    };
  },
};

const tradermadeStream: FuzzTarget = {
  name: 'tradermade stream',
  open: (world) => {
    const { desk, after } = openDesk('tradermade', world);
    return {
      sample: () => {
        const ts = new Date(world.now()).toISOString().slice(0, 23).replaceAll('-', '').replace('T', '-');
        const { bid, ask } = quoteOf(world);
        switch (world.random.integer(8)) {
          case 0:
            return JSON.stringify({ type: 'login_ok', symbol_limit: 10 });
          case 1:
            return JSON.stringify({
              type: 'sub_ack',
              accepted: [`${symbol}:QUOTE`],
              denied: [],
              invalid: [],
            });
          default:
            return JSON.stringify({ t: 'QUOTE', s: symbol, b: bid, a: ask, ts });
        }
      },
      feed: (input) => {
        const frame = parseTradermadeFrame(input);
        if (frame.kind === 'unreadable') desk.unreadable(frame.reason, input);
        else if (frame.kind === 'quote') {
          desk.heardClock(frame.at, world.now());
          desk.quote(frame.symbol, frame.bid, frame.ask, frame.at);
        }
        after();
      },
    };
  },
};

const tradermadeLive: FuzzTarget = {
  name: 'tradermade live',
  open: (world) => {
    const { desk, after } = openDesk('tradermade', world);
    return {
      sample: () => {
        const { bid, ask } = quoteOf(world);
        const one =
          world.random.integer(2) === 0
            ? { base_currency: 'EUR', quote_currency: 'USD', bid, ask, mid: bid }
            : { instrument: symbol, bid: String(bid), ask: String(ask) };
        return JSON.stringify({
          endpoint: 'live',
          quotes: [one],
          timestamp: Math.floor(world.now() / 1_000),
        });
      },
      feed: (input) => {
        const live = parseTradermadeLive(safeJson(input));
        if (live === undefined) desk.unreadable('not the documented list of quotes', input);
        else {
          if (live.unreadable > 0) desk.unreadable('a quote does not have the documented shape', input);
          for (const { symbol: name, bid, ask } of live.quotes)
            desk.quote(name, bid, ask, live.at ?? world.now());
        }
        after();
      },
    };
  },
};

interface ReadCandles {
  readonly candles: readonly Candle[];
  readonly unreadable: number;
}

/** Candles that were asked for, through the track of the symbol and the gate. */
function candlesTarget(
  name: string,
  sample: (world: FuzzWorld) => string,
  read: (body: unknown) => ReadCandles | undefined,
): FuzzTarget {
  return {
    name,
    open: (world) => {
      const track = new MinuteTrack(symbol, lastClosedMinute(world.now()) - 5 * minuteMs, () => true);
      const gate = new QualityGate(world.sink, { source: name });
      return {
        sample: () => sample(world),
        feed: (input) => {
          const now = world.now();
          const parsed = read(safeJson(input));
          if (parsed === undefined || parsed.unreadable > 0)
            gate.unreadable('candles do not have the documented shape', input.slice(0, 120), now);
          const { released } = track.settleFetched(parsed?.candles ?? [], now, never);
          for (const candle of released) {
            const happenedAt = candle.openTime + minuteMs;
            gate.candle({ source: name, kind: 'live', candle, happened_at: happenedAt, known_at: now });
          }
        },
      };
    },
  };
}

/** Open times of the last minutes with a price each, the one under way too. */
function minutesOf(world: FuzzWorld): readonly (readonly [Date, number])[] {
  const last = lastClosedMinute(world.now());
  return [3, 2, 1, 0, -1].map((ago) => [new Date(last - ago * minuteMs), quoteOf(world).bid]);
}

const oandaCandles = candlesTarget(
  'oanda candles',
  (world) =>
    JSON.stringify({
      instrument: 'EUR_USD',
      granularity: 'M1',
      candles: minutesOf(world).map(([at, price], index) => ({
        complete: index < 4,
        volume: 12,
        time: at.toISOString().replace('.000Z', '.000000000Z'),
        mid: { o: String(price), h: String(price + 0.0002), l: String(price - 0.0002), c: String(price) },
      })),
    }),
  (body) => parseOandaCandles(symbol, body),
);

const tradermadeSeries = candlesTarget(
  'tradermade series',
  (world) =>
    JSON.stringify({
      endpoint: 'timeseries',
      quotes: minutesOf(world).map(([at, price]) => ({
        date: at.toISOString().slice(0, 19).replace('T', ' '),
        open: price,
        high: String(price + 0.0002),
        low: price - 0.0002,
        close: price,
      })),
    }),
  (body) => parseTradermadeSeries(symbol, body),
);

export const forexTargets: readonly FuzzTarget[] = [
  oandaStream,
  oandaCandles,
  tradermadeStream,
  tradermadeLive,
  tradermadeSeries,
];
