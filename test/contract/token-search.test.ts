// Finding a token at a stand-in of DexScreener: documented shapes, strangers' text, and the ways the service fails.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { searchTokens } from '../../src/runtime/market/token-search.ts';
import { DexStandIn } from './market-data-support/dex-stand-in.ts';

const wif = 'EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';
const brett = '0x532f27101965dd16442E59d40670FaF5eBB142E4';
const poolAddress = 'EP2ib6dYdEeqD8MfE2ezHCxX3kP3K2eLKkirfPm5eyMx';

let venue: DexStandIn;
beforeEach(async () => {
  venue = new DexStandIn();
  await venue.listen();
});
afterEach(() => venue.close());

/** The service is asked politely, so time has to pass between two questions. */
async function find(text: string) {
  const found = searchTokens(text, { clock: venue.clock, baseUrl: venue.baseUrl, fetch: venue.fetch });
  found.catch(() => undefined);
  await venue.play(20_000);
  return found;
}

const pair = (chainId: string, address: string, usd: number | null, name = 'dogwifhat') => ({
  chainId,
  dexId: 'raydium',
  pairAddress: poolAddress,
  baseToken: { address, name, symbol: 'WIF' },
  quoteToken: { symbol: 'SOL' },
  priceUsd: '0.5',
  volume: { h24: 1_000 },
  liquidity: usd === null ? null : { usd },
});

test('a name is searched for: deepest first, as ATO_UNIVERSE writes it, strangers text cleaned', async () => {
  venue.routes.push([
    /^\/latest\/dex\/search$/,
    () => ({
      body: {
        schemaVersion: '1.0.0',
        pairs: [
          pair('base', brett, 10),
          pair('solana', wif, 5_000_000, 'dog\u001b[31m<b>wif</b>\u202ehat'),
          pair('solana', wif, 40),
          pair('tron', 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t', 9e9),
          { chainId: 5 },
        ],
      },
    }),
  ]);
  const found = await find(' WIF ');
  expect(venue.requests[0]?.query.get('q')).toBe('WIF');
  expect(found.tokens.map(({ symbol, liquidity_usd }) => [symbol, liquidity_usd])).toEqual([
    [`solana:${wif}`, 5_000_000],
    [`base:${brett.toLowerCase()}`, 10],
  ]);
  for (const hostile of ['\u001b', '\u202e', '<', '>']) expect(found.tokens[0]?.name).not.toContain(hostile);
  expect(found).toMatchObject({ text: 'WIF', elsewhere: 1, unreadable: 1 });
});

test('an address is looked up as a token, and else as a pool', async () => {
  venue.routes.push(
    [new RegExp(`^/token-pairs/v1/solana/${wif}$`), () => ({ body: [pair('solana', wif, 7)] })],
    [/^\/token-pairs\/v1\/solana\//, () => ({ body: [] })],
    [/^\/latest\/dex\/pairs\/solana\//, () => ({ body: { pairs: [pair('solana', wif, null)] } })],
  );
  expect((await find(`Solana:${wif}`)).tokens).toMatchObject([{ symbol: `solana:${wif}`, liquidity_usd: 7 }]);
  expect((await find(`solana:${poolAddress}`)).tokens).toMatchObject([
    { symbol: `solana:${wif}`, liquidity_usd: null },
  ]);
  expect(venue.requests.map(({ path }) => path.split('/')[1])).toEqual([
    'token-pairs',
    'token-pairs',
    'latest',
  ]);
});

test('nothing found is an empty answer; failures are named for a person', async () => {
  venue.routes.push([/search/, () => ({ body: { schemaVersion: '1.0.0', pairs: null } })]);
  expect((await find('nothing')).tokens).toEqual([]);
  await expect(find('   ')).rejects.toThrow(/1 to 100 characters/);
  await expect(find('x'.repeat(101))).rejects.toThrow(/1 to 100 characters/);
  for (const answer of [{ status: 503, body: '<html>down</html>' }, { body: '<html>blocked</html>' }]) {
    venue.routes.splice(0, 1, [/search/, () => answer]);
    await expect(find('WIF')).rejects.toThrow(/DexScreener cannot be asked/);
  }
});
