// One simulated world: a venue that never forgets, a line that fails, a store that survives, and houses that die and
// are started again. It decides nothing about orders; it moves time and lets checkers look after every event.
import type { KernelInput } from '../../kernel/kernel.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../shared/domain/time.ts';
import type { Random } from '../../shared/ports/random.ts';
import type { SimulatedVenue } from '../../shared/ports/simulated-venue.ts';
import type { CommitBatch, Store } from '../../shared/ports/store.ts';
import type { Breakage } from './broken/breakage.ts';
import { keepsBrackets } from './cells.ts';
import { ChaosMarket, ChaosSource } from './chaos-market.ts';
import { CrashSwitch } from './crash-switch.ts';
import { crashingStore } from './crashing-store.ts';
import { FaultyLine } from './faulty-line.ts';
import { HouseBook } from './house-book.ts';
import { HouseClock } from './house-clock.ts';
import type { House, HouseBuilder } from './house-site.ts';
import { type ChaosPlan, candleMs } from './plan.ts';
import { VenueLedger } from './venue-ledger.ts';
import { settled, VirtualTime } from './virtual-time.ts';
import type { Witness } from './witness.ts';
import { Words } from './words.ts';

/** A house that says it cannot go on is started again by whoever watches the process. */
const clockErrorsMs = [
  30 * secondMs,
  -30 * secondMs,
  10 * minuteMs,
  -10 * minuteMs,
  2 * hourMs,
  -2 * hourMs,
] as const;
const clockJumpEveryMs = 12 * minuteMs;
const stopDropEveryMs = 7 * minuteMs;

export interface WorldParts {
  readonly plan: ChaosPlan;
  readonly settings: AgentSettings;
  readonly venue: SimulatedVenue;
  readonly startingCash: string;
  readonly store: Store;
  readonly buildHouse: HouseBuilder;
  readonly witness: Witness;
  /** What is broken on purpose; nothing in a house as it is. */
  readonly breakage: Breakage;
}

export class World {
  readonly time: VirtualTime;
  readonly ledger: VenueLedger;
  readonly book = new HouseBook();
  readonly words = new Words();
  readonly line: FaultyLine;
  readonly crashes: CrashSwitch;
  readonly #parts: WorldParts;
  readonly #market: ChaosMarket;
  readonly #random: Random;
  #clockErrorMs = 0;
  #house: House | undefined;
  #source: ChaosSource | undefined;
  /** Ends the life of the present house; undefined while there is none. */
  #kill: (() => void) | undefined;
  #starts = 0;
  #startedAt: EpochMs = 0;
  #healed = false;

  constructor(parts: WorldParts) {
    const { plan, venue } = parts;
    this.#parts = parts;
    this.time = new VirtualTime(plan.startAt);
    this.ledger = new VenueLedger(parts.startingCash);
    this.#market = new ChaosMarket(randomStream(plan.seed, 'chaos', 'market'), plan.startAt);
    this.#random = randomStream(plan.seed, 'chaos', 'world');
    this.crashes = new CrashSwitch(plan.cell.crash, plan.crashOrdinal);
    this.line = new FaultyLine({
      venue,
      time: this.time,
      random: randomStream(plan.seed, 'chaos', 'line'),
      fault: plan.cell.fault,
      attachedBracket: keepsBrackets(plan.house),
      words: this.words,
      leaving: (request) => parts.witness.leaving(request),
      arrived: () => {
        if (this.crashes.afterSend()) this.die();
      },
    });
  }

  /** When the present house, or the last one, was started. */
  get startedAt(): EpochMs {
    return this.#startedAt;
  }

  get alive(): boolean {
    return this.#house !== undefined;
  }

  /** The first start, and the market from then on. */
  async begin(): Promise<void> {
    this.#scheduleCandle(this.#parts.plan.startAt + candleMs);
    await this.#start();
  }

  /** The bad hours begin. */
  worsen(): void {
    this.line.bad = true;
    this.crashes.armed = true;
    const { fault } = this.#parts.plan.cell;
    if (fault === 'clock_jump') this.#jumpClock();
    if (fault === 'stop_dropped' || fault === 'mixed') this.#dropStops();
  }

  /** Everything works from now on, and stays so. */
  heal(): void {
    this.#healed = true;
    this.line.bad = false;
    this.crashes.armed = false;
    this.#clockErrorMs = 0;
  }

  post(input: KernelInput): void {
    this.#house?.post(input);
  }

  operator(command: 'force_decision' | 'close_position', symbol: string | null): void {
    this.post({
      from: 'operator',
      message_type: 'operator.command',
      data: { command, by: 'chaos', reason: 'simulation', symbol, dry_run: false },
      at: this.time.now + this.#clockErrorMs,
    });
  }

  /** The house dies as it stands; it is started again after the delay that the plan names. */
  die(): void {
    const kill = this.#kill;
    if (kill === undefined) return;
    kill();
    this.crashes.died();
    const delays = this.#parts.plan.restartDelaysMs;
    this.time.after(delays[this.#starts % delays.length] ?? secondMs, () => void this.#start());
  }

  /** Runs everything that happens up to and including `until`. */
  async run(until: EpochMs): Promise<void> {
    const { venue, witness } = this.#parts;
    // What was posted between two runs happens before time moves on.
    await settled();
    for (;;) {
      const venueAt = venue.nextEventAt() ?? Number.POSITIVE_INFINITY;
      const at = Math.min(this.time.nextAt ?? Number.POSITIVE_INFINITY, venueAt);
      if (!(at <= until)) break;
      const ran = this.time.step(at);
      if (venueAt <= this.time.now) venue.advance(this.time.now);
      this.#listenToVenue();
      if (ran || venueAt <= at) await settled();
      this.#listenToVenue();
      witness.looked();
    }
    this.time.step(until);
  }

  async #start(): Promise<void> {
    const { plan, settings, store, buildHouse, breakage } = this.#parts;
    let alive = true;
    const after = (milliseconds: number, act: () => void): (() => void) =>
      this.time.after(milliseconds, () => {
        if (alive) act();
      });
    const loaded = await store.load();
    const clock = new HouseClock(this.time, () => this.#clockErrorMs, loaded.lastAt);
    const source = new ChaosSource(this.#market, () => clock.now());
    this.#starts++;
    this.#startedAt = this.time.now;
    this.crashes.started();
    this.#kill = () => {
      alive = false;
      clock.cancelWake();
      this.line.disconnect();
      this.#house = undefined;
      this.#source = undefined;
      this.#kill = undefined;
    };
    const gated = crashingStore(store, {
      fate: (batch) => (alive ? this.crashes.commit(batch) : 'die-before'),
      durable: (batch) => this.#durable(batch),
      die: () => {
        if (alive) this.die();
      },
    });
    const commit = breakage.commit?.(gated.commit) ?? gated.commit;
    const broker = breakage.broker?.(this.line) ?? this.line;
    const house = await buildHouse({
      settings,
      seed: plan.seed,
      store: { ...gated, commit } as Store,
      loaded,
      clock,
      broker,
      source,
      commitPauseMs: plan.commitPauseMs,
      after,
      mayRelease: (effect) => {
        if (alive && effect.kind.startsWith('broker.') && this.crashes.beforeRelease()) this.die();
        return alive;
      },
      fatal: () => {
        if (alive) this.die();
      },
    });
    if (!alive) return;
    this.#house = { post: (input) => alive && house.post(input) };
    this.#source = source;
  }

  #durable(batch: CommitBatch): void {
    this.book.apply(batch.puts);
    this.#parts.witness.committed(batch);
  }

  #scheduleCandle(at: EpochMs): void {
    this.time.at(at, () => {
      for (const event of this.#market.closing(at)) {
        this.#parts.venue.onCandle(event);
        this.#listenToVenue();
        this.#source?.publish({ ...event, known_at: at });
      }
      this.#scheduleCandle(at + candleMs);
    });
  }

  #listenToVenue(): void {
    const { venue, witness } = this.#parts;
    for (let reports = venue.takeReports(); reports.length > 0; reports = venue.takeReports()) {
      if (this.ledger.write(venue.takeChangedRows())) witness.ledgerChanged();
      this.line.carry(reports);
    }
    if (this.ledger.write(venue.takeChangedRows())) witness.ledgerChanged();
  }

  #jumpClock(): void {
    if (this.#healed) return;
    this.#clockErrorMs =
      this.#clockErrorMs === 0 ? (clockErrorsMs[this.#random.integer(clockErrorsMs.length)] ?? 0) : 0;
    this.time.after(this.#random.integer(clockJumpEveryMs), () => this.#jumpClock());
  }

  #dropStops(): void {
    if (this.#healed) return;
    for (const { request } of this.ledger.orders.values()) {
      const order = this.ledger.orders.get(request.client_order_id);
      if (request.leg === 'stop' && order?.state === 'accepted' && this.#random.next() < 0.5)
        this.#parts.venue.cancel(request.client_order_id, this.time.now);
    }
    this.time.after(this.#random.integer(stopDropEveryMs), () => this.#dropStops());
  }
}
