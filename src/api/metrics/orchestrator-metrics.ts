// The metrics of the orchestrator that every dashboard begins with: decisions, mode, load, whether it runs.
import { marketVolatility, orchestratorRunning, systemLoad } from '../overview.ts';
import { counter, gauge, labelled, type MetricDefinition } from './metric-definition.ts';

export function orchestratorMetrics(): MetricDefinition[] {
  return [
    counter(
      'orchestrator_decisions_total',
      'Decisions recorded, continued from the store after a restart.',
      (scrape) => scrape.decisions.total,
    ),
    gauge(
      'orchestrator_successful_decisions',
      'Decisions whose tasks finished and whose promised effect was observed; at start the newest 1,000 of the store count.',
      (scrape) => scrape.decisions.successful,
    ),
    gauge(
      'orchestrator_success_rate',
      'Successful among all scored decisions, also those to run nothing, 0 to 1; NaN before the first.',
      (scrape) => scrape.decisions.successRate,
    ),
    counter(
      'orchestrator_mode_switches_total',
      'Decisions that changed the market mode; at start the newest 1,000 of the store count.',
      (scrape) => scrape.decisions.modeSwitches,
    ),
    gauge(
      'orchestrator_system_load',
      'Load of 0 to 1 of what the machine can bear, as the health monitor measures it.',
      (scrape) => systemLoad(scrape.live),
    ),
    gauge(
      'orchestrator_market_volatility',
      'Annualised realised volatility (0.6 = 60 %) of the traded market; the larger one in hybrid and standby.',
      (scrape) => marketVolatility(scrape.live),
    ),
    gauge(
      'orchestrator_running',
      'Whether the orchestrator schedules work: 1 yes, 0 stopped by a person.',
      (scrape) => {
        const running = orchestratorRunning(scrape.facts, scrape.live);
        return running === null ? null : Number(running);
      },
    ),
    labelled(
      'gauge',
      'ato_market_volatility',
      'Annualised realised volatility by asset class.',
      ['asset_class'],
      ({ live }) =>
        live.markets.map((market) => [{ asset_class: market.asset_class }, market.volatility ?? Number.NaN]),
    ),
    labelled(
      'gauge',
      'ato_market_activity',
      'Volatility relative to its own normal by asset class; 1 is normal.',
      ['asset_class'],
      ({ live }) =>
        live.markets.map((market) => [{ asset_class: market.asset_class }, market.activity ?? Number.NaN]),
    ),
    labelled(
      'counter',
      'ato_tasks_total',
      'Tasks that entered a state since the start, by kind.',
      ['kind', 'state'],
      (scrape) => scrape.activity.tasks.entries(),
    ),
    labelled(
      'gauge',
      'ato_tasks_open',
      'Tasks not finished yet, by kind and state.',
      ['kind', 'state'],
      (scrape) => scrape.activity.openTasks(),
    ),
  ];
}
