// What can be probed, by name. Health asks with these names, the probe adapters answer with the same ones.

export const probeNames = [
  'source',
  'store',
  'clock',
  'disk',
  'event_loop',
  'heap',
  'agent',
  'workflow',
  'database',
  'model',
  'relay',
  'relay_lag',
] as const;
export type ProbeName = (typeof probeNames)[number];

/** Target of probes that look at the one process or machine and not at one of several things. */
export const wholeSystemTarget = 'system';

/** Ways of messages between processes, each a target of the probe `relay_lag`. */
export const relayWays = ['sent', 'received', 'elsewhere'] as const;
export type RelayWay = (typeof relayWays)[number];

/** What the watchdog of an earlier run ended; told once after the start, and nobody can be asked for it again. */
export const watchdogProbe = 'watchdog';

/** Observations that Alertmanager sends us; nobody can be asked for them again. */
export const externalAlertProbe = 'alertmanager';
