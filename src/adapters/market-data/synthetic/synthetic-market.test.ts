import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candle, candleDefect } from '../../../shared/domain/candle.ts';
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import { isForexWeekOpen } from '../../../shared/domain/sessions.ts';
import { dayMs, hourMs, minuteMs } from '../../../shared/domain/time.ts';
import { MarketClimate, regimeNames } from './market-climate.ts';
import { syntheticCandles } from './synthetic-candles.ts';
import { SyntheticMarket } from './synthetic-market.ts';

/** A Monday. */
const monday = Date.UTC(2026, 0, 5);

function candles(seed: number, symbol: string, days: number, from = monday): Candle[] {
  const options = { seed, symbols: [symbol], from, to: from + days * dayMs, timeframe: '1m' as const };
  return Array.from(syntheticCandles(options), (event) => event.candle);
}

function returnsOf(line: readonly Candle[]): number[] {
  return line.slice(1).map((candle, index) => Math.log(candle.close / line[index]!.close));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function correlation(left: readonly number[], right: readonly number[]): number {
  const [leftMean, rightMean] = [mean(left), mean(right)];
  let [covariance, leftVariance, rightVariance] = [0, 0, 0];
  for (let index = 0; index < left.length; index += 1) {
    const [a, b] = [left[index]! - leftMean, right[index]! - rightMean];
    covariance += a * b;
    leftVariance += a * a;
    rightVariance += b * b;
  }
  return covariance / Math.sqrt(leftVariance * rightVariance);
}

function autocorrelation(values: readonly number[], lag: number): number {
  return correlation(values.slice(lag), values.slice(0, -lag));
}

function kurtosis(values: readonly number[]): number {
  const centre = mean(values);
  const variance = mean(values.map((value) => (value - centre) ** 2));
  return mean(values.map((value) => (value - centre) ** 4)) / variance ** 2;
}

describe.each(['BTCUSDT', 'ODDCOINUSDT', 'EURUSD', 'USDJPY'])('the character of %s', (symbol) => {
  const line = candles(11, symbol, 40);
  const returns = returnsOf(line);

  test('no candle is defective and minutes ascend', () => {
    for (const [index, candle] of line.entries()) {
      expect(candleDefect(candle)).toBe(undefined);
      if (index > 0) expect(candle.openTime).toBeGreaterThan(line[index - 1]!.openTime);
    }
  });

  test('returns have fat tails, no memory of direction, and memory of size', () => {
    expect(kurtosis(returns)).toBeGreaterThan(4);
    expect(Math.abs(autocorrelation(returns, 1))).toBeLessThan(0.03);
    expect(Math.abs(autocorrelation(returns, 5))).toBeLessThan(0.03);
    const sizes = returns.map(Math.abs);
    expect(autocorrelation(sizes, 1)).toBeGreaterThan(0.1);
    expect(autocorrelation(sizes, 60)).toBeGreaterThan(0.02);
    const squares = returns.map((value) => value * value);
    expect(autocorrelation(squares, 1)).toBeGreaterThan(0.02);
  });

  test('each minute opens where the one before closed, also across midnight', () => {
    for (let index = 1; index < line.length; index += 1) {
      const [before, candle] = [line[index - 1]!, line[index]!];
      if (candle.openTime === before.openTime + minuteMs) expect(candle.open).toBe(before.close);
    }
  });

  test('midnight moves are no larger than those of other minutes', () => {
    const typical = Math.sqrt(mean(returns.map((value) => value * value)));
    const midnight = returns.filter(
      (_, index) =>
        line[index + 1]!.openTime % dayMs === 0 && line[index]!.openTime % dayMs === dayMs - minuteMs,
    );
    expect(midnight.length).toBeGreaterThan(20);
    expect(Math.sqrt(mean(midnight.map((value) => value * value)))).toBeLessThan(4 * typical);
  });
});

test('volatility has a plausible size and price levels stay near their base for years', () => {
  const yearly = Math.sqrt(
    mean(returnsOf(candles(5, 'BTCUSDT', 120)).map((value) => value * value)) * 525_600,
  );
  expect(yearly).toBeGreaterThan(0.2);
  expect(yearly).toBeLessThan(1.2);
  const bases = { BTCUSDT: 78_000, ETHUSDT: 2_400, EURUSD: 1.157, USDJPY: 160.2, XAUUSD: 4_200 };
  for (const seed of [1, 2, 3]) {
    const market = new SyntheticMarket(seed);
    for (const [symbol, base] of Object.entries(bases)) {
      // Wednesdays at noon, when every market is open.
      for (let week = 0; week < 300; week += 13) {
        const close = market.candle(symbol, monday + week * 7 * dayMs + 60 * hourMs)!.close;
        expect(close / base).toBeGreaterThan(0.3);
        expect(close / base).toBeLessThan(3.3);
      }
    }
  }
});

test('symbols of one market move together, and the dollar pairs against each other', () => {
  const line = (symbol: string) => returnsOf(candles(3, symbol, 20));
  expect(correlation(line('BTCUSDT'), line('ETHUSDT'))).toBeGreaterThan(0.5);
  expect(correlation(line('EURUSD'), line('GBPUSD'))).toBeGreaterThan(0.3);
  expect(correlation(line('EURUSD'), line('USDJPY'))).toBeLessThan(-0.3);
});

test('forex trades in its week only, and reopens with a gap; crypto always trades', () => {
  const line = candles(4, 'EURUSD', 28);
  expect(line.every((candle) => isForexWeekOpen(candle.openTime))).toBe(true);
  const reopenings = line.filter(
    (candle, index) => index > 0 && candle.openTime - line[index - 1]!.openTime > dayMs,
  );
  expect(reopenings).toHaveLength(4);
  expect(reopenings.every((candle) => new Date(candle.openTime).getUTCHours() === 22)).toBe(true);
  expect(candles(4, 'BTCUSDT', 28)).toHaveLength(28 * 1_440);
});

test('activity follows the clock: London and New York are livelier than the night', () => {
  const size = (line: readonly Candle[], hour: number) =>
    mean(
      line
        .filter((candle) => Math.floor((candle.openTime % dayMs) / hourMs) === hour)
        .map((candle) => Math.log(candle.high / candle.low)),
    );
  const euro = candles(6, 'EURUSD', 60);
  expect(size(euro, 14)).toBeGreaterThan(1.5 * size(euro, 22));
  const bitcoin = candles(6, 'BTCUSDT', 60);
  expect(size(bitcoin, 14)).toBeGreaterThan(1.2 * size(bitcoin, 4));
});

test('every regime rules for its share of the time and lasts for hours', () => {
  const climate = new MarketClimate(9, 'crypto');
  const steps = Array.from({ length: 6_000 }, (_, index) => climate.regimeAt(monday + index * 4 * hourMs));
  const shares = regimeNames.map((name) => steps.filter((step) => step === name).length / steps.length);
  expect(shares[0]).toBeGreaterThan(0.2);
  expect(shares[1]).toBeGreaterThan(0.3);
  expect(shares[2]).toBeGreaterThan(0.05);
  expect(shares[2]).toBeLessThan(0.3);
  const changes = steps.filter((step, index) => index > 0 && step !== steps[index - 1]).length;
  expect(changes / steps.length).toBeLessThan(0.12);
});

test('the same seed gives the same bytes, another seed gives others', () => {
  const digest = (seed: number) => {
    const hash = createHash('sha256');
    const options = {
      seed,
      symbols: ['BTCUSDT', 'EURUSD'],
      from: monday,
      to: monday + 3 * dayMs,
      timeframe: '1m' as const,
    };
    for (const event of syntheticCandles(options)) hash.update(JSON.stringify(event));
    return hash.digest('hex');
  };
  expect(digest(1)).toBe(digest(1));
  expect(digest(2)).not.toBe(digest(1));
});

test('any minute is the same whichever way it is reached', () => {
  const walked = new Map(candles(8, 'ETHUSDT', 6).map((candle) => [candle.openTime, candle]));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 6 * 1_440 - 1 }), { minLength: 1, maxLength: 8 }),
      (minutes) => {
        const market = new SyntheticMarket(8);
        for (const minute of minutes) {
          const openTime = monday + minute * minuteMs;
          expect(market.candle('ETHUSDT', openTime)).toEqual(walked.get(openTime));
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('quotes lie in the candle that later closes, open at its open, touch its extremes, and widen with stress', () => {
  const market = new SyntheticMarket(12);
  const spreads: { stress: number; spread: number }[] = [];
  for (const symbol of ['BTCUSDT', 'EURUSD', 'PEPEUSDT']) {
    for (let minute = 600; minute < 900; minute += 1) {
      const openTime = monday + minute * minuteMs;
      const candle = market.candle(symbol, openTime)!;
      let [high, low] = [0, Number.POSITIVE_INFINITY];
      for (let second = 0; second < 60; second += 1) {
        const quote = market.quote(symbol, openTime + second * 1_000)!;
        expect(quote.ask).toBeGreaterThan(quote.bid);
        expect(quote.bid).toBeLessThanOrEqual(candle.high);
        expect(quote.ask).toBeGreaterThanOrEqual(candle.low);
        const middle = (quote.bid + quote.ask) / 2;
        high = Math.max(high, middle);
        low = Math.min(low, middle);
        spreads.push({
          stress: (candle.high - candle.low) / candle.low,
          spread: (quote.ask - quote.bid) / middle,
        });
      }
      const slack = 2 * (market.quote(symbol, openTime)!.ask - market.quote(symbol, openTime)!.bid);
      expect(Math.abs(high - candle.high)).toBeLessThan(slack);
      expect(Math.abs(low - candle.low)).toBeLessThan(slack);
    }
  }
  expect(
    correlation(
      spreads.map((one) => one.stress),
      spreads.map((one) => one.spread),
    ),
  ).toBeGreaterThan(0);
});

test('spreads are typical on average and wider in violent hours than in calm ones', () => {
  const market = new SyntheticMarket(21);
  const byRegime = new Map<string, number[]>();
  for (let hour = 0; hour < 24 * 120; hour += 1) {
    const at = monday + hour * hourMs;
    const quote = market.quote('BTCUSDT', at)!;
    const spread = (quote.ask - quote.bid) / quote.bid;
    byRegime.set(market.regimeAt('crypto', at), [
      ...(byRegime.get(market.regimeAt('crypto', at)) ?? []),
      spread,
    ]);
  }
  const all = mean([...byRegime.values()].flat());
  const typical = instrumentFor('BTCUSDT')!.typicalSpread;
  expect(all).toBeGreaterThan(0.5 * typical);
  expect(all).toBeLessThan(2 * typical);
  expect(mean(byRegime.get('violent') ?? [])).toBeGreaterThan(1.3 * mean(byRegime.get('calm') ?? []));
});

test('any symbol has a plausible market', () => {
  const market = new SyntheticMarket(2);
  const at = monday + 60 * hourMs;
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z0-9]{2,8}(USDT|USD|BTC)$/), (symbol) => {
      const candle = market.candle(symbol, at)!;
      expect(candleDefect(candle)).toBe(undefined);
      expect(market.quote(symbol, at)!.bid).toBeGreaterThan(0);
    }),
    { numRuns: 60 },
  );
});
