// Shapes of the orchestrator's and the analyst's rows in answers. Checked against the domain types at compile time.
import { z } from 'zod';
import { agentNames } from '../../shared/domain/agent-name.ts';
import { timeframes } from '../../shared/domain/candle.ts';
import { type Decision, decisionActions } from '../../shared/domain/decision.ts';
import type { LookRecord } from '../../shared/domain/look.ts';
import type { Mandate } from '../../shared/domain/mandate.ts';
import { marketModes } from '../../shared/domain/mode.ts';
import { refitParts } from '../../shared/domain/refit.ts';
import type { Signal } from '../../shared/domain/signal.ts';
import { type Task, taskKinds, taskStates } from '../../shared/domain/task.ts';
import type { MarketState } from '../../shared/domain/vitals.ts';
import type { WireForm } from '../wire-form.ts';
import { instant } from './common-bodies.ts';
import { decisionAdviceBody } from './model-bodies.ts';

const fraction = z.number().describe('0 to 1');

const decisionOutcomeBody = z.object({
  scored_at: instant,
  successful: z
    .boolean()
    .describe(
      'In hindsight: every promised effect was seen, what was there to be found was found, and not more signals were wrong than right',
    ),
  tasks_succeeded: z.number().int(),
  tasks_failed: z.number().int(),
  detail: z.string(),
  opportunities: z
    .object({
      found: z.number().int(),
      found_value: z.number(),
      missed: z.number().int(),
      missed_value: z.number(),
    })
    .exactOptional()
    .describe('At the classes it could look at; 1 to 3 each, less what had faded by then'),
  signals: z
    .object({
      given: z.number().int(),
      right: z.number().int(),
      wrong: z.number().int(),
      unknown: z.number().int(),
    })
    .exactOptional(),
  cost: z
    .object({ looks: z.number().int(), paid: z.number() })
    .exactOptional()
    .describe('Looks and their price in find values'),
  net: z.number().exactOptional().describe('Found less missed less paid, and half a find per signal'),
});

const refitBody = z.object({
  part: z.enum(refitParts),
  coefficients: z.array(z.number()),
  fitted_on: z.number().int(),
  held_out: z.number().int(),
  before: z.number().describe('Mean loss on the held-out part of what was in force'),
  after: z.number().describe('The same of the refit; lower is better'),
});

const lookBody = z
  .object({
    slot_id: z.string().describe('Derived from symbol and time: the same slot never has two ids'),
    symbol: z.string(),
    reason: z
      .enum(['gain', 'floor', 'overflow', 'asked'])
      .describe('gain: worth its price. floor: its maximum interval. overflow: budget that would lapse'),
    gain: z.number().describe('Expected gain of looking now, in find values'),
    price: z.number().describe('Price of a look under the budgets, in find values'),
    text: z.string().describe('The strongest terms in words'),
  })
  .meta({ id: 'Look' }) satisfies z.ZodType<WireForm<LookRecord>>;

export const decisionBody = z
  .object({
    id: z.string(),
    at: instant,
    mode: z.enum(marketModes),
    previous_mode: z.enum(marketModes),
    action: z.enum(decisionActions),
    confidence: z.number().describe('0 to 1: probability that it keeps what it promises'),
    confidence_inputs: z
      .array(z.number())
      .exactOptional()
      .describe('1, log odds of its tasks and of what is left unseen, of the situation, share not known'),
    reasoning: z.string(),
    trigger: z.enum(['schedule', 'operator', 'event', 'start']),
    context: z
      .object({
        sessions_open: z.array(z.string()),
        crypto_volatility: z.number().nullable(),
        forex_volatility: z.number().nullable(),
        crypto_activity: z.number().nullable(),
        forex_activity: z.number().nullable(),
        system_load: z.number(),
        source_health: z.record(z.string(), z.number()),
        simulated_sources: z.array(z.string()),
        open_positions: z.number().int(),
        queued_tasks: z.number().int(),
        trading_state: z.string(),
        equity: z.number().nullable(),
      })
      .describe('What the orchestrator saw when it decided'),
    candidates: z.array(
      z.object({
        kind: z.enum(taskKinds),
        score: z.number(),
        due: z.boolean(),
        chosen: z.boolean(),
        terms: z.record(z.string(), z.number()).describe('Named terms whose sum is the score'),
        reason: z.string(),
      }),
    ),
    task_ids: z.array(z.string()),
    looks: z
      .array(lookBody)
      .exactOptional()
      .describe('Symbols its tasks look at, and why now; at most 24 of them'),
    next_decision_at: instant,
    policy_version: z.string(),
    model: z
      .string()
      .nullable()
      .describe('Who decided, a model or the policy, and the prompt in force; null without a model'),
    advice: decisionAdviceBody.exactOptional().describe('Absent when no model is configured'),
    data_kind: z.enum(['live', 'simulated', 'recorded', 'none']),
    outcome: decisionOutcomeBody.nullable().describe('Null until the outcome is scored'),
    open: z.boolean(),
  })
  .meta({ id: 'Decision' }) satisfies z.ZodType<WireForm<Decision>>;

export const mandateBody = z
  .object({
    id: z.string(),
    decision_id: z.string(),
    mode: z.enum(marketModes),
    universe: z.array(z.string()),
    risk_appetite: fraction,
    issued_at: instant,
    expires_at: instant,
  })
  .meta({ id: 'Mandate' }) satisfies z.ZodType<WireForm<Mandate>>;

export const taskBody = z
  .object({
    id: z.string(),
    kind: z.enum(taskKinds),
    slot_at: instant,
    decision_id: z.string(),
    agent: z.enum(agentNames),
    runner: z.enum(['native', 'n8n']),
    priority: z.number(),
    resources: z.array(z.string()),
    state: z.enum(taskStates),
    attempts: z.number().int(),
    deadline_at: instant,
    queued_at: instant,
    started_at: instant.nullable(),
    finished_at: instant.nullable(),
    symbols: z.array(z.string()),
    result: z
      .object({
        effect_observed: z.boolean(),
        looked_at: z.number(),
        found: z.number(),
        summary: z.string(),
        error: z.string().nullable(),
        refits: z.array(refitBody).exactOptional().describe('What a retraining proposes'),
      })
      .nullable(),
    reason: z.string(),
    runner_note: z.string().exactOptional().describe('Why this runner does it, when that is worth saying'),
    execution_id: z.string().nullable().exactOptional().describe('n8n execution that does it, where known'),
    delegated: z.boolean().exactOptional().describe('Its workflow handed the work to the agent'),
    open: z.boolean(),
  })
  .meta({ id: 'Task' }) satisfies z.ZodType<WireForm<Task>>;

export const signalBody = z
  .object({
    signal_id: z.string(),
    action: z.enum(['BUY', 'SELL', 'CLOSE']),
    symbol: z.string(),
    confidence: fraction,
    reasoning: z.string(),
    horizon_ms: z.number(),
    issued_at: instant,
    expires_at: instant,
    strategy: z.string(),
    timeframe: z.enum(timeframes),
    evidence: z.array(z.object({ name: z.string(), value: z.number(), at: instant })),
    reference_price: z.number(),
    average_true_range: z.number(),
    task_id: z.string().nullable(),
  })
  .meta({ id: 'Signal' }) satisfies z.ZodType<WireForm<Signal>>;

export const marketStateBody = z
  .object({
    asset_class: z.enum(['crypto', 'forex']),
    volatility: z
      .number()
      .nullable()
      .describe('Annualised realised volatility as a fraction; null in warm-up'),
    activity: z.number().nullable().describe('Volatility relative to its own normal, 1 is normal'),
    instruments: z.number().int(),
    at: instant,
  })
  .meta({ id: 'MarketState' }) satisfies z.ZodType<WireForm<MarketState>>;
