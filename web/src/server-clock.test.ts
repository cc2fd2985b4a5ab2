import { expect, test } from 'vitest';
import { followServer, serverTime } from './server-clock.ts';

const now = 1_790_000_000_000;
const ownClock = { at: 0, heardAt: 0, pace: 1 };

test('until the server spoke, our own clock counts', () => {
  expect(serverTime(ownClock, now)).toBe(now);
});

test('a server that is ahead stays ahead, and its answers may be late a little', () => {
  let clock = followServer(ownClock, now + 5_000, now);
  clock = followServer(clock, now + 15_200, now + 10_000);
  expect(clock.pace).toBe(1);
  expect(serverTime(clock, now + 11_000)).toBe(now + 16_200);
});

test('a hurried market is followed at its pace from the second reading on', () => {
  let clock = followServer(ownClock, now, now);
  clock = followServer(clock, now + 1_200_000, now + 10_000);
  expect(clock.pace).toBe(120);
  expect(serverTime(clock, now + 11_000)).toBe(now + 1_320_000);
});

test('a reading that follows at once keeps the pace, one that went back resets it', () => {
  let clock = followServer({ at: now, heardAt: now, pace: 120 }, now + 60_000, now + 500);
  expect(clock.pace).toBe(120);
  clock = followServer(clock, now - 10_000, now + 20_000);
  expect(clock.pace).toBe(1);
});
