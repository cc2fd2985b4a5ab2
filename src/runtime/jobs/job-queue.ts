// The queue that workers take jobs from, where they do them.
import { PostgresJobQueue } from '../../adapters/job-queue/postgres/postgres-job-queue.ts';
import { schemaOf } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { JobQueue } from '../../shared/ports/job-queue.ts';

/** Undefined where jobs are done in the process itself. */
export function jobQueueOf(settings: Settings): JobQueue | undefined {
  const { DATABASE_URL: url, ATO_JOBS } = settings;
  if (url === undefined || ATO_JOBS === 'here' || !settings.AGENTS.includes('orchestrator_ai'))
    return undefined;
  return new PostgresJobQueue({ url, schema: schemaOf(settings), name: `ato process ${process.pid} jobs` });
}
