// Words become assets: every name that is meant, and no ticker inside a word.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assetsIn, symbolsOf } from './link-assets.ts';

test.each([
  ['Bitcoin hits $120,000', ['BTC']],
  ['BTC and ETH ETFs see outflows', ['BTC', 'ETH']],
  ['Ethereum’s upgrade is live', ['ETH']],
  ["Ethereum's upgrade is live", ['ETH']],
  ['Bitcoin Cash forks again', ['BCH']],
  ['Ethereum Classic rallies', ['ETC']],
  ['$SOL breaks out', ['SOL']],
  ['SOL breaks out', ['SOL']],
  ['Solana-based token', ['SOL']],
  ['Absolute solution: console solid SOLAR sol', []],
  ['A link to the dot near the atom', []],
  ['READ THE FULL LINK IN BIO', []],
  ['LINK/USDT listed', ['LINK', 'USDT']],
  ['$LINK and $DOT', ['DOT', 'LINK']],
  ['Chainlink integrates', ['LINK']],
  ['EUR/USD slips after the ECB', ['EUR', 'USD']],
  ['EURUSD slips', ['EUR', 'USD']],
  ['BTCUSDT perpetuals', ['BTC']],
  ['European Central Bank holds rates', ['EUR']],
  ['Lawmakers debate the digital euro', []],
  ['Fed holds rates', ['USD']],
  ['He is fed up', []],
  ['FedEx ships', []],
  ['Bank of Japan and the yen', ['JPY']],
  ['Canadian dollar firms', ['CAD']],
  ['US dollar index eases', ['USD']],
  ['Gold slips from record', ['XAU']],
  ['Bitcoin is digital gold', ['BTC']],
  ['Goldman Sachs upgrades', []],
  ['Olympic gold medal', []],
  ['A silver lining for Silvergate', []],
  ['XAU/USD and XAG/USD', ['USD', 'XAG', 'XAU']],
  ['We eat together, whether or not', []],
  ['Adam and Adadevoh', []],
  ['THE SUN ONE DAY WILL SET IN ADA', []],
  ['BITCOIN AND BTC SOAR TODAY', ['BTC']],
  ['ripple effects of the crisis', []],
  ['Ripple wins', ['XRP']],
  ['$5 and $USD', []],
  ['', []],
])('%s → %j', (text, assets) => {
  expect(assetsIn(text)).toEqual(assets);
});

test('a code inside a longer word is never found', () => {
  const codes = fc.constantFrom(
    'SOL',
    'BTC',
    'ETH',
    'ADA',
    'EUR',
    'XRP',
    'TON',
    'yen',
    'gold',
    'ether',
    'euro',
  );
  const letters = fc.stringMatching(/^[a-z]{1,6}$/);
  fc.assert(
    fc.property(codes, letters, letters, (code, before, behind) => {
      const inside = `${before}${code}${behind}`;
      // Some joined letters spell another name of ours in full; those are not the case under test.
      fc.pre(!['tether', 'bitcoin', 'solana'].includes(inside.toLowerCase()));
      expect(assetsIn(`the ${inside} word`)).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test('assets concern symbols by base, and currency pairs by either side', () => {
  const universe = ['BTCUSDT', 'ETHUSDT', 'ETHBTC', 'EURUSD', 'USDJPY', 'XAUUSD', 'EURGBP'];
  expect(symbolsOf(['BTC'], universe)).toEqual(['BTCUSDT']);
  expect(symbolsOf(['EUR'], universe)).toEqual(['EURGBP', 'EURUSD']);
  expect(symbolsOf(['USD'], universe)).toEqual(['EURUSD', 'USDJPY', 'XAUUSD']);
  expect(symbolsOf([], universe)).toEqual([]);
});

const headlines = path.resolve(import.meta.dirname, '../../../../../shared/headlines');

test.skipIf(!existsSync(headlines))(
  'real headlines (../shared/headlines, absent elsewhere): gold is recognised, companies are not coins',
  () => {
    const rows = (file: string) =>
      readFileSync(path.join(headlines, file), 'utf8').split('\n').slice(1).filter(Boolean);
    const gold = rows('gold-dated.csv');
    const linked = gold.filter((row) => assetsIn(row).includes('XAU'));
    expect(linked.length / gold.length).toBeGreaterThan(0.9);
    for (const row of rows('news-MSFT-2024-03-unlabelled.csv')) {
      const [, , ...rest] = row.split(',');
      const text = rest.join(',');
      for (const asset of assetsIn(text))
        if (asset === 'BTC') expect(text).toMatch(/bitcoin|BTC/i);
        else if (asset === 'ETH') expect(text).toMatch(/ether|ETH/i);
    }
    const crypto = rows('crypto-alphavantage-2025.csv').filter((row) => /Bitcoin/.test(row));
    for (const row of crypto) expect(assetsIn(row)).toContain('BTC');
  },
);
