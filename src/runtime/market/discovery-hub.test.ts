import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/contract/market-data-support/manual-clock.ts';
import { until } from '../../../test/contract/market-data-support/recording-sink.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import { loadSettings, SettingsError } from '../../shared/config/load-settings.ts';
import type { CandidateObservation } from '../../shared/domain/candidate.ts';
import type { CandidateSink, CandidateSource, TokenReference } from '../../shared/ports/candidate-source.ts';
import { DiscoveryHub } from './discovery-hub.ts';
import { selectDiscovery } from './discovery-selection.ts';
import type { SelectedMarket } from './market-selection.ts';

const t0 = Date.UTC(2026, 10, 1, 12);
const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

class HandSource implements CandidateSource {
  readonly name: string;
  readonly watched: string[] = [];
  answers = true;
  asked = 0;
  sink: CandidateSink | undefined;
  stopped = false;

  constructor(name: string) {
    this.name = name;
  }
  async reachable(): Promise<boolean> {
    this.asked += 1;
    return this.answers;
  }
  async start(sink: CandidateSink): Promise<void> {
    this.sink = sink;
  }
  watch(tokens: readonly TokenReference[]): void {
    this.watched.push(...tokens.map(({ address }) => address));
  }
  async restart(): Promise<void> {}
  async stop(): Promise<void> {
    this.stopped = true;
  }

  find(address: string, origin: CandidateObservation['origin']): void {
    const observation = { chain: 'solana', address, origin, name: '', symbol: '', facts: {} };
    this.sink?.candidates({ source: this.name, observations: [observation], known_at: t0 });
  }
}

function world(onlyWhereReachable = true) {
  const posted: KernelInput[] = [];
  const clock = new ManualClock(t0);
  const sources = [new HandSource('first'), new HandSource('second')] as const;
  const hub = new DiscoveryHub({
    sources: sources.map((source) => ({ source, askFirst: true })),
    clock,
    post: (input) => posted.push(input),
    log: silentLog,
    onlyWhereReachable,
  });
  return { posted, clock, sources, hub };
}

test('what one source finds the others look at, but not launches nor second looks', async () => {
  const { posted, sources, hub } = world();
  const [first, second] = sources;
  hub.start();
  await until(() => second.sink !== undefined, 'both started');
  first.find('New', 'new_pool');
  first.find('Launched', 'launch');
  first.find('Again', null);
  expect(second.watched).toEqual(['New']);
  expect(first.watched).toEqual([]);
  expect(posted.map(({ message_type }) => message_type)).toEqual(Array(3).fill('market.candidates'));
});

test('a source that does not answer says unreachable, holds nobody up, and is asked again', async () => {
  const { clock, sources, hub } = world();
  const [first, second] = sources;
  first.answers = false;
  hub.start();
  await until(() => second.sink !== undefined && hub.sources[0]?.status !== null, 'the first word');
  expect(hub.sources[0]).toMatchObject({ name: 'first', status: { state: 'unreachable', health: 0 } });
  first.answers = true;
  await until(() => clock.pendingWakeAt !== undefined, 'the next question');
  clock.advance(5 * 60_000);
  await until(() => first.sink !== undefined, 'the start');
  expect(second.asked).toBe(1);
  await hub.stop();
  expect(sources.every((source) => source.stopped)).toBe(true);
  expect(clock.pendingWakeAt).toBeUndefined();
});

test('with ATO_DISCOVERY=on nobody is asked first', async () => {
  const { sources, hub } = world(false);
  sources[0].answers = false;
  hub.start();
  await until(() => sources[0].sink !== undefined, 'the start');
  expect(sources[0].asked).toBe(0);
});

test('what was kept out is counted by source and reason, however many reasons there are', async () => {
  const { sources, hub } = world();
  hub.start();
  await until(() => sources[0].sink !== undefined, 'the start');
  for (let index = 0; index < 80; index += 1)
    sources[0].sink?.quarantined({ source: 'first', reason: `reason ${index}`, where: '', count: 2 });
  const [facts] = hub.sources;
  expect(Object.keys(facts?.quarantined ?? {})).toHaveLength(51);
  expect(facts?.quarantined.other).toBe(60);
  expect(hub.sources[1]?.quarantined).toEqual({});
});

test.each<[Record<string, string>, SelectedMarket['kind'], readonly string[]]>([
  [{}, 'live', ['dexscreener', 'geckoterminal', 'pumpfun', 'pumpportal']],
  [{ BIRDEYE_API_KEY: 'key' }, 'live', ['dexscreener', 'geckoterminal', 'pumpfun', 'pumpportal', 'birdeye']],
  [{ ATO_DISCOVERY_CHAINS: 'base,ethereum' }, 'live', ['dexscreener', 'geckoterminal']],
  [{ ATO_DISCOVERY: 'off' }, 'live', []],
  [{}, 'recorded', []],
  [{ ATO_MARKET_SOURCE: 'synthetic', ATO_MARKET_SPEED: '60' }, 'simulated', []],
])('settings %j with a %s market: %j', (environment, kind, names) => {
  const settings = loadSettings({ folder: '/nonexistent', environment });
  const market: SelectedMarket = {
    sources: [],
    clock: () => new ManualClock(t0),
    baseTimeframe: '1m',
    universe: [],
    kind,
    unreachable: [],
    clockSkewMs: () => null,
    clockAheadMs: () => 0,
  };
  expect(selectDiscovery(settings, market).map(({ source }) => source.name)).toEqual(names);
});

test('a chain whose addresses nobody here knows is refused with those that are known', () => {
  const load = () =>
    loadSettings({ folder: '/nonexistent', environment: { ATO_DISCOVERY_CHAINS: 'solana,solona' } });
  expect(load).toThrow(SettingsError);
  expect(load).toThrow(/ATO_DISCOVERY_CHAINS: name one or more of solana, ethereum/);
});
