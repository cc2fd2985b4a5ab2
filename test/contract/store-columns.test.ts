// The columns beside `data` on a real PostgreSQL server: all of them filled, each as the database itself would read the row.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import { rowColumns } from '../../src/adapters/store/shared/row-columns.ts';
import { randomStream } from '../../src/kernel/random-stream.ts';
import { type AnyPut, type CollectionName, collectionNames } from '../../src/shared/bus/collections.ts';
import { migrationsTable, readMigrations, scriptOf } from '../../src/shared/db/migrations.ts';
import type { Random } from '../../src/shared/ports/random.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { batchOf } from './store.contract.ts';

const skipReason = await postgresSkipReason();
if (skipReason !== undefined) process.stderr.write(`skipped: columns on PostgreSQL: ${skipReason}\n`);

/** Fields that have another name than their column. */
const fieldOf: Readonly<Record<string, string>> = {
  'refusals.limit_value': 'limit',
  'refusals.actual_value': 'actual',
  'source_status.latency_ms': 'latencyMs',
  'source_status.last_data_at': 'lastDataAt',
};
const strangers = [
  ...[null, undefined, true, false, 0, -0, 1, 1.5, -2e-7, 1e21, 1.7e308, 1_700_000_000_000, 1e15, 0.1 + 0.2],
  ...['', 'BTCUSDT', '12.50', '-0.000000001', '1e5', '1e9999', ' 1', '0x10', 'NaN', 'true', 'false', '1\n'],
  ...[
    'a\0b',
    'lone \ud800 half',
    'quote " and \\ slash',
    '{"a":1}',
    'NULL',
    'x'.repeat(500),
    '😀'.repeat(201),
  ],
  ...[
    {},
    [],
    { a: 'nul \0', b: [1, 'two'] },
    { successful: true },
    { successful: 'true' },
    { successful: 0 },
  ],
];

describe.skipIf(skipReason !== undefined)('columns beside the rows', () => {
  let server: PostgresServer;
  let client: pg.Client;
  let store: PostgresStore;

  beforeAll(async () => {
    server = await startPostgres();
    const url = await server.freshDatabase();
    store = new PostgresStore({ url });
    await store.open();
    client = new pg.Client({ connectionString: url, options: '-c search_path=ai_trading' });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await store.close();
    await server.stop();
  });

  test('the program fills exactly the columns that the tables have', async () => {
    const common = new Set(['key', 'ordinal', 'data', 'exact_key', 'exact_data']);
    const { rows } = await client.query<{ table_name: string; column_name: string; is_generated: string }>(
      'select table_name, column_name, is_generated from information_schema.columns where table_schema = current_schema()',
    );
    for (const collection of collectionNames) {
      const columns = rows.filter(
        ({ table_name, column_name }) => table_name === collection && !common.has(column_name),
      );
      expect(columns.map(({ column_name }) => column_name).toSorted(), collection).toEqual(
        rowColumns[collection].map(({ name }) => name).toSorted(),
      );
      expect(columns.map(({ is_generated }) => is_generated)).not.toContain('ALWAYS');
    }
  });

  test('a database of before keeps its columns, and the next writing fills them', async () => {
    const url = await server.freshDatabase();
    const before = new pg.Client({ connectionString: url, options: '-c search_path=ai_trading' });
    await before.connect();
    await before.query(`create schema ai_trading; ${migrationsTable}`);
    const generated = (await readMigrations()).slice(0, 4);
    for (const migration of generated) await before.query(scriptOf(migration));
    const old = { symbol: 'BTCUSDT', state: 'accepted', quantity: '0.50', created_at: 1_700_000_000_000 };
    await before.query('insert into orders (key, ordinal, data) values ($1, 1, $2)', ['o', old]);
    const columns = async () =>
      (await before.query('select symbol, state, quantity::text, created_at, open from orders')).rows;
    const asBefore = {
      ...{ symbol: 'BTCUSDT', state: 'accepted', quantity: '0.50' },
      ...{ created_at: new Date(1_700_000_000_000), open: true },
    };
    expect(await columns()).toEqual([asBefore]);
    const opened = new PostgresStore({ url });
    await opened.open();
    expect(await columns()).toEqual([asBefore]);
    const value = { ...old, state: 'filled', open: false };
    await opened.commit(
      batchOf({ puts: [{ collection: 'orders', key: 'o', value }] as unknown as AnyPut[] }),
    );
    expect(await columns()).toEqual([{ ...asBefore, state: 'filled', open: false }]);
    await opened.close();
    await before.end();
  });

  test('whatever a row holds, its columns are what the database reads in its JSON, and no commit is stopped', async () => {
    for (const round of ['first', 'second'] as const) {
      const random = randomStream(1, 'columns', round);
      const puts = collectionNames.flatMap((collection) =>
        Array.from({ length: 60 }, (_, row) => ({
          collection,
          key: `row ${row}`,
          value: strangeRow(collection, random),
        })),
      );
      await store.commit(batchOf({ puts: puts as unknown as AnyPut[] }));
      for (const collection of collectionNames) await expectColumnsAsRead(collection, round);
    }
  });

  function strangeRow(collection: CollectionName, random: Random): Record<string, unknown> {
    const fields = rowColumns[collection].map(({ name }) => fieldOf[`${collection}.${name}`] ?? name);
    return Object.fromEntries(
      [...fields, 'outcome'].map((field) => [field, strangers[random.integer(strangers.length)]]),
    );
  }

  async function expectColumnsAsRead(collection: CollectionName, round: string): Promise<void> {
    for (const { name, kind } of rowColumns[collection]) {
      const { rows } = await client.query(
        `select data::text, "${name}"::text as stored, (${readBySql(collection, name, kind)})::text as read
         from ${collection} where "${name}" is distinct from (${readBySql(collection, name, kind)})`,
      );
      expect(rows, `${collection}.${name}, ${round} writing`).toEqual([]);
    }
    const { rows } = await client.query(`select count(*)::int as rows from ${collection}`);
    expect(rows).toEqual([{ rows: 60 }]);
  }
});

/** The column as an expression on `data`, in the database's own words. */
function readBySql(collection: CollectionName, name: string, kind: string): string {
  const field = `(data ->> '${fieldOf[`${collection}.${name}`] ?? name}')`;
  const forms: Readonly<Record<string, string>> = {
    text: `left(${field}, 200)`,
    number: `case when ${field} ~ '^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$' then ${field}::numeric end`,
    time: `case when ${field} ~ '^[0-9]{1,15}$' then to_timestamp(${field}::double precision / 1000) end`,
    open: `coalesce(${field}, 'true') <> 'false'`,
    true: `((data -> 'outcome') ->> 'successful') = 'true'`,
  };
  return forms[kind] ?? 'null';
}
