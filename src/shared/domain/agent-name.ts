// Names of the four agents as users and other processes write them on the wire.

export const agentNames = ['orchestrator_ai', 'analyst_ai', 'trading_ai', 'health_ai'] as const;
export type AgentName = (typeof agentNames)[number];

/** Everything that may appear in `from`: the agents, and the outside world by its role. */
export const originNames = [
  ...agentNames,
  'kernel',
  'market',
  'broker',
  'operator',
  'system',
  'workflow',
  'model',
] as const;
export type OriginName = (typeof originNames)[number];

/** Everything that may appear in `to`: one agent, or every agent that subscribes to the type. */
export type Recipient = AgentName | 'all';
