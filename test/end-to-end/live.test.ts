// Live trading from outside, with a stand-in exchange that executes an order and then says nothing: refused without a
// confirmation, halted at every start, one order at the venue, its stop there too, found again after kill -9, no key anywhere.
// The tests of this file are one story and run in order.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BinanceVenue } from '../stand-in/binance-venue.ts';
import { eventually } from '../support/eventually.ts';
import { Installation, runAto } from '../support/system-process.ts';

const venue = new BinanceVenue('spot');
const token = 'token-SEKRET-open-sesame-0123456789';
const symbol = 'BTCUSDT';
const system = new Installation({
  API_TOKEN: token,
  ATO_MODE: 'live',
  ATO_BROKER: 'ccxt',
  ATO_CCXT_EXCHANGE: 'binance',
  CCXT_API_KEY: venue.key,
  CCXT_API_SECRET: venue.secret,
  CCXT_ACCOUNT_ID: String(venue.uid),
  LIVE_TRADING_CONFIRM: String(venue.uid),
  ATO_UNIVERSE: symbol,
  ATO_MARKET_SPEED: '600',
  // On a slow machine hours pass between two steps of this story; its position must outlive them.
  ATO_STOP_ATR: '20',
  ATO_TARGET_ATR: '40',
  LOG_LEVEL: 'DEBUG',
});
/** The market is hurried; the exchange is not. */
const patienceMs = 50_000;
const heard: string[] = [];
let following: NodeJS.Timeout | undefined;

interface Row {
  readonly [key: string]: unknown;
}

async function rows(route: string, list: string): Promise<Row[]> {
  const answer = (await system.get(route)) as Record<string, Row[]>;
  heard.push(JSON.stringify(answer));
  return answer[list] ?? [];
}

async function command(route: string, body: object = {}): Promise<number> {
  const response = await fetch(`${system.base}${route}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  heard.push(await response.text());
  return response.status;
}

/** The exchange has the prices that the program sees; anything else would be another market. */
async function followPrices(): Promise<void> {
  const candles = await rows(`/markets/candles?symbol=${symbol}&limit=1`, 'candles').catch(() => []);
  const close = Number(candles.at(-1)?.close);
  if (close > 0) venue.move(symbol, Number(close.toFixed(2)));
}

const ordersSent = () =>
  venue.asked.filter(({ method, path: where }) => method === 'POST' && where.endsWith('/order'));

/** The fee is taken in coins, so each closed position may leave less than one step of the quantity behind. */
async function dustAllowed(): Promise<number> {
  return 0.00001 * (await rows('/trading/positions?state=closed', 'positions')).length;
}

beforeAll(async () => {
  const strategy = path.join(system.folder, 'once.ts');
  writeFileSync(
    strategy,
    `export const strategy = {
      name: 'always-long', description: 'Buys at every look.', timeframes: { normal: '1m', fast: '1m' }, warmUpCandles: 30,
      evaluate: (view) => ({ symbol: view.symbol, action: 'BUY', timeframe: '1m', confidence: 0.9, horizonMs: 86400000,
        evidence: [{ name: 'close', value: view.entry.close(), at: view.entry.closeTime() }], reasoning: 'close {close}' }),
    };`,
  );
  system.settings.ATO_STRATEGY_FILE = strategy;
  system.settings.ATO_BROKER_URL = await venue.listen();
  following = setInterval(() => void followPrices(), 250);
});
afterAll(async () => {
  clearInterval(following);
  await system.remove();
  await venue.stop();
});

test('without the confirmation nothing is asked and nothing is sent', async () => {
  const { LIVE_TRADING_CONFIRM: _, ...rest } = system.settings;
  const result = await runAto(['start'], rest, system.folder);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('LIVE_TRADING_CONFIRM');
  expect(venue.asked).toEqual([]);
  heard.push(result.stdout, result.stderr);
});

test('another account than the confirmed one is refused, and nothing is sent', async () => {
  const other = { CCXT_ACCOUNT_ID: '4711', LIVE_TRADING_CONFIRM: '4711' };
  const result = await runAto(['start'], { ...system.settings, ...other }, system.folder);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('another account than CCXT_ACCOUNT_ID');
  expect(ordersSent()).toEqual([]);
  heard.push(result.stdout, result.stderr);
});

test('it starts halted: signals are refused, and the banner says what is at stake', async () => {
  await system.start();
  expect(system.output).toContain('LIVE TRADING with binance');
  expect(system.output).toContain('halted until you resume it');
  const refusal = await eventually(
    'a refused signal',
    async () => (await rows('/trading/refusals', 'refusals'))[0],
  );
  expect(refusal).toMatchObject({ code: 'trading_halted' });
  expect(ordersSent()).toEqual([]);
});

test('executed, then silence: the order is found by its id, not sent again, and its stop stands at the venue', async () => {
  venue.failOnce(({ method }) => method === 'POST', { when: 'after', how: 'hang' });
  expect(await command('/trading/resume', { by: 'tester', reason: 'test' })).toBeLessThan(300);
  const entry = await eventually(
    'the filled entry',
    async () =>
      (await rows('/trading/orders', 'orders')).find(
        ({ leg, state }) => leg === 'entry' && state === 'filled',
      ),
    patienceMs,
  );
  const id = String(entry.client_order_id);
  expect(venue.ordersOf(id)).toBe(1);
  const stop = await eventually('the stop at the venue', async () => {
    const order = (await rows('/trading/orders', 'orders')).find(
      ({ leg, state }) => leg === 'stop' && state === 'accepted',
    );
    return order === undefined ? undefined : venue.orderOf(String(order.client_order_id));
  });
  expect(stop).toMatchObject({ side: 'SELL', type: 'STOP_LOSS', status: 'NEW' });
  const [position] = await rows('/trading/positions?state=open', 'positions');
  const unaccounted = (venue.balances.get('BTC') ?? 0) - Number(position?.quantity);
  expect(unaccounted).toBeGreaterThan(-1e-9);
  expect(unaccounted).toBeLessThan(1e-9 + (await dustAllowed()));
});

test('kill -9: halted again, the same position, the same stop, nothing sent twice', async () => {
  const before = ordersSent().length;
  const [position] = await rows('/trading/positions?state=open', 'positions');
  await system.end('SIGKILL');
  await system.start();
  await eventually(
    'the refusal of a signal',
    async () => (await rows('/trading/refusals', 'refusals')).find(({ code }) => code === 'trading_halted'),
    patienceMs,
  );
  const [again] = await rows('/trading/positions?state=open', 'positions');
  expect(again).toMatchObject({ id: position?.id, quantity: position?.quantity });
  expect(ordersSent()).toHaveLength(before);
});

test('a person closes: the stop gives way, the coins are sold, nothing but dust is left', async () => {
  expect(await command('/trading/close', { symbol, by: 'tester', reason: 'test' })).toBeLessThan(300);
  await eventually('flat books', async () =>
    (await rows('/trading/positions?state=open', 'positions')).length === 0 ? true : undefined,
  );
  expect(venue.balances.get('BTC')).toBeLessThan(await dustAllowed());
  expect(await system.end('SIGTERM'), system.output).toBe(0);
});

test('no key, secret or account is anywhere in what was said or written', () => {
  heard.push(system.output);
  const secrets = [venue.key, venue.secret, String(venue.uid), token, 'signature='];
  const said = heard.join('\n');
  for (const secret of secrets) expect(said).not.toContain(secret);
  for (const entry of readdirSync(system.folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = readFileSync(path.join(entry.parentPath, entry.name), 'latin1');
    for (const secret of secrets) expect(content.includes(secret), `${entry.name} has a secret`).toBe(false);
  }
});
