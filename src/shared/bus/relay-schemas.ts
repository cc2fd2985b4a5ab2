// Messages between processes: who hears which, and the form they must have. What does not fit never reaches an agent.
import { z } from 'zod';
import { type AgentName, agentNames } from '../domain/agent-name.ts';
import { timeframes } from '../domain/candle.ts';
import { maxLooksPerTask } from '../domain/look.ts';
import { marketModes } from '../domain/mode.ts';
import { taskKinds } from '../domain/task.ts';
import { tradingStates } from '../domain/trading-state.ts';
import type { MessageDataByType, MessageType } from './catalogue.ts';
import { relayedOrder, relayedTask } from './relay-work-schemas.ts';
import { inputSchemas, taskResult } from './schemas.ts';

const maxSymbols = 1_000;
const maxEvidence = 200;
const maxOrdersListed = 20_000;

const name = z.string().min(1).max(200);
const text = z.string().max(4_000);
const at = z.int().nonnegative();
const count = z.int().nonnegative();
const finite = z.number();
const share = z.number().min(0).max(1);
const agent = z.enum(agentNames);

/** Hearers by type; an agent that lives in the sender's process is left out when it is sent. */
export const relayHearers = {
  mandate: ['trading_ai'],
  signal: ['orchestrator_ai', 'trading_ai'],
  'signal.scored': ['orchestrator_ai'],
  'trading.tighten': ['trading_ai'],
  'task.assigned': ['analyst_ai', 'health_ai'],
  'task.completed': ['orchestrator_ai'],
  'task.changed': ['health_ai'],
  'market.state': ['orchestrator_ai'],
  'trading.summary': ['orchestrator_ai', 'health_ai'],
  'trading.order_changed': ['health_ai'],
  'trading.state_changed': ['health_ai'],
  'health.summary': ['orchestrator_ai'],
  'health.incident': ['orchestrator_ai'],
  'kernel.agent_failed': ['orchestrator_ai', 'health_ai'],
  'kernel.agent_restarted': ['orchestrator_ai', 'health_ai'],
  'kernel.dead_letter': ['health_ai'],
  'operator.command': ['orchestrator_ai', 'trading_ai', 'health_ai'],
  'market.source_status': ['orchestrator_ai', 'health_ai'],
  'market.quarantined': ['health_ai'],
  'market.candidates': ['trading_ai'],
  'workflow.status': ['health_ai'],
} as const satisfies Readonly<Partial<Record<MessageType, readonly AgentName[]>>>;

export type RelayedType = keyof typeof relayHearers;

/**
 * Inputs from outside are passed on by the process of one agent only, so that two processes with the same source do not
 * tell the same thing twice; null: by whichever process was told.
 */
export const relayedInputs: Readonly<Partial<Record<MessageType, AgentName | null>>> = {
  'operator.command': null,
  'kernel.dead_letter': null,
  'market.source_status': 'analyst_ai',
  'market.quarantined': 'analyst_ai',
  'market.candidates': 'analyst_ai',
  'workflow.status': 'orchestrator_ai',
};

export function isRelayedType(type: string): type is RelayedType {
  return Object.hasOwn(relayHearers, type);
}

type RelaySchemas = { readonly [Type in RelayedType]: z.ZodType<MessageDataByType[Type]> };

export const relaySchemas: RelaySchemas = {
  mandate: z.object({
    id: name,
    decision_id: name,
    mode: z.enum(marketModes),
    universe: z.array(name).max(maxSymbols),
    risk_appetite: share,
    issued_at: at,
    expires_at: at,
  }),
  signal: z.object({
    signal_id: name,
    action: z.enum(['BUY', 'SELL', 'CLOSE']),
    symbol: name,
    confidence: share,
    reasoning: text,
    horizon_ms: count,
    issued_at: at,
    expires_at: at,
    strategy: name,
    timeframe: z.enum(timeframes),
    evidence: z.array(z.object({ name, value: finite, at })).max(maxEvidence),
    reference_price: z.number().positive(),
    average_true_range: z.number().nonnegative(),
    task_id: name.nullable(),
  }),
  'signal.scored': z.object({
    signal_id: name,
    symbol: name,
    action: z.enum(['BUY', 'SELL', 'CLOSE']),
    strategy: name,
    outcome: z.enum(['right', 'wrong', 'unknown']),
    at,
  }),
  'trading.tighten': z.object({ state: z.enum(tradingStates), reason: text }),
  'task.assigned': z.object({
    task_id: name,
    kind: z.enum(taskKinds),
    symbols: z.array(name).max(maxSymbols),
    decision_id: name,
    deadline_at: at,
    look: z
      .object({ bar_ms: z.int().positive(), max_bars: count, after: z.array(at).max(maxLooksPerTask) })
      .exactOptional(),
  }),
  'task.completed': z.object({
    task_id: name,
    kind: z.enum(taskKinds),
    succeeded: z.boolean(),
    result: taskResult,
  }),
  'task.changed': relayedTask,
  'market.state': z.object({
    asset_class: z.enum(['crypto', 'forex']),
    volatility: finite.nullable(),
    activity: finite.nullable(),
    instruments: count,
    at,
  }),
  'trading.summary': z.object({
    state: z.enum(tradingStates),
    open_positions: count,
    open_orders: count,
    unknown_orders: count,
    blocked: z.array(z.object({ symbol: name, reason: text })).max(maxOrdersListed),
    equity: z.object({
      at,
      cash: finite,
      equity: finite,
      peak_equity: finite,
      drawdown_pct: finite,
      open_positions: count,
    }),
    simulated: z.boolean(),
  }),
  'trading.order_changed': relayedOrder,
  'trading.state_changed': z.object({ state: z.enum(tradingStates), by: name, reason: text, since: at }),
  'health.summary': z.object({
    system_load: finite,
    source_health: z.record(name, finite),
    open_incidents: count,
    critical_incidents: count,
  }),
  'health.incident': z.object({
    id: name,
    cause: name,
    severity: z.enum(['info', 'warning', 'critical']),
    summary: text,
    consequence: text,
    symptoms: count,
    opened_at: at,
    updated_at: at,
    resolved_at: at.nullable(),
    open: z.boolean(),
  }),
  'kernel.agent_failed': z.object({ agent, error: text, message_id: name, failures: count, restart_at: at }),
  'kernel.agent_restarted': inputSchemas['kernel.agent_restarted'],
  'kernel.dead_letter': inputSchemas['kernel.dead_letter'],
  'operator.command': inputSchemas['operator.command'],
  'market.source_status': inputSchemas['market.source_status'],
  'market.quarantined': inputSchemas['market.quarantined'],
  'market.candidates': inputSchemas['market.candidates'],
  'workflow.status': inputSchemas['workflow.status'],
};
