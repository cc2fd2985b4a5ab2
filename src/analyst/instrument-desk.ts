// One instrument's place at the analyst: its windows, its memory and the claims being scored.
// It must write a durable row only when a signal was emitted or an outcome became known.
import type { Turn } from '../kernel/agent.ts';
import type { CandleEvent, CandleHistory } from '../shared/bus/catalogue.ts';
import { type Timeframe, timeframeMs } from '../shared/domain/candle.ts';
import type { Instrument } from '../shared/domain/instrument.ts';
import type { Signal } from '../shared/domain/signal.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import {
  type AnalystMemory,
  type CandleKind,
  type Claim,
  emptyMemory,
  type InstrumentMemory,
  maxPendingClaims,
} from './analyst-memory.ts';
import { InstrumentWindows } from './instrument-windows.ts';
import { OutcomeScorer, type ScoredClaim } from './outcome-scorer.ts';
import type { LastSignal } from './strategy.ts';

export class InstrumentDesk {
  readonly windows: InstrumentWindows;
  readonly #memory: AnalystMemory;
  readonly #scorer: OutcomeScorer;
  #kind: CandleKind | undefined;

  constructor(instrument: Instrument, base: Timeframe, memory: AnalystMemory) {
    this.windows = new InstrumentWindows(instrument, base);
    this.#memory = memory;
    this.#scorer = new OutcomeScorer(timeframeMs[base]);
    this.#scorer.watch(memory.instrument(instrument.symbol).claims);
  }

  /** Takes in a candle of the stream and settles claims by it; false when it was ignored. */
  onCandle(event: CandleEvent, turn: Turn): boolean {
    if (!this.windows.add(event.candle, event.kind)) return false;
    if (event.kind !== this.#kind) this.#adopt(event.kind);
    const { openTime, high, low } = event.candle;
    const settled = this.#scorer.onCandle(openTime, high, low);
    if (settled.length > 0) this.#settle(settled, turn);
    return true;
  }

  /** Merges past candles, then looks again at every open claim from its beginning. */
  onHistory(history: CandleHistory, turn: Turn): boolean {
    const taken = this.windows.merge(history.candles, history.kind, history.known_at);
    if (taken === 0) return false;
    if (history.kind !== this.#kind) this.#adopt(history.kind);
    const open = this.#scorer.open;
    if (open.length === 0) return true;
    this.#scorer.watch(open);
    const settled: ScoredClaim[] = [];
    const earliest = Math.min(...open.map((claim) => claim.from));
    this.windows.replay(earliest, (openTime, high, low) => {
      settled.push(...this.#scorer.onCandle(openTime, high, low));
    });
    if (settled.length > 0) this.#settle(settled, turn);
    return true;
  }

  /** The last signal of this instrument on the present kind of prices. */
  get lastSignal(): LastSignal | undefined {
    return this.#current().last ?? undefined;
  }

  /** True when this action was already said of a candle that closed then or later. */
  alreadySaid(action: Signal['action'], observedAt: EpochMs): boolean {
    return observedAt <= this.#current().observed[action];
  }

  /** Remembers an emitted signal and watches what becomes of it. */
  remember(signal: Signal, observedAt: EpochMs, conviction: number, turn: Turn): void {
    const before = this.#current();
    this.#scorer.add(claimOf(signal, conviction, before.last, this.windows.closedThrough));
    this.#scorer.keepNewest(maxPendingClaims);
    const { action, timeframe, issued_at, horizon_ms, reference_price } = signal;
    this.#save(
      {
        ...before,
        last: { action, timeframe, issued_at, observed_at: observedAt, horizon_ms, reference_price },
        observed: { ...before.observed, [action]: observedAt },
      },
      turn,
    );
  }

  #settle(settled: readonly ScoredClaim[], turn: Turn): void {
    const kind = this.#kind;
    if (kind === undefined) return;
    const strategies = new Set<string>();
    for (const { claim, outcome } of settled) {
      const { signal_id, action, strategy } = claim;
      const { symbol } = this.windows.instrument;
      turn.emit('signal.scored', { signal_id, symbol, action, strategy, outcome, at: turn.now });
      if (outcome === 'unknown') continue;
      const calibration = this.#memory.calibration(claim.strategy, kind);
      calibration.score(claim.action, claim.conviction, claim.claimed, outcome === 'right');
      strategies.add(claim.strategy);
    }
    for (const strategy of strategies) this.#memory.saveCalibration(strategy, kind, turn);
    this.#save(this.#current(), turn);
  }

  #save(memory: InstrumentMemory, turn: Turn): void {
    const kind = this.#kind ?? null;
    this.#memory.remember(
      this.windows.instrument.symbol,
      { ...memory, kind, claims: [...this.#scorer.open] },
      turn,
    );
  }

  /** Signals and claims made on another kind of prices say nothing of these; only "never twice" is kept. */
  #current(): InstrumentMemory {
    const memory = this.#memory.instrument(this.windows.instrument.symbol);
    if (memory.kind === null || memory.kind === this.#kind) return memory;
    return { ...emptyMemory, observed: memory.observed };
  }

  #adopt(kind: CandleKind): void {
    this.#kind = kind;
    const { kind: remembered } = this.#memory.instrument(this.windows.instrument.symbol);
    if (remembered !== null && remembered !== kind) this.#scorer.watch([]);
  }
}

/** What has to happen for the signal to have been right. A CLOSE is right when the closed side would have lost. */
function claimOf(signal: Signal, conviction: number, last: LastSignal | null, from: EpochMs): Claim {
  const rising = signal.action === 'BUY' || (signal.action === 'CLOSE' && last?.action === 'SELL');
  return {
    signal_id: signal.signal_id,
    strategy: signal.strategy,
    action: signal.action,
    direction: rising ? 1 : -1,
    conviction,
    claimed: signal.confidence,
    reference_price: signal.reference_price,
    average_true_range: signal.average_true_range,
    from,
    until: from + signal.horizon_ms,
  };
}
