// DexScreener's public endpoints, each in its budget group. Keyless. It must never ask for more than 30 addresses.
import type { CandidateOrigin } from '../../../shared/domain/candidate.ts';
import type { Decoded } from '../shared/lenient-json.ts';
import type { PoliteHttp } from '../shared/polite-http.ts';
import { decodePairs, decodePromoted } from './dexscreener-schemas.ts';

export const maxAddressesPerRequest = 30;

export class DexscreenerApi {
  readonly #http: PoliteHttp;

  constructor(http: PoliteHttp) {
    this.#http = http;
  }

  /** Pairs that match text, a symbol, an address or `SOL/USDC`. All methods throw HttpFault. */
  async search(text: string, signal: AbortSignal): Promise<Decoded> {
    return this.#pairs(`/latest/dex/search?${new URLSearchParams({ q: text })}`, signal);
  }

  async pairs(chain: string, pools: readonly string[], signal: AbortSignal): Promise<Decoded> {
    return this.#pairs(`/latest/dex/pairs/${encodeURIComponent(chain)}/${joined(pools)}`, signal);
  }

  /** All pools of one token; the deepest is kept. */
  async tokenPairs(chain: string, token: string, signal: AbortSignal): Promise<Decoded> {
    return this.#pairs(`/token-pairs/v1/${encodeURIComponent(chain)}/${joined([token])}`, signal);
  }

  /** The market of up to 30 tokens of one chain; a token nobody trades is simply not in the answer. */
  async tokens(chain: string, tokens: readonly string[], signal: AbortSignal): Promise<Decoded> {
    return this.#pairs(`/tokens/v1/${encodeURIComponent(chain)}/${joined(tokens)}`, signal);
  }

  async latestProfiles(signal: AbortSignal): Promise<Decoded> {
    return decodePromoted(await this.#http.json('slow', '/token-profiles/latest/v1', signal), 'profile');
  }

  async latestBoosts(signal: AbortSignal): Promise<Decoded> {
    return decodePromoted(await this.#http.json('slow', '/token-boosts/latest/v1', signal), 'boost');
  }

  async topBoosts(signal: AbortSignal): Promise<Decoded> {
    return decodePromoted(await this.#http.json('slow', '/token-boosts/top/v1', signal), 'boost');
  }

  async #pairs(path: string, signal: AbortSignal, origin: CandidateOrigin | null = null): Promise<Decoded> {
    return decodePairs(await this.#http.json('fast', path, signal), origin);
  }
}

function joined(addresses: readonly string[]): string {
  return addresses.slice(0, maxAddressesPerRequest).map(encodeURIComponent).join(',');
}
