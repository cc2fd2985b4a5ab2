// A contextual bandit over the ways of looking: for each kind of look a linear value of the situation, by discounted LinUCB.
// Source: Li, Chu, Langford, Schapire 2010; forgetting as in Russac, Vernade, Cappé 2019. It draws nothing at random, so a
// replay repeats it. It must never speak about safety kinds, floors or limits: it only tilts a score.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import { dayMs, type EpochMs } from '../../shared/domain/time.ts';
import { memoryRows, writeMemory } from '../memory-rows.ts';
import { rounded } from '../numbers.ts';

const prefix = 'learning/arm/';
const halfLifeMs = 30 * dayMs;
/** Strength of the pull to zero: what one observation must outweigh. */
const ridge = 2;
/** Width of the optimism, in standard errors of a reward of about 0.3. */
const optimism = 0.3;
const digits = 5;

export interface ArmRow {
  readonly at: EpochMs;
  /** Observations, after forgetting. */
  readonly weight: number;
  /** Sum of outer products of the features, row by row, and of features times reward. */
  readonly squares: readonly number[];
  readonly rewards: readonly number[];
}

export interface ArmValue {
  /** Expected reward of this variant here. */
  readonly mean: number;
  /** How unsure that is: added by the optimist. */
  readonly width: number;
  readonly weight: number;
}

interface Solved {
  readonly row: ArmRow | undefined;
  readonly days: number;
  readonly root: readonly Float64Array[];
  readonly seen: Float64Array;
  readonly weight: number;
}

export class Variants {
  readonly #width: number;
  readonly #arms = new Map<string, ArmRow>();
  readonly #unsaved = new Set<string>();
  readonly #solutions = new Map<string, Solved>();

  constructor(width: number) {
    this.#width = width;
  }

  restore(state: StateReader): void {
    this.#arms.clear();
    this.#unsaved.clear();
    this.#solutions.clear();
    for (const [name, value] of memoryRows(state, prefix)) {
      const row = readArm(value, this.#width);
      if (row !== undefined) this.#arms.set(name, row);
    }
  }

  get names(): string[] {
    return [...this.#arms.keys()].sort();
  }

  /** What is known of a variant in a situation. */
  valueOf(arm: string, features: readonly number[], now: EpochMs): ArmValue {
    const { root, seen, weight } = this.#solved(arm, now);
    const half = forward(root, features);
    let [mean, square] = [0, 0];
    for (let i = 0; i < this.#width; i += 1) {
      mean += (half[i] as number) * (seen[i] as number);
      square += (half[i] as number) ** 2;
    }
    return { mean, width: optimism * Math.sqrt(square), weight };
  }

  /** The arm's equations, solved once for each row and whole day of its age. */
  #solved(arm: string, now: EpochMs): Solved {
    const row = this.#arms.get(arm);
    const days = row === undefined ? 0 : Math.floor(Math.max(0, now - row.at) / dayMs);
    const known = this.#solutions.get(arm);
    if (known !== undefined && known.row === row && known.days === days) return known;
    const n = this.#width;
    const keep = row === undefined ? 0 : 0.5 ** ((days * dayMs) / halfLifeMs);
    const root = cholesky(
      Array.from({ length: n }, (_, i) =>
        Float64Array.from(
          { length: n },
          (__, j) => (row?.squares[i * n + j] ?? 0) * keep + (i === j ? ridge : 0),
        ),
      ),
    );
    const rewards = Array.from({ length: n }, (_, i) => (row?.rewards[i] ?? 0) * keep);
    const weight = (row?.weight ?? 0) * keep;
    const solved = { row, days, root, seen: forward(root, rewards), weight };
    this.#solutions.set(arm, solved);
    return solved;
  }

  /** One reward, -1..1, of a variant that was tried. */
  learn(arm: string, features: readonly number[], reward: number, now: EpochMs): void {
    const row = this.#arms.get(arm);
    const n = this.#width;
    const keep = row === undefined ? 0 : kept(row, now);
    const squares: number[] = [];
    const rewards: number[] = [];
    for (let i = 0; i < n; i += 1) {
      const one = features[i] ?? 0;
      for (let j = 0; j < n; j += 1)
        squares.push(rounded((row?.squares[i * n + j] ?? 0) * keep + one * (features[j] ?? 0), digits));
      rewards.push(rounded((row?.rewards[i] ?? 0) * keep + one * reward, digits));
    }
    this.#arms.set(arm, {
      at: Math.max(now, row?.at ?? now),
      weight: rounded((row?.weight ?? 0) * keep + 1, digits),
      squares,
      rewards,
    });
    this.#unsaved.add(arm);
  }

  save(turn: Turn): void {
    for (const arm of this.#unsaved) {
      const row = this.#arms.get(arm);
      if (row !== undefined) writeMemory(turn, `${prefix}${arm}`, row);
    }
    this.#unsaved.clear();
  }
}

function kept(row: ArmRow, now: EpochMs): number {
  return 0.5 ** (Math.max(0, now - row.at) / halfLifeMs);
}

/** Lower triangle L with L Lᵀ = matrix; the ridge keeps it positive. */
function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const n = matrix.length;
  const root = matrix.map(() => new Float64Array(n));
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i]?.[j] ?? 0;
      for (let k = 0; k < j; k += 1) sum -= (root[i]?.[k] ?? 0) * (root[j]?.[k] ?? 0);
      const line = root[i] as Float64Array;
      line[j] = i === j ? Math.sqrt(Math.max(sum, 1e-9)) : sum / (root[j]?.[j] ?? 1);
    }
  return root;
}

/** Solves L y = x. */
function forward(root: readonly Float64Array[], x: readonly number[]): Float64Array {
  const y = new Float64Array(root.length);
  for (let i = 0; i < root.length; i += 1) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= (root[i]?.[k] ?? 0) * (y[k] as number);
    y[i] = sum / (root[i]?.[i] ?? 1);
  }
  return y;
}

function readArm(value: unknown, width: number): ArmRow | undefined {
  const row = value as Partial<ArmRow> | null;
  const numbers = [row?.at, row?.weight, ...(row?.squares ?? []), ...(row?.rewards ?? [])];
  const fits = row?.squares?.length === width * width && row.rewards?.length === width;
  return fits && numbers.every((one) => typeof one === 'number' && Number.isFinite(one))
    ? (row as ArmRow)
    : undefined;
}
