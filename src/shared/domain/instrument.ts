// The one registry of instruments: what can be traded and in which steps, from the symbol alone.
// Precision is exact text, never a float; the same symbol always has the same rules.
import {
  coarsePipCodes,
  cryptoQuotes,
  fiatCodes,
  metalCodes,
  wellKnownCoins,
} from './instrument-currencies.ts';

export type AssetClass = 'crypto' | 'forex';

export const instrumentKinds = [
  'crypto_spot',
  'crypto_perpetual',
  'dex_token',
  'forex_pair',
  'metal',
] as const;
type InstrumentKind = (typeof instrumentKinds)[number];

export interface Instrument {
  readonly symbol: string;
  readonly kind: InstrumentKind;
  readonly assetClass: AssetClass;
  readonly base: string;
  readonly quote: string;
  /** Smallest price step, decimal text such as "0.01". */
  readonly priceStep: string;
  /** Digits behind the point of a price. */
  readonly pricePrecision: number;
  /** What people call one pip, decimal text; the price step where the market knows no pips. */
  readonly pip: string;
  /** Smallest quantity step, decimal text. */
  readonly quantityStep: string;
  /** Smallest quantity that the venue takes, decimal text; absent where only the order value is bounded. */
  readonly minimumQuantity?: string;
  /** Smallest order value in quote currency, decimal text. */
  readonly minimumNotional: string;
  /** Typical full spread as a fraction of the price, used where no quote is known. */
  readonly typicalSpread: number;
  /** `always` trades around the clock; `forex` follows the Sunday to Friday New York week. */
  readonly calendar: 'always' | 'forex';
  /** Real market sources that can serve it, best first. */
  readonly servedBy: readonly string[];
  /** Chain and token address, of DEX tokens only. */
  readonly chain?: string;
  readonly address?: string;
}

const forexSources = ['oanda', 'tradermade'];
/** Which real sources can serve a kind, best first. Tape and synthetic market can stand in for any of them. */
const sourcesOf: Readonly<Record<InstrumentKind, readonly string[]>> = {
  crypto_spot: ['binance', 'ccxt'],
  crypto_perpetual: ['ccxt'],
  dex_token: ['dexscreener', 'birdeye'],
  forex_pair: forexSources,
  metal: forexSources,
};

const evmAddress = /^0x[0-9a-f]{40}$/;
const addressForms: Readonly<Record<string, RegExp>> = {
  solana: /^[1-9A-HJ-NP-Za-km-z]{32,44}$/,
  ethereum: evmAddress,
  base: evmAddress,
  bsc: evmAddress,
  arbitrum: evmAddress,
  optimism: evmAddress,
  polygon: evmAddress,
  avalanche: evmAddress,
};
export const dexChains: readonly string[] = Object.keys(addressForms);

const coins: ReadonlySet<string> = new Set(wellKnownCoins);

/** An address as the whole house writes it: services write those of Ethereum's kin in mixed case, or not. */
export function canonicalAddress(chain: string, address: string): string {
  return addressForms[chain] === evmAddress ? address.toLowerCase() : address;
}

/** A symbol as the whole house writes it: upper case, but a DEX token's address keeps its case where that counts. */
export function canonicalSymbol(text: string): string {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  if (colon < 0) return trimmed.toUpperCase();
  const chain = trimmed.slice(0, colon).toLowerCase();
  const address = trimmed.slice(colon + 1);
  return `${chain}:${canonicalAddress(chain, address)}`;
}

/**
 * Rules of one symbol; undefined when it cannot be read. Forms: BTCUSDT or BTC-USDT (spot), BTC-PERP (perpetual),
 * EURUSD, XAUUSD, and `solana:<token address>` (DEX token).
 */
export function instrumentFor(symbol: string): Instrument | undefined {
  if (symbol.includes(':')) return dexToken(symbol);
  if (!/^[A-Z0-9][A-Z0-9-]{3,31}$/.test(symbol)) return undefined;
  if (symbol.length === 6) {
    const base = symbol.slice(0, 3);
    const quote = symbol.slice(3);
    if (fiatCodes.has(quote) && metalCodes.has(base)) return metal(symbol, base, quote);
    if (fiatCodes.has(quote) && fiatCodes.has(base) && base !== quote) return forexPair(symbol, base, quote);
  }
  return cryptoPair(symbol);
}

function forexPair(symbol: string, base: string, quote: string): Instrument {
  const coarse = coarsePipCodes.has(quote);
  return {
    symbol,
    kind: 'forex_pair',
    assetClass: 'forex',
    base,
    quote,
    priceStep: coarse ? '0.001' : '0.00001',
    pricePrecision: coarse ? 3 : 5,
    pip: coarse ? '0.01' : '0.0001',
    quantityStep: '1',
    minimumNotional: '1',
    typicalSpread: 0.00008,
    calendar: 'forex',
    servedBy: sourcesOf.forex_pair,
  };
}

function metal(symbol: string, base: string, quote: string): Instrument {
  const silver = base === 'XAG';
  return {
    symbol,
    kind: 'metal',
    assetClass: 'forex',
    base,
    quote,
    priceStep: silver ? '0.001' : '0.01',
    pricePrecision: silver ? 3 : 2,
    pip: '0.01',
    quantityStep: '0.01',
    minimumNotional: '1',
    typicalSpread: 0.00015,
    calendar: 'forex',
    servedBy: sourcesOf.metal,
  };
}

function cryptoPair(symbol: string): Instrument | undefined {
  const perpetual = symbol.endsWith('-PERP');
  const plain = (perpetual ? symbol.slice(0, -'-PERP'.length) : symbol).replace('-', '');
  const quote = quoteOf(plain);
  // A perpetual without a quote, such as BTC-PERP, is margined in USDT.
  if (quote === undefined && !perpetual) return undefined;
  const kind = perpetual ? 'crypto_perpetual' : 'crypto_spot';
  return {
    ...aroundTheClock(symbol, kind),
    base: quote === undefined ? plain : plain.slice(0, -quote.length),
    quote: quote ?? 'USDT',
  };
}

/** Among the quotes that fit: the one that leaves a known coin (BNB-USD, not BN-BUSD), else the longest. */
function quoteOf(plain: string): string | undefined {
  const fitting = cryptoQuotes.filter((code) => plain.endsWith(code) && plain.length > code.length);
  if (fitting.length < 2) return fitting[0];
  return (
    fitting.find((code) => coins.has(plain.slice(0, -code.length))) ??
    fitting.find((code) => plain.length > code.length + 1) ??
    fitting[0]
  );
}

function dexToken(symbol: string): Instrument | undefined {
  const colon = symbol.indexOf(':');
  const chain = symbol.slice(0, colon);
  const address = symbol.slice(colon + 1);
  if (addressForms[chain]?.test(address) !== true) return undefined;
  return { ...aroundTheClock(symbol, 'dex_token'), base: address, quote: 'USD', chain, address };
}

function aroundTheClock(symbol: string, kind: InstrumentKind): Omit<Instrument, 'base' | 'quote'> {
  const onChain = kind === 'dex_token';
  return {
    symbol,
    kind,
    assetClass: 'crypto',
    priceStep: onChain ? '0.000000000001' : '0.00000001',
    pricePrecision: onChain ? 12 : 8,
    pip: onChain ? '0.000000000001' : '0.00000001',
    quantityStep: onChain ? '0.000001' : '0.00001',
    minimumNotional: onChain ? '1' : '5',
    typicalSpread: onChain ? 0.01 : 0.0004,
    calendar: 'always',
    servedBy: sourcesOf[kind],
  };
}
