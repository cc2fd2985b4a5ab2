// What each event of the stream does to the page's state. Pure; an event that is unknown or unreadable changes nothing.
import type { z } from 'zod';
import { addCandle, addEquity, addFill, addPosition, addSource, markPrice, upsert } from './fold.ts';
import * as row from './rows.ts';
import type { Dashboard } from './store.ts';

type Fold = (state: Dashboard, data: unknown) => Dashboard;

function folding<Row>(schema: z.ZodType<Row>, add: (state: Dashboard, row: Row) => Dashboard): Fold {
  return (state, data) => {
    const read = schema.safeParse(data);
    return read.success ? add(state, read.data) : state;
  };
}

const decisionFold = folding(row.decisionSchema, (state, item) => ({
  ...state,
  decisions: upsert(state.decisions, item, (other) => other.id),
  overview: {
    ...state.overview,
    mode: item.mode ?? state.overview.mode,
    nextDecisionAt: Math.max(item.next_decision_at ?? 0, state.overview.nextDecisionAt ?? 0) || null,
  },
}));

/** Of a decision that the page does not hold there is nothing to complete. */
const scoreFold = folding(row.decisionScoreSchema, (state, { id, outcome }) => ({
  ...state,
  decisions: state.decisions.map((decision) => (decision.id === id ? { ...decision, outcome } : decision)),
}));

const folds: Readonly<Record<string, Fold>> = {
  decision: decisionFold,
  'decision.scored': scoreFold,
  signal: folding(row.signalSchema, (state, item) => ({
    ...state,
    signals: upsert(state.signals, item, (other) => other.signal_id),
  })),
  'task.changed': folding(row.taskSchema, (state, item) => ({
    ...state,
    tasks: upsert(state.tasks, item, (other) => other.id),
  })),
  'trading.order_changed': folding(row.orderSchema, (state, item) => ({
    ...state,
    orders: upsert(state.orders, item, (other) => other.id),
  })),
  'trading.position_changed': folding(row.positionSchema, addPosition),
  'trading.refused': folding(row.refusalSchema, (state, item) => ({
    ...state,
    refusals: upsert(state.refusals, item, (other) => other.id),
  })),
  'trading.fill': folding(row.fillSchema, addFill),
  'trading.equity': folding(row.equitySchema, addEquity),
  'health.incident': folding(row.incidentSchema, (state, item) => ({
    ...state,
    incidents: upsert(state.incidents, item, (other) => other.id),
  })),
  'market.source_status': folding(row.sourceSchema, addSource),
  'system.vitals': folding(row.vitalsSchema, (state, item) => ({ ...state, vitals: item })),
  'market.candle': folding(row.candleSchema, (state, item) =>
    markPrice(addCandle(state, item), item.symbol, item.close, false),
  ),
  'market.quote': folding(row.quoteSchema, (state, item) =>
    markPrice(state, item.symbol, (item.bid + item.ask) / 2, true),
  ),
  'market.state': folding(row.marketStateSchema, (state, item) => ({
    ...state,
    volatility: { ...state.volatility, [item.asset_class]: item.volatility },
  })),
  'trading.state_changed': folding(row.tradingStateSchema, (state, item) => ({
    ...state,
    overview: { ...state.overview, tradingState: item.state, tradingReason: item.reason },
  })),
  'health.summary': folding(row.healthSummarySchema, (state, item) => ({
    ...state,
    overview: { ...state.overview, systemLoad: item.system_load ?? state.overview.systemLoad },
  })),
  'operator.command': folding(row.operatorCommandSchema, (state, item) => {
    if (item.command !== 'start' && item.command !== 'stop') return state;
    return { ...state, overview: { ...state.overview, running: item.command === 'start' } };
  }),
};

/** The state after one event; the same state when the event says nothing to the page. */
export function foldEvent(state: Dashboard, name: string, data: unknown): Dashboard {
  const fold = Object.hasOwn(folds, name) ? folds[name] : undefined;
  return fold === undefined ? state : fold(state, data);
}
