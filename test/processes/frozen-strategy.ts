// Holds the one thread in three ways when a file tells it to: for good, for a while, or in a native call. For the watchdog's test only.
import { existsSync, unlinkSync } from 'node:fs';
import process from 'node:process';
import { strategy as usual } from '../crash/busy-strategy.ts';

const trigger = process.env.FAULT_TRIGGER ?? '';
const lookMs = 100;

function told(what: string): boolean {
  const file = `${trigger}.${what}`;
  if (trigger === '' || !existsSync(file)) return false;
  unlinkSync(file);
  return true;
}

function spinForGood(): void {
  for (let turns = 0; ; turns++) Math.sqrt(turns);
}

function spinFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) Math.sqrt(until);
}

setInterval(() => {
  if (told('spin')) spinForGood();
  if (told('turn')) spinFor(3_000);
  if (told('native')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}, lookMs).unref();

export const strategy = usual;
