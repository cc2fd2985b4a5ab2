import { expect, test } from 'vitest';
import { type TokenRecord, tokenDanger } from './token-safety.ts';

const now = 1_800_000_000_000;
const safe: TokenRecord = {
  mint_authority: 'renounced',
  freeze_authority: 'renounced',
  liquidity_lock: 'burned',
  liquidity_usd: 50_000,
  top_10_holders_pct: 20,
  created_at: now - 36_000_000,
  buys_h24: 600,
  sells_h24: 400,
  checked_at: now - 60_000,
};

test('a token of which every danger is known to be absent is safe', () => {
  expect(tokenDanger(safe, now)).toBeUndefined();
  expect(tokenDanger({ ...safe, liquidity_lock: 'locked' }, now)).toBeUndefined();
});

test('unknown counts as unsafe, in every field', () => {
  expect(tokenDanger(undefined, now)).toEqual({ limit: 'a safety record', actual: 'unknown' });
  const fields = Object.keys(safe).filter((field) => field !== 'checked_at');
  expect(fields).toHaveLength(8);
  for (const field of fields)
    expect(tokenDanger({ ...safe, [field]: 'unknown' }, now)?.actual, field).toBe('unknown');
});

test.each([
  [{ mint_authority: 'held' }, 'mint_authority renounced'],
  [{ freeze_authority: 'held' }, 'freeze_authority renounced'],
  [{ liquidity_lock: 'unlocked' }, 'liquidity_lock burned or locked'],
  [{ liquidity_usd: 19_999 }, 'liquidity_usd at least 20000'],
  [{ liquidity_usd: Number.NaN }, 'liquidity_usd at least 20000'],
  [{ top_10_holders_pct: 31 }, 'top_10_holders_pct at most 30'],
  [{ created_at: now - 59 * 60_000 }, 'age_minutes at least 60'],
  [{ sells_h24: 10 }, 'sell_share at least 0.1'],
  [{ buys_h24: 0, sells_h24: 0 }, 'sell_share at least 0.1'],
  [{ checked_at: now - 3_600_000 }, 'safety record younger than 900000 ms'],
] as const)('%j is refused: %s', (change, limit) => {
  expect(tokenDanger({ ...safe, ...change } as TokenRecord, now)?.limit).toBe(limit);
});
