// The relay between two real processes is killed and stays away for a while: health tells it once, treats it, says in a dry run
// what it would do, counts it as mended only when what waited is gone, and every message arrives.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PostgresInstallation } from '../../src/adapters/store/postgres/installation.ts';
import { type LabServer, redisMissing, startRedis } from '../../src/runtime/fault-lab/redis-server.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { skipOrThrow } from '../servers/relay-subject.ts';
import { Installation } from '../support/system-process.ts';

const reason = (await postgresSkipReason()) ?? skipOrThrow(redisMissing());
const detectionMs = 15_000;

interface Record {
  readonly playbook: string;
  readonly target: string;
  readonly outcome: string;
  readonly after: string | null;
}

describe.skipIf(reason !== undefined)(
  `the relay goes down${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let postgres: PostgresServer;
    let redis: LabServer;
    let left: Installation;
    let right: Installation;
    let database: pg.Client;
    let url: string;

    beforeAll(async () => {
      [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
      url = await postgres.freshDatabase();
      const shared = {
        ...{ DATABASE_URL: url, RELAY: 'redis', RELAY_URL: redis.url, ATO_UNIVERSE: 'BTCUSDT,ETHUSDT' },
        ...{ ATO_NEWS: 'off', ATO_DISCOVERY: 'off', ATO_LOOKS_PER_HOUR: '3600' },
      };
      left = new Installation({ ...shared, AGENTS: 'orchestrator,health' });
      right = new Installation({ ...shared, AGENTS: 'analyst,trading', ORCHESTRATOR_PORT: '0' });
      right.launch();
      await left.start();
      database = new pg.Client(url);
      await database.connect();
    }, 120_000);

    afterAll(async () => {
      await database?.end();
      await Promise.all([left?.remove(), right?.remove()]);
      await Promise.all([postgres?.stop(), redis?.remove()]);
    });

    const heals = async () => ((await left.get('/health/heals?limit=50')) as { heals: Record[] }).heals;
    const incidents = async () =>
      ((await left.get('/health/incidents?limit=50')) as { incidents: { cause: string; open: boolean }[] })
        .incidents;
    const metric = async (name: string) => {
      const text = await (await fetch(`${left.base}/metrics`)).text();
      return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
    };
    /** Messages of the left process that the right one has not committed. */
    const waiting = async () => {
      const { rows } = await database.query(
        `select sum((data ->> 'last')::int - (data ->> 'acknowledged')::int)::int as waiting
       from ai_trading_orchestrator_health.relay_links`,
      );
      return Number(rows[0]?.waiting ?? 0);
    };

    test('killed: told within 15 s, treated, rehearsed; back: drained, verified, over', async () => {
      await expect.poll(() => metric('ato_relay_up{relay="redis"}'), { timeout: 30_000 }).toBe(1);
      await redis.process.kill();
      const since = performance.now();
      await expect
        .poll(async () => (await incidents()).filter(({ open }) => open).map(({ cause }) => cause), {
          timeout: 30_000,
          interval: 100,
        })
        .toContain('relay_down:redis');
      expect(performance.now() - since).toBeLessThan(detectionMs);
      await expect.poll(() => metric('ato_relay_up{relay="redis"}'), { timeout: 10_000 }).toBe(0);
      const rehearsal = await fetch(`${left.base}/health/auto-heal?dry_run=true`, { method: 'POST' });
      expect(rehearsal.status).toBeLessThan(300);
      const rehearsed = (await heals()).find(({ outcome }) => outcome === 'dry_run');
      expect(rehearsed).toMatchObject({ playbook: 'relay_down', target: 'redis' });
      expect(rehearsed?.after).toMatch(/^would dial the relay anew, then keep up to 100000 messages/);
      await expect
        .poll(waiting, { timeout: 20_000, message: 'messages wait in the database' })
        .toBeGreaterThan(0);
      const installation = new PostgresInstallation(url, 'ai_trading');
      const elsewhere = async () => installation.relayLag('ai_trading_orchestrator_health');
      await expect
        .poll(elsewhere, { timeout: 20_000, message: 'they wait in the other process too' })
        .toContainEqual({
          from: 'ai_trading_analyst_trading',
          to: expect.stringMatching(/^(orchestrator|health)_ai$/),
          messages: expect.any(Number),
          saidAt: expect.any(Number),
        });
      const oldest = Math.min(...(await elsewhere()).map(({ saidAt }) => saidAt ?? Number.POSITIVE_INFINITY));
      expect(Date.now() - oldest, 'said since the relay went').toBeLessThan(
        performance.now() - since + 5_000,
      );
      await redis.process.start();
      await expect
        .poll(async () => (await heals()).find(({ outcome }) => outcome === 'verified'), { timeout: 40_000 })
        .toMatchObject({
          playbook: 'relay_down',
          target: 'redis',
          after: expect.stringContaining('it is gone'),
        });
      await expect.poll(waiting, { timeout: 20_000, message: 'nothing waits any more' }).toBeLessThan(5);
      await expect
        .poll(async () => (await elsewhere()).filter(({ messages }) => messages > 5), { timeout: 20_000 })
        .toEqual([]);
      await installation.close();
      const causes = (await incidents())
        .map(({ cause }) => cause)
        .filter((cause) => cause.startsWith('relay'));
      expect(causes).toEqual(['relay_down:redis']);
    }, 150_000);
  },
);
