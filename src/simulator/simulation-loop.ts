// The four agents over a market under virtual time: the same kernel core as live, as fast as the machine allows.
// It decides nothing; it only moves time to the next thing that happens and hands results back as inputs.

import type { TurnRecord } from '../kernel/journal.ts';
import type { Kernel, KernelInput } from '../kernel/kernel.ts';
import type { CandleEvent } from '../shared/bus/catalogue.ts';
import type { AnyEffect } from '../shared/bus/effects.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { SimulatedVenue } from '../shared/ports/simulated-venue.ts';
import type { CommitBatch, JournalEntry } from '../shared/ports/store.ts';

/** Turns kept back before they are handed to the store; the outcome does not depend on it. */
const simulationBatchTurns = 256;

export interface SimulationOptions {
  readonly kernel: Kernel;
  readonly venue: SimulatedVenue;
  /** Candles in ascending order of known_at. */
  readonly market: Iterator<CandleEvent>;
  /** Inputs at the very beginning, starting with `kernel.started`. */
  readonly opening: readonly KernelInput[];
  /** Answers to effects that the simulated venue does not serve, such as probes. */
  readonly answer: (effect: AnyEffect, now: EpochMs) => readonly KernelInput[];
  readonly commit: (batch: CommitBatch) => void;
  readonly observe: (record: TurnRecord) => void;
}

export class SimulationLoop {
  readonly #options: SimulationOptions;
  #now: EpochMs = 0;
  #candles = 0;
  #entries: JournalEntry[] = [];
  #puts: CommitBatch['puts'][number][] = [];
  #next: CandleEvent | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
  }

  get now(): EpochMs {
    return this.#now;
  }

  get candles(): number {
    return this.#candles;
  }

  /** Begins: everything in the opening happens before the first candle. */
  open(): void {
    this.#advanceMarket();
    for (const input of this.#options.opening) {
      this.#now = Math.max(this.#now, input.at);
      this.#process(input);
    }
    this.#drainVenue();
  }

  /** Handles up to `count` candles and all that happens between them; false when the market has ended. */
  run(count: number): boolean {
    for (let handled = 0; handled < count; handled++) {
      const event = this.#next;
      if (event === undefined) {
        this.#flush();
        return false;
      }
      this.#runUntil(event.known_at);
      this.#candle(event);
      this.#advanceMarket();
    }
    return true;
  }

  #advanceMarket(): void {
    const step = this.#options.market.next();
    this.#next = step.done === true ? undefined : step.value;
  }

  #candle(event: CandleEvent): void {
    this.#now = Math.max(this.#now, event.known_at);
    this.#candles++;
    this.#options.venue.onCandle(event);
    this.#drainVenue();
    this.#process({ from: 'market', message_type: 'market.candle', data: event, at: event.known_at });
    this.#drainVenue();
  }

  /** Lets alarms and the venue act up to and including `until`, in time order. */
  #runUntil(until: EpochMs): void {
    const { kernel, venue } = this.#options;
    for (;;) {
      const alarmAt = kernel.nextAlarmAt ?? Number.POSITIVE_INFINITY;
      const venueAt = venue.nextEventAt() ?? Number.POSITIVE_INFINITY;
      const at = Math.max(Math.min(alarmAt, venueAt), this.#now);
      if (!(at <= until)) return;
      this.#now = at;
      for (const alarm of kernel.dueAlarms(at)) this.#process(alarm);
      if (venueAt <= at) venue.advance(at);
      this.#drainVenue();
    }
  }

  #drainVenue(): void {
    for (;;) {
      const reports = this.#options.venue.takeReports();
      if (reports.length === 0) return;
      for (const report of reports)
        this.#process({
          from: 'broker',
          message_type: 'broker.report',
          data: report,
          at: Math.max(report.at, this.#now),
        });
    }
  }

  #process(first: KernelInput): void {
    const waiting = [first];
    for (const input of waiting) {
      const { record, entry } = this.#options.kernel.process(input);
      this.#entries.push(entry);
      for (const put of record.puts) this.#puts.push(put);
      this.#options.observe(record);
      for (const effect of record.effects) waiting.push(...this.#perform(effect));
    }
    if (this.#entries.length >= simulationBatchTurns) this.#flush();
  }

  #perform(effect: AnyEffect): readonly KernelInput[] {
    const { venue } = this.#options;
    switch (effect.kind) {
      case 'broker.submit':
        venue.submit(effect.data, this.#now);
        return [];
      case 'broker.cancel':
        venue.cancel(effect.data.client_order_id, this.#now);
        return [];
      case 'broker.snapshot':
        return [
          {
            from: 'broker',
            message_type: 'broker.snapshot',
            data: venue.snapshot(effect.data.request_id, this.#now, effect.data.orders),
            at: this.#now,
          },
        ];
      default:
        return this.#options.answer(effect, this.#now);
    }
  }

  #flush(): void {
    if (this.#entries.length === 0) return;
    this.#options.commit({ entries: this.#entries, puts: this.#puts, effects: [], settledEffectIds: [] });
    this.#entries = [];
    this.#puts = [];
  }
}
