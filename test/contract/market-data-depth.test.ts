// What venues tell of their order book reaches the quote, and what they leave out is not guessed.
import { expect, test } from 'vitest';
import { QuoteConflator } from '../../src/adapters/market-data/binance/quote-conflator.ts';
import { readTicker } from '../../src/adapters/market-data/ccxt/ccxt-reader.ts';
import { parseOandaLine } from '../../src/adapters/market-data/oanda/parse-oanda.ts';

test('Binance: the quantities at the best prices', () => {
  const depthOf = (fields: object) => {
    const conflator = new QuoteConflator(['BTCUSDT']);
    const data = { u: 1, s: 'BTCUSDT', b: '99.5', a: '100.5', ...fields };
    conflator.keepBook('BTCUSDT', JSON.stringify({ stream: 'btcusdt@bookTicker', data }), 1);
    const [quote] = conflator.take().quotes;
    expect(quote).toMatchObject({ bid: 99.5, ask: 100.5 });
    return quote?.depth;
  };
  expect(depthOf({ B: '2', A: '3.5' })).toEqual({ bids: [[99.5, 2]], asks: [[100.5, 3.5]] });
  for (const fields of [{}, { B: '0', A: '1' }, { B: 'much', A: '1' }, { B: null, A: {} }])
    expect(depthOf(fields)).toBeUndefined();
});

test('OANDA: every level with its liquidity, and no half a book', () => {
  const depthOf = (bids: object[], asks: object[]) => {
    const line = parseOandaLine(
      JSON.stringify({ type: 'PRICE', instrument: 'EUR_USD', time: '1700000000.0', bids, asks }),
    );
    expect(line.kind).toBe('price');
    return line.kind === 'price' ? line.quote?.depth : undefined;
  };
  expect(
    depthOf(
      [
        { price: '1.0998', liquidity: '2000000' },
        { price: '1.0999', liquidity: 1_000_000 },
      ],
      [{ price: '1.1001', liquidity: 1_000_000 }],
    ),
  ).toEqual({
    bids: [
      [1.0999, 1_000_000],
      [1.0998, 2_000_000],
    ],
    asks: [[1.1001, 1_000_000]],
  });
  expect(depthOf([{ price: '1.0999' }], [{ price: '1.1001', liquidity: 5 }])).toBeUndefined();
  expect(
    depthOf([{ price: '1.0999', liquidity: 'lots' }], [{ price: '1.1001', liquidity: 5 }]),
  ).toBeUndefined();
});

test('ccxt: the volumes of a ticker, but not the contracts of a perpetual', () => {
  const depthOf = (symbol: string, fields: object) => {
    const read = readTicker({ symbol: 'X', bid: 9, ask: 10, ...fields }, () => symbol, 1);
    return typeof read === 'object' ? read.quote.depth : read;
  };
  const volumes = { bidVolume: 4, askVolume: 5 };
  expect(depthOf('BTCUSDT', volumes)).toEqual({ bids: [[9, 4]], asks: [[10, 5]] });
  expect(depthOf('BTC-PERP', volumes)).toBeUndefined();
  expect(depthOf('BTCUSDT', { bidVolume: 4, askVolume: 'many' })).toBeUndefined();
  expect(depthOf('BTCUSDT', {})).toBeUndefined();
});
