// The desk between committed effects and a workflow server: ends come back once, call-backs must be genuine.
import { beforeEach, expect, test } from 'vitest';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { WorkflowResult } from '../../shared/bus/catalogue.ts';
import type { Effect } from '../../shared/bus/effects.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { WorkflowCall, WorkflowEnd, WorkflowServer } from '../../shared/ports/workflow.ts';
import { WorkflowDesk } from './workflow-desk.ts';

const now = 1_000_000;
let inputs: KernelInput[] = [];
let settled: string[] = [];
let taken: { call: WorkflowCall; how: string; finish: (end: WorkflowEnd) => void }[] = [];
let well = true;
let refuse = false;

const server: WorkflowServer = {
  name: 'n8n',
  run: (call, signal) => take('run', call, signal),
  resume: (call, signal) => take('resume', call, signal),
  check: async () => ({ server: 'n8n', ok: well, health: well ? 1 : 0, detail: '', latency_ms: 1 }),
};

function take(how: string, call: WorkflowCall, signal: AbortSignal): Promise<WorkflowEnd> {
  return new Promise((resolve) => {
    taken.push({ call, how, finish: resolve });
    signal.addEventListener('abort', () => resolve(endOf({ via: 'deadline', succeeded: false })));
  });
}

function endOf(changes: Partial<WorkflowEnd> = {}): WorkflowEnd {
  const result = { effect_observed: true, looked_at: 1, found: 0, summary: 's', error: null };
  return { outcome: 'finished', succeeded: true, result, via: 'response', executionId: '5', ...changes };
}

const effect: Effect<'workflow.run'> = {
  id: 'e1',
  kind: 'workflow.run',
  agent: 'orchestrator_ai',
  correlation_id: 'c',
  at: now,
  data: {
    task_id: 'task-1',
    kind: 'crypto-normal-scan',
    attempt: 2,
    symbols: [],
    decision_id: 'd',
    priority: 1,
    reason: '',
    context: {
      mode: 'crypto',
      sessions_open: [],
      crypto_activity: null,
      forex_activity: null,
      crypto_volatility: null,
      forex_volatility: null,
      trading_state: 'active',
      open_positions: 0,
      equity: null,
    },
    deadline_at: now + 30_000,
  },
};

let time = now;
function newDesk(): WorkflowDesk {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return new WorkflowDesk({
    server,
    callbackSecret: 'a secret of sixteen',
    clock: { now: () => time, wakeAt() {}, cancelWake() {} },
    post: (input) => void inputs.push(input),
    postAndWait: async (input) => {
      if (refuse) throw new Error('the system is shutting down');
      const first = !inputs.some(({ message_type }) => message_type === 'workflow.result');
      inputs.push(input);
      const changed = { message_type: 'task.changed', data: { id: 'task-1' } } as unknown as AnyMessage;
      return { emitted: first ? [changed] : [] };
    },
    settle: (id) => void settled.push(id),
    log,
  });
}

const results = () =>
  inputs
    .filter(({ message_type }) => message_type === 'workflow.result')
    .map(({ data }) => data as WorkflowResult);
const callbackOf = (call: WorkflowCall | undefined, reply: unknown) => {
  const url = new URL(call?.callbackPath ?? '', 'http://x');
  return {
    taskId: url.pathname.split('/').at(-1) ?? '',
    attempt: Number(url.searchParams.get('attempt')),
    expiresAt: Number(url.searchParams.get('expires')),
    signature: url.searchParams.get('signature') ?? '',
    reply,
  };
};

beforeEach(() => {
  [inputs, settled, taken, well, refuse, time] = [[], [], [], true, false, now];
});

test('an end comes back as an input, and only then the effect is settled', async () => {
  const desk = newDesk();
  const done = desk.release(effect);
  expect(taken[0]?.how).toBe('run');
  taken[0]?.finish(endOf());
  await done;
  expect(results()).toMatchObject([
    {
      task_id: 'task-1',
      attempt: 2,
      kind: 'crypto-normal-scan',
      succeeded: true,
      via: 'response',
      execution_id: '5',
    },
  ]);
  expect(settled).toEqual(['e1']);
});

test('a genuine call-back ends it; the answer that follows, and a second call-back, are not told again', async () => {
  const desk = newDesk();
  const done = desk.release(effect);
  const request = callbackOf(taken[0]?.call, { ok: false, error: 'no data', execution_id: 9 });
  expect(await desk.callback(request)).toEqual({ counted: true });
  await done;
  expect(results()).toMatchObject([
    { succeeded: false, via: 'callback', execution_id: '9', result: { error: 'n8n: "no data"' } },
  ]);
  expect(settled).toEqual(['e1']);
  expect(await desk.callback(request)).toEqual({ counted: false });
  expect(results().length).toBe(1);
});

test('a call-back with another task, attempt, expiry, secret or after its time is not genuine', async () => {
  const desk = newDesk();
  void desk.release(effect);
  const request = callbackOf(taken[0]?.call, {});
  for (const forged of [
    { ...request, taskId: 'task-2' },
    { ...request, attempt: 1 },
    { ...request, expiresAt: request.expiresAt + 1 },
    { ...request, signature: request.signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
    { ...request, signature: '' },
  ])
    expect(await desk.callback(forged)).toBeUndefined();
  time = request.expiresAt + 1;
  expect(await desk.callback(request)).toBeUndefined();
  expect(results()).toEqual([]);
  desk.stop();
});

test('what an earlier process left is asked after, never simply called', async () => {
  const desk = newDesk();
  const done = desk.recover(effect);
  expect(taken[0]?.how).toBe('resume');
  taken[0]?.finish(endOf({ outcome: 'not_run' }));
  await done;
  expect(results()).toMatchObject([{ outcome: 'not_run' }]);
});

test('at a stop nothing is told and nothing settled, so the next start takes it up', async () => {
  const desk = newDesk();
  const done = desk.release(effect);
  desk.stop();
  await done;
  refuse = true;
  const second = newDesk();
  const late = second.release(effect);
  taken[1]?.finish(endOf());
  second.stop();
  await late;
  expect(results()).toEqual([]);
  expect(settled).toEqual([]);
});

test('the server’s state is told when it changes and now and then, and at once when a call could not be made', async () => {
  const desk = newDesk();
  const told = () => inputs.filter(({ message_type }) => message_type === 'workflow.status').length;
  await desk.check();
  await desk.check();
  expect(told()).toBe(1);
  time += 6 * 60_000;
  await desk.check();
  expect(told()).toBe(2);
  well = false;
  const done = desk.release(effect);
  taken[0]?.finish(endOf({ outcome: 'not_run', succeeded: false }));
  await done;
  expect(told()).toBe(3);
  expect(desk.status).toMatchObject({ ok: false });
});
