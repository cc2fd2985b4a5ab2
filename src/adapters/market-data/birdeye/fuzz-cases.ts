// Ways in which bytes enter the Birdeye adapter, for `ato fuzz markets`.
import { candleDefect } from '../../../shared/domain/candle.ts';
import { type FuzzCase, fuzzJson } from '../shared/fuzz-case.ts';
import { nothingDecoded } from '../shared/lenient-json.ts';
import { decodeCandles, decodeOverview, decodePrice, judgeBirdeye } from './birdeye-schemas.ts';

const price = { success: true, data: { value: 0.00042, liquidity: 15_000.5, updateUnixTime: 1_790_000_000 } };
const overview = {
  success: true,
  data: {
    address: 'MINT1',
    name: 'Demo',
    symbol: 'DMO',
    price: 0.00042,
    liquidity: 15_000.5,
    mc: 420_000,
    v1hUSD: 900,
    v24hUSD: 9_000,
    buy24h: 90,
    sell24h: 70,
    holder: 500,
  },
};
const candles = {
  success: true,
  data: {
    items: [
      { address: 'MINT1', type: '15m', unixTime: 1_790_000_100, o: 1, h: 1.2, l: 0.9, c: 1.1, v: 5_000 },
    ],
  },
};

export const fuzzCases: readonly FuzzCase[] = [
  fuzzJson('birdeye price', price, (body) => decodePrice(body, 'solana', 'MINT1')),
  fuzzJson('birdeye overview', overview, (body) => decodeOverview(body, 'solana', 'MINT1')),
  fuzzJson('birdeye candles', candles, (body) => {
    for (const candle of decodeCandles(body, 'MINT1', '15m').candles)
      if (candleDefect(candle) !== undefined || !(candle.low > 0))
        throw new Error(`an impossible candle passed: ${JSON.stringify(candle)}`);
    return nothingDecoded;
  }),
  fuzzJson('birdeye errors', { success: false, message: 'Compute units usage limit exceeded' }, (body) => {
    judgeBirdeye(400, body);
    return nothingDecoded;
  }),
];
