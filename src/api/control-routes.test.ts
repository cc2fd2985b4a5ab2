// Commands: what is posted, what is answered, and what happens when no answer comes.
import { afterEach, expect, test, vi } from 'vitest';
import { decision, heal, order, refusal, startAt } from '../../test/support/api-rows.ts';
import { type ApiWorld, apiWorld, message, type WorldOptions } from '../../test/support/api-world.ts';
import { commandTimeoutMs } from './routes/control-routes.ts';
import { commandBody } from './schemas/overview-bodies.ts';

let world: ApiWorld;
afterEach(async () => {
  vi.useRealTimers();
  await world.app.close();
});

async function post(url: string, body?: unknown, options: WorldOptions = {}) {
  world = await apiWorld(options);
  return await world.app.inject({
    method: 'POST',
    url,
    headers: { host: 'localhost' },
    ...(body === undefined ? {} : { payload: body as object }),
  });
}

test.each([
  ['/control/start', 'start'],
  ['/control/stop', 'stop'],
  ['/control/force-decision', 'force_decision'],
  ['/trading/halt', 'halt'],
  ['/trading/reduce-only', 'reduce_only'],
  ['/trading/resume', 'resume'],
  ['/health/auto-heal', 'auto_heal'],
])('POST %s posts %s and nothing else', async (url, command) => {
  const response = await post(url);
  expect(response.statusCode).toBe(200);
  expect(commandBody.parse(response.json())).toMatchObject({ command, sequence: 43 });
  expect(world.commands).toEqual([
    { command, by: 'api', reason: 'asked over HTTP', symbol: null, dry_run: false },
  ]);
});

test('a state that stands already is said to be unchanged', async () => {
  const response = await post('/trading/resume', {}, { caused: () => [] });
  expect(response.json()).toMatchObject({
    detail: 'Committed as input 43; trading was active already and is unchanged.',
    trading_state: { state: 'active' },
  });
});

test('an empty JSON body is no body', async () => {
  world = await apiWorld();
  const headers = { host: 'localhost', 'content-type': 'application/json' };
  const response = await world.app.inject({ method: 'POST', url: '/control/stop', headers, payload: '' });
  expect(response.statusCode).toBe(200);
});

test('name and reason are recorded', async () => {
  await post('/trading/halt', { by: ' Ann ', reason: 'news in an hour' });
  expect(world.commands[0]).toMatchObject({ by: 'Ann', reason: 'news in an hour' });
});

test.each(['\u0000', 'two\nlines', '\ud800', '   ', 'x'.repeat(501)])(
  'a reason that a database could not keep is refused: %j',
  async (reason) => {
    expect((await post('/trading/halt', { reason })).statusCode).toBe(400);
    expect(world.commands).toEqual([]);
  },
);

test('force-decision answers with the decision it made', async () => {
  const response = await post(
    '/control/force-decision',
    {},
    {
      caused: () => [message('decision', decision({ id: 'forced', trigger: 'operator' }))],
    },
  );
  expect(commandBody.parse(response.json()).decision).toMatchObject({ id: 'forced', trigger: 'operator' });
});

test('halt answers with the state that now holds', async () => {
  const response = await post(
    '/trading/halt',
    {},
    {
      caused: ({ by, reason }) => [
        message('trading.state_changed', { state: 'halted', by, reason, since: startAt }),
      ],
    },
  );
  expect(response.json().trading_state).toMatchObject({ state: 'halted', since: '2026-01-05T10:00:00.000Z' });
});

test('close posts the symbol and answers with the orders', async () => {
  const response = await post(
    '/trading/close',
    { symbol: 'btcusdt' },
    {
      caused: () => [message('trading.order_changed', order({ id: 'o9', leg: 'exit' }))],
    },
  );
  expect(world.commands[0]).toMatchObject({ command: 'close_position', symbol: 'BTCUSDT' });
  expect(response.json().orders[0]).toMatchObject({ id: 'o9', leg: 'exit' });
});

test('a refused close is 409 with limit and actual', async () => {
  const response = await post(
    '/trading/close',
    { symbol: 'BTCUSDT' },
    {
      caused: () => [message('trading.refused', refusal({ code: 'no_quote', limit: null, actual: null }))],
    },
  );
  expect(response.statusCode).toBe(409);
  expect(response.json()).toMatchObject({
    type: 'urn:ato:problem:refused',
    refusals: [{ code: 'no_quote', limit: null, actual: null }],
  });
});

test.each([
  ['/health/auto-heal?dry_run=true', undefined, true],
  ['/health/auto-heal', { dry_run: true }, true],
  ['/health/auto-heal?dry_run=true', { dry_run: false }, true],
  ['/health/auto-heal?dry_run=false', { dry_run: true }, true],
  ['/health/auto-heal?dry_run=false', undefined, false],
])('auto-heal %s with %j is a dry run: %s', async (url, body, dryRun) => {
  const response = await post(url, body, { caused: () => [message('health.heal', heal())] });
  expect(world.commands[0]?.dry_run).toBe(dryRun);
  expect(response.json().heals[0]).toMatchObject({ playbook: 'restart-source' });
});

test('a dry run that cannot be read is refused, not healed', async () => {
  const response = await post('/health/auto-heal?dry_run=yes');
  expect(response.statusCode).toBe(400);
  expect(world.commands).toEqual([]);
});

test('shutting down is 503: the command was not taken', async () => {
  const response = await post('/control/stop', undefined, {
    dependencies: { post: () => Promise.reject(new Error('the system is shutting down')) },
  });
  expect(response.statusCode).toBe(503);
  expect(response.headers['retry-after']).toBe('5');
  expect(response.json().type).toBe('urn:ato:problem:shutting-down');
});

test('no answer in time is 504: the outcome is unknown', async () => {
  const posted = Promise.withResolvers<void>();
  const silent = () => {
    posted.resolve();
    return new Promise<never>(() => {});
  };
  world = await apiWorld({ dependencies: { post: silent } });
  await world.app.ready();
  // Only from here on: the start of the server has time limits of its own.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const asked = world.app.inject({ method: 'POST', url: '/control/stop', headers: { host: 'localhost' } });
  await posted.promise;
  await vi.advanceTimersByTimeAsync(commandTimeoutMs);
  const response = await asked;
  expect(response.statusCode).toBe(504);
  expect(response.json().detail).toMatch(/may still take effect/);
});

test('a command the kernel put among the dead letters is not answered as done', async () => {
  const letter = {
    id: 'x',
    reason: 'by: too long',
    message_type: 'operator.command',
    excerpt: '{}',
    at: startAt,
  };
  const response = await post('/control/stop', undefined, {
    dependencies: {
      post: async () => ({ sequence: 1, messages: [message('kernel.dead_letter', letter)] }),
    },
  });
  expect(response.statusCode).toBe(500);
  expect(world.logged.join()).toContain('too long');
});

test('any other failure is a plain 500', async () => {
  const response = await post('/control/stop', undefined, {
    dependencies: { post: () => Promise.reject(new Error('assertion failed in agent memory')) },
  });
  expect(response.statusCode).toBe(500);
  expect(response.body).not.toContain('agent memory');
});

test.each([
  ['/control/mode', { mode: 'forex' }, { command: 'set_mode', mode: 'forex' }],
  ['/control/mode', { mode: 'auto', by: 'Ann' }, { command: 'set_mode', mode: 'auto', by: 'Ann' }],
  ['/tasks/crypto-normal-scan/run', undefined, { command: 'run_task', kind: 'crypto-normal-scan' }],
  ['/tasks/crypto-normal-scan/pause', undefined, { command: 'pause_task', kind: 'crypto-normal-scan' }],
  ['/tasks/crypto-normal-scan/resume', {}, { command: 'resume_task', kind: 'crypto-normal-scan' }],
])('POST %s with %j posts what it is about', async (url, body, expected) => {
  const response = await post(url, body);
  expect(response.statusCode).toBe(200);
  expect(commandBody.parse(response.json()).command).toBe(expected.command);
  expect(world.commands).toHaveLength(1);
  expect(world.commands[0]).toMatchObject(expected);
});

test.each([
  ['/control/mode', undefined],
  ['/control/mode', { mode: 'wild' }],
  ['/tasks/no-such-kind/run', undefined],
  ['/tasks/crypto-normal-scan/run', { kind: 'health-monitor-check' }],
])('POST %s with %j is refused and posts nothing', async (url, body) => {
  expect((await post(url, body)).statusCode).toBe(400);
  expect(world.commands).toEqual([]);
});

test('a task that the orchestrator does not run is a 409 with its reason', async () => {
  const [candidate] = decision().candidates;
  const refused = { ...candidate!, chosen: false, reason: 'min interval not over: 1 min of 2 min' };
  const caused = () => [message('decision', decision({ trigger: 'operator', candidates: [refused] }))];
  const response = await post('/tasks/crypto-normal-scan/run', undefined, { caused });
  expect(response.statusCode).toBe(409);
  expect(response.json().detail).toBe(
    'crypto-normal-scan was not run: min interval not over: 1 min of 2 min.',
  );
});

test('a kind that keeps the system safe cannot be paused: nothing is posted', async () => {
  const safe = {
    kind: 'health-monitor-check',
    description: 'Checks',
    agent: 'health_ai',
    runner: 'native',
    min_interval_ms: 1,
    max_interval_ms: 2,
    safety: true,
  } as const;
  const response = await post('/tasks/health-monitor-check/pause', undefined, {
    dependencies: { workflows: () => [safe] },
  });
  expect(response.statusCode).toBe(409);
  expect(world.commands).toEqual([]);
});

test('without an orchestrator at hand there is no schedule', async () => {
  world = await apiWorld({ dependencies: { schedule: () => undefined as never } });
  const response = await world.app.inject({ url: '/orchestrator/schedule', headers: { host: 'localhost' } });
  expect(response.statusCode).toBe(404);
});
