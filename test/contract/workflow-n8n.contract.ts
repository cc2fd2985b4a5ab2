// What the n8n adapter owes with any workflow behind a webhook, shipped or somebody's own: the stand-in and a real n8n.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { N8nServer } from '../../src/adapters/workflow/n8n/n8n-server.ts';
import type { WorkflowCall } from '../../src/shared/ports/workflow.ts';

/** Workflows that both n8ns have, by the first part of their webhook's path; `missing` is the one that is not there. */
export const behaviours = [
  'ours',
  'own',
  'throws',
  'throws-last',
  'started',
  'started-throws',
  'html',
  'empty',
  'slow',
  'locked',
  'missing',
] as const;
export type Behaviour = (typeof behaviours)[number];

export const contractKind = 'crypto-normal-scan';

export interface N8nWorld {
  readonly base: string;
  readonly apiKey: string;
  /** Executions of one behaviour so far. */
  executions(behaviour: Behaviour): Promise<number>;
}

let tasks = 0;

export function callOf(deadlineMs = 8_000): WorkflowCall {
  const now = Date.now();
  return {
    task: {
      task_id: `task-${process.pid}-${++tasks}`,
      kind: contractKind,
      attempt: 1,
      symbols: ['BTCUSDT'],
      decision_id: 'decision-1',
      priority: 100,
      reason: 'score 1 reaches 0.9',
      context: {
        mode: 'crypto',
        sessions_open: [],
        crypto_activity: 1,
        forex_activity: null,
        crypto_volatility: 0.5,
        forex_volatility: null,
        trading_state: 'active',
        open_positions: 0,
        equity: 10_000,
      },
      deadline_at: now + deadlineMs,
    },
    callbackPath: '/workflows/callback/x?attempt=1&expires=1&signature=0',
    requestedAt: now,
  };
}

export function n8nContract(name: string, open: () => N8nWorld): void {
  const server = (
    behaviour: Behaviour,
    options: { key?: string | null; token?: string; base?: string } = {},
  ): N8nServer => {
    const world = open();
    const { key = world.apiKey, token = 'right', base = world.base } = options;
    return new N8nServer({
      baseUrl: base,
      header: { name: 'X-Webhook-Token', value: token },
      apiKey: key ?? undefined,
      callbackUrl: 'http://127.0.0.1:1',
      now: Date.now,
      webhookPath: `webhook/${behaviour}`,
    });
  };
  const never = new AbortController().signal;
  const run = (
    behaviour: Behaviour,
    options: { key?: string | null; token?: string } = {},
    deadlineMs?: number,
  ) => server(behaviour, options).run(callOf(deadlineMs), never);
  const confirmed = { outcome: 'finished', succeeded: true, via: 'executions' };
  const failed = { outcome: 'finished', succeeded: false };

  describe(name, () => {
    test('a reply in our form is believed once n8n confirms it, and without a key by itself', async () => {
      const result = { effect_observed: true, looked_at: 2, found: 1, summary: 'n8n: "looked"', error: null };
      const end = await run('ours');
      expect(end).toMatchObject({ ...confirmed, result });
      expect(end.executionId).toMatch(/^\d+$/);
      expect(await run('ours', { key: null })).toMatchObject({ ...confirmed, via: 'response', result });
    });

    test('any other JSON is a success of which nothing is claimed, and none of its text is kept', async () => {
      const end = await run('own');
      expect(end).toMatchObject({
        ...confirmed,
        result: { effect_observed: false, looked_at: 0, error: null },
      });
      expect(end.result.summary).toMatch(/^it answered 200 with JSON of \d+ characters/);
      expect(JSON.stringify(end)).not.toContain('IGNORE');
    });

    test('200 with an empty body: the executions tell; without a key it is a failure', async () => {
      const error = `n8n: "boom 'here'"`;
      const thrown = await run('throws');
      expect(thrown).toMatchObject({ ...failed, via: 'executions' });
      expect(thrown.result.error).toContain(error.slice(6, -1));
      expect(await run('empty')).toMatchObject(confirmed);
      const blind = await run('throws', { key: null });
      expect(blind).toMatchObject({ ...failed, via: 'response' });
      expect(blind.result.error).toContain('empty body');
      expect(await run('empty', { key: null })).toMatchObject(failed);
    });

    test('an error answer is a failure', async () => {
      expect(await run('throws-last')).toMatchObject({ ...failed, result: { effect_observed: false } });
      expect((await run('throws-last', { key: null })).result.error).toContain('500');
    });

    test('HTML is no reply: the executions tell; without a key it is a failure', async () => {
      expect(await run('html')).toMatchObject(confirmed);
      const blind = await run('html', { key: null });
      expect(blind).toMatchObject(failed);
      expect(blind.result.error).toContain('text/html');
    });

    test('what was only started is followed although running executions are missing from the list', async () => {
      expect(await run('started')).toMatchObject(confirmed);
      const thrown = await run('started-throws');
      expect(thrown).toMatchObject({ ...failed, via: 'executions' });
      expect(thrown.result.error).toContain('boom');
    });

    test('without key and call-back, what was only started is told as lost just before the deadline', async () => {
      const begun = Date.now();
      const end = await run('started', { key: null }, 2_000);
      expect(end).toMatchObject({ ...failed, via: 'deadline' });
      expect(end.result.error).toContain('no call-back');
      expect(Date.now() - begun).toBeLessThan(2_000);
    });

    test('a workflow that outlives the deadline is told as not ended before it', async () => {
      const begun = Date.now();
      const end = await run('slow', {}, 2_500);
      expect(end).toMatchObject({ ...failed, via: 'deadline' });
      expect(Date.now() - begun).toBeLessThan(4_000);
    });

    test('a wrong header, a webhook that is not there, an address that nobody listens at: certainly not run', async () => {
      const none = { outcome: 'not_run', via: 'none', succeeded: false };
      const locked = await run('locked', { token: 'wrong' });
      expect(locked).toMatchObject(none);
      expect(locked.result.error).toContain('N8N_WEBHOOK_TOKEN');
      const missing = await run('missing');
      expect(missing).toMatchObject(none);
      expect(missing.result.error).toContain('no active workflow');
      const away = await server('ours', { base: 'http://127.0.0.1:9' }).run(callOf(), never);
      expect(away).toMatchObject({ ...none, result: { error: 'connection refused' } });
      expect(await open().executions('locked')).toBe(0);
    });

    test('the right header opens', async () => {
      expect(await run('locked')).toMatchObject(confirmed);
    });

    test('after a restart a call that was made is found and followed, one that was not is made: never two', async () => {
      const before = await open().executions('started');
      const call = callOf();
      const killed = new AbortController();
      const first = server('started').run(call, killed.signal);
      await expect.poll(() => open().executions('started'), { timeout: 5_000 }).toBe(before + 1);
      killed.abort();
      await first;
      expect(await server('started').resume(call, never)).toMatchObject(confirmed);
      expect(await open().executions('started')).toBe(before + 1);
      expect(await server('started').resume(callOf(), never)).toMatchObject(confirmed);
      expect(await open().executions('started')).toBe(before + 2);
    });

    test('after a restart without a key nothing is called again', async () => {
      const before = await open().executions('ours');
      const end = await server('ours', { key: null }).resume(callOf(1_500), never);
      expect(end).toMatchObject({ ...failed, via: 'deadline' });
      await delay(100);
      expect(await open().executions('ours')).toBe(before);
    });

    test('it says how it is, and that it cannot be followed when the key is wrong', async () => {
      expect(await server('ours').check()).toMatchObject({ server: 'n8n', ok: true, health: 1 });
      expect(await server('ours', { key: 'wrong' }).check()).toMatchObject({ ok: true, health: 0.5 });
      expect(await server('ours', { base: 'http://127.0.0.1:9' }).check()).toMatchObject({
        ok: false,
        health: 0,
      });
    });
  });
}
