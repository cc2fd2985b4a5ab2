// What sound venues would say at a moment, for the fuzzer to damage: answers by path, and frames of websockets.
import { minuteMs } from '../../shared/domain/time.ts';
import type { Random } from '../../shared/ports/random.ts';

export const symbol = 'BTCUSDT';
export const pair = 'EURUSD';
export const mint = 'EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm';

export function binanceBody(path: string, now: number): string {
  if (!path.includes('klines')) return JSON.stringify(path.includes('time') ? { serverTime: now } : []);
  const last = Math.floor(now / minuteMs) * minuteMs;
  const rows = [4, 3, 2, 1, 0].map((ago) => [
    last - ago * minuteMs,
    '100',
    '101',
    '99',
    '100.5',
    '3',
    last - ago * minuteMs + minuteMs - 1,
  ]);
  return JSON.stringify(rows);
}

/** Combined frames are Binance's own; ccxt asks for the bare ones. */
export function binanceFrame(now: number, random: Random): string {
  const combined = random.integer(2) === 0;
  const wrap = (stream: string, data: unknown) => JSON.stringify(combined ? { stream, data } : data);
  if (random.integer(2) === 0)
    return wrap('btcusdt@bookTicker', { u: now, s: symbol, b: '100', B: '1', a: '100.1', A: '1' });
  const t = Math.floor(now / minuteMs) * minuteMs - minuteMs;
  const k = {
    t,
    T: t + minuteMs - 1,
    s: symbol,
    i: '1m',
    o: '100',
    h: '101',
    l: '99',
    c: '100.5',
    v: '3',
    x: true,
  };
  return wrap('btcusdt@kline_1m', { e: 'kline', E: now, s: symbol, k });
}

export function oandaBody(path: string, now: number): string {
  if (path.includes('/instruments?') || path.endsWith('/instruments'))
    return JSON.stringify({ instruments: [{ name: 'EUR_USD' }] });
  const time = new Date(now).toISOString();
  if (path.includes('/stream')) {
    const levels = (price: string) => [{ price, liquidity: 1_000_000 }];
    const line = { type: 'PRICE', instrument: 'EUR_USD', time, bids: levels('1.1'), asks: levels('1.1001') };
    return `${JSON.stringify(line)}\n${JSON.stringify({ type: 'HEARTBEAT', time })}\n`;
  }
  const rows = lastMinutes(now).map((at) => ({
    complete: true,
    volume: 12,
    time: new Date(at).toISOString(),
    mid: { o: '1.1', h: '1.1002', l: '1.0998', c: '1.1' },
  }));
  return JSON.stringify({ candles: rows });
}

export function tradermadeBody(path: string, now: number): string {
  if (path.includes('timeseries')) {
    const row = { open: 1.1, high: '1.1002', low: 1.0998, close: 1.1 };
    const quotes = lastMinutes(now).map((at) => ({ date: new Date(at).toISOString().slice(0, 16), ...row }));
    return JSON.stringify({ quotes });
  }
  const quote = { base_currency: 'EUR', quote_currency: 'USD', bid: 1.1, ask: '1.1001' };
  return JSON.stringify({ quotes: [quote], timestamp: Math.floor(now / 1_000) });
}

export function tradermadeFrame(now: number, random: Random): string {
  if (random.integer(4) === 0) return 'Connected';
  if (random.integer(4) === 0) return JSON.stringify({ type: 'login_ok', symbol_limit: 10 });
  const ts = new Date(now).toISOString().slice(0, 23).replaceAll('-', '').replace('T', '-');
  return JSON.stringify({ t: 'QUOTE', s: pair, b: 1.1, a: 1.1001, ts });
}

export function dexscreenerBody(path: string): string {
  if (!path.includes('/tokens/'))
    return JSON.stringify([{ chainId: 'solana', tokenAddress: mint, amount: 10 }]);
  const facts = { priceUsd: '0.00018', volume: { h24: 9_000 }, liquidity: { usd: 15_000 } };
  const names = {
    chainId: 'solana',
    pairAddress: 'POOL',
    baseToken: { address: mint, name: 'Demo', symbol: 'DMO' },
  };
  return JSON.stringify([{ ...names, ...facts }]);
}

export function birdeyeBody(path: string, now: number): string {
  const candle = { o: 1, h: 1.1, l: 0.9, c: 1, v: 5 };
  const items = lastMinutes(now).map((at) => ({ ...candle, unixTime: at / 1_000 }));
  const data = path.includes('ohlcv') ? { items } : { value: 1, price: 1, address: mint, liquidity: 15_000 };
  return JSON.stringify({ success: true, data });
}

export function geckoterminalBody(path: string): string {
  const name = { address: mint, name: 'Demo', symbol: 'DMO' };
  if (path.includes('/info'))
    return JSON.stringify({
      data: { attributes: { ...name, mint_authority: 'no', freeze_authority: 'no' } },
    });
  const attributes = { name: 'DMO / SOL', base_token_price_usd: '0.00018', reserve_in_usd: '15000.5' };
  const relationships = { base_token: { data: { id: `solana_${mint}` } } };
  return JSON.stringify({ data: [{ attributes, relationships }] });
}

export function pumpfunBody(path: string, now: number): string {
  const coin = {
    mint,
    name: 'Demo',
    symbol: 'DMO',
    creator: 'DevOne',
    created_timestamp: now,
    usd_market_cap: 9,
  };
  return JSON.stringify(path.includes('/coins/') ? coin : [coin]);
}

export function pumpportalFrame(_now: number, random: Random): string {
  if (random.integer(4) === 0) return JSON.stringify({ message: 'Successfully subscribed.' });
  return JSON.stringify({ mint, txType: 'create', pool: 'pump', name: 'Demo', symbol: 'DMO' });
}

/** Open times of the last whole minutes. */
function lastMinutes(now: number): readonly number[] {
  const last = Math.floor(now / minuteMs) * minuteMs - minuteMs;
  return [4, 3, 2, 1, 0].map((ago) => last - ago * minuteMs);
}
