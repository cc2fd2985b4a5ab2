// What a running system stands on: settings, log, store with what it held, market, broker, strategies. It must never start
// anything that acts: nothing here posts an input or sends an order.
import type { PostgresInstallation } from '../../adapters/store/postgres/installation.ts';
import { lookSettingsOf } from '../../shared/config/look-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Relay } from '../../shared/ports/relay.ts';
import type { LoadedState, Store, StoreReader } from '../../shared/ports/store.ts';
import { absentBroker } from '../broker/absent-broker.ts';
import { type SelectedBroker, selectBroker } from '../broker/broker-selection.ts';
import { type SelectedMarket, selectMarket } from '../market/market-selection.ts';
import { type ModelWiring, wireModels } from '../models/model-ladder.ts';
import { Presence } from '../processes/presence.ts';
import { StandbySign } from '../processes/standby-sign.ts';
import { openRelay } from '../relay/open-relay.ts';
import { type Duties, dutiesOf } from '../relay/relay-bridge.ts';
import { installationOf, openStore } from '../store/open-store.ts';
import { type LoadedStrategies, loadStrategies } from '../strategies.ts';
import { type SelectedWorkflows, selectWorkflows } from '../workflows/workflow-selection.ts';
import { openLog } from './logging.ts';
import { assertLooksPayable } from './look-guard.ts';
import { assertTimeGoesOn } from './start-guards.ts';

/** Ends one thing that was opened; told in order of opening, called in reverse. */
export type Closer = () => Promise<void>;

/** Everything the parts share while the system runs. */
export interface Foundation {
  readonly settings: Settings;
  readonly log: Log;
  /** Reaches the log file only. */
  readonly fileLog: Log;
  readonly store: Store;
  readonly loaded: LoadedState;
  readonly market: SelectedMarket;
  readonly strategies: LoadedStrategies;
  readonly workflows: SelectedWorkflows;
  readonly clock: Clock;
  readonly trading: SelectedBroker;
  /** Undefined when no language model is configured. */
  readonly models: ModelWiring | undefined;
  readonly duties: Duties;
  /** Undefined when all agents are here. */
  readonly relay: Relay | undefined;
  readonly presence: Presence | undefined;
  /** The other processes as the database shows them; undefined when all agents are here. */
  readonly installation: PostgresInstallation | undefined;
  /** Rows of all agents, also of those in other processes. */
  readonly reader: StoreReader;
}

/**
 * Log, store, market and strategies: everything that can refuse to start does so here, with a message for a person. What is
 * opened is told to `closeLater` at once, so that also a start that is refused later leaves nothing open.
 */
export async function layFoundation(
  settings: Settings,
  stopping: AbortSignal,
  closeLater: (close: Closer) => void,
): Promise<Foundation> {
  const strategies = await loadStrategies(settings);
  const models = wireModels(settings);
  const { log, fileLog, close } = await openLog(settings);
  closeLater(() => {
    log.info({}, 'stopped');
    return close();
  });
  const sign = new StandbySign(settings.LOG_DIR);
  const store = openStore(settings, { signal: stopping, log, waiting: () => sign.begin() });
  closeLater(() => store.close());
  closeLater(async () => sign.end());
  // Which market answers must be asked when this process takes over, not when it begins to stand by.
  if (settings.ATO_STANDBY === 'yes') await store.open();
  sign.end();
  // Opening the database and asking a venue whether it answers both take a second: do both at once.
  const opening = (settings.ATO_STANDBY === 'yes' ? Promise.resolve() : store.open()).then(() =>
    store.load(),
  );
  const lastAt = opening.then((state) => state.lastAt);
  const selecting = selectMarket(settings, lastAt, log);
  // All three, also `lastAt`: not every market asks for it, and a rejection that nobody hears ends the process.
  await Promise.allSettled([opening, lastAt, selecting]);
  const [loaded, market] = [await opening, await selecting];
  const clock = market.clock();
  assertTimeGoesOn(loaded.lastAt, clock.now(), settings);
  assertLooksPayable({
    universe: market.universe,
    sources: market.sources.map((source) => source.name),
    base_timeframe: market.baseTimeframe,
    looks: lookSettingsOf(settings, market.sources),
  });
  const duties = dutiesOf(settings.AGENTS);
  const trading = duties.trades
    ? await selectBroker(settings, store, market, clock, log)
    : absentBroker(settings);
  const workflows = selectWorkflows(settings, clock, log);
  const relay = await openRelay(settings, log);
  if (relay !== undefined) closeLater(() => relay.close());
  const installation = installationOf(settings);
  if (installation !== undefined) closeLater(() => installation.close());
  const reader = installation?.reader(store, settings.AGENTS) ?? store;
  const presence = installation && new Presence(() => installation.places(), settings.AGENTS);
  presence?.start();
  closeLater(async () => presence?.stop());
  return {
    ...{ settings, log, fileLog, store, loaded, market, strategies, workflows, clock, trading, models },
    ...{ duties, relay, reader, presence, installation },
  };
}
