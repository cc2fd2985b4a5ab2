// Candidates from GeckoTerminal: the newest pools of each network, which DexScreener does not list, and for watched
// tokens who may still mint or freeze and how concentrated the holders are. Keyless.
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import { Alarms } from '../shared/alarms.ts';
import { HttpFault, PoliteHttp } from '../shared/polite-http.ts';
import { type CandidateSourceOptions, PolledSource, type PollJob } from '../shared/polled-source.ts';
import { WatchList } from '../shared/watch-list.ts';
import { decodePools, decodeTokenInfo } from './geckoterminal-schemas.ts';

const defaultBaseUrl = 'https://api.geckoterminal.com/api/v2';
const versionHeader = { accept: 'application/json;version=20230302' };
/** The public API grants 30 calls a minute (lower limits have been reported): one in six seconds at most. */
const spacingMs = { all: 6 * secondMs };
/** Keyless answers are cached for a minute. */
const poolsEveryMs = 2 * minuteMs;
const safetyEveryMs = 10 * secondMs;

/** Chain names of the house that GeckoTerminal calls otherwise. */
const networks: Readonly<Record<string, string>> = {
  ethereum: 'eth',
  polygon: 'polygon_pos',
  avalanche: 'avax',
};

function networkOf(chain: string): string {
  return encodeURIComponent(networks[chain] ?? chain);
}

export function createGeckoterminalSource(options: CandidateSourceOptions): PolledSource {
  const { clock, random = Math.random } = options;
  const alarms = new Alarms(clock);
  const http = new PoliteHttp({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    clock,
    alarms,
    fetch: options.fetch ?? fetch,
    spacingMs,
    headers: versionHeader,
  });
  const chains = new Set(options.chains);
  const watched = new WatchList();
  const newPools = (chain: string): PollJob => ({
    name: `new-pools-${chain}`,
    group: 'all',
    everyMs: poolsEveryMs,
    run: async (signal) => {
      const path = `/networks/${networkOf(chain)}/new_pools?include=base_token&page=1`;
      const decoded = decodePools(await http.json('all', path, signal), chain, 'new_pool');
      watched.add(decoded.observations);
      return decoded;
    },
  });
  const safety: PollJob = {
    name: 'token-info',
    group: 'all',
    everyMs: safetyEveryMs,
    run: async (signal) => {
      const [token] = watched.take(1, chains);
      if (token === undefined) return undefined;
      const path = `/networks/${networkOf(token.chain)}/tokens/${encodeURIComponent(token.address)}/info`;
      try {
        const { observations, faults } = decodeTokenInfo(await http.json('all', path, signal), token.chain);
        // Another token's safety must never be taken for this one's.
        const asked = token.address.toLowerCase();
        return {
          observations: observations.filter(({ address }) => address.toLowerCase() === asked),
          faults,
        };
      } catch (error) {
        // A token that is not indexed yet is no failure of the source.
        if (error instanceof HttpFault && error.fault === 'not-found') return undefined;
        throw error;
      }
    },
  };
  return new PolledSource({
    name: 'geckoterminal',
    clock,
    alarms,
    http,
    random,
    watched,
    pingPath: '/networks?page=1',
    jobs: [...options.chains.map(newPools), safety],
  });
}
