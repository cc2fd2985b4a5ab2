import { expect, test } from 'vitest';
import { realTime } from './real-time.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('all clocks of a run agree, and a wall clock that fell back shows as time ahead', async () => {
  let wallMs = Date.now() + 3_600_000;
  const time = realTime(Promise.resolve(0), () => wallMs);
  await settle();
  expect(time.aheadMs()).toBe(0);
  const [one, other] = [time.clock(), time.clock()];
  expect(one.now()).toBeGreaterThanOrEqual(wallMs);
  expect(other.now() - one.now()).toBeLessThan(50);
  wallMs -= 3_600_000;
  expect(time.aheadMs()).toBeGreaterThan(3_599_000);
  expect(time.aheadMs()).toBeLessThan(3_601_000);
});

test('a run goes on from where the last ended, unless that lies so far ahead that the start is refused', async () => {
  const wallMs = Date.now();
  const near = realTime(Promise.resolve(wallMs + 90_000), () => wallMs);
  const far = realTime(Promise.resolve(wallMs + 3_600_000), () => wallMs);
  const failed = realTime(Promise.reject(new Error('no store')), () => wallMs);
  await settle();
  expect(near.clock().now()).toBeGreaterThanOrEqual(wallMs + 90_000);
  expect(near.aheadMs()).toBeGreaterThanOrEqual(90_000);
  expect(far.aheadMs()).toBe(0);
  expect(failed.aheadMs()).toBe(0);
});
