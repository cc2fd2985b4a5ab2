// Ways in which bytes enter the GeckoTerminal adapter, for `ato fuzz markets`.
import { type FuzzCase, fuzzJson } from '../shared/fuzz-case.ts';
import { decodePools, decodeTokenInfo } from './geckoterminal-schemas.ts';

const pool = {
  id: 'solana_POOL1',
  type: 'pool',
  attributes: {
    address: 'POOL1',
    name: 'DMO / SOL',
    base_token_price_usd: '0.000181',
    reserve_in_usd: '15000.5',
    market_cap_usd: null,
    pool_created_at: '2026-10-30T15:00:00Z',
    volume_usd: { h1: '900.5', h24: '9000.1' },
    transactions: { h24: { buys: 90, sells: 70, buyers: 40, sellers: 30 } },
  },
  relationships: {
    base_token: { data: { id: 'solana_MINT1', type: 'token' } },
    dex: { data: { id: 'pumpswap', type: 'dex' } },
  },
};
const included = { id: 'solana_MINT1', type: 'token', attributes: { name: 'Demo', symbol: 'DMO' } };
const info = {
  data: {
    type: 'token',
    attributes: {
      address: 'MINT1',
      name: 'Demo',
      symbol: 'DMO',
      mint_authority: 'no',
      freeze_authority: 'no',
      holders: { count: 500, distribution_percentage: { top_10: '22.5', rest: '77.5' } },
    },
  },
};

export const fuzzCases: readonly FuzzCase[] = [
  fuzzJson('geckoterminal pools', { data: [pool], included: [included] }, (body) =>
    decodePools(body, 'solana', 'new_pool'),
  ),
  fuzzJson('geckoterminal token info', info, (body) => decodeTokenInfo(body, 'solana')),
];
