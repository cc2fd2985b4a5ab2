// The running system: opens the store, joins kernel, agents, adapters and API, and stops them in order.
import { setTimeout as delay } from 'node:timers/promises';
import { SystemProbe } from '../adapters/probe/system/system-probe.ts';
import type { PostgresInstallation } from '../adapters/store/postgres/installation.ts';
import { assertBindAllowed } from '../api/bind-guard.ts';
import { createApi } from '../api/create-api.ts';
import { Kernel, type KernelInput } from '../kernel/kernel.ts';
import { committedMessages, KernelLoop, type KernelLoopOptions } from '../kernel/kernel-loop.ts';
import { alertSettingsOf } from '../shared/config/alert-settings.ts';
import { healingSettingsOf } from '../shared/config/healing-settings.ts';
import { lookSettingsOf } from '../shared/config/look-settings.ts';
import { schemaOf } from '../shared/config/process-settings.ts';
import { sessionRulesOf } from '../shared/config/session-settings.ts';
import {
  candidateLimitsOf,
  exitSettingsOf,
  riskSettingsOf,
  type Settings,
} from '../shared/config/settings.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { timeframeMs } from '../shared/domain/candle.ts';
import type { BrokerSink } from '../shared/ports/broker.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log } from '../shared/ports/log.ts';
import type { Relay } from '../shared/ports/relay.ts';
import type { LoadedState, Store, StoreReader } from '../shared/ports/store.ts';
import { absentBroker } from './absent-broker.ts';
import { writeActivity } from './activity-log.ts';
import { agentBuilder } from './agents.ts';
import { apiDependencies } from './api-wiring.ts';
import { banner } from './banner.ts';
import { type SelectedBroker, selectBroker } from './broker-selection.ts';
import { DiscoveryHub } from './discovery-hub.ts';
import { selectDiscovery } from './discovery-selection.ts';
import { EffectRunner } from './effect-runner.ts';
import { ExternalAlerts } from './external-alerts.ts';
import { type Care, type CareParts, careOf } from './healing/care.ts';
import { Housekeeping } from './housekeeping.ts';
import { JobDesk } from './jobs/job-desk.ts';
import { choresOf, jobHandlers } from './jobs/job-handlers.ts';
import { jobQueueOf } from './jobs/job-queue.ts';
import { WorkerDesk } from './jobs/worker-desk.ts';
import { LiveFacts } from './live-facts.ts';
import { openLog } from './logging.ts';
import { assertLooksPayable } from './look-guard.ts';
import { MarketHub, type MarketListener } from './market-hub.ts';
import { type SelectedMarket, selectMarket } from './market-selection.ts';
import { checkModels } from './model-check.ts';
import { type ModelWiring, wireModels } from './model-ladder.ts';
import { NewsDesk, selectNews } from './news-desk.ts';
import { selectNotifiers } from './notifier-selection.ts';
import { installationOf, openStore } from './open-store.ts';
import { operatorDesk } from './operator-desk.ts';
import { keepPageBuilt } from './page-build.ts';
import { Presence } from './processes/presence.ts';
import { openRelay, relaySettingsOf } from './relay/open-relay.ts';
import { type Duties, dutiesOf, isWhole, RelayBridge } from './relay/relay-bridge.ts';
import { looksAtNamedServer, looksThrough } from './relay/relay-looks.ts';
import { assertPortFree, assertTimeGoesOn } from './start-guards.ts';
import { type LoadedStrategies, loadStrategies } from './strategies.ts';
import { version } from './version.ts';
import { WorkflowDesk, type WorkflowDeskOptions } from './workflow-desk.ts';
import { type SelectedWorkflows, selectWorkflows } from './workflow-selection.ts';

/** Pause between two commits: inputs that arrive meanwhile share the next one. */
const commitPauseMs = 15;

type Closer = () => Promise<void>;

/** Everything the parts share while the system runs. */
interface Foundation {
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
  readonly installation: PostgresInstallation | undefined;
  /** Rows of all agents, also of those in other processes. */
  readonly reader: StoreReader;
}

export interface StartWishes {
  /** Ends a wait for the place of another process. */
  readonly stopping?: AbortSignal;
  /** Told when healing wants this process to start again. */
  readonly restart?: (reason: string) => void;
}

export class TradingSystem {
  /** Closed in reverse order of opening. */
  readonly #closers: Closer[] = [];

  /**
   * Starts everything and returns once the API listens and the agents run. Throws with a message for a person when
   * a setting, the database or the port does not allow it; nothing is left open then.
   */
  static async start(
    settings: Settings,
    onFatal: (error: Error) => void,
    wishes: StartWishes = {},
  ): Promise<TradingSystem> {
    assertBindAllowed(settings.BIND_ADDRESS, settings.API_TOKEN);
    await assertPortFree(settings);
    const system = new TradingSystem();
    try {
      await system.#compose(settings, onFatal, wishes);
      return system;
    } catch (error) {
      // What went wrong first is what a person must read; an error while tidying up would hide it.
      await system.stop().catch(() => undefined);
      throw error;
    }
  }

  /** Stops the market, finishes and commits what is in the inbox, then closes API, store and log; the first error of these is thrown at the end. */
  async stop(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse())
      await close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  async #compose(
    settings: Settings,
    onFatal: (error: Error) => void,
    { stopping = new AbortController().signal, restart = () => undefined }: StartWishes,
  ): Promise<void> {
    const foundation = await this.#lay(settings, stopping);
    const parts = await assemble(foundation, onFatal, restart);
    const { loop, broker, hub, news, discovery, clock, log, loaded, runner, desk, jobs, bridge } = parts;
    this.#closers.push(async () => parts.care.close());
    // First of all inputs, before anybody can send one: nothing may reach the kernel before its agents are there.
    loop.post(startedInput(foundation));
    const api = await createApi(apiDependencies(parts));
    this.#closers.push(() => api.close());
    await api.listen({ host: settings.BIND_ADDRESS, port: settings.ORCHESTRATOR_PORT });
    await broker.start(brokerSink(loop, clock));
    this.#closers.push(() => broker.stop());
    loop.start();
    this.#closers.push(() => loop.stop());
    if (foundation.workflows.forAgents !== undefined) void desk.start();
    this.#closers.push(async () => {
      desk.stop();
      jobs.stop();
    });
    for (const effect of loaded.pendingEffects) runner.recover(effect);
    await hub.start();
    this.#closers.push(() => hub.stop());
    if (foundation.duties.speaksForSources) {
      news.start();
      this.#closers.push(() => news.stop());
      discovery.start();
      this.#closers.push(() => discovery.stop());
    }
    if (bridge !== undefined) {
      await bridge.start();
      this.#closers.push(() => bridge.stop());
      log.info({ agents: settings.AGENTS, relay: settings.RELAY }, 'the other agents are in other processes');
    }
    parts.notifiers.listen();
    this.#closers.push(() => parts.notifiers.stop());
    const housekeeping = new Housekeeping(parts);
    housekeeping.start();
    this.#closers.push(async () => housekeeping.stop());
    this.#closers.push(keepPageBuilt(log));
    log.info({ version, sequence: loaded.sequence, data_kind: parts.market.kind }, 'started');
    banner(parts, api.server.address());
    if (foundation.models !== undefined) void sayWhatModelsLack(settings, log);
  }

  /** Log, store, market and strategies: everything that can refuse to start does so here. */
  async #lay(settings: Settings, stopping: AbortSignal): Promise<Foundation> {
    const strategies = await loadStrategies(settings);
    const models = wireModels(settings);
    const { log, fileLog, close } = await openLog(settings);
    this.#closers.push(() => {
      log.info({}, 'stopped');
      return close();
    });
    const store = openStore(settings, { signal: stopping, log });
    this.#closers.push(() => store.close());
    // Which market answers must be asked when this process takes over, not when it begins to stand by.
    if (settings.ATO_STANDBY === 'yes') await store.open();
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
    if (relay !== undefined) this.#closers.push(() => relay.close());
    const installation = installationOf(settings);
    if (installation !== undefined) this.#closers.push(() => installation.close());
    const reader = installation?.reader(store, settings.AGENTS) ?? store;
    const presence = installation && new Presence(() => installation.places(), settings.AGENTS);
    presence?.start();
    this.#closers.push(async () => presence?.stop());
    return {
      ...{ settings, log, fileLog, store, loaded, market, strategies, workflows, clock, trading, models },
      ...{ duties, relay, reader, presence, installation },
    };
  }
}

/** After the start and beside it: a model that cannot be asked is no reason to wait, but one to be said. */
async function sayWhatModelsLack(settings: Settings, log: Log): Promise<void> {
  for (const { provider, model, ok, detail } of await checkModels(settings))
    if (!ok) log.warn({ provider, model, detail }, 'a configured model cannot be asked as things stand');
}

/** Everything that runs, joined but not yet started. */
async function assemble(
  foundation: Foundation,
  onFatal: (error: Error) => void,
  onRestart: (reason: string) => void,
) {
  const { settings, log, store, loaded, market, clock, strategies } = foundation;
  const facts = new LiveFacts(await store.check(), decidesAfterStart(loaded));
  facts.subscribe((messages) => writeActivity(foundation.fileLog, messages));
  const kernel = new Kernel({
    build: agentBuilder(strategies.all),
    loaded,
    stopwatch: () => performance.now(),
  });
  const loop: KernelLoop = new KernelLoop({
    ...{ kernel, store, commitPauseMs, clock: market.clock(), sleep: delay },
    ...tellers(foundation, facts, onFatal, () => bridge),
    release: (effect) => runner.release(effect),
  });
  const post = (input: KernelInput) => loop.post(input);
  const { broker, listener } = foundation.trading;
  const hub = marketHub(foundation, listener, post);
  const bridge = bridgeOf(foundation, loop, hub);
  const settle = (effectId: string) => loop.settle(effectId);
  const postAndWait = (input: KernelInput) => loop.postAndWait(input);
  const waits = { post, postAndWait, settle };
  const { desk, jobs } = workDesks(foundation, waits);
  const news = newsDesk(foundation, post);
  const discovery = discoveryHub(foundation, post);
  const agentSettings = agentSettingsOf(foundation);
  const systemProbe = new SystemProbe({ folder: settings.LOG_DIR });
  const external = new ExternalAlerts({ clock, postAndWait });
  const restartProcess = agentSettings.healing?.process_restart === true ? onRestart : undefined;
  const running = { external, loop, hub, kernel, jobs, systemProbe, restartProcess, bridge };
  const care = careFor(foundation, desk, running);
  const desks = { settings, reader: foundation.reader, market, clock, loop, rows: kernel.rows };
  const notifiers = await selectNotifiers(settings, log, () => operatorDesk(desks));
  const models = foundation.models?.ladder;
  const { probes, healing } = care;
  const desksOfWork = { workflows: desk, jobs, models, healing };
  const parts = { broker, market: hub, notifiers: notifiers.all, probes, ...desksOfWork };
  const runner = new EffectRunner({
    ...{ ...parts, clock, log, ...waits },
    mayTrade: async () => store.assertHeld?.(),
    ...(bridge === undefined
      ? {}
      : { restartElsewhere: (source, reason) => bridge.restartSource(source, reason) }),
  });
  return {
    ...foundation,
    agentSettings,
    notifiers,
    care,
    guard: care.guard(notifiers.all),
    rows: kernel.rows,
    facts,
    kernel,
    loop,
    broker,
    hub,
    news,
    discovery,
    systemProbe,
    runner,
    external,
    desk,
    jobs,
    bridge,
    alerts: () => runner.alerts,
  };
}

/** Who hears of commits and of the end of the loop. The bridge is made after the loop. */
function tellers(
  { relay, log }: Foundation,
  facts: LiveFacts,
  onFatal: (error: Error) => void,
  bridge: () => RelayBridge | undefined,
): Pick<KernelLoopOptions, 'beside' | 'committed' | 'fatal'> {
  return {
    ...(relay === undefined
      ? {}
      : { beside: (records, inputs) => bridge()?.outgoing(records, inputs) ?? [] }),
    committed: (records) => {
      bridge()?.committed();
      facts.committed(committedMessages(records), Date.now(), (error) =>
        log.error({ error: String(error) }, 'a listener failed'),
      );
    },
    fatal: (error) => {
      facts.failed(error.message);
      log.error({ error: error.message }, 'the kernel loop stopped; starting again recovers');
      onFatal(error);
    },
  };
}

function careFor(
  { settings, store, clock, log, market, workflows, presence, installation }: Foundation,
  desk: WorkflowDesk,
  running: Omit<
    CareParts,
    'settings' | 'store' | 'clock' | 'log' | 'clockSkewMs' | 'workflowCheck' | 'elsewhere' | 'relayLooks'
  >,
): Care {
  return careOf({
    ...{ settings, store, clock, log, ...running },
    clockSkewMs: market.clockSkewMs,
    workflowCheck: workflows.forAgents && (() => desk.check()),
    elsewhere: presence && (() => presence.states),
    relayLooks:
      running.bridge === undefined
        ? looksAtNamedServer(settings)
        : looksThrough(running.bridge, installation, settings, () => clock.now()),
  });
}

function discoveryHub(
  { settings, market, log }: Foundation,
  post: (input: KernelInput) => void,
): DiscoveryHub {
  return new DiscoveryHub({
    sources: selectDiscovery(settings, market),
    clock: market.clock(),
    post,
    log,
    onlyWhereReachable: settings.ATO_DISCOVERY === 'auto',
  });
}

function marketHub(
  { duties, market, clock, log }: Foundation,
  venue: MarketListener,
  post: (input: KernelInput) => void,
): MarketHub {
  return new MarketHub({
    sources: duties.keepsSources ? market.sources : [],
    // Another process with the same sources speaks of them; here only their prices count.
    post: duties.speaksForSources ? post : pricesOnly(post),
    ...{ clock, venue, log },
  });
}

function pricesOnly(post: (input: KernelInput) => void): (input: KernelInput) => void {
  return (input) => {
    if (input.message_type === 'market.candle' || input.message_type === 'market.quotes') post(input);
  };
}

/** Undefined when all agents are here. */
function bridgeOf(foundation: Foundation, loop: KernelLoop, hub: MarketHub): RelayBridge | undefined {
  const { relay, settings, loaded, store, clock, log } = foundation;
  if (relay === undefined) return undefined;
  return new RelayBridge({
    ...{ relay, loaded, log, here: settings.AGENTS, process: schemaOf(settings), reader: store },
    now: () => clock.now(),
    post: (input) => loop.post(input),
    postRelayed: (input, receipts) => loop.postRelayed(input, receipts),
    keep: (puts) => loop.keep(puts),
    sourceStatus: (status) => hub.heard(status),
    restartSource: (source, reason) => {
      if (hub.keeps(source))
        hub
          .restart(source, reason)
          .catch((error: unknown) =>
            log.warn({ source, error: String(error) }, 'restarting the source failed'),
          );
    },
  });
}

function newsDesk(
  { settings, market, log, loaded, clock }: Foundation,
  post: (input: KernelInput) => void,
): NewsDesk {
  const recent = loaded.rows.news.values();
  const source = selectNews(settings, { clock: market.clock(), log, universe: market.universe, recent });
  return new NewsDesk({ source, clock, post, log });
}

/** Who does work outside of the agents: the workflow server and the jobs. */
function workDesks(
  { clock, log, market, settings, reader, trading, workflows }: Foundation,
  waits: Pick<WorkflowDeskOptions, 'post' | 'postAndWait' | 'settle'>,
): { readonly desk: WorkflowDesk; readonly jobs: Pick<JobDesk, 'release' | 'stop' | 'letGo'> } {
  const { server, callbackSecret } = workflows;
  const account = trading.agentSettings.broker.simulated ? 'simulated' : 'live';
  const handlers = jobHandlers({ settings, store: reader }, market.sources, account);
  const queue = jobQueueOf(settings);
  return {
    desk: new WorkflowDesk({ server, callbackSecret, clock, log, ...waits }),
    jobs:
      queue === undefined
        ? new JobDesk({ handlers, clock, log, ...waits })
        : new WorkerDesk({ queue, clock, log, ...waits }),
  };
}

function brokerSink(loop: KernelLoop, clock: Clock): BrokerSink {
  return {
    report: (report) => {
      const at = Math.max(report.at, clock.now());
      loop.post({ from: 'broker', message_type: 'broker.report', data: report, at });
    },
    uncertain: (uncertainty) =>
      loop.post({ from: 'broker', message_type: 'broker.uncertain', data: uncertainty, at: clock.now() }),
  };
}

/** An operator's stop survives a restart: the orchestrator keeps it in its own memory. */
function decidesAfterStart(loaded: LoadedState): boolean {
  const control = loaded.rows.agent_memory.get('orchestrator_ai/control')?.value as
    | { readonly paused?: boolean }
    | undefined;
  return control?.paused !== true;
}

/** What the agents are built from; it travels in `kernel.started`. */
function agentSettingsOf(foundation: Foundation): AgentSettings {
  const { settings, market, strategies } = foundation;
  return {
    run_mode: settings.ATO_MODE,
    ...(isWhole(settings.AGENTS) ? {} : { agents: settings.AGENTS }),
    universe: market.universe,
    starting_cash: foundation.trading.startingCash,
    base_timeframe: market.baseTimeframe,
    strategy: strategies.active,
    sources: market.sources.map((source) => source.name),
    market_kind: market.kind,
    market_pace: settings.ATO_MARKET_SPEED,
    chores: choresOf(settings),
    learning: settings.ATO_LEARNING,
    looks: lookSettingsOf(settings, market.sources),
    ...foundation.trading.agentSettings,
    exits: exitSettingsOf(settings),
    sessions: sessionRulesOf(settings),
    discovery: candidateLimitsOf(settings),
    alerts: alertSettingsOf(settings),
    // In a hurried market a step's minute is milliseconds: nothing could be verified.
    ...(settings.ATO_MARKET_SPEED === 1 ? { healing: healingSettingsOf(settings) } : {}),
    risk: {
      ...riskSettingsOf(settings),
      quote_stale_ms: Math.max(
        riskSettingsOf(settings).quote_stale_ms,
        1.5 * timeframeMs[market.baseTimeframe],
      ),
    },
    ...relaySettingsOf(settings),
    ...(foundation.models === undefined ? {} : { models: foundation.models.settings }),
    ...(foundation.workflows.forAgents === undefined ? {} : { workflows: foundation.workflows.forAgents }),
  };
}

function startedInput(foundation: Foundation): KernelInput {
  const { settings, loaded, clock } = foundation;
  const data = {
    run_mode: settings.ATO_MODE,
    seed: settings.ATO_SEED,
    version,
    agent_settings: { ...agentSettingsOf(foundation) },
    first_start: loaded.sequence === 0,
  };
  return { from: 'kernel', message_type: 'kernel.started', data, at: clock.now() };
}
