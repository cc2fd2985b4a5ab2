// Chooses who is looked at next: floors first, then the highest expected gain per cost while it beats the price.
// Synchronous and deterministic: the same questions and answers give the same slots. It must never spend more than
// a budget holds, start a subject within its minimum interval, or let the model speak about either.
import { BudgetPrice } from './budget-price.ts';
import { Floors } from './floors.ts';
import { type FindListener, IntensityModel, type Observations } from './intensity-model.ts';
import { defaultFind, type FindDefinition } from './intensity-settings.ts';
import { OpenTime } from './open-time.ts';
import { shippedPrior } from './prior-coefficients.ts';
import {
  costOf,
  type SchedulerSettings,
  type SchedulerState,
  type Slot,
  type SlotReason,
  type SubjectSettings,
  startPrice,
  type Wish,
} from './scheduler-types.ts';

const stateVersion = 2;
const maxSubjects = 20_000;
const maxBudgets = 16;
/** Above this many subjects, one scoring serves several slots: an n-th of them. */
const slotsPerScoring = 64;
/** Share of every budget that floors may claim at most. */
const maxFloorShare = 0.8;
const maxAdvice = Math.log(2);

export class IntensityScheduler {
  readonly model: IntensityModel;
  readonly #settings: SchedulerSettings;
  readonly #find: FindDefinition;
  readonly #stepMs: number;
  readonly #time: OpenTime;
  readonly #floors = new Floors();
  readonly #budgets: BudgetPrice[];
  readonly #ids: string[] = [];
  readonly #indexOf = new Map<string, number>();
  /** Costs per budget, then per subject. */
  readonly #costs: Float64Array[];
  readonly #weights: Float64Array;
  readonly #gains: Float64Array;
  readonly #failures: Float64Array;
  readonly #barOf = (at: number) => this.#counted(at);
  /** Best candidates of the last scoring, worst first. */
  #candidates: number[] = [];
  #slots = 0;

  /** Throws RangeError when settings contradict themselves; see admissionDefects for promises no budget can pay. */
  constructor(settings: SchedulerSettings) {
    const { subjects, budgets } = settings;
    if (subjects.length > maxSubjects) throw new RangeError(`at most ${maxSubjects} subjects`);
    if (budgets.length === 0 || budgets.length > maxBudgets)
      throw new RangeError(`between 1 and ${maxBudgets} budgets`);
    this.#settings = settings;
    this.#find = settings.find ?? defaultFind;
    this.#stepMs = settings.stepMs ?? this.#find.barMs;
    this.model = new IntensityModel(this.#find, settings.prior ?? shippedPrior);
    this.model.learner.learning = settings.learning ?? true;
    this.#time = new OpenTime(this.#find.barMs, this.model.scale.closed);
    this.#costs = budgets.map((budget) =>
      Float64Array.from(subjects, (subject) => costOf(subject, budget.name)),
    );
    this.#budgets = budgets.map(
      (budget, r) => new BudgetPrice(budget, startPrice(budget, this.#costs[r] as Float64Array, this.#find)),
    );
    this.#weights = Float64Array.from(subjects, (subject) => subject.weight ?? 1);
    this.#gains = new Float64Array(subjects.length);
    this.#failures = new Float64Array(subjects.length);
    for (const subject of subjects) this.#add(subject);
  }

  #add(subject: SubjectSettings): void {
    if (this.#indexOf.has(subject.id)) throw new RangeError(`subject ${subject.id} is given twice`);
    this.#indexOf.set(subject.id, this.#ids.length);
    this.#ids.push(subject.id);
    this.model.add();
    this.#floors.add(subject.minIntervalMs, subject.maxIntervalMs, 0);
  }

  /**
   * The next slot at `now`, or undefined when nothing is worth its price. A returned slot has been paid and counts
   * as started. Ask again after answering it with `observe` (or `failed`): the answer may change what comes next.
   */
  next(now: number): Slot | undefined {
    this.advance(now);
    return this.#nextFloor(now) ?? this.#nextGain(now);
  }

  /** What `next` would do now, without doing it. Its cost is one scoring of all subjects. */
  wishes(now: number): Wish {
    this.advance(now);
    const elapsed = this.#time.elapsedMs;
    const urgent = this.#floors.mostUrgent(elapsed, this.#stepMs);
    const floor = urgent >= 0 && this.#affords(urgent);
    const gains = new Float64Array(this.#ids.length);
    const waiting = new Float64Array(this.#ids.length);
    this.model.score(gains, waiting);
    const room = this.#budgets.map((_, r) => this.#roomBesideFloors(r, elapsed));
    const overflowing = this.#budgets.every((budget) => budget.overflowing(this.#stepMs));
    let count = 0;
    let worth = 0;
    let best = -1;
    for (let subject = 0; subject < gains.length; subject += 1) {
      const gain = (gains[subject] as number) * (this.#weights[subject] as number);
      if (!(gain > 0) || !this.#floors.mayRun(subject, elapsed)) continue;
      if (room.some((units, r) => this.#cost(r, subject) > units)) continue;
      const ratio = gain / Math.max(this.priceOf(subject), 1e-12);
      if (ratio >= 1 || overflowing) count += 1;
      if (ratio <= worth) continue;
      worth = ratio;
      best = subject;
    }
    return {
      count: Math.max(count, floor ? 1 : 0),
      floor,
      worth,
      best: floor ? (this.#ids[urgent] as string) : best < 0 ? null : (this.#ids[best] as string),
      waiting,
    };
  }

  /**
   * Looks at a subject because somebody asks: pays, and counts as started. Undefined when its minimum interval is not
   * over or a budget cannot pay. Only with `urgent` a back-off is passed over and what coming floors need is touched.
   */
  take(subject: string, now: number, urgent: boolean): Slot | undefined {
    const index = this.#known(subject);
    this.advance(now);
    const elapsed = this.#time.elapsedMs;
    const early = urgent ? !this.#floors.intervalOver(index, elapsed) : !this.#floors.mayRun(index, elapsed);
    if (early) return undefined;
    const payable = urgent ? this.#affords(index) : this.#affordsBesideFloors(index, elapsed);
    return payable ? this.#startUnscored(index, now, 'asked') : undefined;
  }

  /** The subject whose floor comes first among those whose minimum interval is over; undefined when there is none. */
  mostUrgent(now: number): string | undefined {
    this.advance(now);
    const index = this.#floors.first(this.#time.elapsedMs);
    return index < 0 ? undefined : (this.#ids[index] as string);
  }

  /** Moves its time on, as every question does; nothing else changes. */
  advance(now: number): void {
    if (!Number.isFinite(now)) throw new RangeError(`now must be a time, not ${now}`);
    const barBefore = this.#time.bar;
    this.#time.advance(now);
    for (const budget of this.#budgets) budget.advance(this.#time.openMs);
    if (this.#time.bar !== barBefore) this.#candidates = [];
    this.model.advance(this.#time.bar, this.#time.wallBarNow() * this.#find.barMs + 0);
  }

  #nextFloor(now: number): Slot | undefined {
    const elapsed = this.#time.elapsedMs;
    const subject = this.#floors.mostUrgent(elapsed, this.#stepMs);
    if (subject < 0 || !this.#affords(subject)) return undefined;
    return this.#startUnscored(subject, now, 'floor');
  }

  #nextGain(now: number): Slot | undefined {
    if (!this.#anyAffordable()) return undefined;
    const elapsed = this.#time.elapsedMs;
    for (let round = 0; round < 2; round += 1) {
      while (this.#candidates.length > 0) {
        const subject = this.#candidates.pop() as number;
        const reason = this.#reasonToRun(subject, elapsed);
        if (reason !== undefined) return this.#start(subject, now, reason);
        if (round === 1) return undefined;
      }
      if (round === 0) this.#scoreAll(elapsed);
    }
    return undefined;
  }

  #reasonToRun(subject: number, elapsed: number): SlotReason | undefined {
    if (!this.#floors.mayRun(subject, elapsed) || !this.#affordsBesideFloors(subject, elapsed))
      return undefined;
    if ((this.#gains[subject] as number) >= this.priceOf(subject)) return 'gain';
    return this.#budgets.every((budget) => budget.overflowing(this.#stepMs)) ? 'overflow' : undefined;
  }

  /** Scores everyone and keeps the best few by gain per price, best last. */
  #scoreAll(elapsed: number): void {
    this.model.score(this.#gains);
    const keep = Math.max(1, Math.floor(this.#ids.length / slotsPerScoring));
    const prices = this.#budgets.map((budget) => budget.price());
    const best: number[] = [];
    const values: number[] = [];
    for (let subject = 0; subject < this.#ids.length; subject += 1) {
      const gain = (this.#gains[subject] as number) * (this.#weights[subject] as number);
      this.#gains[subject] = gain;
      if (!(gain > 0) || !this.#floors.mayRun(subject, elapsed)) continue;
      let cost = 0;
      for (let r = 0; r < prices.length; r += 1)
        cost += (prices[r] as number) * ((this.#costs[r] as Float64Array)[subject] as number);
      insertBest(best, values, subject, gain / Math.max(cost, 1e-12), keep);
    }
    this.#candidates = best;
  }

  /** Starts a subject that no scoring put forward; its gain is told all the same. */
  #startUnscored(subject: number, now: number, reason: SlotReason): Slot {
    this.#gains[subject] = this.model.scoreOf(subject) * (this.#weights[subject] as number);
    return this.#start(subject, now, reason);
  }

  #start(subject: number, now: number, reason: SlotReason): Slot {
    const price = this.priceOf(subject);
    this.#budgets.forEach((budget, r) => {
      budget.spend(this.#cost(r, subject));
    });
    this.#floors.started(subject, this.#time.elapsedMs);
    const id = this.#ids[subject] as string;
    this.#slots += 1;
    return {
      id: `${id}@${Math.floor(this.#time.elapsedMs)}`,
      subject: id,
      at: now,
      reason,
      gain: this.#gains[subject] as number,
      price,
    };
  }

  /** Sum over budgets of price x units: what a look at the subject must be worth now. */
  priceOf(subject: number): number {
    let price = 0;
    for (let r = 0; r < this.#budgets.length; r += 1)
      price +=
        (this.#budgets[r] as BudgetPrice).price() * ((this.#costs[r] as Float64Array)[subject] as number);
    return price;
  }

  #affords(subject: number): boolean {
    return this.#budgets.every((budget, r) =>
      budget.affords((this.#costs[r] as Float64Array)[subject] as number),
    );
  }

  #anyAffordable(): boolean {
    return this.#budgets.every((budget) => budget.capacity > 0 && budget.level > 0);
  }

  #affordsBesideFloors(subject: number, elapsed: number): boolean {
    return this.#budgets.every((_, r) => this.#cost(r, subject) <= this.#roomBesideFloors(r, elapsed));
  }

  /** Units that may be spent without taking from what coming floors need. */
  #roomBesideFloors(r: number, elapsed: number): number {
    const budget = this.#budgets[r] as BudgetPrice;
    const total = this.#totalCosts(r);
    // The reserve is never more than one look at everybody: with so much left it need not be counted.
    if (budget.level >= 2 * total) return budget.level - total;
    const refill = budget.settings.perHour / 3_600_000;
    return budget.level - this.#floors.reserve(this.#costs[r] as Float64Array, refill, elapsed) + 1e-9;
  }

  #cost(r: number, subject: number): number {
    return (this.#costs[r] as Float64Array)[subject] as number;
  }

  #totals: number[] | undefined;

  #totalCosts(r: number): number {
    this.#totals ??= this.#costs.map((costs) => costs.reduce((sum, cost) => sum + cost, 0));
    return this.#totals[r] as number;
  }

  /** What a look returned: candles or other readings of the subject, oldest first, up to its last bar. */
  observe(subject: string, seen: Observations, now: number, onFind?: FindListener): number {
    const index = this.#known(subject);
    this.advance(now);
    this.#failures[index] = 0;
    return this.model.observe(index, seen, this.#barOf, onFind);
  }

  /** A look that brought nothing: it stays paid, and the subject backs off within its floor. */
  failed(subject: string): void {
    const index = this.#known(subject);
    this.#failures[index] = (this.#failures[index] as number) + 1;
    this.#floors.failed(index, this.#failures[index] as number);
  }

  /** Advice on one subject: a multiplier clipped to [0.5, 2] that enters as one more learnt term; 1 withdraws it. */
  advise(subject: string, multiplier: number): void {
    const log = multiplier > 0 ? Math.log(multiplier) : -maxAdvice;
    this.model.setAdvice(this.#known(subject), Math.max(-maxAdvice, Math.min(maxAdvice, log)));
  }

  #known(subject: string): number {
    const index = this.#indexOf.get(subject);
    if (index === undefined) throw new RangeError(`unknown subject ${subject}`);
    return index;
  }

  #counted(at: number): number {
    const wallBar = Math.floor(at / this.#find.barMs);
    return wallBar > this.#time.wallBarNow() ? Number.NaN : this.#time.barOf(wallBar);
  }

  /** Expected gain of looking at each subject at `now`, in the order of the settings. */
  gains(now: number): Float64Array {
    this.advance(now);
    const out = new Float64Array(this.#ids.length);
    this.model.score(out);
    return out;
  }

  /** Time of the last question; minus infinity before any. */
  get now(): number {
    return this.#time.now;
  }

  knows(subject: string): boolean {
    return this.#indexOf.has(subject);
  }

  indexOf(subject: string): number {
    return this.#known(subject);
  }

  get subjects(): readonly string[] {
    return this.#ids;
  }

  budget(name: string): BudgetPrice | undefined {
    return this.#budgets.find((budget) => budget.settings.name === name);
  }

  /** Milliseconds until the subject's floor must be served. */
  floorInMs(subject: string): number {
    return this.#floors.deadline(this.#known(subject)) - this.#time.elapsedMs;
  }

  /** Milliseconds since the last answered look, whole bars; undefined when there was none. */
  sinceLookMs(subject: string): number | undefined {
    const lookBar = this.model.lookBar(this.#known(subject));
    return lookBar < 0 ? undefined : Math.max(0, this.#time.bar - lookBar) * this.#find.barMs;
  }

  /** Promises the budgets cannot pay: each budget must cover all floors with 80 % of its refill. Empty when sound. */
  admissionDefects(): string[] {
    return this.#budgets.flatMap((budget, r) => {
      const costs = this.#costs[r] as Float64Array;
      let perHour = 0;
      this.#settings.subjects.forEach((subject, index) => {
        perHour += ((costs[index] as number) * 3_600_000) / subject.maxIntervalMs;
      });
      if (perHour <= maxFloorShare * budget.settings.perHour) return [];
      return [
        `budget ${budget.settings.name} refills ${budget.settings.perHour} an hour, but the maximum intervals alone ` +
          `need ${perHour.toFixed(2)}, more than ${maxFloorShare * 100} % of it`,
      ];
    });
  }

  /** JSON-safe state; restore(settings, state) continues exactly where this one stands. */
  toState(): SchedulerState {
    return { ...this.commonState(), model: this.model.toState() };
  }

  /** The state without what is kept per subject in the model, for callers that save subjects one by one. */
  commonState(): Omit<SchedulerState, 'model'> {
    return {
      version: stateVersion,
      subjects: this.#ids,
      time: this.#time.toState(),
      floors: this.#floors.toState(),
      budgets: this.#budgets.map((budget) => budget.toState()),
      failures: Array.from(this.#failures),
      waiting_candidates: this.#candidates.map(
        (subject) => [subject, this.#gains[subject] as number] as const,
      ),
      slots: this.#slots,
    };
  }

  /** Throws RangeError when the state has another version or other subjects: start from the prior then. */
  static restore(settings: SchedulerSettings, state: SchedulerState): IntensityScheduler {
    const { subjects, ...rest } = settings;
    const fits =
      state.version === stateVersion &&
      state.subjects.length === subjects.length &&
      state.subjects.every((id, index) => id === subjects[index]?.id);
    if (!fits) throw new RangeError('the saved schedule has another version or other subjects');
    const restored = new IntensityScheduler({ ...rest, subjects });
    restored.#load(state);
    return restored;
  }

  #load(state: SchedulerState): void {
    this.#time.load(state.time);
    this.model.load(state.model, state.time.bar, this.#time.wallBarNow() * this.#find.barMs);
    this.#floors.load(state.floors);
    this.#budgets.forEach((budget, r) => {
      const saved = state.budgets[r];
      if (saved === undefined) throw new RangeError('a budget is missing in the saved schedule');
      budget.load(saved);
    });
    this.#failures.set(state.failures);
    this.#candidates = state.waiting_candidates.map(([subject, gain]) => {
      this.#gains[subject] = gain;
      return subject;
    });
    this.#slots = state.slots;
  }
}

function insertBest(best: number[], values: number[], subject: number, value: number, keep: number): void {
  if (best.length === keep && value <= (values[0] as number)) return;
  let k = best.length;
  best.push(subject);
  values.push(value);
  while (k > 0 && (values[k - 1] as number) > value) {
    best[k] = best[k - 1] as number;
    values[k] = values[k - 1] as number;
    k -= 1;
  }
  best[k] = subject;
  values[k] = value;
  if (best.length > keep) {
    best.shift();
    values.shift();
  }
}
