// A real process whose main thread stands still: it ends itself with its own exit code and says where it stood; the next start tells
// people. A long turn, and a process that was only stopped, are left alone.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardianOf } from '../../src/runtime/processes/watchdog.ts';
import { frozenExitCode } from '../../src/runtime/processes/watchdog-orders.ts';
import { Installation, projectFolder } from '../support/system-process.ts';

const limitMs = 5_000;
let system: Installation;
let trigger: string;

beforeAll(() => {
  system = new Installation({
    ...{ ATO_WATCHDOG_SECONDS: String(limitMs / 1_000), ATO_UNIVERSE: 'BTCUSDT', ATO_NEWS: 'off' },
    ATO_STRATEGY_FILE: path.join(projectFolder, 'test', 'processes', 'frozen-strategy.ts'),
    ATO_DISCOVERY: 'off',
  });
  trigger = path.join(system.folder, 'fault');
  system.settings.FAULT_TRIGGER = trigger;
});
afterAll(() => system.remove());

const logged = () =>
  readdirSync(path.join(system.folder, 'logs'))
    .filter((name) => name.endsWith('.log'))
    .map((name) => readFileSync(path.join(system.folder, 'logs', name), 'utf8'))
    .join('');
const incidents = async () =>
  ((await system.get('/health/incidents?limit=50')) as { incidents: { cause: string; summary: string }[] })
    .incidents;

test('who acts: the supervisor where there is one, else the watchdog, unless it is switched off', () => {
  expect(guardianOf({ ATO_WATCHDOG_SECONDS: 60 }, true)).toBe('supervisor');
  expect(guardianOf({ ATO_WATCHDOG_SECONDS: 60 }, false)).toBe('watchdog');
  expect(guardianOf({ ATO_WATCHDOG_SECONDS: 0 }, false)).toBe('nobody');
});

test('a long turn and a stopped process are left alone; one that spins ends, says where, and people are told', async () => {
  await system.start();
  writeFileSync(`${trigger}.turn`, '');
  await delay(4_000);
  process.kill(system.pid, 'SIGSTOP');
  await delay(limitMs + 3_000);
  process.kill(system.pid, 'SIGCONT');
  await delay(2_500);
  expect((await system.get('/health')) as object).toMatchObject({ status: expect.any(String) });
  writeFileSync(`${trigger}.spin`, '');
  expect(await system.gone(limitMs + 10_000), system.output).toBe(frozenExitCode);
  expect(system.output).toMatch(
    /FATAL {3}the main thread stands still.*where=in spinForGood \(frozen-strategy\.ts:\d+\)/,
  );
  const line = logged()
    .split('\n')
    .find((one) => one.includes('stands still'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    level: 60,
    exit_code: frozenExitCode,
    where: expect.stringContaining('spinForGood'),
  });

  await system.start();
  await expect.poll(incidents, { timeout: 20_000 }).toContainEqual(
    expect.objectContaining({
      cause: 'process_frozen',
      summary: expect.stringContaining('in spinForGood'),
    }),
  );
  expect(readdirSync(path.join(system.folder, 'logs'))).not.toContain('frozen.json');
  writeFileSync(`${trigger}.native`, '');
  expect([frozenExitCode, null], 'killed where it cannot be asked').toContain(
    await system.gone(limitMs + 12_000),
  );
}, 120_000);
