// A world for API tests: real memory store, a stream the test speaks into, facts the test may change.

import { MemoryStore } from '../../src/adapters/store/memory/memory-store.ts';
import type { ApiDependencies, CommandReceipt, RuntimeFacts } from '../../src/api/api-dependencies.ts';
import { type ApiLimits, createApi } from '../../src/api/create-api.ts';
import type { MessageDataByType, MessageType, OperatorCommand } from '../../src/shared/bus/catalogue.ts';
import type { CollectionName, CollectionRows } from '../../src/shared/bus/collections.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';
import type { Candle } from '../../src/shared/domain/candle.ts';
import type { Decision, DecisionScore } from '../../src/shared/domain/decision.ts';
import type { HealRecord, Incident } from '../../src/shared/domain/incident.ts';
import type { LearningView } from '../../src/shared/domain/learning-view.ts';
import type { Fill, Order } from '../../src/shared/domain/order.ts';
import type { EquityPoint, Position } from '../../src/shared/domain/position.ts';
import type { Refusal } from '../../src/shared/domain/risk.ts';
import type { ScheduleView } from '../../src/shared/domain/schedule-view.ts';
import type { Signal } from '../../src/shared/domain/signal.ts';
import type { Task } from '../../src/shared/domain/task.ts';
import { quietHealthReport } from './quiet-health-report.ts';

export const startAt = Date.parse('2026-01-05T10:00:00Z');

export function decision(changes: Partial<Decision> = {}): Decision {
  return {
    id: 'd1',
    at: startAt,
    mode: 'hybrid',
    previous_mode: 'hybrid',
    action: 'execute_trading_strategy',
    confidence: 0.7,
    reasoning: 'London is open and crypto is calm',
    trigger: 'schedule',
    context: {
      sessions_open: ['london'],
      crypto_volatility: 0.4,
      forex_volatility: 0.08,
      crypto_activity: 1.1,
      forex_activity: null,
      system_load: 0.2,
      source_health: { synthetic: 1 },
      simulated_sources: ['synthetic'],
      open_positions: 0,
      queued_tasks: 1,
      trading_state: 'active',
      equity: 10_000,
    },
    candidates: [
      {
        kind: 'crypto-normal-scan',
        score: 1.5,
        due: true,
        chosen: true,
        terms: { due_at: 1, idle: 0.5 },
        reason: 'due',
      },
    ],
    task_ids: ['t1'],
    next_decision_at: startAt + 60_000,
    policy_version: 'policy-1',
    model: null,
    data_kind: 'simulated',
    outcome: null,
    open: true,
    ...changes,
  };
}

export function scored(
  base: Decision,
  successful: boolean,
): Decision & Pick<DecisionScore, 'outcome' | 'open'> {
  return {
    ...base,
    open: false,
    outcome: {
      scored_at: base.at + 30_000,
      successful,
      tasks_succeeded: 1,
      tasks_failed: 0,
      detail: 'looked at 5',
    },
  };
}

export function task(changes: Partial<Task> = {}): Task {
  return {
    id: 't1',
    kind: 'crypto-normal-scan',
    slot_at: startAt,
    decision_id: 'd1',
    agent: 'analyst_ai',
    runner: 'native',
    priority: 1,
    resources: ['cpu'],
    state: 'queued',
    attempts: 0,
    deadline_at: startAt + 60_000,
    queued_at: startAt,
    started_at: null,
    finished_at: null,
    symbols: ['BTCUSDT'],
    result: null,
    reason: 'due',
    open: true,
    ...changes,
  };
}

export function signal(changes: Partial<Signal> = {}): Signal {
  return {
    signal_id: 's1',
    action: 'BUY',
    symbol: 'BTCUSDT',
    confidence: 0.61,
    reasoning: 'breakout above the channel',
    horizon_ms: 3_600_000,
    issued_at: startAt,
    expires_at: startAt + 300_000,
    strategy: 'breakout',
    timeframe: '5m',
    evidence: [{ name: 'channel_high', value: 100, at: startAt }],
    reference_price: 101,
    average_true_range: 2,
    task_id: 't1',
    ...changes,
  };
}

export function order(changes: Partial<Order> = {}): Order {
  return {
    id: 'o1',
    client_order_id: 'ato-o1',
    symbol: 'BTCUSDT',
    side: 'buy',
    type: 'market',
    leg: 'entry',
    quantity: '0.5',
    price: null,
    reduce_only: false,
    bracket: {
      stop_client_order_id: 'ato-s1',
      stop_price: '97',
      target_client_order_id: 'ato-x1',
      target_price: '107',
    },
    signal_id: 's1',
    correlation_id: 'c1',
    position_id: 'p1',
    state: 'pending_submit',
    filled_quantity: '0',
    average_price: null,
    fees: '0',
    fill_ids: [],
    reason: 'signal s1',
    created_at: startAt,
    updated_at: startAt,
    open: true,
    ...changes,
  };
}

export function position(changes: Partial<Position> = {}): Position {
  return {
    id: 'p1',
    symbol: 'BTCUSDT',
    side: 'long',
    quantity: '0.5',
    average_entry_price: '100',
    realised_profit: '-0.05',
    fees: '0.05',
    stop_price: '97',
    target_price: '107',
    signal_id: 's1',
    correlation_id: 'c1',
    opened_at: startAt,
    updated_at: startAt,
    closed_at: null,
    close_reason: null,
    open: true,
    ...changes,
  };
}

export function fill(changes: Partial<Fill> = {}): Fill {
  return {
    id: 'f1',
    client_order_id: 'ato-o1',
    symbol: 'BTCUSDT',
    side: 'buy',
    quantity: '0.5',
    price: '100',
    fee: '0.05',
    liquidity: 'taker',
    at: startAt,
    ...changes,
  };
}

export function refusal(changes: Partial<Refusal> = {}): Refusal {
  return {
    id: 'r1',
    signal_id: 's2',
    symbol: 'ETHUSDT',
    code: 'max_open_positions',
    limit: 5,
    actual: 5,
    at: startAt,
    correlation_id: 'c2',
    ...changes,
  };
}

export function equity(changes: Partial<EquityPoint> = {}): EquityPoint {
  return {
    at: startAt,
    cash: 9_950,
    equity: 10_010,
    peak_equity: 10_050,
    drawdown_pct: 0.4,
    open_positions: 1,
    ...changes,
  };
}

export function incident(changes: Partial<Incident> = {}): Incident {
  return {
    id: 'i1',
    cause: 'source:synthetic',
    severity: 'warning',
    summary: 'synthetic is stale',
    consequence: 'no new entries on its symbols',
    symptoms: 1,
    opened_at: startAt,
    updated_at: startAt,
    resolved_at: null,
    open: true,
    ...changes,
  };
}

export function heal(changes: Partial<HealRecord> = {}): HealRecord {
  return {
    id: 'h1',
    playbook: 'restart-source',
    target: 'synthetic',
    incident_id: 'i1',
    before: 'stale',
    after: null,
    outcome: 'dry_run',
    attempt: 1,
    at: startAt,
    finished_at: null,
    ...changes,
  };
}

export function candle(openTime: number, changes: Partial<Candle> = {}): Candle {
  return {
    symbol: 'BTCUSDT',
    timeframe: '1m',
    openTime,
    open: 100,
    high: 102,
    low: 99,
    close: 101,
    volume: 5,
    ...changes,
  };
}

export function facts(changes: Partial<RuntimeFacts> = {}): RuntimeFacts {
  const agents = [
    {
      agent: 'orchestrator_ai',
      state: 'running',
      last_turn_at: startAt,
      handled: 12,
      failures: 1,
      restarts: 1,
      mean_turn_ms: 0.5,
    },
    {
      agent: 'analyst_ai',
      state: 'restarting',
      last_turn_at: null,
      handled: 0,
      failures: 0,
      restarts: 0,
      mean_turn_ms: 0,
    },
  ] as const;
  return {
    version: '0.1.0',
    run_mode: 'paper',
    started_at: startAt,
    now: startAt + 90_000,
    data_kind: 'simulated',
    running: true,
    agents,
    vitals: {
      at: startAt,
      event_loop_delay_p99_ms: 12,
      heap_used_bytes: 1e8,
      heap_limit_bytes: 4e9,
      resident_bytes: 2e8,
      disk_free_bytes: null,
      disk_total_bytes: null,
      cpu_load: 0.1,
      inbox_depth: 3,
      agents,
    },
    sources: [
      {
        source: 'synthetic',
        kind: 'simulated',
        symbols: ['BTCUSDT', 'EURUSD'],
        status: {
          source: 'synthetic',
          state: 'simulated',
          health: 1,
          detail: 'seed 1',
          latencyMs: null,
          lastDataAt: startAt,
          at: startAt,
        },
      },
      { source: 'Binance Spot/1', kind: 'live', symbols: [], status: null },
    ],
    journal: { sequence: 42, hash: 'ab'.repeat(32), last_commit_at: startAt, commit_latency_ms: 4 },
    loop: { ok: true, detail: 'committing' },
    store: { ok: true, latencyMs: 1, detail: 'in memory', kind: 'memory' },
    settings: { API_TOKEN: '(set, hidden)', ATO_MODE: 'paper' },
    universe: ['BTCUSDT', 'EURUSD'],
    next_decision_at: startAt + 120_000,
    inbox_depth: 2,
    alerts: { sent: 3, failed: 1 },
    ...changes,
  };
}

export interface ApiWorld {
  readonly app: Awaited<ReturnType<typeof createApi>>;
  readonly store: MemoryStore;
  readonly commands: OperatorCommand[];
  readonly logged: string[];
  say<Type extends MessageType>(type: Type, data: MessageDataByType[Type]): void;
  listeners(): number;
}

let sequence = 0;

export function message<Type extends MessageType>(type: Type, data: MessageDataByType[Type]): AnyMessage {
  sequence++;
  return {
    id: `m${sequence}`,
    from: 'kernel',
    to: 'all',
    message_type: type,
    data,
    at: startAt,
    correlation_id: `m${sequence}`,
    causation_id: null,
    schema: 1,
  } as unknown as AnyMessage;
}

export async function putRows<Name extends CollectionName>(
  store: MemoryStore,
  collection: Name,
  rows: readonly (readonly [string, CollectionRows[Name]])[],
): Promise<void> {
  await store.commit({
    entries: [],
    puts: rows.map(([key, value]) => ({ collection, key, value })) as never,
    effects: [],
    settledEffectIds: [],
  });
}

/** A store with one row of everything. */
export async function filledStore(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await putRows(store, 'decisions', [['d1', decision()]]);
  await putRows(store, 'tasks', [['t1', task()]]);
  await putRows(store, 'signals', [['s1', signal()]]);
  await putRows(store, 'orders', [['o1', order()]]);
  await putRows(store, 'positions', [
    [
      'p0',
      position({ id: 'p0', symbol: 'ETHUSDT', open: false, closed_at: startAt, close_reason: 'target' }),
    ],
    ['p1', position()],
  ]);
  await putRows(store, 'fills', [['f1', fill()]]);
  await putRows(store, 'refusals', [['r1', refusal()]]);
  await putRows(store, 'equity', [
    ['e1', equity()],
    ['e2', equity({ at: startAt + 60_000 })],
  ]);
  await putRows(store, 'incidents', [
    ['i0', incident({ id: 'i0', open: false, resolved_at: startAt })],
    ['i1', incident()],
  ]);
  await putRows(store, 'heals', [['h1', heal()]]);
  await putRows(store, 'trading_state', [
    ['trading', { state: 'active', by: 'start', reason: 'paper', since: startAt }],
  ]);
  await putRows(store, 'mandates', [
    [
      'current',
      {
        id: 'ma1',
        decision_id: 'd1',
        mode: 'hybrid',
        universe: ['BTCUSDT'],
        risk_appetite: 0.5,
        issued_at: startAt,
        expires_at: startAt + 600_000,
      },
    ],
  ]);
  return store;
}

export function learning(): LearningView {
  const belief = { mean: 0.82, lo: 0.74, hi: 0.89, weight: 61.5 };
  const cell = { kept: belief, caught: belief, signals_right: null, net: null, looks: 40, paid: 0.3 };
  return {
    influences: true,
    open_decisions: 9,
    half_life_days: 14,
    cells: [
      { dimension: 'all', value: 'all', ...cell },
      { dimension: 'hour', value: '10', ...cell },
      { dimension: 'regime', value: 'lively', ...cell, caught: null },
    ],
    variants: [
      {
        kind: 'crypto-normal-scan',
        mean: 0.04,
        width: 0.11,
        weight: 30,
        terms: { learned: 0.01, variant: 0.02, memory: 0 },
      },
    ],
    calibration: {
      decisions: 61.5,
      brier: 0.13,
      brier_of_base_rate: 0.148,
      base_rate: 0.82,
      calibration_error: 0.04,
      bins: [{ from: 0.8, to: 0.9, decisions: 61.5, said: 0.84, happened: 0.82 }],
      coefficients: [0.1, 0.9, 0.5, -0.4],
      retrained: 0,
    },
    episodes: { held: 40, limit: 256 },
    recalled: [
      {
        similarity: 0.93,
        last_at: startAt - 86_400_000,
        mode: 'hybrid',
        kinds: ['crypto-normal-scan'],
        decisions: 4,
        kept_share: 0.75,
        found: 1.2,
        missed: 0.4,
        net: 0.18,
      },
    ],
  };
}

export function schedule(): ScheduleView {
  const budget = {
    asset_class: 'crypto',
    name: 'binance',
    per_hour: 18,
    capacity: 432,
    level: 216.5,
    spent: 40,
    price: 0.0021,
  } as const;
  return {
    mode: 'hybrid',
    pinned_mode: null,
    paused: false,
    slots: [
      {
        asset_class: 'crypto',
        symbol: 'SOLUSDT',
        due_at: startAt + 310_000,
        reason: 'gain',
        gain: 0.0034,
        price: 0.0021,
        text: 'SOLUSDT looked at 22 min ago; market activity 2.1x usual seen on 5 others',
      },
    ],
    kinds: [
      {
        kind: 'crypto-normal-scan',
        obstacle: null,
        paused: false,
        last_start_at: startAt,
        not_before_at: startAt + 120_000,
        latest_start_at: startAt + 7_200_000,
        task_state: null,
      },
    ],
    locks: [{ name: 'crypto-analysis', units: 1, taken: 0, holders: [] }],
    budgets: [budget],
    models: [{ asset_class: 'crypto', symbols: 3, level: 'live', examples: 120 }],
  };
}

export interface WorldOptions {
  readonly store?: MemoryStore;
  readonly dependencies?: Partial<ApiDependencies>;
  readonly limits?: Partial<ApiLimits>;
  /** What a command causes; the command itself is put in front. */
  readonly caused?: (command: OperatorCommand) => readonly AnyMessage[];
}

export async function apiWorld(options: WorldOptions = {}): Promise<ApiWorld> {
  const store = options.store ?? (await filledStore());
  const listeners = new Set<(messages: readonly AnyMessage[]) => void>();
  const commands: OperatorCommand[] = [];
  const logged: string[] = [];
  const keep = (fields: Readonly<Record<string, unknown>>, text: string) => {
    logged.push(`${text} ${JSON.stringify(fields)}`);
  };
  const post = async (command: OperatorCommand): Promise<CommandReceipt> => {
    commands.push(command);
    const messages = [message('operator.command', command), ...(options.caused?.(command) ?? [])];
    for (const listener of listeners) listener(messages);
    return { sequence: 43, messages };
  };
  const app = await createApi(
    {
      reader: store,
      post,
      runtime: () => facts(),
      stream: {
        subscribe(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      workflows: () => [
        {
          kind: 'crypto-normal-scan',
          description: 'Looks at all crypto pairs',
          agent: 'analyst_ai',
          runner: 'native',
          min_interval_ms: 300_000,
          max_interval_ms: 1_800_000,
        },
      ],
      schedule,
      healthReport: async () => quietHealthReport,
      learning,
      pageFolder: undefined,
      apiToken: undefined,
      bindAddress: '127.0.0.1',
      log: { debug: keep, info: keep, warn: keep, error: keep },
      ...options.dependencies,
    },
    options.limits,
  );
  return {
    app,
    store,
    commands,
    logged,
    say(type, data) {
      for (const listener of listeners) listener([message(type, data)]);
    },
    listeners: () => listeners.size,
  };
}
