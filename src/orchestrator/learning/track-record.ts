// What became of past decisions, counted by situation and forgotten with time: one cell per mode, session, hour, ...
// A cell is a durable row. It must never count what was not observed, and time that runs backwards forgets nothing.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import { dayMs, type EpochMs } from '../../shared/domain/time.ts';
import { memoryRows, writeMemory } from '../memory-rows.ts';
import { rounded } from '../numbers.ts';

/** After this time a count weighs half. */
export const halfLifeMs = 14 * dayMs;
const prefix = 'learning/cell/';
/** Dimensions are few and closed; more rows than this were not written by this program. */
const maxCells = 200;
const digits = 4;

/** Everything that is counted, in this order in a row: [at, ...]. */
export const counted = [
  'kept',
  'decisions',
  'caught',
  'there',
  'right',
  'signals',
  'looks',
  'paid',
  'net',
  'net_squares',
] as const;
export type Counts = Readonly<Record<(typeof counted)[number], number>>;

type CellRow = readonly number[];

const width = counted.length + 1;

export class TrackRecord {
  /** Rows as they are written: time of the newest count, then the counts as they weighed then. */
  readonly #cells = new Map<string, CellRow>();
  readonly #unsaved = new Set<string>();
  #lastAge = 0;
  #lastKept = 1;

  restore(state: StateReader): void {
    this.#cells.clear();
    this.#unsaved.clear();
    for (const [key, value] of memoryRows(state, prefix))
      if (isCell(value) && this.#cells.size < maxCells) this.#cells.set(key, value);
  }

  /** Adds to every cell named; absent fields add nothing. */
  add(cells: readonly string[], seen: Partial<Counts>, now: EpochMs): void {
    const more = counted.map((name) => seen[name] ?? 0);
    for (const cell of cells) {
      const before = this.#cells.get(cell);
      if (before === undefined && this.#cells.size >= maxCells) continue;
      const keep = this.#keptAt(before, now);
      const row = [Math.max(now, before?.[0] ?? now)];
      for (let k = 1; k < width; k += 1) {
        const old = before?.[k] ?? 0;
        const one = more[k - 1] as number;
        // Most counts of most cells stay zero.
        row.push(old === 0 && one === 0 ? 0 : rounded(old * keep + one, digits));
      }
      this.#cells.set(cell, row);
      this.#unsaved.add(cell);
    }
  }

  /** Decisions counted in a cell and how many of them kept their promise, as they weigh at `now`. */
  promises(cell: string, now: EpochMs): { readonly kept: number; readonly decisions: number } {
    const row = this.#cells.get(cell);
    const keep = this.#keptAt(row, now);
    return { kept: (row?.[1] ?? 0) * keep, decisions: (row?.[2] ?? 0) * keep };
  }

  /** All counts of a cell as they weigh at `now`. */
  countsAt(cell: string, now: EpochMs): Counts {
    const row = this.#cells.get(cell);
    const keep = this.#keptAt(row, now);
    return Object.fromEntries(counted.map((name, k) => [name, (row?.[k + 1] ?? 0) * keep])) as Counts;
  }

  /** Names of all cells, sorted. */
  get cells(): string[] {
    return [...this.#cells.keys()].sort();
  }

  /** What a count of this row still weighs; rows written together are asked for together, so the last answer is kept. */
  #keptAt(row: CellRow | undefined, now: EpochMs): number {
    const age = row === undefined ? 0 : Math.max(0, now - (row[0] as number));
    if (age === this.#lastAge) return this.#lastKept;
    this.#lastAge = age;
    this.#lastKept = 0.5 ** (age / halfLifeMs);
    return this.#lastKept;
  }

  save(turn: Turn): void {
    for (const cell of this.#unsaved) {
      const row = this.#cells.get(cell);
      if (row !== undefined) writeMemory(turn, `${prefix}${cell}`, row);
    }
    this.#unsaved.clear();
  }
}

/** False for a row of another version, or one holding what is not a number. */
function isCell(value: unknown): value is CellRow {
  return (
    Array.isArray(value) &&
    value.length === width &&
    value.every((one) => typeof one === 'number' && Number.isFinite(one))
  );
}
