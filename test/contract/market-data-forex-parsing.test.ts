// Both forex parsers against anything: they never throw, and what they let through is finite, positive and dated.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseOandaCandles,
  parseOandaInstruments,
  parseOandaLine,
} from '../../src/adapters/market-data/oanda/parse-oanda.ts';
import { redactor } from '../../src/adapters/market-data/shared/venue-text.ts';
import {
  parseTradermadeError,
  parseTradermadeFrame,
  parseTradermadeLive,
  parseTradermadeSeries,
} from '../../src/adapters/market-data/tradermade/parse-tradermade.ts';

/** Values that look like the documented ones, and those that do not. */
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    '1.1',
    'NaN',
    '-1',
    '1e400',
    '',
    'Infinity',
    -1,
    0,
    1.1,
    null,
    true,
    '2026-04-15 12:30:00',
    'EUR',
  ),
  fc.constantFrom(
    '2026-04-15T12:30:00.000000000Z',
    '20260415-12:30:00.000',
    '2026-99-99T00:00:00Z',
    1776256200,
  ),
);
const shape = (...keys: string[]) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
const price = shape('type', 'instrument', 'time', 'bids', 'asks', 'tradeable');
const tick = shape('t', 's', 'b', 'a', 'ts', 'type', 'reason', 'symbol_limit', 'accepted', 'denied');
const row = shape(
  'date',
  'open',
  'high',
  'low',
  'close',
  'base_currency',
  'quote_currency',
  'bid',
  'ask',
  'instrument',
);
const bodies = fc.oneof(
  value,
  fc.record({ quotes: fc.array(row), timestamp: value }),
  fc.record({ candles: fc.array(shape('time', 'complete', 'volume', 'mid')) }),
  fc.record({ instruments: fc.array(shape('name')) }),
);
const texts = fc.oneof(
  fc.string(),
  price.map((body) => JSON.stringify(body)),
  tick.map((body) => JSON.stringify(body)),
);
const sound = (...numbers: number[]) => numbers.every((number) => Number.isFinite(number) && number > 0);

test('any text is answered as a line or frame', () => {
  fc.assert(
    fc.property(texts, fc.nat(80), (text, cut) => {
      for (const input of [text, text.slice(0, cut)]) {
        const line = parseOandaLine(input);
        if (line.kind === 'price' && line.quote !== undefined)
          expect(sound(line.quote.bid, line.quote.ask, line.at)).toBe(true);
        const frame = parseTradermadeFrame(input);
        if (frame.kind === 'quote') expect(sound(frame.bid, frame.ask, frame.at)).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('any body is answered, and candles are sound', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      parseOandaInstruments(body);
      parseTradermadeError(body);
      for (const quote of parseTradermadeLive(body)?.quotes ?? [])
        expect(sound(quote.bid, quote.ask)).toBe(true);
      const candles = [
        ...(parseOandaCandles('EURUSD', body)?.candles ?? []),
        ...(parseTradermadeSeries('EURUSD', body)?.candles ?? []),
      ];
      for (const { open, high, low, close, openTime } of candles)
        expect(sound(open, high, low, close, openTime)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('the documented shapes are read, numbers as text too', () => {
  expect(
    parseTradermadeLive({
      quotes: [
        { base_currency: 'EUR', quote_currency: 'USD', bid: 1.1, ask: '1.2', mid: 1.15 },
        { instrument: 'UK100', bid: 8000, ask: 8002, mid: 8001 },
        { instrument: 'XXX', error: 400 },
      ],
      timestamp: 1_784_127_515,
    }),
  ).toEqual({
    quotes: [
      { symbol: 'EURUSD', bid: 1.1, ask: 1.2 },
      { symbol: 'UK100', bid: 8000, ask: 8002 },
    ],
    at: 1_784_127_515_000,
    unreadable: 1,
  });
  const tick = '{"t":"QUOTE","s":"EURUSD","b":"1.16270","a":1.16272,"ts":"20260515-12:36:35.588"}';
  expect(parseTradermadeFrame(tick)).toEqual({
    kind: 'quote',
    symbol: 'EURUSD',
    bid: 1.1627,
    ask: 1.16272,
    at: Date.UTC(2026, 4, 15, 12, 36, 35, 588),
  });
  const unix =
    '{"type":"PRICE","instrument":"EUR_USD","time":"1776256200.123456789","bids":[{"price":"1"}],"asks":[{"price":"2"}]}';
  expect(parseOandaLine(unix)).toMatchObject({
    kind: 'price',
    at: 1_776_256_200_123,
    quote: { bid: 1, ask: 2 },
  });
});

test('secrets never survive, also as they look inside a URL', () => {
  const redact = redactor(['a/b c', undefined, '']);
  expect(redact('GET /live?api_key=a%2Fb%20c failed for a/b c\n\u0007')).toBe(
    'GET /live?api_key=*** failed for *** ',
  );
});
