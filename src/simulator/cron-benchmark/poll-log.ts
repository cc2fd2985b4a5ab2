// Which symbol was polled in which bars, and what that was worth. One form for every policy, so all are scored alike.
import type { Find } from './finds.ts';

/** Ascending bars per symbol. */
export type PollLog = readonly (readonly number[] | Int32Array)[];

export interface World {
  readonly symbols: number;
  /** Bars [from, to) of the test. */
  readonly from: number;
  readonly to: number;
  readonly barMs: number;
  readonly tauBars: number;
  readonly finds: readonly Find[];
  readonly barsPerDay: number;
}

export interface DayScores {
  /** Per day of the test: captured value and polls. */
  readonly captured: Float64Array;
  readonly polls: Float64Array;
  readonly value: number;
  readonly detectedIn30Min: number;
  readonly meanDelayMin: number;
  readonly pollsUsed: number;
}

export function daysOf(world: World): number {
  return Math.max(1, Math.ceil((world.to - world.from) / world.barsPerDay));
}

function dayOf(world: World, bar: number): number {
  return Math.min(daysOf(world) - 1, Math.floor((bar - world.from) / world.barsPerDay));
}

function firstAtOrAfter(polls: readonly number[] | Int32Array, bar: number): number {
  let low = 0;
  let high = polls.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((polls[middle] as number) < bar) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Captured value sum v e^{-delay/tau} / sum v; a find no poll follows is counted as seen at the end. */
export function scorePolls(world: World, log: PollLog): DayScores {
  const captured = new Float64Array(daysOf(world));
  const polls = new Float64Array(daysOf(world));
  let total = 0;
  let gained = 0;
  let inTime = 0;
  let delays = 0;
  const minutesPerBar = world.barMs / 60_000;
  for (const { symbol, bar, value } of world.finds) {
    const list = log[symbol] ?? [];
    const next = list[firstAtOrAfter(list, bar)];
    const delay = (next ?? world.to) - bar;
    total += value;
    delays += delay;
    if (next === undefined) continue;
    const gain = value * Math.exp(-delay / world.tauBars);
    const day = dayOf(world, bar);
    captured[day] = (captured[day] as number) + gain;
    gained += gain;
    // 30 minutes at the main setting: one tau.
    if (delay <= world.tauBars) inTime += 1;
  }
  let used = 0;
  for (const list of log)
    for (const bar of list) {
      const day = dayOf(world, bar);
      polls[day] = (polls[day] as number) + 1;
      used += 1;
    }
  const count = Math.max(1, world.finds.length);
  return {
    captured,
    polls,
    value: total > 0 ? gained / total : 0,
    detectedIn30Min: inTime / count,
    meanDelayMin: (delays / count) * minutesPerBar,
    pollsUsed: used,
  };
}
