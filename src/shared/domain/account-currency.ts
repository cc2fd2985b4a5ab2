// The account is kept in US dollars; dollar stablecoins count at par (a documented simplification).
// It must never guess a rate: without a known price the answer is undefined.
import type { AssetClass, Instrument } from './instrument.ts';

const dollarLike: ReadonlySet<string> = new Set(['USD', 'USDT', 'USDC', 'FDUSD', 'BUSD']);

/** Largest exposure per unit of own money that the house takes, by asset class. */
export const marginLeverage: Readonly<Record<AssetClass, number>> = { crypto: 1, forex: 20 };

/** Account currency per unit of the instrument's quote currency, from known prices only. */
export function accountRate(
  instrument: Instrument,
  priceOf: (symbol: string) => number | undefined,
): number | undefined {
  const { base, quote } = instrument;
  if (dollarLike.has(quote)) return 1;
  const own = dollarLike.has(base) ? priceOf(instrument.symbol) : undefined;
  if (own !== undefined) return 1 / own;
  const direct = priceOf(`${quote}USD`) ?? priceOf(`${quote}USDT`);
  if (direct !== undefined) return direct;
  const inverse = priceOf(`USD${quote}`);
  return inverse === undefined ? undefined : 1 / inverse;
}
