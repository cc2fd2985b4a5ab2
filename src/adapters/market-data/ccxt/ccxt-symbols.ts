// Our symbols and the venue's markets, in both directions.
import { instrumentFor } from '../../../shared/domain/instrument.ts';

/** The names under which a venue may list one of our symbols, best first: ccxt writes BTC/USDT and BTC/USDT:USDT. */
function marketNames(symbol: string): readonly string[] {
  const instrument = instrumentFor(symbol);
  if (instrument === undefined) return [];
  const spot = `${instrument.base}/${instrument.quote}`;
  return symbol.endsWith('-PERP') ? [`${spot}:${instrument.quote}`] : [spot];
}

export class CcxtSymbols {
  readonly #marketOf = new Map<string, string>();
  readonly #symbolOf = new Map<string, string>();
  /** Asked for, but not listed by the venue. */
  readonly unlisted: readonly string[];

  constructor(symbols: readonly string[], markets: Readonly<Record<string, unknown>>) {
    const unlisted: string[] = [];
    for (const symbol of symbols) {
      const market = marketNames(symbol).find((name) => Object.hasOwn(markets, name));
      if (market === undefined) {
        unlisted.push(symbol);
        continue;
      }
      this.#marketOf.set(symbol, market);
      this.#symbolOf.set(market, symbol);
    }
    this.unlisted = unlisted;
  }

  get listed(): readonly string[] {
    return [...this.#marketOf.keys()];
  }

  get markets(): readonly string[] {
    return [...this.#marketOf.values()];
  }

  marketOf(symbol: string): string | undefined {
    return this.#marketOf.get(symbol);
  }

  readonly symbolOf = (market: string): string | undefined => this.#symbolOf.get(market);
}
