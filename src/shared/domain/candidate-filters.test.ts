import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CandidateFacts, TokenSafety } from './candidate.ts';
import { defaultCandidateLimits, runFilters, verdictOf } from './candidate-filters.ts';

const now = Date.UTC(2026, 10, 1);

const safe: TokenSafety = {
  mint_authority: 'renounced',
  freeze_authority: 'renounced',
  liquidity_lock: 'burned',
  top_10_holders_pct: 20,
  holders: 700,
  age_minutes: 600,
  buys_h24: 400,
  sells_h24: 300,
  creator: 'DevOne',
  creator_tokens: 1,
};
const market: CandidateFacts = { liquidity_usd: 50_000, volume_h24_usd: 200_000 };
const twoPrices = [
  { source: 'dexscreener', price_usd: 1, at: now },
  { source: 'birdeye', price_usd: 1.02, at: now },
];

interface Patch {
  readonly facts?: CandidateFacts;
  readonly safety?: Partial<TokenSafety>;
  readonly prices?: typeof twoPrices;
}

function judged({ facts, safety, prices = twoPrices }: Patch = {}) {
  const candidate = { facts: { ...market, ...facts }, safety: { ...safe, ...safety }, prices };
  const filters = runFilters(candidate, defaultCandidateLimits, now);
  const by = Object.fromEntries(filters.map((filter) => [filter.name, filter]));
  return { verdict: verdictOf(filters), filters, by };
}

test('a token of which all is known and good is eligible, with every filter and its value listed', () => {
  const { verdict, filters, by } = judged();
  expect(verdict).toBe('eligible');
  expect(filters).toHaveLength(12);
  expect(by.liquidity_usd).toEqual({
    name: 'liquidity_usd',
    outcome: 'passed',
    value: 50_000,
    rule: 'at least',
    limit: 20_000,
  });
});

test.each<[string, Patch]>([
  ['liquidity_usd', { facts: { liquidity_usd: 19_999 } }],
  ['volume_h24_usd', { facts: { volume_h24_usd: 100 } }],
  ['volume_to_liquidity', { facts: { volume_h24_usd: 50_000 * 51 } }],
  ['age_minutes', { safety: { age_minutes: 59 } }],
  ['trades_h24', { safety: { buys_h24: 100, sells_h24: 99 } }],
  ['sell_share', { safety: { buys_h24: 1_000, sells_h24: 3 } }],
  ['price_disagreement', { prices: [twoPrices[0] ?? never(), { source: 'b', price_usd: 1.2, at: now }] }],
  ['mint_authority', { safety: { mint_authority: 'held' } }],
  ['freeze_authority', { safety: { freeze_authority: 'held' } }],
  ['liquidity_lock', { safety: { liquidity_lock: 'unlocked' } }],
  ['top_10_holders_pct', { safety: { top_10_holders_pct: 31 } }],
  ['creator_tokens', { safety: { creator_tokens: 70 } }],
])('%s alone rejects', (name, patch) => {
  const { verdict, by } = judged(patch);
  expect(by[name]?.outcome).toBe('failed');
  expect(verdict).toBe('rejected');
});

test('prices of one source, or old ones, agree with nobody', () => {
  const [first = never()] = twoPrices;
  for (const prices of [[first], [first, { source: 'b', price_usd: 1, at: now - 3_600_000 }]])
    expect(judged({ prices }).by.price_disagreement?.outcome).toBe('unknown');
});

test('whatever is taken away from what is known, nothing becomes safer by it', () => {
  const safetyKeys = Object.keys(safe) as (keyof TokenSafety)[];
  fc.assert(
    fc.property(fc.subarray(safetyKeys), fc.boolean(), fc.boolean(), (gone, noMarket, noPrices) => {
      const unknown = Object.fromEntries(gone.map((key) => [key, 'unknown']));
      const candidate = {
        facts: noMarket ? {} : market,
        safety: { ...safe, ...unknown } as TokenSafety,
        prices: noPrices ? [] : twoPrices,
      };
      const verdict = verdictOf(runFilters(candidate, defaultCandidateLimits, now));
      const decisive = gone.filter((key) => key !== 'holders' && key !== 'creator');
      expect(verdict).toBe(decisive.length > 0 || noMarket || noPrices ? 'unverified' : 'eligible');
    }),
  );
});

function never(): never {
  throw new Error('not there');
}
