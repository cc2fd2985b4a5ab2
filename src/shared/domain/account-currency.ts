// The account is kept in US dollars; dollar stablecoins count at par (a documented simplification).
// It must never guess a rate: without a known price the answer is undefined.
import type { AssetClass, Instrument } from './instrument.ts';

const dollarLike: ReadonlySet<string> = new Set(['USD', 'USDT', 'USDC', 'FDUSD', 'BUSD']);

/** Largest exposure per unit of own money that the house takes, by asset class. */
export const marginLeverage: Readonly<Record<AssetClass, number>> = { crypto: 1, forex: 20 };

/** Currencies through which a rate is looked for when none leads straight to the dollar, in this order. */
const hubs = ['EUR', 'GBP', 'JPY', 'CHF', 'AUD', 'NZD', 'CAD', 'BTC', 'ETH', 'BNB', 'SOL'] as const;

type PriceOf = (symbol: string) => number | undefined;

/** Account currency per unit of the instrument's quote currency, by known prices only: its own, straight, or by one more. */
export function accountRate(instrument: Instrument, priceOf: PriceOf): number | undefined {
  const { base, quote, symbol } = instrument;
  if (dollarLike.has(quote)) return 1;
  const own = priceOf(symbol);
  if (own !== undefined && dollarLike.has(base)) return 1 / own;
  const straight = inDollars(quote, priceOf);
  if (straight !== undefined) return straight;
  const ofBase = own === undefined ? undefined : inDollars(base, priceOf);
  if (ofBase !== undefined && own !== undefined) return ofBase / own;
  for (const hub of hubs) {
    const ofHub = hub === quote ? undefined : inDollars(hub, priceOf);
    const inHub = ofHub === undefined ? undefined : exchange(quote, hub, priceOf);
    if (ofHub !== undefined && inHub !== undefined) return inHub * ofHub;
  }
  return undefined;
}

function inDollars(currency: string, priceOf: PriceOf): number | undefined {
  if (dollarLike.has(currency)) return 1;
  return exchange(currency, 'USD', priceOf) ?? exchange(currency, 'USDT', priceOf);
}

/** Units of `to` per unit of `from`, by the pair of the two in either direction. */
function exchange(from: string, to: string, priceOf: PriceOf): number | undefined {
  const direct = priceOf(`${from}${to}`);
  if (direct !== undefined) return direct;
  const inverse = priceOf(`${to}${from}`);
  return inverse === undefined ? undefined : 1 / inverse;
}
