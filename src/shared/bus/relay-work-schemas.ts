// What the health monitor hears of tasks and orders from another process: their rows, in the form they must have.
import { z } from 'zod';
import { agentNames } from '../domain/agent-name.ts';
import { maxLooksPerTask } from '../domain/look.ts';
import { type Order, orderStates } from '../domain/order.ts';
import { type Task, taskKinds, taskStates } from '../domain/task.ts';
import { taskResult } from './schemas.ts';

const maxSymbols = 1_000;
const maxFills = 100_000;

const name = z.string().min(1).max(200);
const text = z.string().max(4_000);
const at = z.int().nonnegative();
const decimal = z.string().regex(/^-?\d{1,30}(\.\d{1,30})?$/, 'plain decimal text expected');

export const relayedTask: z.ZodType<Task> = z.object({
  id: name,
  kind: z.enum(taskKinds),
  slot_at: at,
  decision_id: z.string().max(200),
  agent: z.enum(agentNames),
  runner: z.enum(['native', 'n8n']),
  priority: z.number(),
  resources: z.array(name).max(maxLooksPerTask),
  state: z.enum(taskStates),
  attempts: z.int().nonnegative(),
  deadline_at: at,
  queued_at: at,
  started_at: at.nullable(),
  finished_at: at.nullable(),
  symbols: z.array(name).max(maxSymbols),
  result: taskResult.nullable(),
  reason: text,
  runner_note: text.exactOptional(),
  execution_id: name.nullable().exactOptional(),
  delegated: z.boolean().exactOptional(),
  open: z.boolean(),
});

export const relayedOrder: z.ZodType<Order> = z.object({
  client_order_id: name,
  symbol: name,
  side: z.enum(['buy', 'sell']),
  type: z.enum(['market', 'limit', 'stop']),
  leg: z.enum(['entry', 'stop', 'target', 'exit']),
  quantity: decimal,
  price: decimal.nullable(),
  reduce_only: z.boolean(),
  bracket: z
    .object({
      stop_client_order_id: name,
      stop_price: decimal,
      target_client_order_id: name,
      target_price: decimal,
    })
    .nullable(),
  id: name,
  signal_id: name.nullable(),
  correlation_id: name,
  position_id: name,
  state: z.enum(orderStates),
  filled_quantity: decimal,
  average_price: decimal.nullable(),
  fees: decimal,
  fill_ids: z.array(name).max(maxFills),
  reason: text,
  created_at: at,
  updated_at: at,
  open: z.boolean(),
});
