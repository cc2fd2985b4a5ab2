// Rows of every kind as the API reads them, each with one plain example that a test changes where it matters.
import { MemoryStore } from '../../src/adapters/store/memory/memory-store.ts';
import type { CollectionName, CollectionRows } from '../../src/shared/bus/collections.ts';
import type { Candle } from '../../src/shared/domain/candle.ts';
import type { Decision, DecisionScore } from '../../src/shared/domain/decision.ts';
import type { HealRecord, Incident } from '../../src/shared/domain/incident.ts';
import type { Fill, Order } from '../../src/shared/domain/order.ts';
import type { EquityPoint, Position } from '../../src/shared/domain/position.ts';
import type { Refusal } from '../../src/shared/domain/risk.ts';
import type { Signal } from '../../src/shared/domain/signal.ts';
import type { Task } from '../../src/shared/domain/task.ts';

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
