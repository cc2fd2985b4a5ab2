// Ways in which bytes enter the Pump.fun adapter, for `ato fuzz markets`.
import { type FuzzCase, fuzzJson } from '../shared/fuzz-case.ts';
import { decodeCoin, decodeCoins } from './pumpfun-schemas.ts';

const coin = {
  mint: 'MINT1',
  name: 'Demo',
  symbol: 'DMO',
  description: 'a coin',
  creator: 'DEV1',
  created_timestamp: 1_790_000_000_000,
  complete: true,
  pump_swap_pool: 'POOL1',
  virtual_sol_reserves: 115_000_000_000,
  virtual_token_reserves: 279_900_000_000_000,
  total_supply: 1_000_000_000_000_000,
  market_cap: 410.8,
  usd_market_cap: 61_620.5,
  nsfw: false,
};

export const fuzzCases: readonly FuzzCase[] = [
  fuzzJson('pumpfun coins', [coin], (body) => decodeCoins(body, 'launch')),
  fuzzJson('pumpfun coin', coin, decodeCoin),
];
