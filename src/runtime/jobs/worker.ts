// A worker: takes committed jobs from PostgreSQL, does them, and says what came of it. Any number of them may run, on any machine.
// What it was doing when it died is given to another one as soon as its signs of life have stopped.
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { PostgresJobQueue } from '../../adapters/job-queue/postgres/postgres-job-queue.ts';
import { PostgresInstallation } from '../../adapters/store/postgres/installation.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { JobKind } from '../../shared/domain/task.ts';
import type { ClaimedJob, JobOutcome, JobQueue } from '../../shared/ports/job-queue.ts';
import type { Log } from '../../shared/ports/log.ts';
import { selectMarket } from '../market/market-selection.ts';
import { StartRefused } from '../system/start-guards.ts';
import { type JobHandler, withinDeadline } from './job-desk.ts';
import { jobHandlers } from './job-handlers.ts';

const leaseMs = 10_000;
const renewMs = 2_000;
const idleMs = 500;
const troubleMs = 2_000;
/** Before the orchestrator has run for the first time there is nothing to take jobs from. */
const lookForOrchestratorMs = 2_000;

export interface WorkerOptions {
  readonly kinds: readonly JobKind[];
  readonly log: Log;
  readonly stopping: AbortSignal;
}

/** Works until it is told to stop. Throws StartRefused when the settings name no PostgreSQL. */
export async function work(settings: Settings, { kinds, log, stopping }: WorkerOptions): Promise<void> {
  const url = settings.DATABASE_URL;
  if (url === undefined)
    throw new StartRefused(
      'A worker takes its jobs from PostgreSQL. Fix: set DATABASE_URL to the database of the orchestrator.',
    );
  const worker = `ato worker ${process.pid} on ${os.hostname()}`;
  const installation = new PostgresInstallation(url, settings.DATABASE_SCHEMA);
  try {
    const schema = await orchestratorsSchema(installation, log, stopping);
    if (schema === undefined) return;
    const queue = new PostgresJobQueue({ url, schema, name: worker });
    try {
      const market = await selectMarket(settings, Promise.resolve(0), log);
      const reader = installation.reader(noRows, []);
      const account = settings.ATO_MODE === 'live' ? 'live' : 'simulated';
      const handlers = jobHandlers({ settings, store: reader }, market.sources, account);
      log.info({ schema, kinds }, 'worker ready');
      await new Worker(worker, queue, handlers, kinds, log).run(stopping);
    } finally {
      await queue.close();
    }
  } finally {
    await installation.close();
  }
}

/** Rows that belong to no agent are of no use to a job. */
const noRows = {
  list: async () => [],
  get: async () => undefined,
  count: async () => 0,
  journal: async function* () {},
};

async function orchestratorsSchema(
  installation: PostgresInstallation,
  log: Log,
  stopping: AbortSignal,
): Promise<string | undefined> {
  let told = false;
  while (!stopping.aborted) {
    const found = await installation.places().catch((error: unknown) => {
      log.warn({ error: String(error) }, 'the database does not answer');
      return [];
    });
    const place = found.find(({ agents }) => agents.includes('orchestrator_ai'));
    if (place !== undefined) return place.schema;
    if (!told) log.info({}, 'waiting for the first start of an orchestrator');
    told = true;
    await delay(lookForOrchestratorMs, undefined, { signal: stopping }).catch(() => undefined);
  }
  return undefined;
}

class Worker {
  readonly #name: string;
  readonly #queue: JobQueue;
  readonly #handlers: Readonly<Record<JobKind, JobHandler>>;
  readonly #kinds: readonly JobKind[];
  readonly #log: Log;

  constructor(
    name: string,
    queue: JobQueue,
    handlers: Readonly<Record<JobKind, JobHandler>>,
    kinds: readonly JobKind[],
    log: Log,
  ) {
    this.#name = name;
    this.#queue = queue;
    this.#handlers = handlers;
    this.#kinds = kinds;
    this.#log = log;
  }

  async run(stopping: AbortSignal): Promise<void> {
    const pause = (ms: number) => delay(ms, undefined, { signal: stopping }).catch(() => undefined);
    let trouble = false;
    while (!stopping.aborted) {
      try {
        const job = await this.#queue.claim(this.#name, this.#kinds, leaseMs);
        trouble = false;
        if (job === undefined) await pause(idleMs);
        else await this.#do(job, stopping);
      } catch (error) {
        if (!trouble)
          this.#log.warn({ error: String(error) }, 'the database does not answer: waiting for it');
        trouble = true;
        await pause(troubleMs);
      }
    }
  }

  async #do(job: ClaimedJob, stopping: AbortSignal): Promise<void> {
    const { task_id, kind, attempt, deadline_at } = job.effect.data;
    this.#log.info({ job: kind, task: task_id, attempt, claim: job.claim }, 'job begun');
    const mine = new AbortController();
    const renewing = setInterval(() => {
      // Without an answer nothing is known: the job goes on, and its outcome counts only if it is still ours.
      this.#queue.renew(job, leaseMs).then(
        (renewed) => renewed || mine.abort(new Error('the job was given to another worker')),
        () => undefined,
      );
    }, renewMs);
    try {
      const begun = Date.now();
      const signal = AbortSignal.any([mine.signal, stopping]);
      const outcome: JobOutcome = await withinDeadline(
        this.#handlers[kind],
        { id: task_id, kind, attempt, now: begun },
        deadline_at - begun,
        signal,
      );
      if (stopping.aborted) await this.#queue.release(job);
      else if (!mine.signal.aborted) {
        const kept = await this.#queue.finish(job, outcome);
        this.#log.info({ job: kind, task: task_id, kept, error: outcome.result.error }, 'job done');
      }
    } finally {
      clearInterval(renewing);
    }
  }
}
