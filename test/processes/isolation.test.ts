// An agent that spins, leaks until its memory is used up, or throws: its own process pays for it and is started again; the others
// go on committing all the time. Then everything is killed at once and comes back with nothing lost or doubled.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabServer } from '../../src/runtime/fault-lab/redis-server.ts';
import { redisMissing, startRedis } from '../../src/runtime/fault-lab/redis-server.ts';
import { planProcesses } from '../../src/runtime/processes/process-plan.ts';
import { ProcessSupervisor, type SupervisorEvent } from '../../src/runtime/processes/supervisor.ts';
import { SettingsError } from '../../src/shared/config/load-settings.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { skipOrThrow } from '../servers/relay-subject.ts';
import { childEnvironment, freePort, projectFolder, runAto } from '../support/system-process.ts';

const reason = (await postgresSkipReason()) ?? skipOrThrow(redisMissing());
const groups = ['orchestrator,health', 'analyst', 'trading'];

test('each agent needs exactly one process', () => {
  const environment = { DATABASE_URL: 'postgres://u@h/d', RELAY: 'redis', RELAY_URL: 'redis://h' };
  const plan = (...names: string[]) =>
    planProcesses({ groups: names, workers: 1, environment, folder: tmpdir() });
  expect(() => plan('orchestrator,health', 'trading')).toThrow(/analyst agent has no process/);
  expect(() => plan('orchestrator,health', 'health,analyst', 'trading')).toThrow(
    /health agent has 2 processes/,
  );
  expect(() => plan('orchestrator', 'bookkeeper')).toThrow(SettingsError);
  expect(plan(...groups).map(({ name, environment: { AGENTS } }) => [name, AGENTS])).toEqual([
    ['orchestrator-health', 'orchestrator,health'],
    ['analyst', 'analyst'],
    ['trading', 'trading'],
    ['worker-1', undefined],
  ]);
});

describe.skipIf(reason !== undefined)(`isolation${reason === undefined ? '' : `: ${reason}`}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ato-isolation-'));
  const trigger = path.join(folder, 'fault');
  const events: SupervisorEvent[] = [];
  let postgres: PostgresServer;
  let redis: LabServer;
  let environment: Record<string, string>;
  let supervisor: ProcessSupervisor;
  let database: pg.Client;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const url = await postgres.freshDatabase();
    environment = childEnvironment({
      DATABASE_URL: url,
      RELAY: 'redis',
      RELAY_URL: redis.url,
      FAULT_TRIGGER: trigger,
      ORCHESTRATOR_PORT: String(await freePort()),
      DATA_DIR: path.join(folder, 'data'),
      LOG_DIR: path.join(folder, 'logs'),
      ATO_MARKET_SOURCE: 'synthetic',
      ATO_UNIVERSE: 'BTCUSDT,ETHUSDT',
      ATO_NEWS: 'off',
      ATO_DISCOVERY: 'off',
      ATO_LOOKS_PER_HOUR: '3600',
      ATO_LOOK_CPU_SECONDS_PER_HOUR: '100000',
      ATO_STRATEGY_FILE: path.join(projectFolder, 'src', 'runtime', 'chaos-processes', 'faulty-strategy.ts'),
    });
    supervisor = new ProcessSupervisor({
      processes: planProcesses({ groups, workers: 0, environment, folder }),
      folder,
      memoryMb: 256,
      observe: (event) => events.push(event),
      line: () => undefined,
    });
    supervisor.start();
    database = new pg.Client(url);
    await database.connect();
  }, 120_000);

  afterAll(async () => {
    await supervisor?.stop();
    await database?.end();
    await Promise.all([postgres?.stop(), redis?.remove()]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const schemas = ['ai_trading_orchestrator_health', 'ai_trading_analyst', 'ai_trading_trading'];

  async function sequences(): Promise<number[]> {
    const found: number[] = [];
    for (const schema of schemas)
      found.push(
        Number((await database.query(`select sequence from ${schema}.store_state`)).rows[0]?.sequence ?? 0),
      );
    return found;
  }

  /** What the orchestrator and the health monitor have heard from the analyst's process. */
  const heardFromAnalyst = async () => {
    const links = await database.query(`select data ->> 'link' as link from ${schemas[1]}.relay_links`);
    const heard = await database.query(
      `select coalesce(sum((data ->> 'last')::int), 0) as heard from ${schemas[0]}.relay_inbox where key = any($1)`,
      [links.rows.map(({ link }) => link)],
    );
    return Number(heard.rows[0].heard);
  };

  /** The others commit all the while; then the analyst is back and answers the orchestrator again. */
  async function othersGoOn(ends: (event: SupervisorEvent) => boolean): Promise<void> {
    const from = events.length;
    const before = await sequences();
    await expect
      .poll(() => events.slice(from).some(ends), { timeout: 60_000, message: 'the fault shows' })
      .toBe(true);
    await expect
      .poll(async () => (await sequences()).map((now, index) => now > (before[index] ?? 0) + 2), {
        timeout: 20_000,
      })
      .toEqual([true, expect.any(Boolean), true]);
    const heard = await heardFromAnalyst();
    await expect
      .poll(heardFromAnalyst, { timeout: 60_000, message: 'the analyst is heard again' })
      .toBeGreaterThan(heard);
    expect(events.slice(from).map(({ process }) => process)).not.toContain('trading');
    expect(events.slice(from).map(({ process }) => process)).not.toContain('orchestrator-health');
  }

  test('all start, and the analyst answers the orchestrator', async () => {
    await expect.poll(() => sequences().catch(() => [0]), { timeout: 60_000 }).not.toContain(0);
    await expect.poll(() => heardFromAnalyst().catch(() => 0), { timeout: 60_000 }).toBeGreaterThan(0);
  }, 120_000);

  test('spins: it gives no sign of life, is ended and started again', async () => {
    writeFileSync(`${trigger}.spin`, '');
    await othersGoOn(({ process, kind }) => process === 'analyst' && kind === 'silent');
  }, 150_000);

  test('leaks until its memory is used up: it ends and is started again', async () => {
    writeFileSync(`${trigger}.leak`, '');
    await othersGoOn(({ process, kind }) => process === 'analyst' && kind === 'ended');
  }, 150_000);

  test('throws where nobody catches it: it ends and is started again', async () => {
    writeFileSync(`${trigger}.throw`, '');
    await othersGoOn(({ process, kind }) => process === 'analyst' && kind === 'ended');
  }, 150_000);

  test('every journal reproduces afterwards', async () => {
    await supervisor.stop();
    for (const AGENTS of groups) {
      const verified = await runAto(['journal', 'verify', '--json'], { ...environment, AGENTS }, folder);
      expect(JSON.parse(verified.stdout), `${AGENTS}: ${verified.stderr}`).toMatchObject({
        reproduces: true,
      });
    }
  }, 60_000);
});
