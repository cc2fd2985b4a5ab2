import { expect, test } from 'vitest';
import { MemoryVenueBook } from '../../adapters/store/memory/memory-venue-book.ts';
import { loadSettings } from '../../shared/config/load-settings.ts';
import { StartRefused } from '../system/start-guards.ts';
import { openPaperAccount } from './paper-account.ts';

function market(kind: 'live' | 'simulated' | 'recorded', ...symbols: string[]) {
  return [{ kind, symbols }];
}

function world() {
  const book = new MemoryVenueBook();
  const warnings: unknown[] = [];
  const log = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (fields: unknown) => void warnings.push(fields),
  };
  const open = (sources: ReturnType<typeof market>, environment: Record<string, string> = {}) =>
    openPaperAccount(book, sources, loadSettings({ folder: '/nowhere', environment }), log);
  const hold = (symbol: string) =>
    book.write([{ key: `holding/${symbol}`, value: { quantity: '1', cost: '100' } }]);
  return { book, warnings, open, hold };
}

test('the account is opened once: a later starting cash is said to be ignored and changes nothing', async () => {
  const { book, warnings, open } = world();
  const synthetic = market('simulated', 'BTCUSDT');
  expect(await open(synthetic, { ATO_STARTING_CASH: '10000' })).toBe(10_000);
  expect(await open(synthetic, { ATO_STARTING_CASH: '5000' })).toBe(10_000);
  expect(warnings).toEqual([{ opened_with: 10_000, setting: 5_000 }]);
  expect((await book.all()).find((row) => row.key === 'cash')?.value).toBe('10000');
});

test('cash that trading has changed is left alone', async () => {
  const { book, open } = world();
  await open(market('live', 'BTCUSDT'));
  await book.write([{ key: 'cash', value: '9876.5' }]);
  await open(market('live', 'BTCUSDT'));
  expect((await book.all()).find((row) => row.key === 'cash')?.value).toBe('9876.5');
});

test('an open position goes on only at prices of the market it was made in', async () => {
  const { book, open, hold } = world();
  await open(market('live', 'BTCUSDT', 'ETHUSDT'));
  await hold('BTCUSDT');
  const before = await book.all();
  for (const [sources, message] of [
    [market('simulated', 'BTCUSDT', 'ETHUSDT'), /live market.*simulated market, seed 1.*Fix:/],
    [market('recorded', 'BTCUSDT'), /recorded market/],
    [market('live', 'ETHUSDT'), /holds BTCUSDT, which this market does not serve.*Fix:/],
  ] as const) {
    const failure = await open(sources).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartRefused);
    expect(String(failure)).toMatch(message);
  }
  expect(await book.all()).toEqual(before);
  await open(market('live', 'BTCUSDT'));
});

test('without a position any market may follow; another seed is another market', async () => {
  const { open, hold } = world();
  await open(market('live', 'BTCUSDT'));
  await open(market('simulated', 'BTCUSDT'), { ATO_SEED: '1' });
  await hold('BTCUSDT');
  await expect(open(market('simulated', 'BTCUSDT'), { ATO_SEED: '2' })).rejects.toThrow(/seed 1.*seed 2/);
});
