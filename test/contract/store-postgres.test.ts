// The store contract on a real PostgreSQL server, and what only a server has: roles, locks, lost connections.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresReader } from '../../src/adapters/store/postgres/open-reader.ts';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import { JournalCorruptError } from '../../src/shared/db/journal-chain.ts';
import { StoreOpenError } from '../../src/shared/ports/store.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { batchOf, ChainBuilder, storeContract } from './store.contract.ts';
import { retentionContract } from './store-retention.contract.ts';

const skipReason = await postgresSkipReason();
if (skipReason !== undefined) process.stderr.write(`skipped: store on PostgreSQL: ${skipReason}\n`);

describe.skipIf(skipReason !== undefined)('a real PostgreSQL server', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres();
  });

  afterAll(async () => {
    await server.stop();
  });

  async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  storeContract('PostgresStore', async () => {
    const url = await server.freshDatabase();
    return { make: () => new PostgresStore({ url }), durable: true, dispose: async () => undefined };
  });

  retentionContract('PostgresStore', async () => {
    const url = await server.freshDatabase();
    return {
      make: (retentionDays) => new PostgresStore({ url, retentionDays }),
      dispose: async () => undefined,
    };
  });

  test('a second writer on the same schema is refused by name; another schema is free; a reader may look', async () => {
    const url = await server.freshDatabase();
    const first = new PostgresStore({ url });
    await first.open();
    await first.commit(batchOf({ entries: [new ChainBuilder().entry()] }));
    const second = new PostgresStore({ url, lockWaitMs: 0 });
    await expect(second.open()).rejects.toThrow(StoreOpenError);
    await expect(second.open()).rejects.toThrow(new RegExp(`process ${process.pid} .*Fix:`));
    const elsewhere = new PostgresStore({ url, schema: 'other_schema', lockWaitMs: 0 });
    await elsewhere.open();
    const reader = await openPostgresReader({ url });
    expect((await reader.load()).sequence).toBe(1);
    await reader.close();
    await elsewhere.close();
    await first.close();
    await second.open();
    expect((await second.load()).sequence).toBe(1);
    await second.close();
  });

  test('a database of a newer program, or with an altered migration, is refused and left alone', async () => {
    const url = await server.freshDatabase();
    const store = new PostgresStore({ url });
    await store.open();
    await store.close();
    const table = 'ai_trading.schema_migrations';
    await query(url, `insert into ${table} values (999, 'later', 'x')`);
    await expect(new PostgresStore({ url }).open()).rejects.toThrow(/newer version.*Fix: update/);
    await query(url, `delete from ${table} where version = 999`);
    await query(url, `update ${table} set checksum = 'y' where version = 1`);
    await expect(new PostgresStore({ url }).open()).rejects.toThrow(/differs.*Fix:/);
    await expect(openPostgresReader({ url })).rejects.toThrow(StoreOpenError);
    expect(await query(url, `select checksum from ${table} where version = 1`)).toEqual([{ checksum: 'y' }]);
  });

  test('what cannot be opened says how to mend it, and never the password', async () => {
    const url = await server.freshDatabase();
    const wrongPassword = url.replace('only-for-tests', 'sesame');
    const cases: readonly [string, RegExp][] = [
      [wrongPassword, /Fix: correct user and password/],
      [url.replace(/\/test_\d+$/, '/absent'), /Fix: create the database/],
      [url.replace(`:${server.port}/`, ':1/'), /Fix: start the PostgreSQL server/],
    ];
    for (const [bad, message] of cases) {
      const failure = await new PostgresStore({ url: bad }).open().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StoreOpenError);
      expect(String(failure)).toMatch(message);
      expect(String(failure)).not.toMatch(/sesame|only-for-tests/);
    }
    await expect(new PostgresStore({ url, schema: 'Robert"; drop' }).open()).rejects.toThrow(StoreOpenError);
    await expect(openPostgresReader({ url })).rejects.toThrow(/no orchestrator in the schema/);
  });

  test('a user without the right to make the schema is told what the owner must run', async () => {
    const url = await server.freshDatabase();
    const role = new URL(url).username;
    const owner = server.superuserUrl.replace(/\/postgres$/, `/${role}`);
    await query(owner, `alter database ${role} owner to postgres`);
    await expect(new PostgresStore({ url }).open()).rejects.toThrow(/create schema ai_trading authorization/);
    await query(owner, `create schema ai_trading authorization ${role}`);
    const store = new PostgresStore({ url });
    await store.open();
    await store.close();
  });

  test('two writers can never interleave, even when the lock was lost', async () => {
    const url = await server.freshDatabase();
    const store = new PostgresStore({ url });
    await store.open();
    const chain = new ChainBuilder();
    await store.commit(batchOf({ entries: [chain.entry()] }));
    await query(url, `update ai_trading.store_state set sequence = 7`);
    await expect(store.commit(batchOf({ entries: [chain.entry()] }))).rejects.toThrow(
      /another process wrote/,
    );
    expect(await query(url, 'select count(*)::int as n from ai_trading.journal')).toEqual([{ n: 1 }]);
    await store.close();
  });

  test('a journal altered behind our back is reported, not handed out', async () => {
    const url = await server.freshDatabase();
    const store = new PostgresStore({ url });
    await store.open();
    const chain = new ChainBuilder();
    for (let index = 0; index < 3; index++) await store.commit(batchOf({ entries: [chain.entry()] }));
    const readAll = async (): Promise<number> => {
      let read = 0;
      for await (const chunk of store.journal(0)) read += chunk.length;
      return read;
    };
    expect(await readAll()).toBe(3);
    await query(url, 'delete from ai_trading.journal where sequence_to = 2');
    await expect(readAll()).rejects.toThrow(/entries 2..2 are missing/);
    await query(
      url,
      `update ai_trading.journal set sequence_from = 2, sequence_to = 2 where sequence_to = 3`,
    );
    await expect(readAll()).rejects.toThrow(JournalCorruptError);
    await store.close();
  });

  test('a lost connection fails every later commit; a crash of the server loses no commit', async () => {
    const own = await startPostgres();
    try {
      const url = await own.freshDatabase();
      const store = new PostgresStore({ url });
      await store.open();
      const chain = new ChainBuilder();
      const acknowledged = [chain.entry(), chain.entry()];
      for (const entry of acknowledged) await store.commit(batchOf({ entries: [entry] }));
      await own.crashAndRestart();
      await expect(store.commit(batchOf({ entries: [chain.entry()] }))).rejects.toThrow();
      expect((await store.check()).kind).toBe('postgres');
      await store.close();
      const again = new PostgresStore({ url });
      await again.open();
      expect(await again.load()).toMatchObject({ sequence: 2, hash: acknowledged[1]?.hash });
      await again.close();
    } finally {
      await own.stop();
    }
  });

  test('the tables can be queried as people do: typed columns, exact amounts, comments', async () => {
    const url = await server.freshDatabase();
    const store = new PostgresStore({ url });
    await store.open();
    const fill = {
      id: 'f1',
      client_order_id: 'o1',
      symbol: 'BTCUSDT',
      side: 'buy',
      quantity: '0.000000012345678901',
      price: '64123.45',
      fee: '0',
      liquidity: 'taker',
      at: 1_700_000_000_123,
    } as const;
    const odd = { ...fill, id: 'f2', quantity: 'not a number', at: -5, symbol: '\u0000' };
    await store.commit(
      batchOf({
        entries: [new ChainBuilder().entry()],
        puts: [
          { collection: 'fills', key: 'f1', value: fill },
          { collection: 'fills', key: 'f2', value: odd },
        ],
      }),
    );
    const rows = await query(
      url,
      'select quantity::text, price::text, at, symbol from ai_trading.fills order by key',
    );
    expect(rows).toEqual([
      { quantity: fill.quantity, price: fill.price, at: new Date(fill.at), symbol: 'BTCUSDT' },
      { quantity: null, price: fill.price, at: null, symbol: '\ufffd' },
    ]);
    const [uncommented] = await query(
      url,
      `select count(*)::int as n from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'ai_trading' and c.relkind = 'r' and obj_description(c.oid) is null
         and c.relname <> 'schema_migrations'`,
    );
    expect(uncommented).toEqual({ n: 0 });
    await store.close();
  });
});
