// One source's candles, gapless and in order: what a stream brings, and by REST what it did not, minute by minute.
// It must never release a candle that cannot be real, nor ask twice at once about one symbol.
import type { CandleEvent } from '../../../shared/bus/catalogue.ts';
import type { Candle } from '../../../shared/domain/candle.ts';
import { type EpochMs, minuteMs, toIso } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { MarketDataSink } from '../../../shared/ports/market-data.ts';
import type { Alarms } from './alarms.ts';
import { CandleOutlet } from './candle-outlet.ts';
import { CandleTrack, trackDefect } from './candle-track.ts';
import type { QualityGate } from './quality-gate.ts';

/** Pages asked of one symbol in one fill; what is still missing then waits for the next minute. */
const maxFillPages = 3;

/** Closed candles, oldest first; `full` when there may be more. */
export interface CandlePage {
  readonly candles: readonly Candle[];
  readonly full: boolean;
}

export interface CandleKeeperOptions {
  readonly source: string;
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** How long after a minute's end a missing candle is fetched instead of awaited. */
  readonly sweepAfterMs: number;
  readonly maxParallelFills: number;
  /** Asks the venue for closed candles that open at `since` or later. */
  readonly fetch: (symbol: string, since: EpochMs, signal: AbortSignal) => Promise<CandlePage>;
  /** Whether an error of `fetch` says that the venue does not know the symbol: it is then not asked again. */
  readonly isUnknownSymbol: (error: unknown) => boolean;
  readonly messageOf: (error: unknown) => string;
  /** Closed candles that a stream has and REST may not; asked after each fill, and used where the fill failed. */
  readonly streamed?: (symbol: string) => readonly Candle[];
  /** Takes a candle that has closed on our clock. */
  readonly emit: (event: CandleEvent) => void;
  /** After each sweep: what it found may change the status. */
  readonly swept: () => void;
}

export class CandleKeeper {
  readonly #options: CandleKeeperOptions;
  readonly #outlet: CandleOutlet;
  readonly #tracks = new Map<string, CandleTrack>();
  #sink: MarketDataSink | undefined;
  #gate: QualityGate | undefined;
  #signal = AbortSignal.abort();
  #restFault = '';
  #restOkAt: EpochMs | undefined;

  constructor(options: CandleKeeperOptions) {
    this.#options = options;
    const { source, clock, alarms, emit } = options;
    this.#outlet = new CandleOutlet(source, clock, alarms, emit);
  }

  /** Begins with the candle after the last that has closed; nothing older is looked for. */
  start(symbols: readonly string[], sink: MarketDataSink, gate: QualityGate): void {
    this.#sink = sink;
    this.#gate = gate;
    const lastClosed = Math.floor(this.#options.clock.now() / minuteMs) * minuteMs - minuteMs;
    this.#tracks.clear();
    for (const symbol of symbols) {
      this.#tracks.set(symbol, new CandleTrack(symbol, lastClosed));
      gate.expectAfter(symbol, lastClosed);
    }
  }

  /** Goes on under a new run; candles that were held for our clock are waited for again. */
  begin(signal: AbortSignal): void {
    this.#signal = signal;
    this.#outlet.arm();
  }

  /** Forgets what it held against symbols and venue; what is missing stays to be filled. */
  forgive(): void {
    this.#restFault = '';
    for (const track of this.#tracks.values()) {
      track.unknown = undefined;
      track.filling = false;
    }
  }

  stop(): void {
    this.#sink = undefined;
    this.#gate = undefined;
    this.#outlet.clear();
  }

  /** Follows these symbols only from now on. */
  keepOnly(symbols: ReadonlySet<string>): void {
    for (const symbol of [...this.#tracks.keys()]) if (!symbols.has(symbol)) this.#tracks.delete(symbol);
  }

  /** Open time of the last candle released; undefined for a symbol that is not followed. */
  lastOf(symbol: string): EpochMs | undefined {
    return this.#tracks.get(symbol)?.last;
  }

  /** Symbols that the venue says it does not know. */
  get unknown(): readonly string[] {
    return [...this.#tracks.values()]
      .filter((track) => track.unknown !== undefined)
      .map((track) => track.symbol);
  }

  /** Why the last question about candles was not answered; empty when it was. */
  get restFault(): string {
    return this.#restFault;
  }

  /** When a question about candles was last answered. */
  get restOkAt(): EpochMs | undefined {
    return this.#restOkAt;
  }

  /** Takes what another question than the keeper's own says of the venue: a fault, or empty for an answer. */
  noteRest(fault: string): void {
    this.#restFault = fault;
  }

  /** Closed candles of one symbol as a stream gave them; a gap before them is asked for at once. */
  take(symbol: string, candles: readonly Candle[], now: EpochMs): void {
    const track = this.#tracks.get(symbol);
    if (track === undefined) return;
    for (const candle of candles) this.#outlet.publish(track.take(candle, now));
    if (track.hasGap) void this.#fill(track);
  }

  /** False, and reported, for a candle that cannot be real or comes from the future. */
  isSound(candle: Candle, now: EpochMs): boolean {
    const defect = trackDefect(candle, now);
    if (defect === undefined) return true;
    this.#gate?.unreadable(defect, `${candle.symbol} candle of ${candle.openTime}`, now);
    return false;
  }

  /** Sweeps after the end of each minute, from now on until all alarms are cancelled. */
  setSweep(): void {
    const { clock, alarms, sweepAfterMs } = this.#options;
    const next = Math.floor((clock.now() - sweepAfterMs) / minuteMs + 1) * minuteMs + sweepAfterMs;
    alarms.set('sweep', next, () => {
      this.setSweep();
      void this.fillLagging();
    });
  }

  /** Fetches what the stream did not bring: after an outage, and in place of it while it is down. */
  async fillLagging(): Promise<void> {
    const signal = this.#signal;
    const { clock, maxParallelFills, swept } = this.#options;
    const now = clock.now();
    const lagging = [...this.#tracks.values()].filter((track) => track.lagsAt(now) || track.hasGap);
    for (let begin = 0; begin < lagging.length && !signal.aborted; begin += maxParallelFills)
      await Promise.all(lagging.slice(begin, begin + maxParallelFills).map((track) => this.#fill(track)));
    if (!signal.aborted) swept();
  }

  async #fill(track: CandleTrack): Promise<void> {
    if (track.filling || track.unknown !== undefined) return;
    const signal = this.#signal;
    const { clock, fetch, isUnknownSymbol, messageOf } = this.#options;
    track.filling = true;
    let succeeded = false;
    try {
      for (let page = 0; page < maxFillPages; page += 1) {
        const { candles, full } = await fetch(track.symbol, track.last + minuteMs, signal);
        if (signal.aborted) return;
        const now = clock.now();
        this.#outlet.publish(track.fill(candles.filter((candle) => this.isSound(candle, now))));
        if (!full) break;
      }
      succeeded = true;
      this.#restOkAt = clock.now();
      this.#restFault = '';
    } catch (error) {
      if (signal.aborted) return;
      if (isUnknownSymbol(error)) track.unknown = messageOf(error);
      else this.#restFault = messageOf(error);
    }
    this.#settle(track, succeeded);
  }

  /** After REST has spoken: what waited behind a gap, then what only the stream has. */
  #settle(track: CandleTrack, succeeded: boolean): void {
    const now = this.#options.clock.now();
    const streamed = (this.#options.streamed?.(track.symbol) ?? []).filter(
      (candle) => candle.openTime > track.last,
    );
    const { released, missing } = track.settle(succeeded, now);
    if (missing > 0)
      this.#sink?.quarantined({
        source: this.#options.source,
        reason: 'candles missing: back-fill failed',
        where: `${track.symbol} before ${toIso(released[0]?.openTime ?? 0)}`,
        count: missing,
      });
    this.#outlet.publish(released);
    if (!succeeded) for (const candle of streamed) this.#outlet.publish(track.take(candle, now));
  }
}
