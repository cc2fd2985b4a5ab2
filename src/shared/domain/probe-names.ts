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
] as const;
export type ProbeName = (typeof probeNames)[number];

/** Target of probes that look at the one process or machine and not at one of several things. */
export const wholeSystemTarget = 'system';

/** Observations that Alertmanager sends us; nobody can be asked for them again. */
export const externalAlertProbe = 'alertmanager';
