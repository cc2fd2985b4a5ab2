// What Birdeye knows of watched tokens: an enrichment only, with the user's key. It finds nothing by itself and must
// never stand in the way: a plan without an endpoint, or a quota used up, parks that endpoint alone.
import { secondMs } from '../../../shared/domain/time.ts';
import { Alarms } from '../shared/alarms.ts';
import type { Decoded } from '../shared/lenient-json.ts';
import { type CandidateSourceOptions, PolledSource, type PollJob } from '../shared/polled-source.ts';
import { WatchList } from '../shared/watch-list.ts';
import { BirdeyeApi } from './birdeye-api.ts';
import { birdeyeChain, defaultBaseUrl, pingPath } from './birdeye-limits.ts';

const everyMs = 30 * secondMs;

export interface BirdeyeSourceOptions extends Omit<CandidateSourceOptions, 'chains'> {
  readonly apiKey: string;
  readonly chain?: string;
}

export function createBirdeyeSource(options: BirdeyeSourceOptions): PolledSource {
  const { clock, random = Math.random, chain = birdeyeChain } = options;
  const alarms = new Alarms(clock);
  const api = new BirdeyeApi({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    apiKey: options.apiKey,
    chain,
    clock,
    alarms,
    fetch: options.fetch ?? fetch,
  });
  const chains = new Set([chain]);
  const watched = new WatchList();
  const overviewed = new WatchList();
  const job = (
    group: string,
    list: WatchList,
    ask: (address: string, signal: AbortSignal) => Promise<Decoded>,
  ): PollJob => ({
    name: group,
    group,
    everyMs,
    run: async (signal) => {
      const [token] = list.take(1, chains);
      return token === undefined ? undefined : ask(token.address, signal);
    },
  });
  return new PolledSource({
    name: 'birdeye',
    clock,
    alarms,
    http: api.http,
    random,
    watched: {
      add: (tokens) => {
        watched.add(tokens);
        overviewed.add(tokens);
      },
    },
    pingPath,
    jobs: [
      job('price', watched, (address, signal) => api.price(address, signal)),
      job('overview', overviewed, (address, signal) => api.overview(address, signal)),
    ],
  });
}
