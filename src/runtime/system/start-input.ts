// The first input of every start, `kernel.started`, with what the agents are built from. It is recorded, so that a replay
// builds the same agents; it must never hold a secret.
import type { KernelInput } from '../../kernel/kernel.ts';
import { alertSettingsOf } from '../../shared/config/alert-settings.ts';
import { healingSettingsOf } from '../../shared/config/healing-settings.ts';
import { lookSettingsOf } from '../../shared/config/look-settings.ts';
import { sessionRulesOf } from '../../shared/config/session-settings.ts';
import { candidateLimitsOf, exitSettingsOf, riskSettingsOf } from '../../shared/config/settings.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { timeframeMs } from '../../shared/domain/candle.ts';
import { choresOf } from '../jobs/job-handlers.ts';
import { relaySettingsOf } from '../relay/open-relay.ts';
import { isWhole } from '../relay/relay-bridge.ts';
import { version } from '../version.ts';
import type { Foundation } from './foundation.ts';

/** What the agents' settings depend on. */
type AgentGround = Pick<
  Foundation,
  'settings' | 'market' | 'strategies' | 'trading' | 'models' | 'workflows'
>;

/** What the agents are built from; it travels in `kernel.started`. */
export function agentSettingsOf(foundation: AgentGround): AgentSettings {
  const { settings, market, strategies } = foundation;
  return {
    run_mode: settings.ATO_MODE,
    ...(isWhole(settings.AGENTS) ? {} : { agents: settings.AGENTS }),
    universe: market.universe,
    starting_cash: foundation.trading.startingCash,
    base_timeframe: market.baseTimeframe,
    strategy: strategies.active,
    sources: market.sources.map((source) => source.name),
    market_kind: market.kind,
    market_pace: settings.ATO_MARKET_SPEED,
    chores: choresOf(settings),
    learning: settings.ATO_LEARNING,
    looks: lookSettingsOf(settings, market.sources),
    ...foundation.trading.agentSettings,
    exits: exitSettingsOf(settings),
    sessions: sessionRulesOf(settings),
    discovery: candidateLimitsOf(settings),
    alerts: alertSettingsOf(settings),
    // In a hurried market a step's minute is milliseconds: nothing could be verified.
    ...(settings.ATO_MARKET_SPEED === 1 ? { healing: healingSettingsOf(settings) } : {}),
    risk: {
      ...riskSettingsOf(settings),
      quote_stale_ms: Math.max(
        riskSettingsOf(settings).quote_stale_ms,
        1.5 * timeframeMs[market.baseTimeframe],
      ),
    },
    ...relaySettingsOf(settings),
    ...(foundation.models === undefined ? {} : { models: foundation.models.settings }),
    ...(foundation.workflows.forAgents === undefined ? {} : { workflows: foundation.workflows.forAgents }),
  };
}

/** The input itself; it must reach the kernel before any other. */
export function startedInput(foundation: AgentGround & Pick<Foundation, 'loaded' | 'clock'>): KernelInput {
  const { settings, loaded, clock } = foundation;
  const data = {
    run_mode: settings.ATO_MODE,
    seed: settings.ATO_SEED,
    version,
    agent_settings: { ...agentSettingsOf(foundation) },
    first_start: loaded.sequence === 0,
  };
  return { from: 'kernel', message_type: 'kernel.started', data, at: clock.now() };
}
