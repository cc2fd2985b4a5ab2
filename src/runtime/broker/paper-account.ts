// The paper account across starts: opened once, with its cash, and priced by the market that its positions were
// made in. It must never let a position opened at one market's prices be stopped out at another's.
import { z } from 'zod';
import type { Settings } from '../../shared/config/settings.ts';
import { decimalText } from '../../shared/domain/money.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import type { VenueBook } from '../../shared/ports/venue-book.ts';
import { StartRefused } from '../system/start-guards.ts';

const accountKey = 'account';
const cashKey = 'cash';
const holdingPrefix = 'holding/';

const accountRow = z.object({
  starting_cash: z.number(),
  /** Whose prices each symbol had in the last run. */
  prices: z.record(z.string(), z.string()),
});

/**
 * Opens the account at the first start and meets it again at later ones; returns the cash it was opened with.
 * Throws StartRefused when a position is open that this run's market does not price, or prices by another market.
 */
export async function openPaperAccount(
  book: VenueBook,
  sources: readonly Pick<MarketDataSource, 'kind' | 'symbols'>[],
  settings: Settings,
  log: Log,
): Promise<number> {
  const rows = new Map((await book.all()).map((row) => [row.key, row.value]));
  const known = accountRow.safeParse(rows.get(accountKey)).data;
  const prices = pricesOf(sources, settings);
  const held = [...rows.keys()].filter((key) => key.startsWith(holdingPrefix));
  for (const key of held) assertSamePrices(key.slice(holdingPrefix.length), known?.prices ?? {}, prices);
  const starting_cash = known?.starting_cash ?? settings.ATO_STARTING_CASH;
  if (starting_cash !== settings.ATO_STARTING_CASH)
    log.warn(
      { opened_with: starting_cash, setting: settings.ATO_STARTING_CASH },
      'ATO_STARTING_CASH does not change an account that is open already: another DATA_DIR opens another account',
    );
  const cash = rows.has(cashKey) ? [] : [{ key: cashKey, value: decimalText(starting_cash) }];
  await book.write([...cash, { key: accountKey, value: { starting_cash, prices } }]);
  return starting_cash;
}

function pricesOf(
  sources: readonly Pick<MarketDataSource, 'kind' | 'symbols'>[],
  settings: Settings,
): Record<string, string> {
  const prices: Record<string, string> = {};
  for (const { kind, symbols } of sources)
    for (const symbol of symbols)
      prices[symbol] =
        kind === 'simulated' ? `simulated market, seed ${settings.ATO_SEED}` : `${kind} market`;
  return prices;
}

function assertSamePrices(
  symbol: string,
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): void {
  const [earlier, current] = [before[symbol], now[symbol]];
  if (current === undefined)
    throw new StartRefused(
      `The paper account holds ${symbol}, which this market does not serve: nothing would watch its stop. Fix: keep ${symbol} in ATO_UNIVERSE (or its recording in ATO_TAPE_PATH) until the position is closed, or use another DATA_DIR or DATABASE_SCHEMA. Nothing was changed.`,
    );
  if (earlier !== undefined && earlier !== current)
    throw new StartRefused(
      `The paper account holds ${symbol} at prices of the ${earlier}, but this start would price it by the ${current}: its profit and its stop would mean nothing. Fix: go on with the earlier ATO_MARKET_SOURCE (a live one must be reachable) and ATO_SEED until the position is closed, or use another DATA_DIR or DATABASE_SCHEMA. Nothing was changed.`,
    );
}
