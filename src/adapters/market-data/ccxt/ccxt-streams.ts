// Which of an exchange's websocket subscriptions are kept going: one of candles for each symbol, and quotes by the widest
// subscription that it has. It must never read what comes.
import type { CcxtExchange } from './ccxt-exchange.ts';
import type { CcxtSession } from './ccxt-session.ts';
import { type CcxtWatchOptions, keepWatching } from './ccxt-watch.ts';

export interface CcxtStreamOptions extends Omit<CcxtWatchOptions, 'next' | 'update'> {
  /** Rows of candles of one symbol. */
  readonly candles: (symbol: string, rows: unknown) => void;
  /** One ticker or many. */
  readonly tickers: (news: unknown) => void;
}

export function hasCandleStream({ has }: CcxtExchange): boolean {
  return has.watchOHLCV === true;
}

export function hasQuoteStream({ has }: CcxtExchange): boolean {
  return has.watchBidsAsks === true || has.watchTickers === true || has.watchTicker === true;
}

/** Runs until the signal aborts. */
export function keepStreams({ exchange, symbols }: CcxtSession, options: CcxtStreamOptions): void {
  const { candles, tickers, ...shared } = options;
  const keep = (next: () => Promise<unknown>, update: (news: unknown) => void) =>
    void keepWatching({ ...shared, next, update });
  for (const symbol of symbols.listed) {
    const market = symbols.marketOf(symbol);
    if (market === undefined) continue;
    keep(
      () => exchange.watchOHLCV(market, '1m'),
      (rows) => candles(symbol, rows),
    );
  }
  const { markets } = symbols;
  if (exchange.has.watchBidsAsks === true) keep(() => exchange.watchBidsAsks(markets), tickers);
  else if (exchange.has.watchTickers === true) keep(() => exchange.watchTickers(markets), tickers);
  else if (exchange.has.watchTicker === true)
    for (const market of markets) keep(() => exchange.watchTicker(market), tickers);
}
