// A health monitor restored from durable rows behaves exactly like one that kept running.
// The one exception, the unfolded window of the baselines, is kept out by sending few vitals.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Agent } from '../kernel/agent.ts';
import { StateMirror } from '../kernel/state-mirror.ts';
import { TurnBuffer } from '../kernel/turn-buffer.ts';
import type { MessageDataByType, MessageType } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { sourceStates } from '../shared/domain/source-status.ts';
import { minuteMs, secondMs } from '../shared/domain/time.ts';
import { createHealthMonitor } from './health-monitor.ts';
import { calmVitals, settings, statusOf, worldStart } from './testing/health-world.ts';

const sources = ['a', 'b', 'tape'];
const free = { usd_per_million_input: 0, usd_per_million_output: 0 };
const limits = {
  requests_per_minute: null,
  requests_per_day: null,
  tokens_per_minute: null,
  tokens_per_day: null,
};
const world: AgentSettings = {
  ...settings,
  sources,
  workflows: { server: 'n8n', runner: 'auto' },
  healing: { process_restart: true, create_index: false, database: 'postgres' },
  agents: ['orchestrator_ai', 'health_ai'],
  relay: { server: 'redis', needed: true },
  alerts: { per_day: 2, quiet: { from_minute: 800, to_minute: 900, time_zone: 'Europe/Paris' } },
  models: {
    rungs: [
      { provider: 'groq', model: 'm', limits, ...free },
      { provider: 'openai', model: 'n', limits, ...free },
    ],
    prompt: { name: 'p', version: 1, hash: 'h' },
    prompt_tokens: 1,
    daily_usd: 1,
    monthly_usd: 1,
  },
};
/** Rows of the other agents that this one reads at its start. */
const theirs = ['tasks', 'orders', 'calendar'] as const;
const maxVitals = 10;

/** One agent with its durable rows and alarms; `forget` throws its memory away and restores it from the rows. */
class Lone {
  mirror = new StateMirror();
  agent: Agent = createHealthMonitor(world);
  sequence = 0;

  forget(): void {
    this.agent = createHealthMonitor(world);
    const rows = new StateMirror();
    for (const collection of ['alarms', 'incidents', 'source_status', 'agent_memory', ...theirs] as const)
      for (const [key, value] of [...this.mirror.all(collection)].reverse())
        rows.apply({ collection, key, value: JSON.parse(JSON.stringify(value)) } as never);
    this.mirror = rows;
    this.agent.restore(this.mirror);
  }

  /** Everything the handling of one message caused, as text. */
  handle<Type extends MessageType>(message_type: Type, data: MessageDataByType[Type], at: number): string {
    const id = `m${++this.sequence}`;
    const message = {
      id,
      from: 'kernel',
      to: 'all',
      message_type,
      data,
      at,
      correlation_id: id,
      causation_id: null,
    };
    const turn = new TurnBuffer(
      'health_ai',
      { ...message, schema: 1 } as unknown as AnyMessage,
      at,
      this.sequence,
      1,
      {
        messages: 0,
        effects: 0,
      },
    );
    this.agent.handle({ ...message, schema: 1 } as unknown as AnyMessage, turn);
    for (const put of turn.puts) this.mirror.apply(put);
    return JSON.stringify([turn.messages, turn.effects, turn.puts]);
  }

  /** Fires the earliest alarm due by `until`; undefined when there is none. */
  fire(until: number): [number, string] | undefined {
    const due = [...this.mirror.all('alarms')].sort(
      ([leftKey, left], [rightKey, right]) => left.due_at - right.due_at || (leftKey < rightKey ? -1 : 1),
    )[0];
    if (due === undefined || due[1].due_at > until) return undefined;
    this.mirror.apply({ collection: 'alarms', key: due[0], value: null });
    return [due[1].due_at, this.handle('kernel.alarm', due[1], due[1].due_at)];
  }
}

type Deed = (lone: Lone, at: number) => string;

function tell<Type extends MessageType>(type: Type, data: (at: number) => MessageDataByType[Type]): Deed {
  return (lone, at) => lone.handle(type, data(at), at);
}

/** A message about a row of another agent, which is durable by then. */
function tellRow<Type extends MessageType>(
  collection: (typeof theirs)[number],
  key: string,
  row: (at: number) => { readonly open?: boolean },
  type: Type,
  data: (at: number) => MessageDataByType[Type],
): Deed {
  return (lone, at) => {
    const value = row(at);
    lone.mirror.apply({ collection, key, value: value.open === false ? null : value } as never);
    return lone.handle(type, data(at), at);
  };
}

const agentNames = ['analyst_ai', 'trading_ai', 'health_ai'] as const;
const providers = ['groq', 'openai'] as const;
const moreDeeds: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(fc.constantFrom(...providers), fc.boolean()).map(([provider, down]) =>
    tell('model.ladder', (at) => ({
      at,
      prompt: 'p',
      rungs: providers.map((one) => ({
        provider: one,
        model: 'm',
        state: down && one === provider ? ('backing_off' as const) : ('ready' as const),
        detail: 'timeout',
        failures: 1,
        resumes_at: null,
        requests_last_day: 1,
        tokens_last_day: 1,
      })),
      awaiting: null,
      advice: null,
      usd_today: 0,
      usd_month: 0,
      daily_usd: 1,
      monthly_usd: 1,
    })),
  ),
  fc
    .tuple(fc.constantFrom(...providers), fc.constantFrom('failed', 'accepted', 'late'))
    .map(([provider, verdict]) =>
      tell('model.consulted', (at) => ({
        ...{ consult_id: 'c', decision_id: 'd', provider, model: 'm', prompt: 'p', reason: 'r', verdict },
        ...{ code: 'timeout', detail: '', advice: null, input_tokens: 5, output_tokens: 5, micro_usd: 1 },
        ...{ latency_ms: 900, at },
      })),
    ),
  fc.tuple(fc.boolean(), fc.constantFrom(0, 300, 5_000, 100_000)).map(([ok, oldest_ms]) =>
    tell('probe.result', (at) => ({
      ...{ probe: 'relay_lag', target: 'sent', ok, latency_ms: null, value: oldest_ms, detail: 'd', at },
      facts: { messages: oldest_ms, oldest_ms },
    })),
  ),
  fc.boolean().map((ok) =>
    tell('probe.result', (at) => ({
      ...{ probe: 'relay', target: 'redis', ok, latency_ms: ok ? 900 : null, value: null, detail: 'd', at },
    })),
  ),
  fc
    .tuple(fc.nat(3), fc.boolean(), fc.constantFrom('info', 'warning', 'critical'))
    .map(([alert, ok, severity]) =>
      tell('probe.result', (at) => ({
        ...{ probe: 'alertmanager', target: `A${alert}`, ok, latency_ms: null, value: null, detail: 'd', at },
        severity,
      })),
    ),
  fc.boolean().map((ok) =>
    tell('workflow.status', (at) => ({
      ...{ server: 'n8n', ok, health: ok ? 1 : 0, detail: 'x', latency_ms: null, at },
    })),
  ),
  fc
    .tuple(fc.nat(60_000), fc.constantFrom(undefined, 'reflex-1', 'reflex-told'))
    .map(([longest_own_ms, reflex]) =>
      reflex !== undefined
        ? tell('heal.done', (at) => ({
            ...{
              heal_id: reflex,
              action: 'database.cancel_runaways',
              target: 'system',
              ok: true,
              detail: 'd',
              at,
            },
          }))
        : tell('probe.result', (at) => ({
            ...{ probe: 'database', target: 'system', ok: true, latency_ms: 4, value: 0.1, detail: 'd', at },
            facts: { longest_own_ms, connections: 5 },
          })),
    ),
  fc.tuple(fc.constantFrom('pending_submit', 'filled'), fc.nat(3)).map(([state, number]) => {
    const order = (at: number) => ({
      client_order_id: `o${number}`,
      state,
      updated_at: at,
      open: state !== 'filled',
    });
    return tellRow('orders', `o${number}`, order, 'trading.order_changed', (at) => order(at) as never);
  }),
  fc.tuple(fc.constantFrom('queued', 'running', 'succeeded'), fc.nat(1)).map(([state, number]) => {
    const task = (at: number) => ({
      ...{
        id: `t${number}`,
        kind: 'record',
        state,
        attempts: 1,
        queued_at: at,
        started_at: at,
        deadline_at: at + 60_000,
      },
      ...{ finished_at: at, result: null, open: state !== 'succeeded' },
    });
    return tellRow('tasks', `t${number}`, task, 'task.changed', (at) => task(at) as never);
  }),
  fc.nat(20).map((minutes) => {
    const event = (at: number) => ({
      ...{
        id: 'e',
        source: 's',
        at: at + minutes * minuteMs,
        currency: 'USD',
        title: 'rates',
        impact: 'high',
      },
      ...{ forecast: null, previous: null, known_at: at },
    });
    return tellRow(
      'calendar',
      'e',
      (at) => event(at) as never,
      'market.calendar',
      (at) => ({ source: 's', from: 0, to: 9e15, events: [event(at) as never], known_at: at }),
    );
  }),
);
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: moreDeeds },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...sources), fc.constantFrom(...sourceStates))
      .map(([source, state]) => tell('market.source_status', (at) => statusOf(source, state, at))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(2), fc.nat(1), fc.boolean())
      .map(([open_positions, unknown_orders, reducing]) =>
        tell('trading.summary', (at) => ({
          state: reducing ? 'reducing' : 'active',
          open_positions,
          open_orders: 0,
          unknown_orders,
          blocked: [],
          equity: { at, cash: 1, equity: 1, peak_equity: 1, drawdown_pct: 0, open_positions },
          simulated: true,
        })),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...agentNames).map((agent) =>
      tell('kernel.agent_failed', (at) => ({
        agent,
        error: 'boom',
        message_id: 'm',
        failures: 1,
        restart_at: at + secondMs,
      })),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...agentNames)
      .map((agent) => tell('kernel.agent_restarted', () => ({ agent }))),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((dry_run) =>
      tell('operator.command', () => ({
        command: 'auto_heal',
        by: 'x',
        reason: 'x',
        symbol: null,
        dry_run,
      })),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(1_000_000).map((n) =>
      tell('task.assigned', (at) => ({
        task_id: `t${n}`,
        kind: 'health-monitor-check',
        symbols: [],
        decision_id: 'd',
        deadline_at: at + minuteMs,
      })),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('store', 'clock', 'disk', 'heap', 'agent', 'event_loop'),
        fc.boolean(),
        fc.integer({ min: 0, max: 3_000 }),
      )
      .map(([probe, ok, value]) =>
        tell('probe.result', (at) => ({
          probe,
          target: 'system',
          ok,
          latency_ms: value,
          value,
          detail: 'x',
          at,
        })),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      tell('kernel.dead_letter', (at) => ({ id: 'x', reason: 'r', message_type: 't', excerpt: '', at })),
    ),
  },
);
const vitals: fc.Arbitrary<Deed> = fc
  .tuple(
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: 0, max: 300 }),
    fc.boolean(),
    fc.constantFrom(0, 5, 400, 120_000),
  )
  .map(([delay, freeMb, relayUp, waiting]) =>
    tell('system.vitals', (at) => ({
      ...calmVitals,
      at,
      event_loop_delay_p99_ms: delay,
      disk_free_bytes: freeMb * 1e6 * 10,
      relay: {
        ...{ server: 'redis', ok: relayUp, latency_ms: relayUp ? 3 : null, detail: 'd' },
        sent: [{ agent: 'analyst_ai', messages: waiting, oldest_ms: waiting * 100 }],
        received: { messages: waiting, oldest_ms: waiting },
      },
    })),
  );

test('restored and kept monitors cause the same messages, rows and effects, byte for byte', () => {
  const script = fc.tuple(
    fc.array(fc.tuple(deeds, fc.oneof(fc.nat(4_000), fc.nat(120_000))), { maxLength: 80, size: 'max' }),
    fc.array(fc.tuple(vitals, fc.nat(79)), { maxLength: maxVitals, size: 'max' }),
    fc.uniqueArray(fc.nat(79), { maxLength: 6, size: 'max' }),
  );
  fc.assert(
    fc.property(script, ([steps, beats, cuts]) => {
      const kept = new Lone();
      const restored = new Lone();
      let now = worldStart;
      const both = (deed: Deed) => expect(deed(restored, now)).toBe(deed(kept, now));
      steps.forEach(([deed, waitMs], index) => {
        both(deed);
        for (const [beat, place] of beats) if (place === index) both(beat);
        if (cuts.includes(index)) restored.forget();
        const until = now + waitMs;
        for (let count = 0; ; count++) {
          const fired = kept.fire(until);
          expect(restored.fire(until)).toEqual(fired);
          if (fired === undefined) break;
          expect(count).toBeLessThan(1_000);
        }
        now = until;
      });
    }),
    { numRuns: 80 },
  );
});
