// The names of all playbooks. Rows and messages carry them.

export const playbookNames = [
  'source_down',
  'restart_agent',
  'tighten_trading',
  'database_slow',
  'memory_leak',
  'api_rate_limit',
  'agent_stuck',
  'queue_stuck',
  'n8n_down',
  'model_provider_down',
  'disk_filling',
  'clock_skew',
  'relay_down',
] as const;
export type PlaybookName = (typeof playbookNames)[number];
