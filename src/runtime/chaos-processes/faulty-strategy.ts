// Trades busily, and does to its process what a file tells it to: it spins, leaks until the memory is used up, or throws. Only in
// the analyst's process, and beside the agent, so that its journal still reproduces. For fault runs only.
import { existsSync, unlinkSync } from 'node:fs';
import process from 'node:process';
import { minuteMs } from '../../shared/domain/time.ts';
import { aboveMean, busyStrategy } from '../chaos/busy-strategy.ts';

const trigger = process.env.FAULT_TRIGGER ?? '';
const lookMs = 100;
/** A position is held for about this long before it is closed. */
const holdMs = 2 * minuteMs;

/** The file goes first, so that the next life of the process is a sound one. */
function told(what: string): boolean {
  const file = `${trigger}.${what}`;
  if (!existsSync(file)) return false;
  unlinkSync(file);
  return true;
}

function misbehave(): void {
  if (told('throw')) throw new Error('a strategy that throws');
  if (told('spin')) for (;;);
  if (told('leak')) for (const held: number[][] = []; ; ) held.push(new Array(100_000).fill(held.length));
}

if (trigger !== '' && process.env.AGENTS === 'analyst' && process.send !== undefined)
  setInterval(misbehave, lookMs).unref();

export const strategy = busyStrategy({
  name: 'busy-and-faulty',
  purpose: 'fault runs',
  warmUpCandles: 30,
  holdMs,
  rising: aboveMean,
});
