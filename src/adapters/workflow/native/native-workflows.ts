// The workflow server that is none: says at once that nothing ran, so that the agents do the work.
// It stands in when none is configured, also for calls that an earlier start with other settings has left behind.
import type { WorkflowEnd, WorkflowServer } from '../../../shared/ports/workflow.ts';

const nothingRan: WorkflowEnd = {
  outcome: 'not_run',
  succeeded: false,
  result: {
    effect_observed: false,
    looked_at: 0,
    found: 0,
    summary: '',
    error: 'no workflow server is configured',
  },
  via: 'none',
  executionId: null,
};

export function nativeWorkflows(): WorkflowServer {
  return {
    name: 'native',
    run: async () => nothingRan,
    resume: async () => nothingRan,
    check: async () => ({
      server: 'native',
      ok: true,
      health: 1,
      detail: 'the agents do the work',
      latency_ms: 0,
    }),
  };
}
