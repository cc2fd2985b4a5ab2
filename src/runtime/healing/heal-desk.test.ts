// One step of a playbook, done: what it changes, what it says with the numbers before and after, and that it never throws.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HealAction, healActions } from '../../shared/domain/heal-action.ts';
import { dayMs } from '../../shared/domain/time.ts';
import { HealDesk, type HealDeskOptions } from './heal-desk.ts';
import { pruneDisk } from './prune-disk.ts';

const silent = () => undefined;

function desk(changes: Partial<HealDeskOptions> = {}) {
  const did: string[] = [];
  const commits = { commitPauseMs: 15 };
  const made = new HealDesk({
    store: { maintain: async () => void did.push('maintain') },
    commits,
    database: undefined,
    pace: (source, factor) => did.push(`${source} ${factor}`) > 0,
    releaseJobs: () => 3,
    checkWorkflows: undefined,
    measureClock: async () => -1_499.6,
    pruneDisk: async () => 'removed 2 old file(s)',
    relay: { reconnect: async () => 'dialled anew', resend: () => '7 message(s) kept' },
    restartProcess: undefined,
    clock: { now: () => 42 },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    ...changes,
  });
  const act = (action: HealAction, target = 'system') => made.act({ heal_id: 'h', action, target });
  const said = async (action: HealAction, target?: string) => (await act(action, target)).detail;
  return { act, said, did, commits };
}

test('every action is answered, done or not, and never thrown', async () => {
  const { act } = desk();
  const notHere: string[] = [];
  for (const action of healActions) {
    const answer = await act(action);
    expect(answer).toMatchObject({ heal_id: 'h', action, target: 'system', at: 42 });
    expect(answer.detail).not.toBe('');
    if (!answer.ok) notHere.push(action);
  }
  expect(notHere).toEqual([
    'database.cancel_runaways',
    'database.create_index',
    'workflow.check',
    'program.restart',
  ]);
});

test('a step that fails outside is an answer with the reason', async () => {
  const { act } = desk({
    relay: { reconnect: () => Promise.reject(new Error('refused')), resend: () => '' },
  });
  expect(await act('relay.reconnect')).toMatchObject({ ok: false, detail: 'refused' });
  expect(await desk({ relay: undefined }).act('relay.resend')).toMatchObject({
    ok: false,
    detail: 'no agent is in another process',
  });
});

test('the commit pause is set with its numbers, and given back to what the optimiser chose meanwhile', async () => {
  const { said, commits } = desk();
  expect(await said('commits.batch')).toBe('pause between commits 15 -> 150 ms');
  expect(await said('commits.tune')).toBe('it counts when healing gives the pause back');
  expect(commits.commitPauseMs).toBe(150);
  expect(await said('commits.normal')).toBe('pause between commits 150 -> 60 ms');
  expect(await said('commits.untune')).toBe('pause between commits 60 -> 15 ms');
});

test('a source is asked half, a quarter, an eighth as often and never less; its pace is given back', async () => {
  const { said, did } = desk();
  for (let step = 0; step < 5; step++) await said('source.slow_down', 'birdeye');
  await said('source.slow_down', 'kraken');
  expect(await said('source.normal_pace', 'birdeye')).toContain('0.125 -> 1 times as often');
  expect(did).toEqual([
    ...[0.5, 0.25, 0.125, 0.125, 0.125].map((one) => `birdeye ${one}`),
    'kraken 0.5',
    'birdeye 1',
  ]);
  const streamed = desk({ pace: () => false });
  expect(await streamed.said('source.slow_down', 'binance')).toContain('nothing else to slow down');
});

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ato-prune-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('pruning leaves the newest log, young reports and everything that is not ours', async () => {
  const now = Date.now();
  const [logs, reports] = [path.join(folder, 'logs'), path.join(folder, 'reports')];
  mkdirSync(logs);
  mkdirSync(reports);
  const file = (where: string, name: string, ageDays: number) => {
    writeFileSync(path.join(where, name), 'x'.repeat(1_000));
    const at = new Date(now - ageDays * dayMs);
    utimesSync(path.join(where, name), at, at);
  };
  for (const [name, age] of [
    ['orchestrator.1.log', 2],
    ['orchestrator.2.log', 1],
    ['orchestrator.3.log', 0],
    ['mine.log', 9],
  ] as const)
    file(logs, name, age);
  for (const [name, age] of [
    ['old.json', 31],
    ['old.md', 40],
    ['young.json', 3],
    ['keep.csv', 90],
  ] as const)
    file(reports, name, age);
  expect(await pruneDisk({ logs, reports }, now)).toContain('removed 4 old file(s)');
  expect(readdirSync(logs).sort()).toEqual(['mine.log', 'orchestrator.3.log']);
  expect(readdirSync(reports).sort()).toEqual(['keep.csv', 'young.json']);
  expect(
    await pruneDisk({ logs: path.join(folder, 'none'), reports: path.join(folder, 'none') }, now),
  ).toContain('removed 0');
});
