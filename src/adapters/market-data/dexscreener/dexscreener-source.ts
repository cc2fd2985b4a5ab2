// Candidates from DexScreener: promoted tokens (profiles and boosts are paid for: a reason to look, not a merit)
// and the market of every watched token.
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import { Alarms } from '../shared/alarms.ts';
import type { Decoded } from '../shared/lenient-json.ts';
import { PoliteHttp } from '../shared/polite-http.ts';
import { type CandidateSourceOptions, PolledSource, type PollJob } from '../shared/polled-source.ts';
import { WatchList } from '../shared/watch-list.ts';
import { DexscreenerApi, maxAddressesPerRequest } from './dexscreener-api.ts';
import { defaultBaseUrl, spacingMs } from './dexscreener-limits.ts';

/** The service caches feeds for 60 s and pairs for 30 s; asking faster gives the same body. */
const feedEveryMs = 2 * minuteMs;
const marketEveryMs = 20 * secondMs;

export function createDexscreenerSource(options: CandidateSourceOptions): PolledSource {
  const { clock, random = Math.random } = options;
  const alarms = new Alarms(clock);
  const http = new PoliteHttp({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    clock,
    alarms,
    fetch: options.fetch ?? fetch,
    spacingMs,
  });
  const api = new DexscreenerApi(http);
  const chains = new Set(options.chains);
  const watched = new WatchList();
  const feed = (name: string, ask: (signal: AbortSignal) => Promise<Decoded>): PollJob => ({
    name,
    group: 'slow',
    everyMs: feedEveryMs,
    run: async (signal) => {
      const { observations, faults } = await ask(signal);
      const ours = observations.filter(({ chain }) => chains.has(chain));
      watched.add(ours);
      return { observations: ours, faults };
    },
  });
  const market: PollJob = {
    name: 'market',
    group: 'fast',
    everyMs: marketEveryMs,
    run: async (signal) => {
      const tokens = watched.take(maxAddressesPerRequest, chains);
      const chain = tokens[0]?.chain;
      if (chain === undefined) return undefined;
      return api.tokens(
        chain,
        tokens.map(({ address }) => address),
        signal,
      );
    },
  };
  return new PolledSource({
    name: 'dexscreener',
    clock,
    alarms,
    http,
    random,
    watched,
    pingPath: '/token-boosts/top/v1',
    jobs: [
      feed('profiles', (signal) => api.latestProfiles(signal)),
      feed('boosts', (signal) => api.latestBoosts(signal)),
      feed('top-boosts', (signal) => api.topBoosts(signal)),
      market,
    ],
  });
}
