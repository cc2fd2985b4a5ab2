// The doors for workflows: the signed call-back needs no token and nothing else does without; handing over is idempotent.
import { expect, test } from 'vitest';
import { filledStore, putRows, task } from '../../test/support/api-rows.ts';
import { apiWorld, message } from '../../test/support/api-world.ts';
import type { WorkflowDoor } from './api-dependencies.ts';

const signature = 'a'.repeat(64);
const callback = `/workflows/callback/t1?attempt=1&expires=5&signature=${signature}`;
const running = task({ id: 't9', state: 'running', runner: 'n8n', attempts: 1 });
const result = { effect_observed: true, looked_at: 3, found: 1, summary: 'looked', error: null };

async function open(door: Partial<WorkflowDoor> = {}, apiToken?: string) {
  const store = await filledStore();
  await putRows(store, 'tasks', [
    ['t9', running],
    ['t8', task({ id: 't8', state: 'succeeded', runner: 'n8n', delegated: true, result, open: false })],
  ]);
  const seen: unknown[] = [];
  const world = await apiWorld({
    store,
    dependencies: {
      apiToken,
      workflowDoor: {
        callback: async (request) => {
          seen.push(request);
          return request.expiresAt === 5 ? { counted: true } : undefined;
        },
        handOver: async () => ({
          sequence: 1,
          messages: [message('task.changed', { ...running, delegated: true })],
        }),
        ...door,
      },
    },
  });
  return { ...world, seen };
}

const post = (world: Awaited<ReturnType<typeof open>>, url: string, payload?: unknown, headers = {}) =>
  world.app.inject({
    method: 'POST',
    url,
    headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });

test('a call-back passes with its signature alone, whatever its body, from any host', async () => {
  const world = await open({}, 'token-0123456789');
  const far = { host: 'ai_orchestrator:8080' };
  expect((await post(world, callback, { anything: ['at', { all: 1 }] }, far)).json()).toEqual({
    task_id: 't1',
    counted: true,
  });
  expect((await post(world, callback, undefined, far)).statusCode).toBe(200);
  expect(world.seen[0]).toEqual({
    taskId: 't1',
    attempt: 1,
    expiresAt: 5,
    signature,
    reply: { anything: ['at', { all: 1 }] },
  });
  expect((await post(world, callback.replace('expires=5', 'expires=6'), {}, far)).statusCode).toBe(401);
});

test('malformed claims and bodies never reach the door', async () => {
  const world = await open();
  for (const url of [
    '/workflows/callback/t1',
    callback.replace('attempt=1', 'attempt=0'),
    callback.replace(signature, 'xyz'),
    callback.replace('expires=5', 'expires=-1'),
  ])
    expect((await post(world, url, {})).statusCode, url).toBe(400);
  const text = {
    method: 'POST',
    url: callback,
    headers: { 'content-type': 'text/html' },
    payload: '<p>',
  } as const;
  expect((await world.app.inject(text)).statusCode).toBe(415);
  expect((await post(world, callback, { big: 'x'.repeat(300_000) })).statusCode).toBe(413);
  expect(world.seen).toEqual([]);
});

test('to hand over needs the token', async () => {
  const world = await open({}, 'token-0123456789');
  expect((await post(world, '/workflows/tasks/t9/perform', {})).statusCode).toBe(401);
});

test('handing over answers with what the agent found, in the form that a workflow may pass on', async () => {
  const world = await open();
  const answer = post(world, '/workflows/tasks/t9/perform', { execution_id: '12' });
  await expect.poll(() => world.listeners()).toBeGreaterThan(1);
  await new Promise((resolve) => setImmediate(resolve));
  world.say('task.completed', { task_id: 't9', kind: running.kind, succeeded: true, result });
  expect((await answer).json()).toEqual({
    task_id: 't9',
    kind: running.kind,
    state: 'running',
    ok: true,
    ...result,
  });
  expect(world.listeners()).toBe(1);
});

test('asked again after its end the same is said; what is not in n8n’s hands is refused', async () => {
  const world = await open({ handOver: async () => ({ sequence: 1, messages: [] }) });
  expect((await post(world, '/workflows/tasks/t8/perform', {})).json()).toMatchObject({
    state: 'succeeded',
    found: 1,
  });
  expect((await post(world, '/workflows/tasks/t9/perform', {})).statusCode).toBe(409);
  expect((await post(world, '/workflows/tasks/none/perform', {})).statusCode).toBe(404);
  expect((await post(world, '/workflows/tasks/t9/perform', { execution_id: '$(rm)' })).statusCode).toBe(400);
});
