// A small believable state of the house, typed by the domain, for the page to show. Made numbers, no market data.

import type { Candidate } from '../../src/shared/domain/candidate.ts';
import type { Candle } from '../../src/shared/domain/candle.ts';
import type { Decision, DecisionCandidate } from '../../src/shared/domain/decision.ts';
import type { Incident } from '../../src/shared/domain/incident.ts';
import type { Fill, Order } from '../../src/shared/domain/order.ts';
import type { EquityPoint, Position } from '../../src/shared/domain/position.ts';
import type { Refusal } from '../../src/shared/domain/risk.ts';
import type { Signal } from '../../src/shared/domain/signal.ts';
import type { SourceStatus } from '../../src/shared/domain/source-status.ts';
import { type Task, type TaskKind, taskKinds } from '../../src/shared/domain/task.ts';
import { hourMs, minuteMs } from '../../src/shared/domain/time.ts';
import type { SystemVitals } from '../../src/shared/domain/vitals.ts';
import { hostileText, sampleCandidates } from '../support/sample-candidates.ts';
import { seriesRandom } from './series-random.ts';

export interface SampleRows {
  readonly decisions: readonly Decision[];
  readonly tasks: readonly Task[];
  readonly signals: readonly Signal[];
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
  readonly positions: readonly Position[];
  readonly equity: readonly EquityPoint[];
  readonly refusals: readonly Refusal[];
  readonly incidents: readonly Incident[];
  readonly sources: readonly SourceStatus[];
  readonly candidates: readonly Candidate[];
  readonly candles: readonly Candle[];
  readonly vitals: SystemVitals;
}

function sampleCandles(symbol: string, start: number, until: number, count: number): Candle[] {
  const random = seriesRandom(symbol.length * 7919 + Math.floor(start));
  const last = Math.floor(until / minuteMs) * minuteMs - minuteMs;
  let price = start;
  return Array.from({ length: count }, (_, index) => {
    const open = price;
    const close = open * (1 + (random() - 0.495) * 0.0016);
    price = close;
    const reach = open * 0.0007;
    return {
      symbol,
      timeframe: '1m',
      openTime: last - (count - 1 - index) * minuteMs,
      open,
      close,
      high: Math.max(open, close) + reach * random(),
      low: Math.min(open, close) - reach * random(),
      volume: 4 + 30 * random(),
    };
  });
}

function candidatesFor(chosen: TaskKind): DecisionCandidate[] {
  return taskKinds.map((kind, index) => {
    const terms = {
      staleness: Number((0.1 + 0.07 * index).toFixed(3)),
      volatility: kind.startsWith('crypto') ? 0.31 : 0.12,
      session_open: kind.startsWith('forex') ? -0.4 : 0.05,
      cost: -0.05 * ((index % 3) + 1),
    };
    return {
      kind,
      score: Object.values(terms).reduce((sum, term) => sum + term, 0) + (kind === chosen ? 0.4 : 0),
      due: index % 2 === 0,
      chosen: kind === chosen,
      terms: kind === chosen ? { ...terms, past_success: 0.4 } : terms,
      reason:
        kind === chosen ? 'highest score within the resource budget' : 'not due before its minimum interval',
    };
  });
}

const reasons: readonly string[] = [
  'Crypto volatility is 1.6 times its normal level while London is closed: scan crypto closely, leave forex alone until the session opens.',
  'Activity fell back to normal and no position is open, so a normal scan every five minutes is enough.',
  `Model text quoted as evidence: ${hostileText}`,
  'The synthetic source reported a gap of 40 s; healing was asked for before anything else.',
];

function decisionAt(index: number, now: number): Decision {
  const at = now - index * 5 * minuteMs - 20_000;
  const kind = taskKinds[index % 3] ?? 'crypto-normal-scan';
  return {
    id: `dec-${String(100 - index).padStart(4, '0')}-6f1c2a`,
    at,
    mode: 'crypto',
    previous_mode: index === 3 ? 'standby' : 'crypto',
    action:
      index % 4 === 3
        ? 'run_self_healing'
        : index % 2 === 0
          ? 'execute_trading_strategy'
          : 'maintain_monitoring',
    confidence: 0.82 - 0.03 * (index % 5),
    reasoning: reasons[index % reasons.length] ?? '',
    trigger: index === 11 ? 'start' : 'schedule',
    context: {
      sessions_open: index % 2 === 0 ? [] : ['asia'],
      crypto_volatility: 0.584,
      forex_volatility: null,
      crypto_activity: 1.62,
      forex_activity: null,
      system_load: 0.21,
      source_health: { synthetic: 1, binance: 0 },
      simulated_sources: ['synthetic'],
      open_positions: 2,
      queued_tasks: 3,
      trading_state: 'active',
      equity: 10_184.2,
    },
    candidates: candidatesFor(kind),
    task_ids: [`task-${100 - index}`],
    next_decision_at: at + 5 * minuteMs,
    policy_version: 'policy-1',
    model: null,
    data_kind: 'simulated',
    outcome:
      index === 0
        ? null
        : {
            scored_at: at + 40_000,
            successful: index !== 3,
            tasks_succeeded: index === 3 ? 0 : 1,
            tasks_failed: index === 3 ? 1 : 0,
            detail:
              index === 3
                ? 'the source did not come back before the deadline'
                : 'scan finished, 6 symbols looked at',
          },
    open: index === 0,
  };
}

function taskFor(decision: Decision, index: number): Task {
  const state = index === 0 ? 'running' : index === 3 ? 'failed' : 'succeeded';
  const done = state !== 'running';
  return {
    id: decision.task_ids[0] ?? '',
    kind: taskKinds[index % 3] ?? 'crypto-normal-scan',
    slot_at: decision.at,
    decision_id: decision.id,
    agent: 'analyst_ai',
    runner: 'native',
    priority: 5,
    resources: ['market-data'],
    state,
    attempts: 1,
    deadline_at: decision.at + 2 * minuteMs,
    queued_at: decision.at,
    started_at: decision.at + 100,
    finished_at: done ? decision.at + 900 : null,
    symbols: ['BTCUSDT', 'ETHUSDT'],
    result: done
      ? {
          effect_observed: state === 'succeeded',
          looked_at: 6,
          found: index % 2,
          summary: `looked at 6 symbols, found ${index % 2}`,
          error: state === 'failed' ? 'no candle for 90 s' : null,
        }
      : null,
    reason: 'slot due',
    open: !done,
  };
}

function signalAt(index: number, now: number): Signal {
  const at = now - (index * 19 + 3) * minuteMs;
  return {
    signal_id: `sig-${200 - index}`,
    action: index % 3 === 2 ? 'CLOSE' : index % 2 === 0 ? 'BUY' : 'SELL',
    symbol: index % 4 === 3 ? 'ETHUSDT' : 'BTCUSDT',
    confidence: 0.71 - 0.02 * index,
    reasoning:
      index === 1
        ? hostileText
        : 'Fast average crossed above the slow one on 15m while 1h stays in an up trend; volatility is inside its normal band.',
    horizon_ms: hourMs,
    issued_at: at,
    expires_at: at + 15 * minuteMs,
    strategy: 'trend-following',
    timeframe: '15m',
    evidence: [
      { name: 'ema_fast', value: 61_240.51, at },
      { name: 'ema_slow', value: 61_180.02, at },
      { name: 'rsi_14', value: 57.3, at },
    ],
    reference_price: 61_250.1,
    average_true_range: 84.7,
    task_id: null,
  };
}

function orderAt(index: number, now: number): Order {
  const states = [
    'unknown',
    'accepted',
    'partially_filled',
    'filled',
    'filled',
    'cancelled',
    'rejected',
  ] as const;
  const state = states[index] ?? 'filled';
  const at = now - (index * 17 + 2) * minuteMs;
  return {
    id: `ord-${300 - index}`,
    client_order_id: `ato-${300 - index}`,
    symbol: index % 3 === 1 ? 'ETHUSDT' : 'BTCUSDT',
    side: index % 2 === 0 ? 'buy' : 'sell',
    type: index === 1 ? 'stop' : 'market',
    leg: index === 1 ? 'stop' : 'entry',
    quantity: '0.04',
    price: index === 1 ? '60880.5' : null,
    reduce_only: false,
    bracket: null,
    signal_id: null,
    correlation_id: `cor-${index}`,
    position_id: 'pos-1',
    state,
    filled_quantity: state === 'filled' ? '0.04' : state === 'partially_filled' ? '0.015' : '0',
    average_price: state === 'filled' ? '61250.1' : null,
    fees: '0.9',
    fill_ids: [],
    reason: state === 'unknown' ? 'no answer within 5 s' : '',
    created_at: at,
    updated_at: at,
    open: index < 3,
  };
}

function positionAt(index: number, now: number): Position {
  const open = index < 2;
  return {
    id: `pos-${index + 1}`,
    symbol: index % 2 === 0 ? 'BTCUSDT' : 'ETHUSDT',
    side: index === 1 ? 'short' : 'long',
    quantity: open ? '0.04' : '0',
    average_entry_price: index % 2 === 0 ? '61190.4' : '3040.2',
    realised_profit: index === 2 ? '42.18' : index === 3 ? '-18.4' : '0',
    fees: '1.2',
    stop_price: index % 2 === 0 ? '60880.5' : '3091.7',
    target_price: index % 2 === 0 ? '61810.3' : '2963.1',
    signal_id: 'sig-200',
    correlation_id: `cor-${index}`,
    opened_at: now - (index + 1) * hourMs,
    updated_at: now,
    closed_at: open ? null : now - 30 * minuteMs,
    close_reason: open ? null : index === 2 ? 'target reached' : 'stop reached',
    open,
  };
}

function equityCurve(now: number): EquityPoint[] {
  const random = seriesRandom(42);
  let equity = 10_000;
  let peak = equity;
  return Array.from({ length: 240 }, (_, index) => {
    equity += (random() - 0.47) * 14;
    peak = Math.max(peak, equity);
    return {
      at: now - (239 - index) * 5 * minuteMs,
      cash: equity * 0.6,
      equity,
      peak_equity: peak,
      drawdown_pct: (1 - equity / peak) * 100,
      open_positions: 2,
    };
  });
}

const refusalSamples: readonly (readonly [Refusal['code'], number, number])[] = [
  ['cooldown', 900, 312],
  ['max_open_positions', 5, 5],
  ['confidence_too_low', 0.5, 0.44],
  ['cooldown', 900, 120],
];

function incidentAt(index: number, now: number): Incident {
  return {
    id: `inc-${index}`,
    cause: index === 0 ? 'source-unreachable:binance' : 'source-stale:synthetic',
    severity: index === 0 ? 'warning' : 'critical',
    summary: index === 0 ? 'binance does not answer' : 'no candle for 90 s',
    consequence:
      index === 0
        ? 'Trading goes on with synthetic prices.'
        : 'Trading opened nothing until prices were fresh again.',
    symptoms: 4,
    opened_at: now - (index + 1) * 14 * minuteMs,
    updated_at: now,
    resolved_at: index === 0 ? null : now - 11 * minuteMs,
    open: index === 0,
  };
}

function sampleVitals(now: number): SystemVitals {
  return {
    at: now,
    event_loop_delay_p99_ms: 11.2,
    heap_used_bytes: 84e6,
    heap_limit_bytes: 2.1e9,
    resident_bytes: 231e6,
    disk_free_bytes: 41e9,
    disk_total_bytes: 80e9,
    cpu_load: 0.21,
    inbox_depth: 0,
    agents: (['orchestrator_ai', 'analyst_ai', 'trading_ai', 'health_ai'] as const).map((agent, index) => ({
      agent,
      state: index === 3 ? 'restarting' : 'running',
      last_turn_at: now - 400,
      handled: 21_412 - index * 4_000,
      failures: index === 3 ? 1 : 0,
      restarts: index === 3 ? 1 : 0,
      mean_turn_ms: 0.02 + index * 0.01,
    })),
  };
}

/** The whole state as of `now`; candle prices and fills fit each other. */
export function sampleRows(now: number): SampleRows {
  const candles = [
    ...sampleCandles('BTCUSDT', 61_000, now, 400),
    ...sampleCandles('ETHUSDT', 3_050, now, 400),
    ...sampleCandles('EURUSD', 1.08, now, 400),
  ];
  const bitcoin = candles.filter((candle) => candle.symbol === 'BTCUSDT');
  const decisions = Array.from({ length: 12 }, (_, index) => decisionAt(index, now));
  return {
    decisions,
    tasks: [
      ...decisions.map(taskFor),
      {
        ...taskFor(decisionAt(0, now), 0),
        id: 'task-queued',
        kind: 'deep-market-analysis',
        state: 'queued',
        started_at: null,
      },
    ],
    signals: Array.from({ length: 8 }, (_, index) => signalAt(index, now)),
    orders: Array.from({ length: 7 }, (_, index) => orderAt(index, now)),
    fills: [290, 330, 372].map((place, index) => ({
      id: `fill-${index}`,
      client_order_id: `ato-${297 - index}`,
      symbol: 'BTCUSDT',
      side: index === 1 ? 'sell' : 'buy',
      quantity: '0.04',
      price: (bitcoin[place]?.close ?? 61_000).toFixed(2),
      fee: '0.6',
      liquidity: 'taker',
      at: (bitcoin[place]?.openTime ?? now) + 12_000,
    })),
    positions: Array.from({ length: 4 }, (_, index) => positionAt(index, now)),
    equity: equityCurve(now),
    refusals: refusalSamples.map(([code, limit, actual], index) => ({
      id: `ref-${index}`,
      signal_id: `sig-${190 - index}`,
      symbol: 'BTCUSDT',
      code,
      limit,
      actual,
      at: now - index * 7 * minuteMs,
      correlation_id: `cor-r${index}`,
    })),
    candidates: sampleCandidates(now),
    incidents: [incidentAt(0, now), incidentAt(1, now)],
    sources: [
      {
        source: 'synthetic',
        state: 'simulated',
        health: 1,
        detail: 'seeded generator, 3 symbols',
        latencyMs: 1,
        lastDataAt: now - 4_000,
        at: now,
      },
      {
        source: 'binance',
        state: 'unreachable',
        health: 0,
        detail: 'no answer from api.binance.com',
        latencyMs: null,
        lastDataAt: null,
        at: now,
      },
    ],
    candles,
    vitals: sampleVitals(now),
  };
}
