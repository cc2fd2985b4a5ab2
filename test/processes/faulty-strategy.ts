// Trades busily, and misbehaves when a file tells it to: it spins, leaks until its process dies, or throws. For fault runs only.
import { existsSync, unlinkSync } from 'node:fs';
import process from 'node:process';
import type { Strategy } from '../../src/analyst/strategy.ts';
import { strategy as busy } from '../crash/busy-strategy.ts';

const trigger = process.env.FAULT_TRIGGER ?? '';

/** The file goes first, so that the next life of the process is a sound one. */
function told(what: string): boolean {
  const file = `${trigger}.${what}`;
  if (trigger === '' || !existsSync(file)) return false;
  unlinkSync(file);
  return true;
}

function misbehave(): void {
  if (told('throw')) throw new Error('a strategy that throws');
  if (told('spin')) for (;;);
  if (told('leak')) for (const held: number[][] = []; ; ) held.push(new Array(100_000).fill(held.length));
}

export const strategy: Strategy = {
  ...busy,
  evaluate(view) {
    misbehave();
    return busy.evaluate(view);
  },
};
