// Everything that one seed decides before the run begins. The same seed gives the same plan on every machine.
import { randomStream } from '../../kernel/random-stream.ts';
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../shared/domain/time.ts';
import { type Cell, cellOf, cells, type HouseKind, houseKindOf } from './cells.ts';

/** Candles of the simulated market are this long. */
export const candleMs = 5 * minuteMs;
/** The house trades undisturbed for so long, so that there is something to lose: nothing yet, an order, a position. */
const shortestCalmMs = 8 * minuteMs;
const longestCalmMs = 24 * minuteMs;
const badMs = 45 * minuteMs;
/** A person asks for a decision this often, so that there is something to look at. */
export const decideEveryMs = 4 * minuteMs;
const restartDelaysMs = [200, 2 * secondMs, 20 * secondMs, 5 * minuteMs] as const;
const commitPausesMs = [0, 15, 250] as const;
/** Crashes happen at the first to the n-th fitting moment, seed by seed. */
const crashOrdinals = 6;

export interface ChaosPlan {
  readonly seed: number;
  readonly cell: Cell;
  readonly house: HouseKind;
  readonly startAt: EpochMs;
  readonly badFrom: EpochMs;
  /** From here on the world is healthy, and the strategy is silent. */
  readonly healAt: EpochMs;
  readonly commitPauseMs: number;
  /** Which fitting moment the crash waits for, from 1. */
  readonly crashOrdinal: number;
  readonly restartDelaysMs: readonly number[];
}

/** In the thick of it: soon after a decision, when orders are under way. */
function healingAt(startAt: EpochMs, latest: EpochMs, afterDecisionMs: number): EpochMs {
  return startAt + Math.floor((latest - startAt) / decideEveryMs) * decideEveryMs + afterDecisionMs;
}

/** The plan of a seed; with a cell or a kind of house, of that instead of the seed's own. */
export function planOf(
  seed: number,
  cell: Cell = cellOf(seed),
  house: HouseKind = houseKindOf(seed),
): ChaosPlan {
  const random = randomStream(seed, 'chaos', 'plan');
  const pick = <Value>(values: readonly Value[], fallback: Value): Value =>
    values[random.integer(values.length)] ?? fallback;
  const startAt = Date.UTC(2026, 2, 23) + random.integer(5 * 288) * candleMs;
  const badFrom = startAt + shortestCalmMs + random.integer(longestCalmMs - shortestCalmMs);
  const hours = cell.fault === 'venue_down' ? (1 + random.integer(3)) * hourMs : 0;
  return {
    seed,
    cell,
    house,
    startAt,
    badFrom,
    healAt: healingAt(startAt, badFrom + badMs + hours, random.integer(minuteMs)),
    commitPauseMs: pick(commitPausesMs, 0),
    crashOrdinal: 1 + (Math.floor(seed / cells.length) % crashOrdinals),
    restartDelaysMs: [0, 1, 2, 3].map(() => pick(restartDelaysMs, 200)),
  };
}
