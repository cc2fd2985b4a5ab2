// Chance of the simulated account, from the seed and the content it falls on: the same order always meets the same, whatever
// else happened before it. It must never keep a state, for a restart would lose it.
import { hash } from 'node:crypto';

const digits = 13;

/** Uniform in [0, 1) for this seed and name. */
export function chance(seed: number, name: string): number {
  return Number.parseInt(hash('sha256', `${seed}/${name}`, 'hex').slice(0, digits), 16) / 16 ** digits;
}

/** About standard normal, within -3.5 and 3.5: four uniform draws, centred and scaled to variance one. */
export function bellChance(seed: number, name: string): number {
  let sum = 0;
  for (let draw = 0; draw < 4; draw++) sum += chance(seed, `${name}/${draw}`) - 0.5;
  return sum * Math.sqrt(3);
}
