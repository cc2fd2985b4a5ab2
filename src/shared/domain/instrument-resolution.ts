// Says whether a symbol a person wrote can be meant, and what was probably meant when not. It refuses, never corrects.

import { dexChains, type Instrument, instrumentFor } from './instrument.ts';
import { cryptoQuotes, fiatCodes, stableCoins, wellKnownCoins } from './instrument-currencies.ts';
import { forexOneSlipAway, nearestSymbols } from './instrument-names.ts';

const coins: ReadonlySet<string> = new Set(wellKnownCoins);
/** Coins that price others; money is never quoted in them. */
const coinQuotes: ReadonlySet<string> = new Set(['BTC', 'ETH', 'BNB']);

export type ResolvedSymbol =
  | { readonly instrument: Instrument }
  | { readonly instrument?: undefined; readonly problem: string; readonly nearest: readonly string[] };

/** Like `instrumentFor`, but also refuses what is most likely a slip, and names what was probably meant. */
export function resolveSymbol(symbol: string): ResolvedSymbol {
  const instrument = instrumentFor(symbol);
  if (instrument === undefined) {
    const nearest = nearestSymbols(symbol);
    return { problem: unreadable(symbol), nearest };
  }
  if (instrument.kind !== 'crypto_spot' || symbol.includes('-') || coins.has(instrument.base))
    return { instrument };
  return suspicion(instrument) ?? { instrument };
}

/** A problem and its suggestions as one sentence for people. */
export function symbolProblemText(resolved: { problem: string; nearest: readonly string[] }): string {
  const { problem, nearest } = resolved;
  return nearest.length === 0 ? problem : `${problem}. Did you mean ${nearest.join(' or ')}?`;
}

/** Coins nobody has listed here are legitimate; these shapes are not: no venue lists them. */
function suspicion({ symbol, base, quote }: Instrument): ResolvedSymbol | undefined {
  if (stableCoins.has(base) || fiatCodes.has(base)) {
    if (!coinQuotes.has(quote)) return undefined;
    return { problem: `"${symbol}" is the wrong way round`, nearest: [`${quote}${base}`] };
  }
  if (
    cryptoQuotes.some((code) => base.length > code.length + 1 && stableCoins.has(code) && base.endsWith(code))
  )
    return { problem: `"${symbol}" names two quote currencies`, nearest: [base] };
  if (!fiatCodes.has(quote)) return undefined;
  const nearest = forexOneSlipAway(symbol);
  if (nearest.length === 0) return undefined;
  const dashed = `${base}-${quote}`;
  return {
    problem: `"${symbol}" is no currency pair and ${base} no coin known here (write ${dashed} if it is one)`,
    nearest,
  };
}

function unreadable(symbol: string): string {
  if (symbol.includes(':'))
    return `cannot read "${symbol}": write DEX tokens as chain:address with one of the chains ${dexChains.join(', ')}`;
  return `cannot read the symbol "${symbol}": write crypto pairs like BTCUSDT, forex pairs like EURUSD, metals like XAUUSD`;
}
