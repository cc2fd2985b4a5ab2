// Shapes of the composed answers: health, status, commands, catalogue.
import { z } from 'zod';
import { operatorCommands } from '../../shared/bus/catalogue.ts';
import { agentNames, originNames } from '../../shared/domain/agent-name.ts';
import { marketModes, runModes } from '../../shared/domain/mode.ts';
import { taskKinds, taskStates } from '../../shared/domain/task.ts';
import { instant } from './common-bodies.ts';
import { decisionBody, mandateBody, marketStateBody, taskBody } from './decision-bodies.ts';
import {
  agentVitalsBody,
  dataKind,
  healBody,
  healthSummaryBody,
  incidentBody,
  journalBody,
  loopBody,
  sourceBody,
  storeBody,
  vitalsBody,
} from './health-bodies.ts';
import { ladderBody } from './model-bodies.ts';
import { budgetBody, lockBody } from './schedule-bodies.ts';
import { equityBody, orderBody, tradingStateBody } from './trading-bodies.ts';

const anyDataKind = z.enum([...dataKind.options, 'none']);

export const healthBody = z
  .object({
    status: z
      .enum(['ok', 'degraded', 'unhealthy'])
      .describe('degraded: it works, but a person should know; unhealthy: 503'),
    reasons: z.array(z.string()).describe('Empty when ok'),
    version: z.string(),
    run_mode: z.enum(runModes),
    data_kind: anyDataKind,
    journal_sequence: z.number().int(),
    uptime_seconds: z.number(),
  })
  .meta({ id: 'Health' });

const decisionCounts = {
  decisions_total: z.number().int(),
  successful_decisions: z.number().int(),
  success_rate: z.number().nullable().describe('Of all scored decisions, 0 to 1; null before the first'),
  mode_switches_total: z.number().int(),
};

export const statusBody = z
  .object({
    name: z.literal('ato'),
    version: z.string(),
    run_mode: z.enum(runModes),
    data_kind: anyDataKind,
    notice: z.string().nullable().describe('Plain warning whenever prices are not real'),
    started_at: instant,
    now: instant,
    uptime_seconds: z.number(),
    running: z.boolean().nullable().describe('False after a person stopped it; null when unknown'),
    mode: z.enum(marketModes).nullable(),
    next_decision_at: instant.nullable(),
    ...decisionCounts,
    trading_state: tradingStateBody.nullable(),
    equity: equityBody.nullable(),
    open_positions: z.number().int().nullable(),
    system_load: z.number().nullable(),
    agents: z.array(agentVitalsBody),
    sources: z.array(sourceBody),
    universe: z.array(z.string()),
    journal: journalBody,
    loop: loopBody,
    store: storeBody,
    settings: z.record(z.string(), z.string()).describe('Secrets are masked'),
  })
  .meta({ id: 'Status' });

export const orchestratorStatusBody = z
  .object({
    running: z.boolean().nullable(),
    mode: z.enum(marketModes).nullable(),
    next_decision_at: instant.nullable(),
    seconds_to_next_decision: z.number().nullable(),
    ...decisionCounts,
    system_load: z.number().nullable(),
    policy_version: z.string().nullable(),
    last_decision: decisionBody.nullable(),
    mandate: mandateBody.nullable(),
    markets: z.array(marketStateBody),
    open_tasks: z.array(taskBody).describe('The queue: waiting and running'),
    pinned_mode: z.enum(marketModes).nullable(),
    paused_kinds: z.array(z.enum(taskKinds)),
    locks: z.array(lockBody),
    budgets: z.array(budgetBody),
    models: ladderBody.nullable().describe('The ladder of language models; null when none is configured'),
  })
  .meta({ id: 'OrchestratorStatus' });

export const systemHealthBody = z
  .object({
    loop: loopBody,
    store: storeBody,
    journal: journalBody,
    vitals: vitalsBody.nullable().describe('Null until the first measurement'),
    summary: healthSummaryBody.nullable(),
    agents: z.array(agentVitalsBody),
    sources: z.array(sourceBody),
    open_incidents: z.array(incidentBody),
    dead_letters: z.number().int(),
  })
  .meta({ id: 'SystemHealth' });

export const workflowServerBody = z
  .object({
    name: z.string(),
    status: z
      .object({
        server: z.string(),
        ok: z.boolean(),
        health: z.number().min(0).max(1),
        detail: z.string(),
        latency_ms: z.number().nullable(),
        at: instant,
      })
      .nullable()
      .describe('Null before it was first asked'),
  })
  .meta({ id: 'WorkflowServer' });

export const workflowBody = z
  .object({
    kind: z.enum(taskKinds),
    description: z.string(),
    agent: z.enum(agentNames),
    runner: z.enum(['native', 'n8n']),
    min_interval_ms: z.number(),
    max_interval_ms: z.number(),
    deadline_ms: z.number().nullable(),
    cost: z.number().nullable(),
    resources: z.array(z.string()),
    last_task: z
      .object({
        id: z.string(),
        state: z.enum(taskStates),
        queued_at: instant,
        finished_at: instant.nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Workflow' });

export const commandBody = z
  .object({
    command: z.enum(operatorCommands),
    sequence: z.number().int().describe('Journal sequence of the command'),
    detail: z.string(),
    messages: z
      .array(z.object({ id: z.string(), from: z.enum(originNames), message_type: z.string() }))
      .describe('What the command caused at once, at most 100'),
    decision: decisionBody.nullable(),
    trading_state: tradingStateBody.nullable(),
    orders: z.array(orderBody),
    heals: z.array(healBody),
  })
  .meta({ id: 'CommandReceipt' });
