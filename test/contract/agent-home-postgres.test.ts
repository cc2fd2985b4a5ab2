// An agent that is started in another group than before would begin without its rows: refused with what it left and the fix, and
// nothing is made.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import { type AgentName, agentNames } from '../../src/shared/domain/agent-name.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { runAto } from '../support/system-process.ts';
import { ChainBuilder } from './store.contract.ts';

const reason = await postgresSkipReason();
const base = 'ai_trading';

describe.skipIf(reason !== undefined)(`where agents live${reason === undefined ? '' : `: ${reason}`}`, () => {
  let server: PostgresServer;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.freshDatabase();
  }, 60_000);
  afterAll(() => server?.stop());

  /** A life in that schema; `commits` inputs are committed in it. */
  async function live(
    schema: string,
    agents: readonly AgentName[],
    commits: number,
    moved = false,
  ): Promise<void> {
    const store = new PostgresStore({ url, schema, ...(moved ? {} : { home: { base, agents } }) });
    await store.open();
    const state = await store.load();
    if (commits > 0 && state.sequence === 0) {
      const chain = new ChainBuilder();
      const position = { symbol: 'BTCUSDT', open: true, updated_at: 1 } as never;
      const puts = [{ collection: 'positions', key: 'p1', value: position } as never];
      await store.commit({ entries: [chain.entry()], puts, effects: [], settledEffectIds: [] });
    }
    await store.close();
  }

  async function schemas(): Promise<string[]> {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query(
      "select nspname from pg_namespace where nspname like 'ai_trading%' order by nspname",
    );
    await client.end();
    return rows.map(({ nspname }) => nspname as string);
  }

  test('the same group comes home, also when it never committed anything', async () => {
    await live(base, agentNames, 0);
    await live(`${base}_analyst`, ['analyst_ai'], 0);
    await live(base, agentNames, 1);
    await live(base, agentNames, 1);
  });

  test('another group is refused with what is left behind, and leaves nothing itself', async () => {
    const before = await schemas();
    await expect(live(`${base}_trading`, ['trading_ai'], 1)).rejects.toThrow(
      /trading last lived in the schema ai_trading \(AGENTS=orchestrator,analyst,trading,health, until .*, with 1 open position\(s\) and 0 order\(s\) under way\).*Fix: start with AGENTS=.*ATO_AGENTS_MOVED=yes for one start\. Nothing was changed/s,
    );
    expect(await schemas()).toEqual(before);
  });

  test('once moved it is at home there, and refused where it lived before, together with nobody who stayed', async () => {
    await live(`${base}_trading`, ['trading_ai'], 1, true);
    await live(`${base}_trading`, ['trading_ai'], 1);
    await expect(live(base, agentNames, 1)).rejects.toThrow(
      /In this installation trading last lived in the schema ai_trading_trading \(AGENTS=trading,/,
    );
    await live(base, agentNames, 1, true);
    await live(base, agentNames, 1);
  });

  test('a schema that only begins with the same words is another installation', async () => {
    await live(`${base}_test`, agentNames, 1, true);
    await live(base, agentNames, 1);
  });

  test('the program itself is refused, with exit code 1', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ato-home-'));
    const settings = {
      AGENTS: 'analyst',
      RELAY: 'redis',
      RELAY_URL: 'redis://127.0.0.1:1',
      DATABASE_URL: url,
    };
    const refused = await runAto(['start'], {
      ...settings,
      ORCHESTRATOR_PORT: '0',
      ATO_MARKET_SOURCE: 'synthetic',
      LOG_DIR: folder,
    });
    rmSync(folder, { recursive: true });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('ATO_AGENTS_MOVED=yes')]);
  }, 60_000);
});
