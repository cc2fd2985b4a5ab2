// kill -9 between a job's decision and its result: the job is not lost, not done by halves, and its result joins its task.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Task } from '../../src/shared/domain/task.ts';
import { postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { Installation, runAto } from '../support/system-process.ts';

const installations: Installation[] = [];
afterAll(async () => {
  for (const installation of installations) await installation.remove();
});

const taskOf = async (system: Installation, kind: string) =>
  ((await system.get(`/tasks?kind=${kind}&limit=1`)) as { tasks: Task[] }).tasks[0];

async function killedBetween(system: Installation): Promise<void> {
  installations.push(system);
  const folder = system.settings.DATA_DIR ?? '';
  await system.start();
  for (const kind of ['record', 'report']) {
    const asked = await fetch(`${system.base}/tasks/${kind}/run`, { method: 'POST' });
    expect(asked.status, await asked.text()).toBe(200);
    // Killed at once: the answer came with the commit, the work takes longer than the way here.
    await system.end('SIGKILL');
    await system.start();
    await expect.poll(async () => (await taskOf(system, kind))?.open, { timeout: 20_000 }).toBe(false);
    const task = await taskOf(system, kind);
    expect(task, kind).toMatchObject({
      state: 'succeeded',
      runner: 'native',
      attempts: 1,
      result: { error: null },
    });
    expect(task?.decision_id, 'the result belongs to the decision that was in force').toMatch(/^decision-/);
  }
  const [report] = readdirSync(path.join(folder, 'reports')).filter((name) => name.endsWith('.json'));
  expect(JSON.parse(readFileSync(path.join(folder, 'reports', report ?? ''), 'utf8'))).toMatchObject({
    account: 'simulated',
  });
  const again = await fetch(`${system.base}/tasks/report/run`, { method: 'POST' });
  expect(again.status, 'within its minimum interval').toBe(409);
  expect(await system.end('SIGTERM')).toBe(0);
  const args = system.settings.DATABASE_URL === undefined ? ['--data', folder] : [];
  const verified = await runAto(['journal', 'verify', '--json', ...args], system.settings, system.folder);
  expect(JSON.parse(verified.stdout), verified.stderr).toMatchObject({ reproduces: true });
}

describe('a job survives kill -9 between its decision and its result', () => {
  test(
    'embedded database',
    () => killedBetween(new Installation({ ATO_UNIVERSE: 'BTCUSDT,ETHUSDT' })),
    120_000,
  );

  test('PostgreSQL', async (context) => {
    const reason = await postgresSkipReason();
    if (reason !== undefined) return context.skip(reason);
    const server = await startPostgres();
    try {
      await killedBetween(
        new Installation({ ATO_UNIVERSE: 'BTCUSDT,ETHUSDT', DATABASE_URL: await server.freshDatabase() }),
      );
    } finally {
      await installations.at(-1)?.remove();
      await server.stop();
    }
  }, 120_000);
});
