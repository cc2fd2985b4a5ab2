// Positions, orders, fills, refusals and the equity curve. Only reads.
import { z } from 'zod';
import { addDecimal, multiplyDecimal, subtractDecimal } from '../../shared/domain/money.ts';
import { orderStates } from '../../shared/domain/order.ts';
import type { Position } from '../../shared/domain/position.ts';
import { refusalCodes } from '../../shared/domain/risk.ts';
import { type ApiContext, type ApiServer, readProblems } from '../api-context.ts';
import type { LiveView } from '../live-view.ts';
import { positionRow } from '../position-row.ts';
import { defaultListRows, flagQuery, limitQuery, symbolText } from '../schemas/common-bodies.ts';
import { equityBody, fillBody, orderBody, positionBody, refusalBody } from '../schemas/trading-bodies.ts';
import { where } from '../where.ts';
import { toWireForm } from '../wire-form.ts';

const defaultEquityPoints = 500;

/** A position with what it would bring at the last known price, before the cost of leaving. */
function markedPosition(position: Position, live: Pick<LiveView, 'markPrice'>) {
  const mark = position.open ? live.markPrice(position.symbol) : undefined;
  const perUnit =
    mark === undefined
      ? undefined
      : position.side === 'long'
        ? subtractDecimal(mark, position.average_entry_price)
        : subtractDecimal(position.average_entry_price, mark);
  return {
    ...positionRow(position),
    mark_price: mark ?? null,
    unrealised_profit:
      perUnit === undefined ? null : addDecimal(multiplyDecimal(perUnit, position.quantity), '0'),
  };
}

export function addTradingRoutes(app: ApiServer, context: ApiContext): void {
  addPositions(app, context);
  addOrders(app, context);
  addRecords(app, context);
}

function addPositions(app: ApiServer, { dependencies: { reader }, live }: ApiContext): void {
  app.get(
    '/trading/positions',
    {
      schema: {
        tags: ['trading'],
        summary: 'Positions, newest first; open ones unless asked otherwise',
        querystring: z.object({
          limit: limitQuery(100),
          state: z.enum(['open', 'closed', 'all']).default('open'),
          symbol: symbolText.optional(),
        }),
        response: { 200: z.object({ positions: z.array(positionBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, state, symbol } }) => {
      const open = state === 'all' ? {} : { open: state === 'open' };
      const rows = await reader.list('positions', { limit, ...open, ...where({ symbol }) });
      return { positions: rows.map((position) => markedPosition(position, live)) };
    },
  );
}

function addOrders(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/trading/orders',
    {
      schema: {
        tags: ['trading'],
        summary: 'Orders, newest first',
        querystring: z.object({
          limit: limitQuery(defaultListRows),
          symbol: symbolText.optional(),
          state: z.enum(orderStates).optional(),
          open: flagQuery.optional().describe('Only those trading still needs (true), or only settled ones'),
        }),
        response: { 200: z.object({ orders: z.array(orderBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, symbol, state, open } }) => ({
      orders: toWireForm(
        await reader.list('orders', {
          limit,
          ...(open === undefined ? {} : { open }),
          ...where({ symbol, state }),
        }),
      ),
    }),
  );
}

function addRecords(app: ApiServer, { dependencies: { reader } }: ApiContext): void {
  app.get(
    '/trading/fills',
    {
      schema: {
        tags: ['trading'],
        summary: 'Fills, newest first',
        querystring: z.object({ limit: limitQuery(defaultListRows), symbol: symbolText.optional() }),
        response: { 200: z.object({ fills: z.array(fillBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, symbol } }) => ({
      fills: toWireForm(await reader.list('fills', { limit, ...where({ symbol }) })),
    }),
  );
  app.get(
    '/trading/refusals',
    {
      schema: {
        tags: ['trading'],
        summary: 'Signals that risk refused, with limit and actual, newest first',
        querystring: z.object({
          limit: limitQuery(defaultListRows),
          symbol: symbolText.optional(),
          code: z.enum(refusalCodes).optional(),
        }),
        response: { 200: z.object({ refusals: z.array(refusalBody) }), ...readProblems },
      },
    },
    async ({ query: { limit, symbol, code } }) => ({
      refusals: toWireForm(await reader.list('refusals', { limit, ...where({ symbol, code }) })),
    }),
  );
  app.get(
    '/trading/equity',
    {
      schema: {
        tags: ['trading'],
        summary: 'The newest points of the equity curve, oldest first as a chart wants them',
        querystring: z.object({ limit: limitQuery(defaultEquityPoints) }),
        response: { 200: z.object({ equity: z.array(equityBody) }), ...readProblems },
      },
    },
    async ({ query: { limit } }) => ({
      equity: toWireForm((await reader.list('equity', { limit })).toReversed()),
    }),
  );
}
