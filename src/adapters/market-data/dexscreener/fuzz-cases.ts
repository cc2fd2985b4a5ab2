// Ways in which bytes enter the DexScreener adapter, for `ato fuzz markets`.
import { type FuzzCase, fuzzJson } from '../shared/fuzz-case.ts';
import { decodePairs, decodePromoted } from './dexscreener-schemas.ts';

const pair = {
  chainId: 'solana',
  dexId: 'pumpswap',
  url: 'https://dexscreener.com/solana/POOL1',
  pairAddress: 'POOL1',
  labels: ['v1'],
  baseToken: { address: 'MINT1', name: 'Demo', symbol: 'DMO' },
  quoteToken: { address: 'So11111111111111111111111111111111111111112', name: 'Wrapped SOL', symbol: 'SOL' },
  priceNative: '0.0000012',
  priceUsd: '0.00018',
  txns: { m5: { buys: 3, sells: 1 }, h24: { buys: 90, sells: 70 } },
  volume: { m5: 120.5, h1: 900.5, h24: 9000.1 },
  priceChange: { m5: -1.2, h24: 33 },
  liquidity: { usd: 15_000, base: 1.1e8, quote: 55.2 },
  fdv: 180_000,
  marketCap: 180_000,
  pairCreatedAt: 1_790_000_000_000,
  boosts: { active: 10 },
};
const boost = { url: 'https://x', chainId: 'solana', tokenAddress: 'MINT1', amount: 10, totalAmount: 50 };

export const fuzzCases: readonly FuzzCase[] = [
  fuzzJson('dexscreener tokens', [pair], (body) => decodePairs(body)),
  fuzzJson('dexscreener search', { schemaVersion: '1.0.0', pairs: [pair] }, (body) => decodePairs(body)),
  fuzzJson('dexscreener profiles', [boost], (body) => decodePromoted(body, 'profile')),
  fuzzJson('dexscreener boosts', [boost], (body) => decodePromoted(body, 'boost')),
];
