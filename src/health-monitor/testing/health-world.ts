// The real kernel with the health monitor alone, under virtual time, for tests. Not used by the program.

import type { TurnRecord } from '../../kernel/journal.ts';
import { Kernel, type KernelInput } from '../../kernel/kernel.ts';
import type { MessageDataByType, MessageType } from '../../shared/bus/catalogue.ts';
import type { AnyEffect, EffectDataByKind, EffectKind } from '../../shared/bus/effects.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import { type AgentSettings, defaultRiskSettings } from '../../shared/domain/agent-settings.ts';
import type { SourceState, SourceStatus } from '../../shared/domain/source-status.ts';
import type { ProbeResult, SystemVitals } from '../../shared/domain/vitals.ts';
import { createHealthMonitor } from '../health-monitor.ts';

export const worldStart = Date.UTC(2026, 3, 1, 12);

export const settings: AgentSettings = {
  run_mode: 'paper',
  universe: ['BTCUSDT'],
  starting_cash: 10_000,
  base_timeframe: '1m',
  strategy: 'none',
  sources: ['binance'],
  broker: { name: 'paper', simulated: true, short: true },
  initial_trading_state: 'active',
  risk: defaultRiskSettings,
};

export const calmVitals: Omit<SystemVitals, 'at'> = {
  event_loop_delay_p99_ms: 4,
  heap_used_bytes: 100e6,
  heap_limit_bytes: 4e9,
  resident_bytes: 200e6,
  disk_free_bytes: 50e9,
  disk_total_bytes: 100e9,
  cpu_load: 0.1,
  inbox_depth: 3,
  agents: [],
};

export function statusOf(source: string, state: SourceState, at: number): SourceStatus {
  const health = state === 'live' || state === 'simulated' || state === 'recorded' ? 1 : 0;
  return { source, state, health, detail: '', latencyMs: null, lastDataAt: null, at };
}

export function goodAnswer(effect: EffectDataByKind['probe.run'], at: number): ProbeResult {
  return { ...effect, ok: true, latency_ms: 1, value: null, detail: 'well', at };
}

type Answer = (effect: EffectDataByKind['probe.run'], at: number) => ProbeResult | undefined;

export class HealthWorld {
  readonly kernel: Kernel;
  readonly messages: AnyMessage[] = [];
  readonly effects: AnyEffect[] = [];
  readonly records: TurnRecord[] = [];
  readonly #answer: Answer;
  now = worldStart;

  constructor(changes: Partial<AgentSettings> = {}, answer: Answer = () => undefined) {
    this.#answer = answer;
    this.kernel = new Kernel({
      build: (recorded) => ({ health_ai: () => createHealthMonitor(recorded as unknown as AgentSettings) }),
    });
    this.send('kernel', 'kernel.started', {
      run_mode: 'paper',
      seed: 1,
      version: 'test',
      agent_settings: { ...settings, ...changes } as unknown as Record<string, unknown>,
      first_start: true,
    });
  }

  /** Gives one input at the present time and performs the probes it asks for. */
  send<Type extends MessageType>(
    from: KernelInput['from'],
    message_type: Type,
    data: MessageDataByType[Type],
    correlation_id?: string,
  ): void {
    const id = correlation_id === undefined ? {} : { correlation_id };
    this.#process({ from, message_type, data, at: this.now, ...id });
  }

  /** Lets time pass, waking at every alarm; with `source` its state is repeated as a heartbeat every 5 s. */
  wait(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const at = this.kernel.nextAlarmAt;
      if (at === undefined || at > end) break;
      this.now = Math.max(this.now, at);
      for (const alarm of this.kernel.dueAlarms(this.now)) this.#process(alarm);
    }
    this.now = end;
  }

  source(name: string, state: SourceState): void {
    this.send('market', 'market.source_status', statusOf(name, state, this.now));
  }

  vitals(changes: Partial<SystemVitals> = {}): void {
    this.send('system', 'system.vitals', { ...calmVitals, at: this.now, ...changes });
  }

  trading(open_positions: number, unknown_orders: number, state: 'active' | 'reducing' = 'active'): void {
    const equity = { at: this.now, cash: 1, equity: 1, peak_equity: 1, drawdown_pct: 0, open_positions };
    const data = {
      state,
      open_positions,
      open_orders: 0,
      unknown_orders,
      blocked: [],
      equity,
      simulated: true,
    };
    this.send('trading_ai', 'trading.summary', data);
  }

  emitted<Type extends MessageType>(type: Type): MessageDataByType[Type][] {
    return this.messages
      .filter((message) => message.message_type === type)
      .map((message) => message.data as MessageDataByType[Type]);
  }

  requested<Kind extends EffectKind>(kind: Kind): EffectDataByKind[Kind][] {
    return this.effects
      .filter((effect) => effect.kind === kind)
      .map((effect) => effect.data as EffectDataByKind[Kind]);
  }

  /** Alerts as `phase cause`, in order. */
  alerts(): string[] {
    const causes = new Map(this.emitted('health.incident').map(({ id, cause }) => [id, cause]));
    return this.requested('alert.send').map(
      ({ phase, incident_id }) => `${phase} ${causes.get(incident_id)}`,
    );
  }

  /** Heals as `playbook target outcome attempt`, in order. */
  heals(): string[] {
    return this.emitted('health.heal').map(
      ({ playbook, target, outcome, attempt }) => `${playbook} ${target} ${outcome} ${attempt}`,
    );
  }

  #process(first: KernelInput): void {
    const waiting = [first];
    for (const input of waiting) {
      const { record } = this.kernel.process(input);
      this.records.push(record);
      this.messages.push(...record.emitted);
      this.effects.push(...record.effects);
      for (const effect of record.effects) {
        if (effect.kind !== 'probe.run') continue;
        const data = this.#answer(effect.data, this.now);
        if (data !== undefined)
          waiting.push({ from: 'system', message_type: 'probe.result', data, at: this.now });
      }
    }
  }
}
