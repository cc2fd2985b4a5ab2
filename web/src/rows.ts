// What the page understands of the server's rows. Field names are the wire's; every field but the key may be null.
import { z } from 'zod';
import { amount, figure, figures, flag, instant, rows, text, texts } from './lenient.ts';

const key = z.string().min(1);

const candidateSchema = z.object({
  kind: key,
  score: figure,
  due: flag,
  chosen: flag,
  terms: figures,
  reason: text,
});
export type Candidate = z.output<typeof candidateSchema>;

const outcomeSchema = z.object({
  successful: flag,
  scored_at: instant,
  tasks_succeeded: figure,
  tasks_failed: figure,
  detail: text,
});

const contextSchema = z.record(z.string(), z.unknown()).catch({});

export const decisionSchema = z.object({
  id: key,
  at: instant,
  mode: text,
  previous_mode: text,
  action: text,
  confidence: figure,
  reasoning: text,
  trigger: text,
  context: contextSchema,
  candidates: rows(candidateSchema),
  task_ids: texts,
  next_decision_at: instant,
  policy_version: text,
  model: text,
  data_kind: text,
  outcome: outcomeSchema.nullable().catch(null),
});
export type Decision = z.output<typeof decisionSchema>;

export const decisionScoreSchema = decisionSchema.pick({ id: true, outcome: true });

const evidenceSchema = z.object({ name: key, value: figure, at: instant });

export const signalSchema = z.object({
  signal_id: key,
  action: text,
  symbol: text,
  confidence: figure,
  reasoning: text,
  issued_at: instant,
  expires_at: instant,
  strategy: text,
  timeframe: text,
  evidence: rows(evidenceSchema),
  reference_price: figure,
  average_true_range: figure,
});
export type Signal = z.output<typeof signalSchema>;

export const taskSchema = z.object({
  id: key,
  kind: text,
  agent: text,
  runner: text,
  state: text,
  slot_at: instant,
  priority: figure,
  attempts: figure,
  deadline_at: instant,
  queued_at: instant,
  started_at: instant,
  finished_at: instant,
  symbols: texts,
  reason: text,
  result: z
    .object({ effect_observed: flag, looked_at: figure, found: figure, summary: text, error: text })
    .nullable()
    .catch(null),
});
export type Task = z.output<typeof taskSchema>;

export const orderSchema = z.object({
  id: key,
  client_order_id: text,
  symbol: text,
  side: text,
  type: text,
  leg: text,
  quantity: amount,
  price: amount,
  filled_quantity: amount,
  average_price: amount,
  state: text,
  reason: text,
  created_at: instant,
  updated_at: instant,
});
export type Order = z.output<typeof orderSchema>;

export const positionSchema = z.object({
  id: key,
  symbol: text,
  side: text,
  quantity: amount,
  average_entry_price: amount,
  realised_profit: amount,
  unrealised_profit: amount,
  profit_currency: text,
  mark_price: amount,
  stop_price: amount,
  target_price: amount,
  opened_at: instant,
  closed_at: instant,
  close_reason: text,
  open: flag,
});
export type Position = z.output<typeof positionSchema>;

export const fillSchema = z.object({
  id: key,
  symbol: text,
  side: text,
  quantity: amount,
  price: amount,
  fee: amount,
  at: instant,
});
export type Fill = z.output<typeof fillSchema>;

export const equitySchema = z.object({
  at: instant.refine((at) => at !== null).transform((at) => at ?? 0),
  cash: figure,
  equity: z.number(),
  peak_equity: figure,
  drawdown_pct: figure,
  open_positions: figure,
});
export type EquityPoint = z.output<typeof equitySchema>;

export const refusalSchema = z.object({
  id: key,
  signal_id: text,
  symbol: text,
  code: z.string(),
  limit: z.union([z.number(), z.string()]).nullable().catch(null),
  actual: z.union([z.number(), z.string()]).nullable().catch(null),
  at: instant,
});
export type Refusal = z.output<typeof refusalSchema>;

export const incidentSchema = z.object({
  id: key,
  cause: text,
  severity: text,
  summary: text,
  consequence: text,
  symptoms: figure,
  opened_at: instant,
  updated_at: instant,
  resolved_at: instant,
  open: flag,
});
export type Incident = z.output<typeof incidentSchema>;

export const sourceSchema = z
  .object({
    source: key,
    kind: text,
    state: text,
    health: figure,
    detail: text,
    symbols: texts,
    latencyMs: figure,
    latency_ms: figure,
    lastDataAt: instant,
    last_data_at: instant,
  })
  .transform(({ latencyMs, latency_ms, lastDataAt, last_data_at, ...rest }) => ({
    ...rest,
    latencyMs: latencyMs ?? latency_ms,
    lastDataAt: lastDataAt ?? last_data_at,
  }));
export type Source = z.output<typeof sourceSchema>;

const filterSchema = z.object({
  name: key,
  outcome: text,
  value: z.unknown(),
  rule: text,
  limit: z.unknown(),
});
export type Filter = z.output<typeof filterSchema>;

const originSchema = z.object({ origin: key, source: text });

export const marketCandidateSchema = z.object({
  id: key,
  symbol: text,
  name: text,
  chain: text,
  address: text,
  verdict: text,
  origins: rows(originSchema),
  first_seen_at: instant,
  last_seen_at: instant,
  filters: rows(filterSchema),
  safety: z.record(z.string(), z.unknown()).catch({}),
});
export type MarketCandidate = z.output<typeof marketCandidateSchema>;

const overlapSchema = z.object({ sessions: texts, from: instant, until: instant });

export const sessionsSchema = z.object({
  at: instant,
  open: texts,
  overlaps: rows(overlapSchema),
  market: text,
  holiday: z.object({ name: text, effect: text }).nullable().catch(null),
  next_change: z.object({ at: instant, opens: texts, closes: texts, market: text }).nullable().catch(null),
});
export type Sessions = z.output<typeof sessionsSchema>;

export const careSchema = z.object({
  playbooks: rows(
    z.object({
      playbook: key,
      verified: figure,
      failed: figure,
      refused: figure,
      mean_time_to_heal_ms: figure,
    }),
  ),
  proposals: rows(
    z.object({
      knob: key,
      setting: text,
      from: text,
      to: text,
      state: text,
      reason: text,
      expected_gain: text,
    }),
  ),
  usage: rows(z.object({ name: key, runs: figure, mean_ms: figure })),
});
export type CareReport = z.output<typeof careSchema>;

const slotSchema = z.object({
  symbol: key,
  due_at: instant,
  reason: text,
  gain: figure,
  price: figure,
  text,
});
const kindSchema = z.object({ kind: key, obstacle: text, paused: flag, latest_start_at: instant });
const lockSchema = z.object({ name: key, units: figure, taken: figure, holders: texts });
const budgetSchema = z.object({
  asset_class: text,
  name: key,
  per_hour: figure,
  capacity: figure,
  level: figure,
  spent: figure,
});

export const scheduleSchema = z.object({
  pinned_mode: text,
  slots: rows(slotSchema),
  kinds: rows(kindSchema),
  locks: rows(lockSchema),
  budgets: rows(budgetSchema),
});
export type ScheduleRow = z.output<typeof scheduleSchema>;

const beliefSchema = z
  .object({ mean: figure, lo: figure, hi: figure, weight: figure })
  .nullable()
  .catch(null);
const cellSchema = z.object({ dimension: text, value: text, kept: beliefSchema, caught: beliefSchema });
const memorySchema = z.object({
  similarity: figure,
  mode: text,
  kinds: texts,
  decisions: figure,
  kept_share: figure,
  net: figure,
});

export const learningSchema = z.object({
  influences: z.boolean().catch(true),
  cells: rows(cellSchema),
  calibration: z.object({ brier: figure, brier_of_base_rate: figure, calibration_error: figure }),
  recalled: rows(memorySchema),
});
export type LearningRow = z.output<typeof learningSchema>;

const agentSchema = z.object({
  agent: key,
  state: text,
  last_turn_at: instant,
  handled: figure,
  failures: figure,
  restarts: figure,
  mean_turn_ms: figure,
});

export const vitalsSchema = z.object({
  at: instant,
  event_loop_delay_p99_ms: figure,
  heap_used_bytes: figure,
  heap_limit_bytes: figure,
  resident_bytes: figure,
  disk_free_bytes: figure,
  disk_total_bytes: figure,
  cpu_load: figure,
  inbox_depth: figure,
  agents: rows(agentSchema),
});
export type Vitals = z.output<typeof vitalsSchema>;

export const quoteSchema = z.object({ symbol: z.string(), bid: z.number(), ask: z.number() });

export const marketStateSchema = z.object({ asset_class: z.enum(['crypto', 'forex']), volatility: figure });

export const tradingStateSchema = z.object({ state: text, reason: text });

export const healthSummarySchema = z.object({ system_load: figure });

export const operatorCommandSchema = z.object({ command: text });

export const candleSchema = z
  .object({
    symbol: text,
    openTime: instant,
    open_time: instant,
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: figure,
  })
  .transform(({ openTime, open_time, ...rest }) => ({ ...rest, openTime: openTime ?? open_time ?? 0 }))
  .refine((candle) => candle.openTime > 0);
export type Candle = z.output<typeof candleSchema>;
