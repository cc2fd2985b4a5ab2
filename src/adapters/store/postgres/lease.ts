// The lease of the one process that may write a schema: a number that grows with each holder (the fence), checked in every
// commit, and a time until which the holder is certain, checked before an order leaves. It must never say yes when it is not sure.
import type pg from 'pg';
import { fencedCode, SqlError, type SqlStatement } from '../../../shared/db/sql-driver.ts';

/** Without renewal for this long another process may take over. */
const leaseMs = 5_000;
const renewMs = 1_000;
const answerTimeoutMs = 2_000;
/** A question this simple takes a few milliseconds. */
const slowMs = 300;
/** Less than this left is not enough to send anything. */
const marginMs = 500;

export class Lease {
  readonly #connect: () => Promise<pg.Client>;
  readonly #fence: number;
  readonly #trouble: (words: string | undefined) => void;
  #troubled = false;
  #client: pg.Client | undefined;
  #certainUntil: number;
  #lost = false;
  #renewing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    connect: () => Promise<pg.Client>,
    fence: number,
    begun: number,
    trouble: (words: string | undefined) => void,
  ) {
    this.#connect = connect;
    this.#trouble = trouble;
    this.#fence = fence;
    this.#certainUntil = begun + leaseMs;
  }

  /** Takes the next number on the connection that holds the lock; from then on commits of earlier holders are refused. */
  static async take(
    writer: pg.Client,
    holder: string,
    connect: () => Promise<pg.Client>,
    trouble: (words: string | undefined) => void,
  ): Promise<Lease> {
    const begun = performance.now();
    const taken = await writer.query<{ fence: string }>(
      `with next as (update store_state set fence = fence + 1 returning fence)
       insert into lease (fence, holder, renewed_at, expires_at)
         select fence, $1, now(), now() + make_interval(secs => $2) from next
       on conflict (only_row) do update set fence = excluded.fence, holder = excluded.holder,
         renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
       returning fence::text`,
      [holder, leaseMs / 1_000],
    );
    const lease = new Lease(connect, Number(taken.rows[0]?.fence ?? 0), begun, trouble);
    lease.#schedule();
    return lease;
  }

  /** First of every commit: stops it when a later holder has the lease. */
  get statement(): SqlStatement {
    return { text: 'select assert_fence($1)', values: [this.#fence] };
  }

  /** Rejects unless this process certainly holds the lease at this moment. */
  async assertHeld(): Promise<void> {
    if (this.#lost) throw new SqlError('another process has taken over', fencedCode);
    const leftMs = this.#certainUntil - performance.now();
    if (leftMs < marginMs)
      throw new SqlError(
        `the lease was not renewed in time, so another process may have taken over`,
        fencedCode,
      );
    await this.#asked(async (client) => {
      const held = await client.query('select 1 from store_state where fence = $1', [this.#fence]);
      if (held.rowCount === 0) this.#lose();
    });
    if (performance.now() > this.#certainUntil)
      throw new SqlError('the lease ended while it was checked', fencedCode);
  }

  /** Lets the next one in at once. */
  async release(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#renewing.catch(() => undefined);
    if (!this.#lost)
      await this.#asked((client) =>
        client.query('update lease set expires_at = now() where fence = $1', [this.#fence]),
      ).catch(() => undefined);
    this.#lost = true;
    await this.#client?.end().catch(() => undefined);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renew().catch((error: unknown) =>
        this.#tell(error instanceof Error ? error.message : String(error)),
      );
      void this.#renewing.then(() => {
        if (!this.#lost) this.#schedule();
      });
    }, renewMs);
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const begun = performance.now();
    await this.#asked(async (client) => {
      const renewed = await client.query(
        `update lease set renewed_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => $2)
         where fence = $1`,
        [this.#fence, leaseMs / 1_000],
      );
      if (renewed.rowCount === 0) this.#lose();
    });
    // From before the question: the server's clock began later.
    this.#certainUntil = begun + leaseMs;
    const tookMs = performance.now() - begun;
    this.#tell(tookMs > slowMs ? `it took ${Math.round(tookMs)} ms to answer` : undefined);
  }

  /** Once when trouble begins, and once when it is over. */
  #tell(words: string | undefined): void {
    if ((words !== undefined) === this.#troubled) return;
    this.#troubled = words !== undefined;
    this.#trouble(words);
  }

  #lose(): never {
    this.#lost = true;
    throw new SqlError('another process has taken over', fencedCode);
  }

  /** On a connection of its own, so that a long commit does not cost the lease; replaced when it does not answer. */
  async #asked<Value>(use: (client: pg.Client) => Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new SqlError('the database does not answer', '57014')),
        answerTimeoutMs,
      );
    });
    const asking = (async () => {
      this.#client ??= await this.#connect();
      return use(this.#client);
    })();
    try {
      return await Promise.race([asking, late]);
    } catch (error) {
      const client = this.#client;
      this.#client = undefined;
      void client?.end().catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
