// Joins those who do work outside of the agents to the inbox. It must never choose what is done.

import { JobDesk } from '../jobs/job-desk.ts';
import { jobHandlers } from '../jobs/job-handlers.ts';
import { jobQueueOf } from '../jobs/job-queue.ts';
import { WorkerDesk } from '../jobs/worker-desk.ts';
import { WorkflowDesk, type WorkflowDeskOptions } from '../workflows/workflow-desk.ts';
import type { Foundation } from './foundation.ts';

/** The workflow server, and the jobs: in this process, or in workers where there is a queue. */
export function workDesks(
  { clock, log, market, settings, reader, trading, workflows }: Foundation,
  waits: Pick<WorkflowDeskOptions, 'post' | 'postAndWait' | 'settle'>,
): { readonly desk: WorkflowDesk; readonly jobs: Pick<JobDesk, 'release' | 'stop' | 'letGo'> } {
  const { server, callbackSecret } = workflows;
  const account = trading.agentSettings.broker.simulated ? 'simulated' : 'live';
  const handlers = jobHandlers({ settings, store: reader }, market.sources, account);
  const queue = jobQueueOf(settings);
  return {
    desk: new WorkflowDesk({ server, callbackSecret, clock, log, ...waits }),
    jobs:
      queue === undefined
        ? new JobDesk({ handlers, clock, log, ...waits })
        : new WorkerDesk({ queue, clock, log, ...waits }),
  };
}
