// What can be traded and in which steps. Precision is exact text, never a float.

export type AssetClass = 'crypto' | 'forex';

export interface Instrument {
  readonly symbol: string;
  readonly assetClass: AssetClass;
  readonly base: string;
  readonly quote: string;
  /** Smallest price step, decimal text such as "0.01". */
  readonly priceStep: string;
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
}

const metalSymbols: ReadonlySet<string> = new Set(['XAUUSD', 'XAGUSD']);
const currencyCodes: ReadonlySet<string> = new Set([
  'USD',
  'EUR',
  'GBP',
  'JPY',
  'CHF',
  'AUD',
  'NZD',
  'CAD',
  'SEK',
  'NOK',
  'XAU',
  'XAG',
]);
const cryptoQuotes = ['USDT', 'USDC', 'FDUSD', 'BUSD', 'BTC', 'ETH', 'EUR', 'USD'];

function isForexSymbol(symbol: string): boolean {
  return symbol.length === 6 && currencyCodes.has(symbol.slice(0, 3)) && currencyCodes.has(symbol.slice(3));
}

function forexInstrument(symbol: string): Instrument {
  const quote = symbol.slice(3);
  const yen = quote === 'JPY';
  const metal = metalSymbols.has(symbol);
  return {
    symbol,
    assetClass: 'forex',
    base: symbol.slice(0, 3),
    quote,
    priceStep: metal ? '0.01' : yen ? '0.001' : '0.00001',
    quantityStep: metal ? '0.01' : '1',
    minimumNotional: '1',
    typicalSpread: metal ? 0.00015 : 0.00008,
    calendar: 'forex',
  };
}

/** Instrument rules inferred from the symbol alone; undefined when the symbol cannot be read. */
export function instrumentFor(symbol: string): Instrument | undefined {
  if (!/^[A-Z0-9][A-Z0-9-]{3,31}$/.test(symbol)) return undefined;
  if (isForexSymbol(symbol)) return forexInstrument(symbol);
  const plain = symbol.replace(/-PERP$/, 'USDT').replace('-', '');
  const quote = cryptoQuotes.find((code) => plain.endsWith(code) && plain.length > code.length);
  if (quote === undefined) return undefined;
  return {
    symbol,
    assetClass: 'crypto',
    base: plain.slice(0, -quote.length),
    quote,
    priceStep: '0.00000001',
    quantityStep: '0.00001',
    minimumNotional: '5',
    typicalSpread: 0.0004,
    calendar: 'always',
  };
}
