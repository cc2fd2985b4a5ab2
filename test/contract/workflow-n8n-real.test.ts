// The n8n contract on a real n8n, the eight shipped workflows in it, and the whole system running its tasks there.
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Task, workflowKinds } from '../../src/shared/domain/task.ts';
import { type N8n, n8nSkipReason, shippedSetup, startN8n } from '../servers/n8n.ts';
import { freePort, Installation, runAto } from '../support/system-process.ts';
import { type Behaviour, n8nContract } from './workflow-n8n.contract.ts';
import { behaviourWorkflows } from './workflow-support/behaviour-workflows.ts';

const skipReason = await n8nSkipReason();
if (skipReason !== undefined) process.stderr.write(`skipped: workflows in a real n8n: ${skipReason}\n`);

const apiToken = 'api-token-only-for-tests';
const webhookToken = 'right';
const bearer = { headers: { authorization: `Bearer ${apiToken}` } };

interface Asked {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

describe.skipIf(skipReason !== undefined)('a real n8n', () => {
  let n8n: N8n;
  let atoPort = 0;
  const behaviourIds = new Map<string, string>();

  beforeAll(async () => {
    atoPort = await freePort();
    const shipped = shippedSetup(`http://127.0.0.1:${atoPort}`, webhookToken, apiToken);
    const own = behaviourWorkflows(shipped.credentials[0]?.id ?? '');
    for (const { id, name } of own) behaviourIds.set(name, id);
    n8n = await startN8n({ ...shipped, workflows: [...shipped.workflows, ...own] });
  }, 120_000);

  afterAll(() => n8n?.stop(), 30_000);

  async function executions(behaviour: Behaviour): Promise<number> {
    const query = `executions?limit=250&workflowId=${behaviourIds.get(behaviour)}`;
    const [ended, running] = [await n8n.api(query), await n8n.api(`${query}&status=running`)];
    return new Set([...ended.data, ...running.data].map(({ id }) => id)).size;
  }

  n8nContract('the contract', () => ({ base: n8n.base, apiKey: n8n.apiKey, executions }));

  test('each shipped workflow asks ato, with the token, to do its task, and tells how it went', async () => {
    const asked: Asked[] = [];
    const server = createServer((incoming, outgoing) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      incoming.on('end', () => {
        const { url = '', headers } = incoming;
        asked.push({ url, authorization: headers.authorization, body: JSON.parse(text) });
        const failing = url.includes('bad');
        outgoing.writeHead(failing ? 409 : 200, { 'content-type': 'application/json' });
        outgoing.end(
          JSON.stringify(failing ? { title: 'refused' } : { ok: true, effect_observed: true, found: 2 }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(atoPort, '127.0.0.1', resolve));
    try {
      const call = async (kind: string, id: string) => {
        const response = await fetch(`${n8n.base}/webhook/${kind}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-webhook-token': webhookToken },
          body: JSON.stringify({ task_id: id, callback_path: `/workflows/callback/${id}?attempt=1` }),
          signal: AbortSignal.timeout(20_000),
        });
        return {
          status: response.status,
          body: await response.json(),
          id: response.headers.get('x-n8n-execution-id'),
        };
      };
      await Promise.all(
        workflowKinds.map(async (kind) => {
          const [good, bad] = [await call(kind, `good-${kind}`), await call(kind, `bad-${kind}`)];
          if (kind === 'deep-market-analysis') {
            expect(good).toMatchObject({ status: 200, body: { message: 'Workflow was started' } });
            return;
          }
          expect(good).toMatchObject({
            status: 200,
            body: { ok: true, found: 2 },
            id: expect.stringMatching(/^\d+$/),
          });
          expect(bad).toMatchObject({
            status: 502,
            body: { ok: false, error: expect.stringContaining('409') },
          });
        }),
      );
      const of = (path: string) => asked.filter(({ url }) => url === path);
      for (const kind of workflowKinds)
        expect(of(`/workflows/tasks/good-${kind}/perform`), kind).toEqual([
          {
            url: expect.any(String),
            authorization: `Bearer ${apiToken}`,
            body: { execution_id: expect.stringMatching(/^\d+$/) },
          },
        ]);
      const back = (id: string) => of(`/workflows/callback/${id}-deep-market-analysis?attempt=1`)[0]?.body;
      await expect.poll(() => back('good'), { timeout: 5_000 }).toMatchObject({ ok: true, found: 2 });
      await expect.poll(() => back('bad'), { timeout: 5_000 }).toMatchObject({ ok: false });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a webhook without the header is refused', async () => {
    const response = await fetch(`${n8n.base}/webhook/crypto-normal-scan`, { method: 'POST' });
    expect(response.status).toBe(403);
  });

  const settings = () => ({
    ORCHESTRATOR_PORT: String(atoPort),
    API_TOKEN: apiToken,
    N8N_BASE_URL: n8n.base,
    N8N_WEBHOOK_TOKEN: webhookToken,
    N8N_API_KEY: n8n.apiKey,
    N8N_CALLBACK_SECRET: 'callback-secret-for-tests',
  });
  /** Scans wait for the first measurement of their market, which may take longer than anybody waits here. */
  const firstKinds = ['deep-market-analysis', 'health-monitor-check'];

  async function finishedTasks(system: Installation): Promise<Task[]> {
    const { tasks } = (await system.get('/tasks?limit=200')) as { tasks: Task[] };
    return tasks.filter(({ open, kind }) => !open && firstKinds.includes(kind));
  }

  async function verify(system: Installation): Promise<void> {
    expect(await system.end('SIGTERM')).toBe(0);
    const args = ['journal', 'verify', '--json', '--data', system.settings.DATA_DIR ?? ''];
    const verified = await runAto(args, system.settings, system.folder);
    expect(JSON.parse(verified.stdout), verified.stderr).toMatchObject({ reproduces: true });
  }

  test('the system runs its tasks there, survives kill -9 while they run, and replays', async () => {
    const system = new Installation(settings());
    try {
      await system.start();
      await system.end('SIGKILL');
      await system.start();
      await expect
        .poll(async () => (await finishedTasks(system)).map(({ kind }) => kind).sort(), { timeout: 30_000 })
        .toEqual(firstKinds);
      for (const task of await finishedTasks(system))
        expect(task, task.kind).toMatchObject({
          state: 'succeeded',
          runner: 'n8n',
          attempts: 1,
          delegated: true,
          execution_id: expect.stringMatching(/^\d+$/),
          result: { effect_observed: true },
        });
      const metrics = await (await fetch(`${system.base}/metrics`)).text();
      expect(metrics).toMatch(/^api_health_n8n 1$/m);
      await verify(system);
    } finally {
      await system.remove();
    }
  }, 90_000);

  test('with n8n dead the agents do the work; task and decision say so', async () => {
    await n8n.kill();
    const system = new Installation(settings());
    try {
      await system.start();
      await expect
        .poll(async () => (await finishedTasks(system)).map(({ kind }) => kind).sort(), { timeout: 30_000 })
        .toEqual(firstKinds);
      for (const task of await finishedTasks(system))
        expect(task, task.kind).toMatchObject({
          state: 'succeeded',
          runner: 'native',
          attempts: 1,
          runner_note: expect.stringContaining('connection refused'),
        });
      expect(await system.get('/workflows/available')).toMatchObject({
        server: { status: { ok: false, health: 0, detail: 'connection refused' } },
      });
      await fetch(`${system.base}/control/force-decision`, { method: 'POST', ...bearer });
      const { decisions } = (await system.get('/decisions?limit=1')) as {
        decisions: { reasoning: string }[];
      };
      expect(decisions[0]?.reasoning).toContain(
        'n8n does not answer (connection refused): tasks run natively',
      );
      await verify(system);
    } finally {
      await system.remove();
    }
  }, 90_000);
});
