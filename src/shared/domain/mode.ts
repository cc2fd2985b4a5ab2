// Market mode chosen by the orchestrator, and the run mode chosen by the person who starts the system.

export const marketModes = ['crypto', 'forex', 'hybrid', 'standby'] as const;
export type MarketMode = (typeof marketModes)[number];

export const runModes = ['live', 'paper', 'replay', 'simulation'] as const;
export type RunMode = (typeof runModes)[number];
