// Candidates from Pump.fun's coins API, best effort: the newest coins, and how many coins a creator has made.
// The service owes us nothing: one request in flight, long pauses, and silence is no incident.
import type { CandidateObservation } from '../../../shared/domain/candidate.ts';
import { minuteMs, secondMs } from '../../../shared/domain/time.ts';
import { Alarms } from '../shared/alarms.ts';
import type { Decoded } from '../shared/lenient-json.ts';
import { HttpFault, PoliteHttp } from '../shared/polite-http.ts';
import { type CandidateSourceOptions, PolledSource, type PollJob } from '../shared/polled-source.ts';
import { WatchList } from '../shared/watch-list.ts';
import { coinsPerPage, decodeCoin, decodeCoins } from './pumpfun-schemas.ts';

const defaultBaseUrl = 'https://frontend-api-v3.pump.fun';
/** Half a request per second is what others could sustain. */
const spacingMs = { all: 4 * secondMs };
const latestEveryMs = minuteMs;
const creatorEveryMs = 15 * secondMs;
/** Where no Retry-After is sent, which is the rule here. */
const defaultWaitMs = 30 * secondMs;
const latestPath = `/coins?offset=0&limit=${coinsPerPage}&sort=created_timestamp&order=DESC&includeNsfw=false`;

export function createPumpfunSource(options: Omit<CandidateSourceOptions, 'chains'>): PolledSource {
  const { clock, random = Math.random } = options;
  const alarms = new Alarms(clock);
  const http = new PoliteHttp({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    clock,
    alarms,
    fetch: options.fetch ?? fetch,
    spacingMs,
    defaultWaitMs,
  });
  const watched = new WatchList();
  const latest: PollJob = {
    name: 'coins',
    group: 'all',
    everyMs: latestEveryMs,
    run: async (signal) => decodeCoins(await http.json('all', latestPath, signal), 'launch'),
  };
  const creators: PollJob = {
    name: 'creators',
    group: 'all',
    everyMs: creatorEveryMs,
    run: async (signal) => {
      const [token] = watched.take(1, solana);
      return token === undefined ? undefined : coinWithCreator(http, token.address, signal);
    },
  };
  return new PolledSource({
    name: 'pumpfun',
    clock,
    alarms,
    http,
    random,
    watched,
    pingPath: latestPath,
    jobs: [latest, creators],
  });
}

const solana: ReadonlySet<string> = new Set(['solana']);

/** The coin, and how many its creator made; undefined when it is none of Pump.fun's. */
async function coinWithCreator(
  http: PoliteHttp,
  mint: string,
  signal: AbortSignal,
): Promise<Decoded | undefined> {
  let coin: Decoded;
  try {
    coin = decodeCoin(await http.json('all', `/coins/${encodeURIComponent(mint)}`, signal));
  } catch (error) {
    if (error instanceof HttpFault && error.fault === 'not-found') return undefined;
    throw error;
  }
  const observation = coin.observations[0];
  const creator = observation?.facts.creator;
  // Another coin than the one asked for would pin a foreign history on this one.
  if (observation === undefined || observation.address !== mint || creator === undefined) return coin;
  const query = new URLSearchParams({
    offset: '0',
    limit: String(coinsPerPage),
    sort: 'created_timestamp',
    order: 'DESC',
    includeNsfw: 'true',
    creator,
  });
  const made = decodeCoins(await http.json('all', `/coins?${query}`, signal), null);
  return {
    observations: [withHistory(observation, made, creator)],
    faults: [...coin.faults, ...made.faults],
  };
}

/** The count is believed only when the filter by creator was visibly obeyed; a full page counts as its length. */
function withHistory(coin: CandidateObservation, made: Decoded, creator: string): CandidateObservation {
  const obeyed =
    made.observations.length > 0 && made.observations.every(({ facts }) => facts.creator === creator);
  if (!obeyed || made.faults.length > 0) return coin;
  return { ...coin, facts: { ...coin.facts, creator_tokens: made.observations.length } };
}
