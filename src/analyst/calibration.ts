// Turns a strategy's conviction into a probability, and learns from realised outcomes how good that was.
// A claim is right when the price moves one average true range its way before moving one against it, in time.
import { z } from 'zod';
import type { SignalAction } from '../shared/domain/signal.ts';

/** Conviction 0..1 is sorted into this many equal buckets. */
const bucketCount = 5;
/** The prior weighs as much as this many outcomes. */
const priorWeight = 20;
/**
 * Prior probability at zero and at full conviction. A driftless walk meets symmetric barriers either way equally
 * often, so an untested strategy is worth one half and a little for its conviction, never more.
 */
export const priorAtZero = 0.5;
export const priorAtFull = 0.6;
/** Each new outcome makes the older ones of its bucket count this much: about the last 50 are remembered. */
const memoryPerOutcome = 0.98;
const maxScored = 1_000_000_000;

const reliabilitySchema = z.object({
  /** Decayed counts of right and wrong claims: the Beta distribution's evidence. */
  right: z.number().min(0).max(1_000),
  wrong: z.number().min(0).max(1_000),
  /** Decayed sum of the probabilities that were claimed, to compare with what came true. */
  claimed: z.number().min(0).max(1_000),
  /** Outcomes ever scored in this bucket. */
  scored: z.number().int().min(0).max(maxScored),
});
type Reliability = z.infer<typeof reliabilitySchema>;

const tableSchema = z.object({
  entry: z.array(reliabilitySchema).length(bucketCount),
  exit: z.array(reliabilitySchema).length(bucketCount),
});
/** The durable reliability table of one strategy; entries (BUY, SELL) and exits (CLOSE) apart. */
export type CalibrationTable = z.infer<typeof tableSchema>;

const untested: Reliability = { right: 0, wrong: 0, claimed: 0, scored: 0 };

export class Calibration {
  #table: CalibrationTable;

  constructor(table?: CalibrationTable) {
    this.#table = table ?? emptyTable();
  }

  /** Reads a durable row; anything else than a table of ours gives an untested calibration. */
  static parse(value: unknown): Calibration {
    const parsed = tableSchema.safeParse(value);
    return new Calibration(parsed.success ? parsed.data : undefined);
  }

  get table(): CalibrationTable {
    return this.#table;
  }

  /** Mean of the Beta posterior for this conviction, rounded to four decimals. */
  probability(action: SignalAction, conviction: number): number {
    const { right, wrong } = this.#table[classOf(action)][bucketOf(conviction)] ?? untested;
    const prior = priorAtZero + (priorAtFull - priorAtZero) * conviction;
    return round((priorWeight * prior + right) / (priorWeight + right + wrong), 4);
  }

  /** Takes in one outcome. Bounded: older outcomes fade. */
  score(action: SignalAction, conviction: number, claimed: number, right: boolean): void {
    const side = classOf(action);
    const bucket = bucketOf(conviction);
    const rows = this.#table[side].map((row, index) => {
      if (index !== bucket) return row;
      return {
        right: round(row.right * memoryPerOutcome + (right ? 1 : 0), 6),
        wrong: round(row.wrong * memoryPerOutcome + (right ? 0 : 1), 6),
        claimed: round(row.claimed * memoryPerOutcome + claimed, 6),
        scored: Math.min(maxScored, row.scored + 1),
      };
    });
    this.#table = { ...this.#table, [side]: rows };
  }

  /** Outcomes scored so far and, of the remembered ones, the share that was right and the share that was claimed. */
  summary(): { readonly scored: number; readonly right: number | null; readonly claimed: number | null } {
    let scored = 0;
    let right = 0;
    let weight = 0;
    let claimed = 0;
    for (const row of [...this.#table.entry, ...this.#table.exit]) {
      scored += row.scored;
      right += row.right;
      weight += row.right + row.wrong;
      claimed += row.claimed;
    }
    if (weight === 0) return { scored, right: null, claimed: null };
    return { scored, right: right / weight, claimed: claimed / weight };
  }
}

function classOf(action: SignalAction): 'entry' | 'exit' {
  return action === 'CLOSE' ? 'exit' : 'entry';
}

function bucketOf(conviction: number): number {
  return Math.min(bucketCount - 1, Math.max(0, Math.floor(conviction * bucketCount)));
}

function emptyTable(): CalibrationTable {
  const rows = (): Reliability[] => Array.from({ length: bucketCount }, () => untested);
  return { entry: rows(), exit: rows() };
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
