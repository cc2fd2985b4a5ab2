// What healing may ask of the outside: a closed list. Nothing here can place, change or cancel an order.

export const healActions = [
  /** Ends statements of our own role that run for too long, and idle transactions of it that block us. */
  'database.cancel_runaways',
  /** VACUUM and ANALYZE of our tables, retention of the journal. */
  'database.tidy',
  /** Builds one proposed index concurrently. */
  'database.create_index',
  /** Waits longer between commits, so that more inputs share one. */
  'commits.batch',
  'commits.normal',
  /** The optimiser's own, milder pause, and back to the one the program starts with. */
  'commits.tune',
  'commits.untune',
  /** Removes old logs, recordings and journal beyond their retention. */
  'disk.prune',
  /** Asks a source half as often as before, for every task that uses it. */
  'source.slow_down',
  /** Gives a source back its pace. */
  'source.normal_pace',
  /** Lets go of jobs that run past their deadline, so that the orchestrator tries again or gives up. */
  'jobs.release',
  /** Asks every trusted clock again. */
  'clock.measure',
  /** Asks the workflow server now. */
  'workflow.check',
  /** Drops every connection to the relay and dials it anew. */
  'relay.reconnect',
  /** Sends again what the other processes have not acknowledged; they know repetitions by their numbers. */
  'relay.resend',
  /** Finishes what is under way, commits it and starts the program anew from its tables. */
  'program.restart',
] as const;
export type HealAction = (typeof healActions)[number];

/** What healing is allowed to do here, and what there is to heal. */
export interface HealingSettings {
  readonly process_restart: boolean;
  readonly create_index: boolean;
  readonly database: 'postgres' | 'embedded';
}
