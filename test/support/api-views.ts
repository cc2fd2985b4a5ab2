// What the API is told by the running system rather than by the store: facts, the schedule ahead, what was
// learnt, what health reports.
import type { RuntimeFacts } from '../../src/api/api-dependencies.ts';
import type { LearningView } from '../../src/shared/domain/learning-view.ts';
import type { ScheduleView } from '../../src/shared/domain/schedule-view.ts';
import { startAt } from './api-rows.ts';

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

/** What health reports on a quiet day. */
export const quietHealthReport = {
  at: 0,
  incidents: [],
  playbooks: [{ playbook: 'database_slow', verified: 2, failed: 1, refused: 0, mean_time_to_heal_ms: 1_200 }],
  normals: [],
  usage: [],
  proposals: [],
  pages: { sent_today: 0, held_back: 0 },
};
