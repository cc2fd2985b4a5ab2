// Shapes of trading rows in answers. Checked against the domain types at compile time.
import { z } from 'zod';
import type { Fill, Order } from '../../shared/domain/order.ts';
import { orderStates } from '../../shared/domain/order.ts';
import type { EquityPoint, Position } from '../../shared/domain/position.ts';
import { type Refusal, refusalCodes } from '../../shared/domain/risk.ts';
import { type TradingStateRecord, tradingStates } from '../../shared/domain/trading-state.ts';
import type { WireForm } from '../wire-form.ts';
import { decimal, instant } from './common-bodies.ts';

const side = z.enum(['buy', 'sell']);
const numberOrText = z.union([z.number(), z.string()]).nullable();

export const orderBody = z
  .object({
    id: z.string(),
    client_order_id: z.string().describe('Our id, committed before anything is sent to a broker'),
    symbol: z.string(),
    side,
    type: z.enum(['market', 'limit', 'stop']),
    leg: z.enum(['entry', 'stop', 'target', 'exit']),
    quantity: decimal,
    price: decimal.nullable(),
    reduce_only: z.boolean(),
    bracket: z
      .object({
        stop_client_order_id: z.string(),
        stop_price: decimal,
        target_client_order_id: z.string(),
        target_price: decimal,
      })
      .nullable(),
    signal_id: z.string().nullable(),
    correlation_id: z.string(),
    position_id: z.string(),
    state: z.enum(orderStates),
    filled_quantity: decimal,
    average_price: decimal.nullable(),
    fees: decimal,
    fill_ids: z.array(z.string()),
    reason: z.string(),
    created_at: instant,
    updated_at: instant,
    open: z.boolean(),
  })
  .meta({ id: 'Order' }) satisfies z.ZodType<WireForm<Order>>;

export const fillBody = z
  .object({
    id: z.string(),
    client_order_id: z.string(),
    symbol: z.string(),
    side,
    quantity: decimal,
    price: decimal,
    fee: decimal,
    liquidity: z.enum(['maker', 'taker']),
    at: instant,
  })
  .meta({ id: 'Fill' }) satisfies z.ZodType<WireForm<Fill>>;

export const positionBody = z
  .object({
    id: z.string(),
    symbol: z.string(),
    side: z.enum(['long', 'short']),
    quantity: decimal,
    average_entry_price: decimal,
    realised_profit: decimal.describe('After fees, in profit_currency'),
    fees: decimal.describe('In profit_currency'),
    profit_currency: z
      .string()
      .nullable()
      .describe('Quote currency of the symbol, in which profit and fees are; the account is in US dollars'),
    stop_price: decimal.nullable(),
    target_price: decimal.nullable(),
    signal_id: z.string().nullable(),
    correlation_id: z.string(),
    opened_at: instant,
    updated_at: instant,
    closed_at: instant.nullable(),
    close_reason: z.string().nullable(),
    open: z.boolean(),
    mark_price: decimal
      .nullable()
      .describe('Last known price: mid of the last quote, else close of the last candle; null when none'),
    unrealised_profit: decimal
      .nullable()
      .describe('At the mark price, before exit costs, in profit_currency'),
  })
  .meta({ id: 'Position' }) satisfies z.ZodType<WireForm<Position>>;

export const equityBody = z
  .object({
    at: instant,
    cash: z.number(),
    equity: z.number(),
    peak_equity: z.number(),
    drawdown_pct: z.number(),
    open_positions: z.number().int(),
  })
  .meta({ id: 'EquityPoint' }) satisfies z.ZodType<WireForm<EquityPoint>>;

export const refusalBody = z
  .object({
    id: z.string(),
    signal_id: z.string().nullable(),
    symbol: z.string(),
    code: z.enum(refusalCodes),
    limit: numberOrText,
    actual: numberOrText,
    at: instant,
    correlation_id: z.string(),
  })
  .meta({ id: 'Refusal' }) satisfies z.ZodType<WireForm<Refusal>>;

export const tradingStateBody = z
  .object({ state: z.enum(tradingStates), by: z.string(), reason: z.string(), since: instant })
  .meta({ id: 'TradingState' }) satisfies z.ZodType<WireForm<TradingStateRecord>>;
