// Shapes of health, source and runtime facts in answers. Checked against the domain types at compile time.
import { z } from 'zod';
import type { HealthSummary } from '../../shared/bus/catalogue.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import { timeframes } from '../../shared/domain/candle.ts';
import { proposalStates } from '../../shared/domain/health-report.ts';
import type { HealRecord, Incident } from '../../shared/domain/incident.ts';
import { sourceStates } from '../../shared/domain/source-status.ts';
import type { AgentVitals, SystemVitals } from '../../shared/domain/vitals.ts';
import type { StoreHealth } from '../../shared/ports/store.ts';
import type { HealthReport, JournalFacts, LoopFacts } from '../api-dependencies.ts';
import type { WireForm } from '../wire-form.ts';
import { instant } from './common-bodies.ts';

export const dataKind = z.enum(['live', 'simulated', 'recorded']);

export const incidentBody = z
  .object({
    id: z.string(),
    cause: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    summary: z.string(),
    consequence: z.string(),
    symptoms: z.number().int(),
    opened_at: instant,
    updated_at: instant,
    resolved_at: instant.nullable(),
    open: z.boolean(),
  })
  .meta({ id: 'Incident' }) satisfies z.ZodType<WireForm<Incident>>;

export const healBody = z
  .object({
    id: z.string(),
    playbook: z.string(),
    target: z.string(),
    incident_id: z.string().nullable(),
    before: z.string(),
    after: z.string().nullable(),
    outcome: z.enum(['started', 'verified', 'failed', 'refused', 'dry_run']),
    attempt: z.number().int(),
    at: instant,
    finished_at: instant.nullable(),
  })
  .meta({ id: 'Heal' }) satisfies z.ZodType<WireForm<HealRecord>>;

export const healthReportBody = z
  .object({
    at: instant,
    incidents: z.array(z.object({ cause: z.string(), open: z.number().int(), last_day: z.number().int() })),
    playbooks: z.array(
      z.object({
        playbook: z.string(),
        verified: z.number().int(),
        failed: z.number().int(),
        refused: z.number().int(),
        mean_time_to_heal_ms: z.number().nullable(),
      }),
    ),
    normals: z.array(
      z.object({
        metric: z.string(),
        center: z.number(),
        spread: z.number().describe('Robust standard deviation'),
        windows: z.number().int(),
        drift: z.number().describe('CUSUM; from 10 on it is a drift'),
      }),
    ),
    usage: z.array(
      z.object({
        name: z.string(),
        runs: z.number().int(),
        failures: z.number().int(),
        mean_ms: z.number(),
        worst_ms: z.number(),
        effective: z
          .number()
          .int()
          .describe('Runs whose promised effect was seen, answers that were accepted'),
        tokens: z.number().int(),
        micro_usd: z.number(),
        since: instant,
      }),
    ),
    proposals: z.array(
      z.object({
        id: z.string(),
        knob: z.string(),
        setting: z.string(),
        from: z.string(),
        to: z.string(),
        reason: z.string(),
        expected_gain: z.string(),
        safe: z.boolean().describe('Only what is safe is applied by itself'),
        state: z.enum(proposalStates),
        before: z.number().nullable(),
        after: z.number().nullable(),
        unit: z.string(),
        at: instant,
        decided_at: instant.nullable(),
      }),
    ),
    pages: z.object({ sent_today: z.number().int(), held_back: z.number().int() }),
  })
  .meta({ id: 'HealthReport' }) satisfies z.ZodType<WireForm<HealthReport>>;

export const agentVitalsBody = z
  .object({
    agent: z.enum(agentNames),
    state: z.enum(['running', 'restarting', 'down']),
    last_turn_at: instant.nullable(),
    handled: z.number(),
    failures: z.number(),
    restarts: z.number(),
    mean_turn_ms: z.number(),
  })
  .meta({ id: 'AgentVitals' }) satisfies z.ZodType<WireForm<AgentVitals>>;

export const vitalsBody = z
  .object({
    at: instant,
    event_loop_delay_p99_ms: z.number(),
    heap_used_bytes: z.number(),
    heap_limit_bytes: z.number(),
    resident_bytes: z.number(),
    disk_free_bytes: z.number().nullable(),
    disk_total_bytes: z.number().nullable(),
    cpu_load: z.number().describe('Process CPU over one core'),
    inbox_depth: z.number(),
    agents: z.array(agentVitalsBody),
    open_files: z.number().nullable().exactOptional(),
    open_files_limit: z.number().nullable().exactOptional(),
    commit_share: z.number().exactOptional().describe('Share of the time that went into commits'),
    batch_inputs: z.number().exactOptional().describe('Inputs per commit'),
    commit_ms: z.number().exactOptional().describe('Last commit'),
    store_ms: z
      .number()
      .nullable()
      .exactOptional()
      .describe('Round trip; null when the store did not answer'),
    clock_skew_ms: z.number().nullable().exactOptional().describe('Own clock minus a trusted one'),
    clock_jump_ms: z
      .number()
      .exactOptional()
      .describe('What the clock moved by itself since the last report'),
  })
  .meta({ id: 'SystemVitals' }) satisfies z.ZodType<WireForm<SystemVitals>>;

export const sourceBody = z
  .object({
    source: z.string(),
    kind: dataKind,
    symbols: z.array(z.string()),
    state: z.enum([...sourceStates, 'unknown']).describe('unknown until the source has said something'),
    health: z.number().nullable().describe('1 healthy, 0 down'),
    detail: z.string(),
    latency_ms: z.number().nullable(),
    last_data_at: instant.nullable(),
    at: instant.nullable(),
    quarantined_total: z.number().int().describe('Candles, quotes and frames kept out since the start'),
    quarantined: z.record(z.string(), z.number().int()).describe('The same by reason'),
  })
  .meta({ id: 'Source' });
export type SourceBody = z.output<typeof sourceBody>;

export const healthSummaryBody = z
  .object({
    system_load: z.number().describe('0 to 1 of what the machine can bear'),
    source_health: z.record(z.string(), z.number()),
    open_incidents: z.number().int(),
    critical_incidents: z.number().int(),
  })
  .meta({ id: 'HealthSummary' }) satisfies z.ZodType<WireForm<HealthSummary>>;

export const storeBody = z
  .object({
    ok: z.boolean(),
    latency_ms: z.number().nullable(),
    detail: z.string(),
    kind: z.string(),
  })
  .meta({ id: 'StoreHealth' }) satisfies z.ZodType<WireForm<StoreHealth>>;

export const journalBody = z
  .object({
    sequence: z.number().int(),
    hash: z.string(),
    last_commit_at: instant.nullable(),
    commit_latency_ms: z.number().nullable(),
  })
  .meta({ id: 'Journal' }) satisfies z.ZodType<WireForm<JournalFacts>>;

export const loopBody = z
  .object({ ok: z.boolean(), detail: z.string() })
  .meta({ id: 'Loop' }) satisfies z.ZodType<WireForm<LoopFacts>>;

export const candleBody = z
  .object({
    symbol: z.string(),
    timeframe: z.enum(timeframes),
    open_time: instant,
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: z.number(),
    source: z.string(),
    kind: dataKind,
  })
  .meta({ id: 'Candle' });
