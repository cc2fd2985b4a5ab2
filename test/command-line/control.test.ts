// A person's commands against a real running process: what they print, how they end, and that a halt outlives the process.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, Installation, runAto } from '../support/system-process.ts';

const installation = new Installation({ ATO_UNIVERSE: 'BTCUSDT', ATO_MARKET_SPEED: '60' });
const run = (...args: string[]) => runAto(args, installation.settings, installation.folder);

beforeAll(async () => {
  await installation.start();
});
afterAll(() => installation.remove());

test('a halt is said, is in the API, and survives kill -9; resuming ends it', async () => {
  const halted = await run('halt', '--reason', 'test');
  expect(halted).toMatchObject({ code: 0, stdout: 'trading is halted\n', stderr: '' });
  await installation.end('SIGKILL');
  await installation.start();
  const status = await installation.get('/status');
  expect(JSON.stringify(status)).toContain('"halted"');
  expect((await run('reduce-only')).stdout).toBe('trading is reducing\n');
  const resumed = await run('resume', '--json');
  expect(JSON.parse(resumed.stdout)).toMatchObject({ command: 'resume', trading_state: { state: 'active' } });
});

test('positions and orders are listed, as text and as JSON', async () => {
  const positions = await run('positions', '--json');
  expect(positions.code).toBe(0);
  expect(JSON.parse(positions.stdout)).toMatchObject({ positions: expect.any(Array) });
  expect((await run('positions', '--state', 'closed')).code).toBe(0);
  const orders = await run('orders', '--open', '--limit', '5', '--json');
  expect(JSON.parse(orders.stdout)).toMatchObject({ orders: expect.any(Array) });
});

test('closing what is not there fails with its reason; closing everything is always possible', async () => {
  const one = await run('close', 'EURUSD');
  expect(one).toMatchObject({ code: 1, stdout: '', stderr: 'There is no open position in EURUSD.\n' });
  expect((await run('close', '--all')).code).toBe(0);
});

test.each([
  [['close'], 'choose what to close'],
  [['close', 'BTCUSDT', '--all'], 'choose what to close'],
  [['orders', '--limit', '0'], 'a whole number from 1'],
  [['positions', '--state', 'some'], 'Allowed choices'],
])('misuse: ato %j', async (args, why) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(why);
});

test('without a running system every one of them ends with 1 and says how to mend it', async () => {
  const settings = { ...installation.settings, ORCHESTRATOR_PORT: String(await freePort()) };
  for (const args of [['positions'], ['orders'], ['close', '--all'], ['halt']]) {
    const { code, stdout, stderr } = await runAto(args, settings, installation.folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^No running system answers at .* Fix: /);
  }
});
