// A real kernel with the orchestrator and scripted workers, driven in virtual time, watched by independent checkers.

import type { Agent, StateReader, Turn } from '../../src/kernel/agent.ts';
import { Kernel, type KernelInput } from '../../src/kernel/kernel.ts';
import { StateMirror } from '../../src/kernel/state-mirror.ts';
import { createOrchestrator } from '../../src/orchestrator/orchestrator.ts';
import type { Policy } from '../../src/orchestrator/policy.ts';
import type { MessageDataByType, MessageType } from '../../src/shared/bus/catalogue.ts';
import { type CollectionRows, collectionNames } from '../../src/shared/bus/collections.ts';
import type { AnyEffect, Effect } from '../../src/shared/bus/effects.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';
import { type AgentSettings, defaultRiskSettings } from '../../src/shared/domain/agent-settings.ts';
import type { Decision } from '../../src/shared/domain/decision.ts';
import type { LookAnswer, LookBar, LookRequest } from '../../src/shared/domain/look.ts';
import type { ModelReply } from '../../src/shared/domain/model.ts';
import type { JournalEntry, LoadedState } from '../../src/shared/ports/store.ts';

/** How a worker treats the tasks it gets. */
export type Answer = 'ok' | 'unseen' | 'fail' | 'lost' | 'throw';

/** A model's answer to one question; null is a reply that never comes. */
export type ModelScript = (ask: Effect<'model.ask'>['data']) => ModelReply | null;

export const testSettings: AgentSettings = {
  run_mode: 'simulation',
  universe: ['BTCUSDT', 'ETHUSDT', 'EURUSD'],
  starting_cash: 10_000,
  base_timeframe: '1m',
  strategy: 'none',
  sources: ['binance', 'tradermade'],
  broker: { name: 'paper', simulated: true, short: true },
  initial_trading_state: 'active',
  risk: defaultRiskSettings,
};

export interface WorldOptions {
  readonly settings?: AgentSettings;
  readonly policy?: Policy;
  /** The orchestrator forgets everything before each message and is rebuilt from rows. */
  readonly amnesic?: boolean;
  readonly loaded?: LoadedState;
  /** Answers the questions that are asked of models, after `modelDelayMs`. */
  readonly model?: ModelScript;
  readonly now: number;
}

export class World {
  readonly kernel: Kernel;
  readonly mirror: StateMirror;
  readonly messages: AnyMessage[] = [];
  answer: Answer = 'ok';
  /** A failure of the orchestrator itself fails the test unless this is set. */
  mayFail = false;
  modelDelayMs = 1_000;
  /** What workers say in their answers. */
  summary = 'looked';
  readonly entries: JournalEntry[] = [];
  readonly effects: AnyEffect[] = [];
  readonly asked: Effect<'model.ask'>['data'][] = [];
  readonly #model: ModelScript | undefined;
  #replies: { readonly at: number; readonly reply: ModelReply }[] = [];
  now: number;
  readonly #settings: AgentSettings;
  readonly #onInput: ((world: World, emitted: readonly AnyMessage[]) => void)[] = [];

  constructor(options: WorldOptions) {
    this.now = options.now;
    this.#model = options.model;
    this.#settings = options.settings ?? testSettings;
    this.mirror = new StateMirror(options.loaded?.rows);
    const orchestrator = () => createOrchestrator(this.#settings, options.policy);
    this.kernel = new Kernel({
      build: () => ({
        orchestrator_ai: options.amnesic ? () => forgetful(orchestrator) : orchestrator,
        analyst_ai: () => this.worker('analyst_ai'),
        health_ai: () => this.worker('health_ai'),
      }),
      ...(options.loaded === undefined ? {} : { loaded: options.loaded }),
    });
  }

  /** Calls the checker after every input. */
  watch(checker: (world: World, emitted: readonly AnyMessage[]) => void): this {
    this.#onInput.push(checker);
    return this;
  }

  start(firstStart = true): this {
    return this.send('kernel.started', {
      run_mode: 'simulation',
      seed: 1,
      version: 'test',
      agent_settings: { ...this.#settings },
      first_start: firstStart,
    });
  }

  send<Type extends MessageType>(type: Type, data: MessageDataByType[Type], at = this.now): this {
    this.#process({ from: 'system', message_type: type, data, at });
    return this;
  }

  command(
    command: MessageDataByType['operator.command']['command'],
    about: Pick<MessageDataByType['operator.command'], 'mode' | 'kind'> = {},
  ): this {
    const plain = { command, by: 'test', reason: '', symbol: null, dry_run: false };
    return this.send('operator.command', { ...plain, ...about });
  }

  market(assetClass: 'crypto' | 'forex', activity: number | null): this {
    const volatility = activity === null ? null : activity / 2;
    const data = { asset_class: assetClass, volatility, activity, instruments: 2, at: this.now };
    return this.send('market.state', data);
  }

  source(source: string, state: MessageDataByType['market.source_status']['state'], health = 1): this {
    const data = { source, state, health, detail: '', latencyMs: null, lastDataAt: null, at: this.now };
    return this.send('market.source_status', data);
  }

  incident(id: string, open: boolean): this {
    return this.send('health.incident', {
      id,
      cause: `cause of ${id}`,
      severity: 'critical',
      summary: '',
      consequence: '',
      symptoms: 1,
      opened_at: this.now,
      updated_at: this.now,
      resolved_at: open ? null : this.now,
      open,
    });
  }

  health(changes: Partial<MessageDataByType['health.summary']> = {}): this {
    const calm = { system_load: 0.1, source_health: {}, open_incidents: 0, critical_incidents: 0 };
    return this.send('health.summary', { ...calm, ...changes });
  }

  trading(drawdownPct: number, openPositions = 0): this {
    return this.send('trading.summary', {
      state: 'active',
      open_positions: openPositions,
      open_orders: 0,
      unknown_orders: 0,
      blocked: [],
      equity: {
        at: this.now,
        cash: 10_000,
        equity: 10_000 * (1 - drawdownPct / 100),
        peak_equity: 10_000,
        drawdown_pct: drawdownPct,
        open_positions: openPositions,
      },
      simulated: true,
    });
  }

  /** Moves time on, firing every alarm at its due time. */
  advance(ms: number): this {
    const target = this.now + ms;
    for (let due = this.#nextAt; due !== undefined && due <= target; due = this.#nextAt) {
      this.now = Math.max(this.now, due);
      this.#deliverReplies();
      for (const alarm of this.kernel.dueAlarms(this.now)) this.#process(alarm);
    }
    this.now = target;
    return this;
  }

  /** The clock leaps: alarms that fell due meanwhile come late, all at once. */
  jump(ms: number): this {
    this.now += ms;
    this.#deliverReplies();
    for (const alarm of this.kernel.dueAlarms(this.now)) this.#process(alarm);
    return this;
  }

  of<Type extends MessageType>(type: Type): Extract<AnyMessage, { message_type: Type }>[] {
    return this.messages.filter(
      (message): message is Extract<AnyMessage, { message_type: Type }> => message.message_type === type,
    );
  }

  get decisions(): Decision[] {
    return this.of('decision').map((message) => message.data);
  }

  get lastDecision(): Decision {
    const decision = this.decisions.at(-1);
    if (decision === undefined) throw new Error('no decision yet');
    return decision;
  }

  /** What a store would load after everything so far. */
  loaded(): LoadedState {
    const rows: Record<string, Map<string, CollectionRows[keyof CollectionRows]>> = {};
    for (const name of collectionNames) {
      const entries = JSON.parse(JSON.stringify([...this.mirror.all(name)]));
      rows[name] = new Map(entries);
    }
    const { sequence, hash, lastAt } = this.kernel;
    return { sequence, hash, lastAt, rows: rows as unknown as LoadedState['rows'], pendingEffects: [] };
  }

  get #nextAt(): number | undefined {
    const times = [this.kernel.nextAlarmAt, this.#replies[0]?.at].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #deliverReplies(): void {
    const due = this.#replies.filter(({ at }) => at <= this.now);
    this.#replies = this.#replies.filter(({ at }) => at > this.now);
    for (const { reply } of due)
      this.#process({ from: 'model', message_type: 'model.reply', data: reply, at: this.now });
  }

  #ask(ask: Effect<'model.ask'>['data']): void {
    this.asked.push(ask);
    const reply = this.#model?.(ask) ?? null;
    if (reply === null) return;
    this.#replies.push({ at: this.now + this.modelDelayMs, reply });
    this.#replies.sort((left, right) => left.at - right.at);
  }

  #process(input: KernelInput): void {
    const { record, entry } = this.kernel.process(input);
    this.entries.push(entry);
    for (const effect of record.effects) {
      this.effects.push(effect);
      if (effect.kind === 'model.ask') this.#ask(effect.data);
    }
    for (const put of record.puts) this.mirror.apply(put);
    this.messages.push(...record.emitted);
    const failure = record.emitted.find(
      (message) => message.message_type === 'kernel.agent_failed' && message.data.agent === 'orchestrator_ai',
    );
    if (failure !== undefined && !this.mayFail)
      throw new Error(`the orchestrator failed: ${JSON.stringify(failure.data)}`);
    for (const checker of this.#onInput) checker(this, record.emitted);
  }

  worker(name: 'analyst_ai' | 'health_ai'): Agent {
    return {
      name,
      subscriptions: [],
      restore: () => undefined,
      handle: (message, turn) => {
        if (message.message_type !== 'task.assigned' || this.answer === 'lost') return;
        if (this.answer === 'throw') throw new Error('scripted');
        const { task_id, kind, symbols, look } = message.data;
        const result = {
          effect_observed: this.answer === 'ok',
          looked_at: 1,
          found: 0,
          summary: this.summary,
          error: this.answer === 'fail' ? 'scripted' : null,
          ...(look === undefined
            ? {}
            : { looks: symbols.map((symbol, k) => shown(symbol, look, k, turn.now)) }),
        };
        turn.emit('task.completed', { task_id, kind, succeeded: this.answer !== 'fail', result });
      },
    };
  }
}

/** Prices that wander a little, the same for every world. */
function shown(
  symbol: string,
  { bar_ms, max_bars, after }: LookRequest,
  index: number,
  now: number,
): LookAnswer {
  const newest = Math.floor(now / bar_ms);
  const oldest = Math.max(Math.floor((after[index] ?? 0) / bar_ms), newest - Math.min(max_bars, 40));
  const bars: LookBar[] = [];
  for (let bar = oldest + 1; bar <= newest; bar += 1)
    bars.push([bar * bar_ms, 100 * Math.exp(0.002 * Math.sin(bar * (1 + index) * symbol.length)), 1]);
  return { symbol, seen: true, found: 0, bars };
}

/** The same agent, rebuilt from rows before every single message. */
function forgetful(make: () => Agent): Agent {
  let rows: StateReader | undefined;
  const { name, subscriptions } = make();
  return {
    name,
    subscriptions,
    restore(state) {
      rows = state;
    },
    handle(message: AnyMessage, turn: Turn) {
      const agent = make();
      if (rows !== undefined) agent.restore(rows);
      agent.handle(message, turn);
    },
  };
}
