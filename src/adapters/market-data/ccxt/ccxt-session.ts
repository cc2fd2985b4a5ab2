// One opened exchange: the library's object, its list of markets, and the pace at which it may be asked. A restart opens a
// new one. It must never be used without its list of markets.
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from '../shared/alarms.ts';
import { CcxtError } from './ccxt-errors.ts';
import { type CcxtExchange, openExchange } from './ccxt-exchange.ts';
import { CcxtRest } from './ccxt-rest.ts';
import { CcxtSymbols } from './ccxt-symbols.ts';

export interface CcxtSession {
  readonly exchange: CcxtExchange;
  readonly rest: CcxtRest;
  readonly symbols: CcxtSymbols;
}

export interface CcxtSessionOptions {
  /** Exchange id of ccxt, such as `kraken`. */
  readonly exchange: string;
  /** Symbols asked for, whether or not the venue lists them. */
  readonly asked: readonly string[];
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Changes a freshly opened exchange: other addresses, known markets. */
  readonly prepare: ((exchange: CcxtExchange) => void | Promise<void>) | undefined;
}

/** Throws CcxtError for an exchange that ccxt does not know, without minute candles, or that does not answer. */
export async function openSession(options: CcxtSessionOptions, signal: AbortSignal): Promise<CcxtSession> {
  const { clock, alarms, asked, prepare } = options;
  const exchange = await openExchange(options.exchange);
  exchange.milliseconds = () => clock.now();
  await prepare?.(exchange);
  const rest = new CcxtRest(exchange, clock, alarms);
  try {
    if (exchange.has.fetchOHLCV !== true || !Object.hasOwn(exchange.timeframes ?? {}, '1m'))
      throw new CcxtError('unsupported', `${exchange.id} offers no one-minute candles`);
    await rest.call((venue) => venue.loadMarkets(), signal);
    return { exchange, rest, symbols: new CcxtSymbols(asked, exchange.markets ?? {}) };
  } catch (error) {
    await closeQuietly(exchange);
    throw error;
  }
}

export async function closeQuietly(exchange: CcxtExchange): Promise<void> {
  try {
    await exchange.close();
  } catch {
    // It rejects what was still awaited; nobody waits any more.
  }
}
