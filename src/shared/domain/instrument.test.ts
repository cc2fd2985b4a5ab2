// The registry: forms of symbols, steps and pips, and that typing slips are refused with the right suggestion.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalSymbol, instrumentFor } from './instrument.ts';
import { fiatCodes, wellKnownCoins } from './instrument-currencies.ts';
import { slips } from './instrument-names.ts';
import { resolveSymbol, symbolProblemText } from './instrument-resolution.ts';

const wif = 'solana:EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';

test.each([
  ['EURUSD', { kind: 'forex_pair', base: 'EUR', quote: 'USD', priceStep: '0.00001', pip: '0.0001' }],
  ['USDJPY', { kind: 'forex_pair', quote: 'JPY', priceStep: '0.001', pip: '0.01', pricePrecision: 3 }],
  ['EURHUF', { kind: 'forex_pair', pip: '0.01' }],
  ['XAUUSD', { kind: 'metal', base: 'XAU', priceStep: '0.01', calendar: 'forex', assetClass: 'forex' }],
  ['BTCUSDT', { kind: 'crypto_spot', base: 'BTC', quote: 'USDT', calendar: 'always' }],
  ['BNBUSD', { kind: 'crypto_spot', base: 'BNB', quote: 'USD' }],
  ['DOTUSD', { base: 'DOT', quote: 'USD' }],
  ['BTC-EUR', { kind: 'crypto_spot', base: 'BTC', quote: 'EUR' }],
  ['EURUSDT', { kind: 'crypto_spot', base: 'EUR', quote: 'USDT' }],
  ['BTC-PERP', { kind: 'crypto_perpetual', base: 'BTC', quote: 'USDT' }],
  ['ETHUSDC-PERP', { kind: 'crypto_perpetual', base: 'ETH', quote: 'USDC' }],
  [wif, { kind: 'dex_token', chain: 'solana', quote: 'USD', calendar: 'always' }],
] as const)('%s has its rules', (symbol, rules) => {
  expect(instrumentFor(symbol)).toMatchObject({ symbol, ...rules });
});

test('addresses keep their case where it counts and lose it where it does not', () => {
  expect(canonicalSymbol(` Solana:${wif.slice(7)}`)).toBe(wif);
  const mixed = 'Base:0xAbCdEf0123456789aBcDeF0123456789AbCdEf01';
  expect(canonicalSymbol(mixed)).toBe(mixed.toLowerCase());
  expect(instrumentFor(canonicalSymbol(mixed))).toMatchObject({ chain: 'base' });
  expect(canonicalSymbol(' btcusdt')).toBe('BTCUSDT');
});

describe('slips are refused, with what was meant', () => {
  test.each([
    ['BTCUSTD', 'BTCUSDT'],
    ['BTCUSD T', 'BTCUSDT'],
    ['EURUSDD', 'EURUSD'],
    ['XAUSD', 'XAUUSD'],
    ['ERUUSD', 'EURUSD'],
    ['GBUSD', 'GBPUSD'],
    ['EURUS', 'EURUSD'],
    ['USDBTC', 'BTCUSD'],
    ['BTCUSDTUSDT', 'BTCUSDT'],
    ['QWERTYUSTD', 'QWERTYUSDT'],
  ])('%s', (typed, meant) => {
    const resolved = resolveSymbol(typed);
    expect(resolved.instrument).toBe(undefined);
    if (resolved.instrument !== undefined) return;
    expect(resolved.nearest[0]).toBe(meant);
    expect(symbolProblemText(resolved)).toMatch(/Did you mean/);
  });

  test('a chain that is unknown and an address that cannot be one', () => {
    for (const symbol of ['moon:abc', 'solana:0OIl', `solana:${'1'.repeat(50)}`, 'base:0x12'])
      expect(resolveSymbol(symbol)).toMatchObject({ problem: expect.stringContaining('chain:address') });
  });
});

test.each([
  'WIFUSDT',
  'ZZZUSDT',
  '1000SATSUSDT',
  'BTTUSDT',
  'SUSDT',
  'EURUSDT',
  'USDCUSDT',
  'XAUUSDT',
  'ERU-USD',
])('%s is legitimate', (symbol) => expect(resolveSymbol(symbol).instrument?.symbol).toBe(symbol));

test('every well-known coin and every currency pair passes', () => {
  for (const coin of wellKnownCoins)
    for (const quote of ['USDT', 'USDC', 'USD', 'EUR'])
      expect(instrumentFor(coin + quote)).toMatchObject({ base: coin, quote });
  for (const base of fiatCodes)
    for (const quote of fiatCodes)
      if (base !== quote) expect(resolveSymbol(base + quote).instrument?.kind).toBe('forex_pair');
});

test('any text is answered, and what is accepted is consistent', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 40 }), fc.stringMatching(/^[A-Z]{4,10}$/)), (text) => {
      const { instrument } = resolveSymbol(text);
      if (instrument === undefined) return;
      expect(instrument.symbol).toBe(text);
      expect(instrument.base).not.toBe('');
      expect(instrument.priceStep.split('.')[1]).toHaveLength(instrument.pricePrecision);
      expect(instrument.calendar === 'forex').toBe(instrument.assetClass === 'forex');
    }),
  );
});

test('slips count single typing mistakes', () => {
  expect(slips('EURUSD', 'EURUSD')).toBe(0);
  expect(slips('ERUUSD', 'EURUSD')).toBe(1);
  expect(slips('EURUSDD', 'EURUSD')).toBe(1);
  expect(slips('', 'ABC')).toBe(3);
});
