// The fencing number: whoever held the lease before can neither commit nor send an order, also when its lock was never taken away.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import { StoreConflictError } from '../../src/shared/db/journal-chain.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { ChainBuilder } from './store.contract.ts';

const reason = await postgresSkipReason();

describe.skipIf(reason !== undefined)(`lease${reason === undefined ? '' : `: ${reason}`}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());

  test('an earlier holder is refused in the commit and before an order, and nothing of its batch is kept', async () => {
    const url = await server.freshDatabase();
    const chain = new ChainBuilder();
    const nothing = { puts: [], effects: [], settledEffectIds: [] };
    const store = new PostgresStore({ url });
    await store.open();
    await store.commit({ ...nothing, entries: [chain.entry()] });
    await store.assertHeld();
    const other = new pg.Client(url);
    await other.connect();
    try {
      await other.query('update ai_trading.store_state set fence = fence + 1');
      await expect(store.assertHeld()).rejects.toThrow('another process has taken over');
      await expect(store.commit({ ...nothing, entries: [chain.entry()] })).rejects.toThrow(
        StoreConflictError,
      );
      const tip = await other.query('select sequence::int from ai_trading.store_state');
      expect(tip.rows).toEqual([{ sequence: 1 }]);
    } finally {
      await other.end();
      await store.close();
    }
  }, 60_000);

  test('each holder has a greater number, and the lease is renewed while it lives', async () => {
    const url = await server.freshDatabase();
    const look = async () => {
      const client = new pg.Client(url);
      await client.connect();
      const { rows } = await client.query(
        'select fence::int, renewed_at, expires_at > clock_timestamp() as valid from ai_trading.lease',
      );
      await client.end();
      return rows[0] as { fence: number; renewed_at: Date; valid: boolean };
    };
    const first = new PostgresStore({ url });
    await first.open();
    const taken = await look();
    expect(taken).toMatchObject({ fence: 1, valid: true });
    await expect
      .poll(async () => (await look()).renewed_at > taken.renewed_at, { timeout: 10_000 })
      .toBe(true);
    await first.close();
    expect((await look()).valid, 'given back at a stop').toBe(false);
    const second = new PostgresStore({ url });
    await second.open();
    expect(await look()).toMatchObject({ fence: 2, valid: true });
    await second.close();
  }, 60_000);
});
