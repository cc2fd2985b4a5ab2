// What a symbol is like in the synthetic market: price level, volatility, and how it follows its market.
import { type AssetClass, instrumentFor } from '../../../shared/domain/instrument.ts';
import { noiseKey, uniformAt } from './noise.ts';

export interface InstrumentProfile {
  readonly symbol: string;
  readonly assetClass: AssetClass;
  readonly basePrice: number;
  /** Standard deviation of the log price over a mean day. */
  readonly dailyVolatility: number;
  /** Share of the variance that comes from the market as a whole, 0..1. */
  readonly marketShare: number;
  /** Whether it rises (1) or falls (-1) with its market: crypto as such, or the US dollar. */
  readonly direction: 1 | -1;
  readonly typicalSpread: number;
  /** Steps per unit of price: prices are whole multiples of 1 / this. */
  readonly stepsPerUnit: number;
  /** Traded per mean minute in quote currency; 0 means that ticks are counted instead, as forex venues do. */
  readonly notionalPerMinute: number;
}

type Known = readonly [
  basePrice: number,
  dailyVolatility: number,
  marketShare: number,
  notionalPerMinute: number,
];

/** By base asset, against a dollar; levels of spring 2026. */
const knownCrypto: Readonly<Record<string, Known>> = {
  BTC: [78_000, 0.024, 0.8, 900_000],
  ETH: [2_400, 0.034, 0.78, 600_000],
  SOL: [88, 0.042, 0.7, 200_000],
  XRP: [1.45, 0.038, 0.65, 150_000],
  BNB: [640, 0.026, 0.65, 100_000],
};
const knownForex: Readonly<Record<string, Known>> = {
  EURUSD: [1.157, 0.0045, 0.6, 0],
  GBPUSD: [1.341, 0.005, 0.55, 0],
  USDJPY: [160.2, 0.0055, 0.45, 0],
  XAUUSD: [4_200, 0.011, 0.2, 0],
};
const dollarLike: ReadonlySet<string> = new Set(['USD', 'USDT', 'USDC', 'FDUSD', 'BUSD']);

const significantDecimals = 6;
const minDecimals = 2;
const maxDecimals = 8;

function decimalsFor(price: number): number {
  return Math.min(maxDecimals, Math.max(minDecimals, significantDecimals - Math.floor(Math.log10(price))));
}

function plausible(symbol: string, assetClass: AssetClass, quote: string): Known {
  const key = noiseKey(0, 'profile', symbol);
  const level = uniformAt(key, 0);
  const vigour = uniformAt(key, 1);
  if (assetClass === 'forex') {
    const parity = 0.6 + 1.2 * level;
    const price = quote === 'JPY' ? 100 * parity : quote === 'SEK' || quote === 'NOK' ? 10 * parity : parity;
    return [price, 0.0045 + 0.002 * vigour, 0.5, 0];
  }
  return [10 ** (-2 + 4.5 * level), 0.04 + 0.03 * vigour, 0.4 + 0.3 * uniformAt(key, 2), 20_000];
}

/** Any symbol has a profile; one that the house cannot read is taken for a crypto pair. */
export function profileFor(symbol: string): InstrumentProfile {
  const instrument = instrumentFor(symbol);
  const assetClass = instrument?.assetClass ?? 'crypto';
  const base = instrument?.base ?? symbol;
  const quote = instrument?.quote ?? 'USDT';
  const known =
    assetClass === 'forex' ? knownForex[symbol] : dollarLike.has(quote) ? knownCrypto[base] : undefined;
  const [price, dailyVolatility, marketShare, notionalPerMinute] =
    known ?? plausible(symbol, assetClass, quote);
  const stepsPerUnit =
    assetClass === 'forex' && instrument !== undefined
      ? Math.round(1 / Number(instrument.priceStep))
      : 10 ** decimalsFor(price);
  return {
    symbol,
    assetClass,
    basePrice: price,
    dailyVolatility,
    marketShare,
    direction: assetClass === 'forex' && base !== 'USD' ? -1 : 1,
    typicalSpread: instrument?.typicalSpread ?? 0.0005,
    stepsPerUnit,
    notionalPerMinute,
  };
}
