// What the analyst must not forget: last signals, claims still to be scored, and its calibration.
// One small row per instrument and one per strategy, written only when a signal is emitted or an outcome scored.
import { z } from 'zod';
import type { StateReader, Turn } from '../kernel/agent.ts';
import { timeframes } from '../shared/domain/candle.ts';
import { Calibration } from './calibration.ts';

/** Claims of one instrument waiting for their outcome; a further one pushes out the oldest, unscored. */
export const maxPendingClaims = 4;

const actionSchema = z.enum(['BUY', 'SELL', 'CLOSE']);
const lastSignalSchema = z.object({
  action: actionSchema,
  timeframe: z.enum(timeframes),
  issued_at: z.number(),
  observed_at: z.number(),
  horizon_ms: z.number(),
  reference_price: z.number(),
});
const claimSchema = z.object({
  signal_id: z.string(),
  strategy: z.string(),
  action: actionSchema,
  /** 1 when a rise makes it right, -1 when a fall does. */
  direction: z.union([z.literal(1), z.literal(-1)]),
  conviction: z.number(),
  claimed: z.number(),
  reference_price: z.number(),
  average_true_range: z.number(),
  /** Open time of the first base candle that counts. */
  from: z.number(),
  until: z.number(),
});
/** A signal whose outcome is not known yet. */
export type Claim = z.infer<typeof claimSchema>;

/** Kinds of market data that are never mixed: what was learned on one says nothing of another. */
const candleKinds = ['live', 'simulated', 'recorded'] as const;
export type CandleKind = (typeof candleKinds)[number];

const instrumentMemorySchema = z.object({
  /** Kind of the prices that the rest speaks of; null while there is none. */
  kind: z.enum(candleKinds).nullable(),
  last: lastSignalSchema.nullable(),
  /** Newest candle close that each action has been said of; it only grows, so nothing is ever said twice. */
  observed: z.object({ BUY: z.number(), SELL: z.number(), CLOSE: z.number() }),
  claims: z.array(claimSchema).max(maxPendingClaims),
});
export type InstrumentMemory = z.infer<typeof instrumentMemorySchema>;

export const emptyMemory: InstrumentMemory = {
  kind: null,
  last: null,
  observed: { BUY: 0, SELL: 0, CLOSE: 0 },
  claims: [],
};

const instrumentPrefix = 'analyst_ai/instrument/';
const calibrationPrefix = 'analyst_ai/calibration/';

export class AnalystMemory {
  readonly #instruments = new Map<string, InstrumentMemory>();
  readonly #calibrations = new Map<string, Calibration>();
  readonly #strays: string[] = [];

  /** Reads this agent's rows. Those of instruments and strategies that are no longer in use are set aside for `prune`. */
  restore(state: StateReader, symbols: ReadonlySet<string>, strategies: readonly string[]): void {
    const calibrationKeys = new Set(
      strategies.flatMap((strategy) => candleKinds.map((kind) => calibrationKey(strategy, kind))),
    );
    for (const [key, row] of state.all('agent_memory')) {
      if (row.agent !== 'analyst_ai') continue;
      const symbol = key.startsWith(instrumentPrefix) ? key.slice(instrumentPrefix.length) : undefined;
      if (symbol !== undefined && symbols.has(symbol)) {
        const parsed = instrumentMemorySchema.safeParse(row.value);
        if (parsed.success) this.#instruments.set(symbol, parsed.data);
      } else if (calibrationKeys.has(key)) this.#calibrations.set(key, Calibration.parse(row.value));
      else this.#strays.push(key);
    }
  }

  /** Removes rows that nothing uses any more, so that the durable memory stays bounded. */
  prune(turn: Turn): void {
    for (const key of this.#strays) turn.remove('agent_memory', key);
    this.#strays.length = 0;
  }

  instrument(symbol: string): InstrumentMemory {
    return this.#instruments.get(symbol) ?? emptyMemory;
  }

  /** Replaces an instrument's memory, durably. */
  remember(symbol: string, memory: InstrumentMemory, turn: Turn): void {
    this.#instruments.set(symbol, memory);
    turn.put('agent_memory', instrumentPrefix + symbol, { agent: 'analyst_ai', value: memory });
  }

  calibration(strategy: string, kind: CandleKind): Calibration {
    const key = calibrationKey(strategy, kind);
    let calibration = this.#calibrations.get(key);
    if (calibration === undefined) {
      calibration = new Calibration();
      this.#calibrations.set(key, calibration);
    }
    return calibration;
  }

  /** Writes a strategy's reliability table. */
  saveCalibration(strategy: string, kind: CandleKind, turn: Turn): void {
    const value = this.calibration(strategy, kind).table;
    turn.put('agent_memory', calibrationKey(strategy, kind), { agent: 'analyst_ai', value });
  }
}

function calibrationKey(strategy: string, kind: CandleKind): string {
  return `${calibrationPrefix}${kind}/${strategy}`;
}
