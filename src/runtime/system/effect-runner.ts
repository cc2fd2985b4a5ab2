// Performs committed effects against the adapters and hands every result, failure and timeout back as an input.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { BrokerSnapshot } from '../../shared/bus/catalogue.ts';
import type { AnyEffect, Effect } from '../../shared/bus/effects.ts';
import type { Broker } from '../../shared/ports/broker.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';
import type { Probe } from '../../shared/ports/probe.ts';
import type { HealDesk } from '../healing/heal-desk.ts';
import type { JobDesk } from '../jobs/job-desk.ts';
import type { MarketHub } from '../market/market-hub.ts';
import type { ModelLadder } from '../models/model-ladder.ts';
import type { WorkflowDesk } from '../workflows/workflow-desk.ts';

const brokerTimeoutMs = 10_000;
const historyTimeoutMs = 20_000;
const restartTimeoutMs = 20_000;
/** Histories asked for at the same time. */
const backfillLanes = 4;

export interface EffectRunnerOptions {
  readonly broker: Broker;
  readonly market: MarketHub;
  readonly notifiers: readonly Notifier[];
  readonly probes: ReadonlyMap<string, Probe>;
  /** Absent where nothing outside of the agents may be mended. */
  readonly healing?: Pick<HealDesk, 'act'>;
  readonly workflows: WorkflowDesk;
  readonly jobs: Pick<JobDesk, 'release'>;
  /** Undefined when no model is configured. */
  readonly models: ModelLadder | undefined;
  readonly clock: Clock;
  /** Rejects when another process may have taken over; asked before an order leaves. */
  readonly mayTrade?: () => Promise<void>;
  /** Asks the other processes to restart a source of theirs; absent when all agents are here. */
  readonly restartElsewhere?: (source: string, reason: string) => Promise<void>;
  readonly post: (input: KernelInput) => void;
  /** Resolves once the input is committed. */
  readonly postAndWait: (input: KernelInput) => Promise<unknown>;
  readonly settle: (effectId: string) => void;
  readonly log: Log;
  /** Calls back after that many milliseconds; returns how to call it off. Default: the timers of the process. */
  readonly after?: (milliseconds: number, act: () => void) => () => void;
}

export class EffectRunner {
  readonly #options: EffectRunnerOptions;
  readonly #lanes: Promise<void>[] = [];
  #nextLane = 0;
  #alertsSent = 0;
  #alertsFailed = 0;

  constructor(options: EffectRunnerOptions) {
    this.#options = options;
  }

  /** Alerts accepted and finally refused by the notifiers since the start. */
  get alerts(): { readonly sent: number; readonly failed: number } {
    return { sent: this.#alertsSent, failed: this.#alertsFailed };
  }

  /** Starts the effect; never throws and never waits. */
  release(effect: AnyEffect): void {
    this.#watch(effect, this.#perform(effect));
  }

  /** Takes up an effect that an earlier process committed and may have performed. */
  recover(effect: AnyEffect): void {
    if (effect.kind !== 'workflow.run') this.release(effect);
    else this.#watch(effect, this.#options.workflows.recover(effect));
  }

  #watch(effect: AnyEffect, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.log.error(
        {
          effect: effect.kind,
          id: effect.id,
          correlation_id: effect.correlation_id,
          error: messageOf(error),
        },
        'an effect failed unexpectedly',
      );
    });
  }

  async #perform(effect: AnyEffect): Promise<void> {
    switch (effect.kind) {
      case 'broker.submit':
        return this.#order(effect.data.client_order_id, 'submit', () =>
          this.#options.broker.submit(effect.data),
        );
      case 'broker.cancel':
        return this.#order(effect.data.client_order_id, 'cancel', () =>
          this.#options.broker.cancel(effect.data.client_order_id, effect.data.symbol),
        );
      case 'broker.snapshot':
        return this.#snapshot(effect);
      case 'market.backfill':
        return this.#queueBackfill(effect);
      case 'market.restart_source':
        return this.#restartSource(effect);
      case 'heal.act':
        return this.#heal(effect);
      case 'probe.run':
        return this.#probe(effect);
      case 'alert.send':
        return this.#alert(effect);
      case 'job.run':
        return this.#options.jobs.release(effect);
      case 'workflow.run':
        return this.#options.workflows.release(effect);
      case 'model.ask':
        return this.#askModel(effect);
    }
  }

  /** A failure without a clear answer is unknown: the order may be at the venue. */
  async #order(clientOrderId: string, action: 'submit' | 'cancel', call: () => Promise<void>): Promise<void> {
    try {
      if (this.#options.mayTrade !== undefined) await this.#options.mayTrade();
    } catch (error) {
      this.#uncertain(clientOrderId, action, 'not-sent', messageOf(error));
      return;
    }
    try {
      await this.#within(brokerTimeoutMs, call());
    } catch (error) {
      this.#uncertain(clientOrderId, action, 'unknown', messageOf(error));
    }
  }

  #uncertain(
    client_order_id: string,
    action: 'submit' | 'cancel',
    outcome: 'unknown' | 'not-sent',
    detail: string,
  ): void {
    const { broker, clock, post } = this.#options;
    const data = { broker: broker.name, client_order_id, action, outcome, detail };
    post({ from: 'broker', message_type: 'broker.uncertain', data, at: clock.now() });
  }

  async #snapshot(effect: Effect<'broker.snapshot'>): Promise<void> {
    const { broker, clock, post } = this.#options;
    const { request_id, orders } = effect.data;
    let data: BrokerSnapshot;
    try {
      data = await this.#within(brokerTimeoutMs, broker.snapshot(request_id, orders));
    } catch (error) {
      data = {
        broker: broker.name,
        request_id,
        complete: false,
        error: messageOf(error),
        absent: [],
        orders: [],
        fills: [],
        cash: null,
      };
    }
    post({ from: 'broker', message_type: 'broker.snapshot', data, at: clock.now() });
  }

  /** A few at a time, each until it is committed: hundreds of histories at once would fill the memory. */
  #queueBackfill(effect: Effect<'market.backfill'>): Promise<void> {
    const lane = this.#nextLane++ % backfillLanes;
    const done = (this.#lanes[lane] ?? Promise.resolve()).then(() => this.#backfill(effect));
    this.#lanes[lane] = done;
    return done;
  }

  async #backfill(effect: Effect<'market.backfill'>): Promise<void> {
    const { market, clock, postAndWait, log } = this.#options;
    const { symbol, count } = effect.data;
    try {
      const found = await this.#within(historyTimeoutMs, market.history(symbol, count));
      if (found === undefined) return;
      const known_at = clock.now();
      const data = {
        source: found.source.name,
        kind: found.source.kind,
        symbol,
        candles: found.candles,
        known_at,
      };
      await postAndWait({ from: 'market', message_type: 'market.history', data, at: known_at });
    } catch (error) {
      log.warn(
        { symbol, correlation_id: effect.correlation_id, error: messageOf(error) },
        'no past candles: windows fill from the stream instead',
      );
    }
  }

  async #restartSource(effect: Effect<'market.restart_source'>): Promise<void> {
    const { source, reason } = effect.data;
    const { correlation_id } = effect;
    this.#options.log.info({ source, reason, correlation_id }, 'restarting market source');
    try {
      await this.#options.restartElsewhere?.(source, reason);
      if (!this.#options.market.keeps(source) && this.#options.restartElsewhere !== undefined) return;
      await this.#within(restartTimeoutMs, this.#options.market.restart(source, reason));
    } catch (error) {
      this.#options.log.warn(
        { source, correlation_id, error: messageOf(error) },
        'restarting the source failed',
      );
    }
  }

  async #probe(effect: Effect<'probe.run'>): Promise<void> {
    const { probes, clock, post } = this.#options;
    const { probe, target } = effect.data;
    const found = probes.get(probe);
    const missing = {
      probe,
      target,
      ok: false,
      latency_ms: null,
      value: null,
      detail: `there is no probe named ${probe}`,
      at: clock.now(),
    };
    const result = found === undefined ? missing : await found.run(target);
    post({
      from: 'system',
      message_type: 'probe.result',
      data: { ...result, at: clock.now() },
      at: clock.now(),
    });
  }

  async #heal(effect: Effect<'heal.act'>): Promise<void> {
    const { healing, clock, post } = this.#options;
    const nobody = { ok: false, detail: 'nothing may be mended here', at: clock.now() };
    const data = (await healing?.act(effect.data)) ?? { ...effect.data, ...nobody };
    post({ from: 'system', message_type: 'heal.done', data, at: clock.now() });
  }

  async #alert(effect: Effect<'alert.send'>): Promise<void> {
    const { notifiers, settle } = this.#options;
    const hear = notifiers.filter(({ name }) => effect.data.audience !== 'log' || name === 'log');
    // At the same time: a channel that has to wait must not keep the others waiting.
    await Promise.all(hear.map((notifier) => this.#tell(notifier, effect)));
    settle(effect.id);
  }

  async #tell(notifier: Notifier, effect: Effect<'alert.send'>): Promise<void> {
    try {
      await notifier.send(effect.data);
      this.#alertsSent++;
    } catch (error) {
      this.#alertsFailed++;
      const { correlation_id } = effect;
      this.#options.log.warn(
        { notifier: notifier.name, error: messageOf(error), correlation_id },
        'an alert was not accepted',
      );
    }
  }

  async #askModel(effect: Effect<'model.ask'>): Promise<void> {
    const { models, clock, post, log } = this.#options;
    // Settings without models cannot ask; a question of an earlier run is not repeated.
    if (models === undefined) return;
    const reply = await models.ask(effect.data);
    if (reply.outcome !== 'answered')
      log.warn(
        {
          ...{ provider: reply.provider, model: reply.model, fault: reply.outcome, detail: reply.detail },
          correlation_id: effect.correlation_id,
        },
        'a model did not answer: the next one of the ladder is asked, or the policy stands',
      );
    post({ from: 'model', message_type: 'model.reply', data: reply, at: clock.now() });
  }

  async #within<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> {
    const after = this.#options.after ?? afterRealTime;
    let callOff: (() => void) | undefined;
    const timeout = new Promise<never>((_, reject) => {
      callOff = after(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    });
    try {
      return await Promise.race([work, timeout]);
    } finally {
      callOff?.();
    }
  }
}

function afterRealTime(milliseconds: number, act: () => void): () => void {
  const timer = setTimeout(act, milliseconds);
  return () => clearTimeout(timer);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
