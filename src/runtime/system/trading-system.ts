// The running system: lays the foundation, joins the parts, starts them in order and stops them in reverse.
import { assertBindAllowed } from '../../api/bind-guard.ts';
import { createApi } from '../../api/create-api.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { Log } from '../../shared/ports/log.ts';
import { checkModels } from '../models/model-check.ts';
import { tellOfFreeze } from '../processes/watchdog.ts';
import { version } from '../version.ts';
import { apiDependencies } from './api-wiring.ts';
import { assemble } from './assembly.ts';
import { banner } from './banner.ts';
import { type Closer, layFoundation } from './foundation.ts';
import { Housekeeping } from './housekeeping.ts';
import { keepPageBuilt } from './page-build.ts';
import { brokerSink } from './source-wiring.ts';
import { assertPortFree } from './start-guards.ts';
import { startedInput } from './start-input.ts';

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
    const foundation = await layFoundation(settings, stopping, (close) => this.#closers.push(close));
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
    await tellOfFreeze(settings.LOG_DIR, clock.now(), (input) => loop.postAndWait(input)).catch(
      (error: unknown) => log.warn({ error: String(error) }, 'what the watchdog ended could not be told'),
    );
    log.info({ version, sequence: loaded.sequence, data_kind: parts.market.kind }, 'started');
    banner(parts, api.server.address());
    if (foundation.models !== undefined) void sayWhatModelsLack(settings, log);
  }
}

/** After the start and beside it: a model that cannot be asked is no reason to wait, but one to be said. */
async function sayWhatModelsLack(settings: Settings, log: Log): Promise<void> {
  for (const { provider, model, ok, detail } of await checkModels(settings))
    if (!ok) log.warn({ provider, model, detail }, 'a configured model cannot be asked as things stand');
}
