// One schema per message type that may enter from outside. What does not fit becomes a dead letter, never an input.
import { z } from 'zod';
import { agentNames } from '../domain/agent-name.ts';
import {
  candidateOrigins,
  maxCandidateNameChars,
  maxCandidateSymbolChars,
  maxObservationsPerBatch,
} from '../domain/candidate.ts';
import { timeframes } from '../domain/candle.ts';
import { healActions } from '../domain/heal-action.ts';
import { maxBarsPerAnswer, maxLooksPerTask } from '../domain/look.ts';
import { marketModes, runModes } from '../domain/mode.ts';
import { maxAnswerCharacters, modelFaults, modelProviders } from '../domain/model.ts';
import { maxDepthLevels } from '../domain/quote.ts';
import { maxRefitCoefficients, refitParts } from '../domain/refit.ts';
import { sourceStates } from '../domain/source-status.ts';
import { taskKinds } from '../domain/task.ts';
import { maxProbeFacts } from '../domain/vitals.ts';
import { workflowOutcomes, workflowWitnesses } from '../domain/workflow.ts';
import { type InputType, type MessageDataByType, operatorCommands } from './catalogue.ts';
import { calendarSchema, newsItemSchema, sentimentSchema } from './news-schemas.ts';

const maxNameLength = 64;
const maxDetailLength = 2_000;
const maxModelNameLength = 200;
/** A history answer, a quote batch or a snapshot larger than this is refused whole. */
const maxListLength = 20_000;

const name = z.string().min(1).max(maxNameLength);
const detail = z.string().max(maxDetailLength);
const at = z.int().nonnegative();
const price = z.number().positive();
const decimal = z.string().regex(/^-?\d{1,30}(\.\d{1,30})?$/, 'plain decimal text expected');
const positiveDecimal = z
  .string()
  .regex(/^\d{1,30}(\.\d{1,30})?$/, 'plain decimal text without sign expected');
const sourceKind = z.enum(['live', 'simulated', 'recorded']);
const side = z.enum(['buy', 'sell']);

const candle = z.object({
  symbol: name,
  timeframe: z.enum(timeframes),
  openTime: at,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: z.number().nonnegative(),
});

const depthSide = z
  .array(z.tuple([price, price]))
  .min(1)
  .max(maxDepthLevels);

const quote = z.object({
  symbol: name,
  bid: price,
  ask: price,
  poolValue: price.exactOptional(),
  depth: z.object({ bids: depthSide, asks: depthSide }).exactOptional(),
  happenedAt: at,
});

const fill = z.object({
  id: name,
  client_order_id: name,
  symbol: name,
  side,
  quantity: positiveDecimal,
  price: positiveDecimal,
  fee: decimal,
  liquidity: z.enum(['maker', 'taker']),
  at,
  account_rate: positiveDecimal.exactOptional(),
  withheld_quantity: positiveDecimal.exactOptional(),
});

const orderRequest = z.object({
  client_order_id: name,
  symbol: name,
  side,
  type: z.enum(['market', 'limit', 'stop']),
  leg: z.enum(['entry', 'stop', 'target', 'exit']),
  quantity: positiveDecimal,
  price: positiveDecimal.nullable(),
  reduce_only: z.boolean(),
  bracket: z
    .object({
      stop_client_order_id: name,
      stop_price: positiveDecimal,
      target_client_order_id: name,
      target_price: positiveDecimal,
    })
    .nullable(),
});

const agentVitals = z.object({
  agent: z.enum(agentNames),
  state: z.enum(['running', 'restarting', 'down']),
  last_turn_at: at.nullable(),
  handled: z.int().nonnegative(),
  failures: z.int().nonnegative(),
  restarts: z.int().nonnegative(),
  mean_turn_ms: z.number().nonnegative(),
});

export const taskResult = z.object({
  effect_observed: z.boolean(),
  looked_at: z.int().nonnegative(),
  found: z.int().nonnegative(),
  summary: detail,
  error: detail.nullable(),
  looks: z
    .array(
      z.object({
        symbol: name,
        seen: z.boolean(),
        found: z.int().nonnegative(),
        bars: z.array(z.tuple([at, price, z.number().nonnegative()])).max(maxBarsPerAnswer),
      }),
    )
    .max(maxLooksPerTask)
    .exactOptional(),
  refits: z
    .array(
      z.object({
        part: z.enum(refitParts),
        coefficients: z.array(z.number().min(-100).max(100)).max(maxRefitCoefficients),
        fitted_on: z.int().nonnegative(),
        held_out: z.int().nonnegative(),
        before: z.number(),
        after: z.number(),
      }),
    )
    .max(refitParts.length)
    .exactOptional(),
});

const amount = z.number().nonnegative();
const count = z.int().nonnegative();
const reference = z.string().min(1).max(100);
const authority = z.enum(['renounced', 'held']);

const candidateObservation = z.object({
  chain: name,
  address: reference,
  origin: z.enum(candidateOrigins).nullable(),
  name: z.string().max(maxCandidateNameChars),
  symbol: z.string().max(maxCandidateSymbolChars),
  facts: z.object({
    price_usd: price.exactOptional(),
    liquidity_usd: amount.exactOptional(),
    volume_h1_usd: amount.exactOptional(),
    volume_h24_usd: amount.exactOptional(),
    market_cap_usd: amount.exactOptional(),
    buys_h24: count.exactOptional(),
    sells_h24: count.exactOptional(),
    created_at: at.exactOptional(),
    boosts: count.exactOptional(),
    pool: reference.exactOptional(),
    dex: name.exactOptional(),
    quote_symbol: z.string().max(maxCandidateSymbolChars).exactOptional(),
    mint_authority: authority.exactOptional(),
    freeze_authority: authority.exactOptional(),
    liquidity_lock: z.enum(['burned', 'locked', 'unlocked']).exactOptional(),
    top_10_holders_pct: z.number().min(0).max(100).exactOptional(),
    holders: count.exactOptional(),
    creator: reference.exactOptional(),
    creator_tokens: count.exactOptional(),
  }),
});

type InputSchemas = { readonly [Type in InputType]: z.ZodType<MessageDataByType[Type]> };

export const inputSchemas: InputSchemas = {
  'market.candle': z.object({ source: name, kind: sourceKind, candle, happened_at: at, known_at: at }),
  'market.quotes': z.object({ source: name, quotes: z.array(quote).max(maxListLength), known_at: at }),
  'market.history': z.object({
    source: name,
    kind: sourceKind,
    symbol: name,
    candles: z.array(candle).max(maxListLength),
    known_at: at,
  }),
  'market.source_status': z.object({
    source: name,
    state: z.enum(sourceStates),
    health: z.number().min(0).max(1),
    detail,
    latencyMs: z.number().nonnegative().nullable(),
    lastDataAt: at.nullable(),
    at,
  }),
  'market.quarantined': z.object({
    source: name,
    reason: detail,
    where: detail,
    count: z.int().nonnegative(),
  }),
  'market.sentiment': sentimentSchema,
  'market.calendar': calendarSchema,
  'news.item': newsItemSchema,
  'market.candidates': z.object({
    source: name,
    observations: z.array(candidateObservation).max(maxObservationsPerBatch),
    known_at: at,
  }),
  'kernel.started': z.object({
    run_mode: z.enum(runModes),
    seed: z.int(),
    version: name,
    agent_settings: z.record(z.string(), z.unknown()),
    first_start: z.boolean(),
  }),
  'kernel.alarm': z.object({ owner: z.enum(agentNames), name, due_at: at }),
  'kernel.agent_restarted': z.object({ agent: z.enum(agentNames) }),
  'kernel.dead_letter': z.object({ id: name, reason: detail, message_type: name, excerpt: detail, at }),
  'broker.report': z.object({
    broker: name,
    report_id: name,
    client_order_id: name,
    kind: z.enum(['accepted', 'rejected', 'fill', 'cancelled', 'expired']),
    fill: fill.nullable(),
    order: orderRequest.nullable(),
    reason: detail.nullable(),
    at,
  }),
  'broker.uncertain': z.object({
    broker: name,
    client_order_id: name,
    action: z.enum(['submit', 'cancel']),
    outcome: z.enum(['unknown', 'not-sent']),
    detail,
  }),
  'broker.snapshot': z.object({
    broker: name,
    request_id: name,
    complete: z.boolean(),
    error: detail.nullable(),
    absent: z.array(name).max(maxListLength),
    unanswered: z
      .array(z.object({ symbol: name, reason: detail }))
      .max(maxListLength)
      .exactOptional(),
    orders: z
      .array(
        z.object({
          request: orderRequest,
          state: z.enum(['accepted', 'partially_filled', 'filled', 'cancelled', 'rejected', 'expired']),
          filled_quantity: positiveDecimal,
        }),
      )
      .max(maxListLength),
    fills: z.array(fill).max(maxListLength),
    cash: decimal.nullable(),
    positions: z
      .array(
        z.object({
          symbol: name,
          quantity: decimal,
          average_price: positiveDecimal.nullable(),
          shared: z.boolean().exactOptional(),
        }),
      )
      .max(maxListLength)
      .exactOptional(),
  }),
  'operator.command': z.object({
    command: z.enum(operatorCommands),
    by: name,
    reason: detail,
    symbol: name.nullable(),
    dry_run: z.boolean(),
    mode: z.enum([...marketModes, 'auto']).exactOptional(),
    kind: z.enum(taskKinds).exactOptional(),
  }),
  'system.vitals': z.object({
    at,
    event_loop_delay_p99_ms: z.number().nonnegative(),
    heap_used_bytes: z.number().nonnegative(),
    heap_limit_bytes: z.number().nonnegative(),
    resident_bytes: z.number().nonnegative(),
    disk_free_bytes: z.number().nonnegative().nullable(),
    disk_total_bytes: z.number().nonnegative().nullable(),
    cpu_load: z.number().nonnegative(),
    inbox_depth: z.int().nonnegative(),
    agents: z.array(agentVitals).max(agentNames.length),
    open_files: count.nullable().exactOptional(),
    open_files_limit: count.nullable().exactOptional(),
    commit_share: amount.exactOptional(),
    batch_inputs: amount.exactOptional(),
    commit_ms: amount.exactOptional(),
    store_ms: amount.nullable().exactOptional(),
    clock_skew_ms: z.number().nullable().exactOptional(),
    clock_jump_ms: z.number().exactOptional(),
  }),
  'probe.result': z.object({
    probe: name,
    target: name,
    ok: z.boolean(),
    latency_ms: z.number().nonnegative().nullable(),
    value: z.number().nullable(),
    detail,
    at,
    facts: z
      .record(name, z.number())
      .refine((facts) => Object.keys(facts).length <= maxProbeFacts)
      .exactOptional(),
  }),
  'heal.done': z.object({
    heal_id: name,
    action: z.enum(healActions),
    target: name,
    ok: z.boolean(),
    detail,
    at,
  }),
  'workflow.result': z.object({
    task_id: name,
    kind: z.enum(taskKinds),
    succeeded: z.boolean(),
    result: taskResult,
    attempt: z.int().positive(),
    outcome: z.enum(workflowOutcomes),
    via: z.enum(workflowWitnesses),
    execution_id: name.nullable(),
  }),
  'job.result': z.object({
    task_id: name,
    kind: z.enum(taskKinds),
    succeeded: z.boolean(),
    result: taskResult,
    attempt: z.int().positive(),
  }),
  'workflow.handover': z.object({ task_id: name, execution_id: name.nullable() }),
  'workflow.status': z.object({
    server: name,
    ok: z.boolean(),
    health: z.number().min(0).max(1),
    detail,
    latency_ms: z.number().nonnegative().nullable(),
    at,
  }),
  'model.reply': z.object({
    consult_id: name,
    provider: z.enum(modelProviders),
    model: z.string().min(1).max(maxModelNameLength),
    outcome: z.enum(['answered', ...modelFaults]),
    text: z.string().max(maxAnswerCharacters),
    characters: z.int().nonnegative(),
    finish: z.enum(['stop', 'length', 'other']).nullable(),
    detail,
    input_tokens: z.int().nonnegative().nullable(),
    output_tokens: z.int().nonnegative().nullable(),
    latency_ms: z.number().nonnegative(),
    retry_after_ms: z.int().nonnegative().nullable(),
    windows: z
      .array(
        z.object({
          resource: z.enum(['requests', 'tokens']),
          window: z.enum(['minute', 'day']),
          limit: z.int().nonnegative().nullable(),
          remaining: z.int().nonnegative().nullable(),
          resets_in_ms: z.int().nonnegative().nullable(),
        }),
      )
      .max(8),
  }),
};
