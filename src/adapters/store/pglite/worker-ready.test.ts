import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { workerReady } from './worker-ready.ts';

const longMs = 100_000;

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

function threadOf(program: string): Worker {
  return new Worker(program, { eval: true, stdout: true, stderr: true });
}

test.each([
  ['ends', 'process.exit(3)', 'ended with code 3'],
  ['throws', 'throw new Error("no memory")', 'no memory'],
  [
    'says that it failed',
    'require("node:worker_threads").parentPort.postMessage({ id: 0, error: { message: "broken", code: "x" } })',
    'broken',
  ],
])(
  'a thread that %s is a failed start at once, and leaves no timer to wait for',
  async (_, program, says) => {
    const before = timers();
    const worker = threadOf(program);
    await expect(workerReady(worker, longMs)).rejects.toThrow(says);
    expect(timers()).toBeLessThanOrEqual(before);
    await worker.terminate();
  },
);

test('a silent thread is given up', async () => {
  const worker = threadOf('setInterval(() => undefined, 1000)');
  await expect(workerReady(worker, 1)).rejects.toThrow('no answer within 1 ms');
  await worker.terminate();
});

test('a thread that answers is ready and leaves nobody listening', async () => {
  const before = timers();
  const worker = threadOf(
    'const { parentPort } = require("node:worker_threads"); parentPort.postMessage({ id: 0 }); parentPort.on("message", () => undefined)',
  );
  await workerReady(worker, longMs);
  expect(timers()).toBeLessThanOrEqual(before);
  for (const event of ['error', 'exit', 'message']) expect(worker.listenerCount(event)).toBe(0);
  await worker.terminate();
});
