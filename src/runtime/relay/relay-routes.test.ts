// The routes between processes are exactly what the agents hear from each other.
import { expect, test } from 'vitest';
import { trendBreakout } from '../../analyst/strategies/trend-breakout.ts';
import { inputTypes, type MessageType } from '../../shared/bus/catalogue.ts';
import { relayedInputs, relayHearers } from '../../shared/bus/relay-schemas.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import { defaultRiskSettings } from '../../shared/domain/agent-settings.ts';
import { agentBuilder } from '../agents.ts';

/** Each process has its own of these, or asked for them itself. */
const own: readonly MessageType[] = [
  'kernel.started',
  'kernel.alarm',
  'market.candle',
  'market.quotes',
  'market.history',
  'market.sentiment',
  'market.calendar',
  'news.item',
  'broker.report',
  'broker.uncertain',
  'broker.snapshot',
  'system.vitals',
  'probe.result',
  'workflow.result',
  'workflow.handover',
  'job.result',
  'model.reply',
  'heal.done',
  // The ladder is watched where it is asked: by a health monitor in the orchestrator's process.
  'model.ladder',
  'model.consulted',
];
/** Agents that hear of a restart only to do their own part again. */
const ownRestart: readonly AgentName[] = ['analyst_ai', 'trading_ai'];

function hearers(): Map<MessageType, AgentName[]> {
  const factories = agentBuilder([trendBreakout])({
    run_mode: 'paper',
    universe: ['BTCUSDT'],
    starting_cash: 1_000,
    base_timeframe: '1m',
    strategy: 'trend-breakout',
    sources: ['synthetic'],
    broker: { name: 'paper', simulated: true, short: true },
    initial_trading_state: 'active',
    risk: defaultRiskSettings,
  });
  const found = new Map<MessageType, AgentName[]>();
  for (const name of agentNames)
    for (const type of factories[name]?.().subscriptions ?? [])
      found.set(type, [...(found.get(type) ?? []), name]);
  return found;
}

test('every type that an agent hears from another travels to it, and nothing else does', () => {
  const wanted: Record<string, AgentName[]> = {};
  for (const [type, names] of hearers()) {
    if (own.includes(type)) continue;
    wanted[type] =
      type === 'kernel.agent_restarted' ? names.filter((name) => !ownRestart.includes(name)) : names;
  }
  // Sent to the agent of the task by name, without a subscription.
  wanted['task.assigned'] = ['analyst_ai', ...(wanted['task.assigned'] ?? [])];
  // Discovery is heard by the analyst where it is made; its own process keeps it.
  wanted['market.candidates'] = ['trading_ai'];
  // The orchestrator's own process asks the workflow server.
  wanted['workflow.status'] = ['health_ai'];
  const sorted = (routes: object) =>
    Object.fromEntries(
      Object.entries(routes)
        .map(([type, names]): [string, AgentName[]] => [type, [...names].sort()])
        .sort(([left], [right]) => (left < right ? -1 : 1)),
    );
  expect(sorted(relayHearers)).toEqual(sorted(wanted));
});

test('every input that travels has one process that passes it on, or is passed on by whoever was told', () => {
  const travelling = inputTypes.filter((type) => Object.hasOwn(relayHearers, type));
  // Emitted by the kernel when an agent is back, so it travels as what an agent says.
  expect(Object.keys(relayedInputs).sort()).toEqual(
    travelling.filter((type) => type !== 'kernel.agent_restarted').sort(),
  );
});
