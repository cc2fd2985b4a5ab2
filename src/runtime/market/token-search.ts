// Finds the token a person means, for ATO_UNIVERSE: by name, ticker, token address or pool address, at DexScreener.
// It must never choose for the person: names are free for anybody to take, only the address says which token it is.
import { SystemClock } from '../../adapters/clock/system/system-clock.ts';
import { DexscreenerApi } from '../../adapters/market-data/dexscreener/dexscreener-api.ts';
import { defaultBaseUrl, spacingMs } from '../../adapters/market-data/dexscreener/dexscreener-limits.ts';
import { Alarms } from '../../adapters/market-data/shared/alarms.ts';
import type { Decoded } from '../../adapters/market-data/shared/lenient-json.ts';
import { HttpFault, PoliteHttp } from '../../adapters/market-data/shared/polite-http.ts';
import { canonicalSymbol, dexChains, instrumentFor } from '../../shared/domain/instrument.ts';
import type { Clock } from '../../shared/ports/clock.ts';

const maxTextChars = 100;
const maxFound = 20;

export interface FoundToken {
  /** As ATO_UNIVERSE takes it. */
  readonly symbol: string;
  readonly name: string;
  readonly ticker: string;
  readonly price_usd: number | null;
  readonly liquidity_usd: number | null;
  readonly volume_h24_usd: number | null;
  /** The deepest pool that was seen. */
  readonly pool: string | null;
  readonly dex: string | null;
}

export interface TokenSearch {
  readonly text: string;
  /** Deepest first. */
  readonly tokens: readonly FoundToken[];
  /** Tokens of chains that this system does not know. */
  readonly elsewhere: number;
  readonly unreadable: number;
}

export interface TokenSearchOptions {
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
}

/** Throws Error with a message for a person when the text is unusable or the service does not answer as it should. */
export async function searchTokens(text: string, options: TokenSearchOptions = {}): Promise<TokenSearch> {
  const wanted = text.trim();
  if (wanted === '' || wanted.length > maxTextChars)
    throw new Error(`write a name, a ticker or an address of 1 to ${maxTextChars} characters`);
  const { clock = new SystemClock() } = options;
  const http = new PoliteHttp({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    clock,
    alarms: new Alarms(clock),
    fetch: options.fetch ?? fetch,
    spacingMs,
  });
  try {
    const { observations, faults } = await ask(new DexscreenerApi(http), wanted);
    const found = observations.map((seen) => ({
      symbol: canonicalSymbol(`${seen.chain}:${seen.address}`),
      name: seen.name,
      ticker: seen.symbol,
      price_usd: seen.facts.price_usd ?? null,
      liquidity_usd: seen.facts.liquidity_usd ?? null,
      volume_h24_usd: seen.facts.volume_h24_usd ?? null,
      pool: seen.facts.pool ?? null,
      dex: seen.facts.dex ?? null,
    }));
    const ours = found.filter(({ symbol }) => instrumentFor(symbol) !== undefined);
    const deepestFirst = ours.sort((one, other) => (other.liquidity_usd ?? 0) - (one.liquidity_usd ?? 0));
    return {
      text: wanted,
      tokens: deepestFirst.slice(0, maxFound),
      elsewhere: found.length - ours.length,
      unreadable: faults.length,
    };
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error;
    throw new Error(`DexScreener cannot be asked (${error.message}); check the network and try again`);
  }
}

/** `chain:address` is looked up as a token, and where nobody trades that, as a pool; everything else is searched for. */
async function ask(api: DexscreenerApi, wanted: string): Promise<Decoded> {
  const { signal } = new AbortController();
  const [chain = '', address] = wanted.split(':');
  if (address === undefined || !dexChains.includes(chain.toLowerCase())) return api.search(wanted, signal);
  const ofToken = await api.tokenPairs(chain.toLowerCase(), address, signal);
  return ofToken.observations.length > 0 ? ofToken : api.pairs(chain.toLowerCase(), [address], signal);
}
