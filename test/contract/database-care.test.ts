// The database's caretaker on a real PostgreSQL: it finds locks and runaways, ends only those of our own role, vacuums
// only our tables, and builds an index only where a slow statement of ours looks for it.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PostgresCare } from '../../src/adapters/database-care/postgres/postgres-care.ts';
import { proposeIndex } from '../../src/adapters/database-care/postgres/propose-index.ts';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import type { KernelInput } from '../../src/kernel/kernel.ts';
import { CommitGuard } from '../../src/runtime/healing/commit-guard.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { eventually } from '../support/eventually.ts';

const skip = await postgresSkipReason();
const schema = 'ai_trading';

describe.skipIf(skip !== undefined)(`on a real server${skip === undefined ? '' : ` (${skip})`}`, () => {
  let server: PostgresServer;
  let url: string;
  let store: PostgresStore;
  let care: PostgresCare;
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    url = await server.freshDatabase();
    store = new PostgresStore({ url, schema });
    await store.open();
    // Short limits, so that a test need not wait for half a minute.
    care = new PostgresCare({ url, schema, now: () => Date.now(), runawayMs: 300, idleBlockerMs: 200 });
  }, 60_000);
  afterAll(async () => {
    await Promise.allSettled(clients.map((client) => client.end()));
    await care?.close();
    await store?.close();
    await server?.stop();
  });

  async function session(to = url, application = 'somebody'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: to, application_name: application });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    await client.query(`set search_path to ${schema}`);
    return client;
  }

  /** What became of a statement that was left running. */
  function outcome(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'finished',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
  }

  test('a calm server shows its measures and a clock that agrees', async () => {
    const { facts, detail, clockSkewMs } = await care.look();
    expect(facts.connection_share).toBeGreaterThan(0);
    expect(facts.connection_share).toBeLessThan(0.5);
    expect(facts).toMatchObject({ waiting_locks: 0, longest_own_ms: 0, dead_rows_share: 0 });
    expect(facts.database_mb).toBeGreaterThan(1);
    expect(detail).toMatch(/connections/);
    expect(Math.abs(clockSkewMs)).toBeLessThan(500);
  });

  test('a runaway of our own role is seen and cancelled; the writer, a dump and another role go on', async () => {
    const runaway = outcome((await session()).query('select pg_sleep(20) /* ours */'));
    const dump = outcome((await session(url, 'pg_dump')).query('select pg_sleep(1.5)'));
    const other = new URL(server.superuserUrl);
    other.pathname = new URL(url).pathname;
    const foreign = outcome((await session(other.href)).query('select pg_sleep(1.5)'));
    await eventually(
      'a runaway',
      async () => ((await care.look()).facts.longest_own_ms ?? 0) > 400 || undefined,
    );
    expect((await care.look()).detail).toContain('/* ours */');
    const told = await care.cancelRunaways();
    expect(told).toMatch(/^cancelled after \d+ s: select pg_sleep\(20\) \/\* ours \*\/$/);
    expect(await runaway).toBe('57014');
    expect(await dump).toBe('finished');
    expect(await foreign).toBe('finished');
    expect(await care.cancelRunaways()).toContain('no statement of our role');
    expect((await store.check()).ok).toBe(true);
  });

  test('an idle transaction of ours that blocks the writer is seen as a lock wait and ended', async () => {
    const blocker = await session();
    await blocker.query('begin');
    await blocker.query('lock table heals in access exclusive mode');
    const commit = store.list('heals', { limit: 1 });
    await eventually(
      'a lock wait',
      async () => ((await care.look()).facts.longest_lock_wait_ms ?? 0) > 250 || undefined,
    );
    const { facts } = await care.look();
    expect(facts.waiting_locks).toBe(1);
    expect(await care.cancelRunaways()).toMatch(/ended idle transaction \d+/);
    expect(await commit).toEqual([]);
    expect((await care.look()).facts.waiting_locks).toBe(0);
  });

  test('dead rows of our tables are seen and vacuumed, those of another schema are left alone', async () => {
    const client = await session();
    await client.query(
      'create table bloated (id int, note text); create schema elsewhere; create table elsewhere.theirs (id int)',
    );
    for (const table of ['bloated', 'elsewhere.theirs']) {
      await client.query(`alter table ${table} set (autovacuum_enabled = off)`);
      await client.query(`insert into ${table} (id) select generate_series(1, 5000)`);
      await client.query(`delete from ${table} where id <= 4500`);
      await client.query('select pg_stat_force_next_flush()');
    }
    await eventually(
      'statistics',
      async () => ((await care.look()).facts.dead_rows_share ?? 0) > 0.8 || undefined,
    );
    expect((await care.look()).detail).toContain('most dead rows in bloated');
    expect(await care.tidy()).toMatch(/vacuumed .*bloated \(\d+ dead rows\)/);
    await eventually('less', async () => ((await care.look()).facts.dead_rows_share ?? 1) < 0.5 || undefined);
    const { rows } = await client.query(
      "select n_dead_tup::int as dead from pg_stat_user_tables where relname = 'theirs'",
    );
    expect(rows[0]?.dead).toBe(4_500);
    await client.query('drop table bloated; drop schema elsewhere cascade');
  });

  test('a slow statement that looks for an unindexed column gets one, built concurrently', async () => {
    const admin = await session(new URL(new URL(url).pathname, server.superuserUrl).href);
    await admin.query('create extension if not exists pg_stat_statements');
    const client = await session();
    await client.query('create table looked_up (id bigint primary key, label text, padding text)');
    await client.query(
      "insert into looked_up select n, 'label ' || n, repeat('x', 500) from generate_series(1, 60000) n",
    );
    for (let turn = 0; turn < 25; turn++)
      await client.query('select count(*) from looked_up, (select pg_sleep(0.02)) slow where label = $1', [
        `label ${turn}`,
      ]);
    const fresh = new PostgresCare({ url, schema, now: () => Date.now() });
    const told = await fresh.createIndex();
    await fresh.close();
    expect(told).toMatch(
      /^built ato_heal_looked_up_label on looked_up \(label\); take it back with: drop index/,
    );
    const { rows } = await client.query(
      "select indexdef from pg_indexes where indexname = 'ato_heal_looked_up_label'",
    );
    expect(rows).toHaveLength(1);
    expect(await care.createIndex()).toContain('no index is proposed');
    await client.query('drop table looked_up');
  });

  test('a commit that hangs behind an idle transaction of ours goes on after the reflex', async () => {
    const blocker = await session();
    await blocker.query('begin');
    await blocker.query('lock table agent_memory in access exclusive mode');
    const put = { collection: 'agent_memory', key: 'k', value: { agent: 'health_ai', value: 1 } } as const;
    let done = false;
    const commit = store.commit({ entries: [], puts: [put], effects: [], settledEffectIds: [] }).then(() => {
      done = true;
    });
    const posted: KernelInput[] = [];
    let steady = 0;
    const keep = () => undefined;
    const guard = new CommitGuard({
      commitRunningMs: () => (done ? 0 : 9_000),
      database: care,
      notifiers: [],
      post: (input) => void posted.push(input),
      clock: { now: () => Date.now() },
      log: { debug: keep, info: keep, warn: keep, error: keep },
      steadyNow: () => (steady += 20_000),
    });
    await eventually('the commit', async () => {
      await guard.check();
      return posted.length > 0 || undefined;
    });
    await commit;
    expect(await store.get('agent_memory', 'k')).toEqual(put.value);
    expect(JSON.stringify(posted[0]?.data)).toMatch(/ended idle transaction \d+/);
  });

  test('a server that died is an error, and one that came back is looked at again', async () => {
    await server.crashAndRestart();
    const first = await care.look().then(
      () => 'answered',
      () => 'failed',
    );
    expect(['answered', 'failed']).toContain(first);
    expect((await care.look()).facts.connections).toBeGreaterThan(0);
    await store.close().catch(() => undefined);
  });
});

describe('an index is proposed', () => {
  const columns = [
    { table_name: 'orders', column_name: 'symbol', leads: false },
    { table_name: 'orders', column_name: 'key', leads: true },
  ];
  const slow = { calls: 100, mean_ms: 90 };

  test.each([
    ['select * from orders where symbol = $1', 'ato_heal_orders_symbol'],
    ['select 1 from "ai_trading"."orders" o where o.symbol > $2 order by 1', 'ato_heal_orders_symbol'],
    ['select * from orders where key = $1', undefined],
    ['select * from theirs where symbol = $1', undefined],
    ['update orders set x = $1', undefined],
  ])('for %s: %s', (query, name) => {
    expect(proposeIndex([{ query, ...slow }], columns)?.name).toBe(name);
  });

  test('only for what is slow and comes often', () => {
    const query = 'select * from orders where symbol = $1';
    expect(proposeIndex([{ query, calls: 3, mean_ms: 900 }], columns)).toBeUndefined();
    expect(proposeIndex([{ query, calls: 900, mean_ms: 2 }], columns)).toBeUndefined();
  });
});
