// Jobs in the outbox of the process that hosts the orchestrator, claimed by workers of any machine. All times are the database's.
// It must never take a job from a worker that still shows signs of life.
import pg from 'pg';
import { z } from 'zod';
import type { Effect } from '../../../shared/bus/effects.ts';
import { inputSchemas } from '../../../shared/bus/schemas.ts';
import { quotedIdentifier } from '../../../shared/db/sql-driver.ts';
import type { JobKind } from '../../../shared/domain/task.ts';
import type { ClaimedJob, JobOutcome, JobQueue } from '../../../shared/ports/job-queue.ts';

const maxConnections = 2;
const answerTimeoutMs = 10_000;

const outcome = z.object({
  succeeded: z.boolean(),
  result: z.custom<JobOutcome['result']>(
    (value) =>
      inputSchemas['job.result'].safeParse({
        task_id: 'x',
        kind: 'report',
        succeeded: true,
        attempt: 1,
        result: value,
      }).success,
    'not a result',
  ),
});

export class PostgresJobQueue implements JobQueue {
  readonly #pool: pg.Pool;
  readonly #schema: string;

  constructor(options: { readonly url: string; readonly schema: string; readonly name: string }) {
    this.#schema = quotedIdentifier(options.schema);
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.name.slice(0, 58),
      max: maxConnections,
      connectionTimeoutMillis: answerTimeoutMs,
      query_timeout: answerTimeoutMs,
      keepAlive: true,
    });
    this.#pool.on('error', () => undefined);
  }

  async claim(worker: string, kinds: readonly JobKind[], leaseMs: number): Promise<ClaimedJob | undefined> {
    // Locked rows belong to a worker that claims at this moment; the unique key settles the rest.
    const found = await this.#pool.query<{ claim: string; data: string }>(
      `with free as (
         select e.id, e.data from ${this.#schema}.effects e
         left join ${this.#schema}.job_claims c on c.effect_id = e.id
         where e.kind = 'job.run' and (e.data::json -> 'data' ->> 'kind') = any($2)
           and (c.effect_id is null or (c.finished_at is null and c.expires_at < now()))
         order by e.ordinal limit 1 for update of e skip locked
       ), claimed as (
         insert into ${this.#schema}.job_claims as c (effect_id, worker, claim, claimed_at, expires_at)
           select id, $1, 1, now(), now() + make_interval(secs => $3) from free
         on conflict (effect_id) do update set worker = excluded.worker, claim = c.claim + 1,
           claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
           where c.finished_at is null and c.expires_at < now()
         returning c.effect_id, c.claim
       ) select claimed.claim::text, free.data from claimed join free on free.id = claimed.effect_id`,
      [worker, kinds, leaseMs / 1_000],
    );
    const [row] = found.rows;
    if (row === undefined) return undefined;
    return { effect: JSON.parse(row.data) as Effect<'job.run'>, claim: Number(row.claim) };
  }

  async renew({ effect, claim }: ClaimedJob, leaseMs: number): Promise<boolean> {
    const renewed = await this.#pool.query(
      `update ${this.#schema}.job_claims set expires_at = now() + make_interval(secs => $3)
       where effect_id = $1 and claim = $2 and finished_at is null`,
      [effect.id, claim, leaseMs / 1_000],
    );
    return renewed.rowCount === 1;
  }

  async release({ effect, claim }: ClaimedJob): Promise<void> {
    await this.#pool.query(
      `update ${this.#schema}.job_claims set expires_at = '-infinity'
       where effect_id = $1 and claim = $2 and finished_at is null`,
      [effect.id, claim],
    );
  }

  async finish({ effect, claim }: ClaimedJob, done: JobOutcome): Promise<boolean> {
    const finished = await this.#pool.query(
      `update ${this.#schema}.job_claims set finished_at = now(), result = $3
       where effect_id = $1 and claim = $2 and finished_at is null`,
      [effect.id, claim, JSON.stringify(done)],
    );
    return finished.rowCount === 1;
  }

  async outcomes(effectIds: readonly string[]): Promise<ReadonlyMap<string, JobOutcome>> {
    const found = await this.#pool.query<{ effect_id: string; result: string }>(
      `select effect_id, result from ${this.#schema}.job_claims where effect_id = any($1) and finished_at is not null`,
      [effectIds],
    );
    return new Map(found.rows.map(({ effect_id, result }) => [effect_id, outcome.parse(JSON.parse(result))]));
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
