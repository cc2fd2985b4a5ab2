// Builds the four agents from the settings recorded in `kernel.started`, live and in replay alike.
import { createAnalyst } from '../analyst/analyst.ts';
import type { Strategy } from '../analyst/strategy.ts';
import { createHealthMonitor } from '../health-monitor/health-monitor.ts';
import type { AgentBuilder, AgentFactories } from '../kernel/agent.ts';
import { createOrchestrator } from '../orchestrator/orchestrator.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { createTrading } from '../trading/trading.ts';

/** A builder that knows these strategies; everything else comes from the recorded settings. */
export function agentBuilder(strategies: readonly Strategy[]): AgentBuilder {
  return (recorded) => {
    const settings = recorded as unknown as AgentSettings;
    const all: Required<AgentFactories> = {
      orchestrator_ai: () => createOrchestrator(settings),
      analyst_ai: () => createAnalyst(settings, strategies),
      trading_ai: () => createTrading(settings),
      health_ai: () => createHealthMonitor(settings),
    };
    const here = settings.agents;
    if (here === undefined) return all;
    return Object.fromEntries(here.map((agent) => [agent, all[agent]]));
  };
}
