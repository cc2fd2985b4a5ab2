// Jobs done by workers: one that is killed in the middle loses nothing, another does the job, and its result joins the task.
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/shared/domain/task.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { childEnvironment, Installation, projectFolder, runAto } from '../support/system-process.ts';

const reason = await postgresSkipReason();

describe.skipIf(reason !== undefined)(`job workers${reason === undefined ? '' : `: ${reason}`}`, () => {
  let server: PostgresServer;
  let system: Installation;
  const workers: ChildProcess[] = [];
  beforeAll(async () => {
    server = await startPostgres();
    system = new Installation({
      ATO_UNIVERSE: 'BTCUSDT,ETHUSDT',
      ATO_JOBS: 'workers',
      DATABASE_URL: await server.freshDatabase(),
    });
  }, 60_000);
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await system?.remove();
    await server?.stop();
  });

  function startWorker(): { readonly child: ChildProcess; readonly said: () => string } {
    const child = spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), 'worker'], {
      cwd: system.folder,
      env: childEnvironment(system.settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    workers.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { child, said: () => output };
  }

  async function ask(kind: string): Promise<void> {
    const asked = await fetch(`${system.base}/tasks/${kind}/run`, { method: 'POST' });
    expect(asked.status, await asked.text()).toBe(200);
  }

  const taskOf = async (kind: string) =>
    ((await system.get(`/tasks?kind=${kind}&limit=1`)) as { tasks: Task[] }).tasks[0];

  async function claims(): Promise<{ worker: string; claim: string }[]> {
    const client = new pg.Client(system.settings.DATABASE_URL);
    await client.connect();
    try {
      return (
        await client.query(
          'select worker, claim::text from ai_trading.job_claims where finished_at is null order by 1',
        )
      ).rows;
    } finally {
      await client.end();
    }
  }

  test('kill -9 of a worker in the middle of a job', async () => {
    await system.start();
    await ask('record');
    await delay(1_500);
    expect((await taskOf('record'))?.open, 'without a worker it waits').toBe(true);
    const first = startWorker();
    await expect.poll(async () => (await taskOf('record'))?.state, { timeout: 30_000 }).toBe('succeeded');
    await ask('backtest');
    await expect.poll(claims, { timeout: 20_000, interval: 10 }).toHaveLength(1);
    const [claimed] = await claims();
    expect(claimed).toMatchObject({
      worker: expect.stringContaining(`ato worker ${first.child.pid} `),
      claim: '1',
    });
    first.child.kill('SIGKILL');
    const second = startWorker();
    await expect
      .poll(async () => (await taskOf('backtest'))?.open, { timeout: 60_000, message: second.said() })
      .toBe(false);
    expect(second.said()).toMatch(/job begun.*claim=2/);
    expect(await taskOf('backtest')).toMatchObject({
      state: 'succeeded',
      attempts: 1,
      result: { error: null },
    });
    expect(await claims()).toEqual([]);
    const ended = new Promise((resolve) => second.child.once('exit', resolve));
    second.child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(await system.end('SIGTERM')).toBe(0);
    const verified = await runAto(['journal', 'verify', '--json'], system.settings, system.folder);
    expect(JSON.parse(verified.stdout), verified.stderr).toMatchObject({ reproduces: true });
  }, 180_000);

  test('a worker without PostgreSQL says what it needs', async () => {
    const refused = await runAto(['worker'], {}, system.folder);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Fix: set DATABASE_URL');
    expect((await runAto(['worker', '--jobs', 'sweeping'])).code).toBe(2);
  }, 60_000);
});
