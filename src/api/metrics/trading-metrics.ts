// The metrics of trading: orders, fills, refusals, positions, profit, equity, drawdown, state.
import { counter, gauge, labelled, type MetricDefinition } from './metric-definition.ts';

export function tradingMetrics(): MetricDefinition[] {
  return [
    labelled(
      'counter',
      'ato_trading_orders_total',
      'Orders that entered a state since the start.',
      ['state'],
      (scrape) => scrape.activity.orders.entries(),
    ),
    counter(
      'ato_trading_fills_total',
      'Fills counted since the start, each once.',
      (scrape) => scrape.activity.fills,
    ),
    labelled(
      'counter',
      'ato_trading_refusals_total',
      'Signals refused by risk since the start, by code.',
      ['code'],
      (scrape) => scrape.activity.refusals.entries(),
    ),
    gauge(
      'ato_trading_open_positions',
      'Open positions.',
      ({ live }) => live.tradingSummary?.open_positions ?? live.equity?.open_positions,
    ),
    labelled(
      'counter',
      'ato_trading_positions_closed_total',
      'Positions closed since the start, by result after fees.',
      ['result'],
      (scrape) => scrape.activity.closed.entries(),
    ),
    gauge(
      'ato_trading_realised_profit',
      'Sum of the results of positions closed since the start, after fees; a loss is negative.',
      (scrape) => scrape.activity.realisedProfit,
    ),
    gauge('ato_trading_equity', 'Equity in account currency.', ({ live }) => live.equity?.equity),
    gauge(
      'ato_trading_drawdown_percent',
      'Fall from peak equity in percent.',
      ({ live }) => live.equity?.drawdown_pct,
    ),
    gauge(
      'ato_trading_unknown_orders',
      'Orders whose outcome at the broker is not known.',
      ({ live, activity }) => live.tradingSummary?.unknown_orders ?? activity.unknownOrders,
    ),
    labelled(
      'gauge',
      'ato_trading_state',
      'The trading switch: 1 on the state that holds.',
      ['state'],
      ({ live }) => {
        const now = live.tradingSummary?.state ?? live.tradingState?.state;
        return ['active', 'reducing', 'halted'].map((state) => [{ state }, Number(state === now)]);
      },
    ),
  ];
}
