// Chooses who is looked at next: floors first, then the highest expected gain per cost while it beats the price.
// Synchronous and deterministic: the same questions and answers give the same slots. It must never spend more than
// a budget holds, start a subject within its minimum interval, or let the model speak about either.
import { BestCandidates } from './best-candidates.ts';
import type { BudgetPrice } from './budget-price.ts';
import { Floors } from './floors.ts';
import { type FindListener, IntensityModel, type Observations } from './intensity-model.ts';
import { defaultFind, type FindDefinition } from './intensity-settings.ts';
import { LookBudgets } from './look-budgets.ts';
import { OpenTime } from './open-time.ts';
import { shippedPrior } from './prior-coefficients.ts';
import type {
  SchedulerSettings,
  SchedulerState,
  Slot,
  SlotReason,
  SubjectSettings,
  Wish,
} from './scheduler-types.ts';

const stateVersion = 2;
const maxSubjects = 20_000;
/** Above this many subjects, one scoring serves several slots: an n-th of them. */
const slotsPerScoring = 64;
const maxAdvice = Math.log(2);

export class IntensityScheduler {
  readonly model: IntensityModel;
  readonly #find: FindDefinition;
  readonly #stepMs: number;
  readonly #time: OpenTime;
  readonly #floors = new Floors();
  readonly #budgets: LookBudgets;
  readonly #ids: string[] = [];
  readonly #indexOf = new Map<string, number>();
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
    this.#find = settings.find ?? defaultFind;
    this.#stepMs = settings.stepMs ?? this.#find.barMs;
    this.model = new IntensityModel(this.#find, settings.prior ?? shippedPrior);
    this.model.learner.learning = settings.learning ?? true;
    this.#time = new OpenTime(this.#find.barMs, this.model.scale.closed);
    this.#budgets = new LookBudgets(budgets, subjects, this.#find, this.#floors);
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
    const floor = urgent >= 0 && this.#budgets.affords(urgent);
    const gains = new Float64Array(this.#ids.length);
    const waiting = new Float64Array(this.#ids.length);
    this.model.score(gains, waiting);
    const affordable = this.#budgets.affordableBesideFloors(elapsed);
    const overflowing = this.#budgets.overflowing(this.#stepMs);
    let count = 0;
    let worth = 0;
    let best = -1;
    for (let subject = 0; subject < gains.length; subject += 1) {
      const gain = (gains[subject] as number) * (this.#weights[subject] as number);
      if (!(gain > 0) || !this.#floors.mayRun(subject, elapsed)) continue;
      if (!affordable(subject)) continue;
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
    const payable = urgent ? this.#budgets.affords(index) : this.#budgets.affordsBesideFloors(index, elapsed);
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
    this.#budgets.advance(this.#time.openMs);
    if (this.#time.bar !== barBefore) this.#candidates = [];
    this.model.advance(this.#time.bar, this.#time.wallBarNow() * this.#find.barMs + 0);
  }

  #nextFloor(now: number): Slot | undefined {
    const elapsed = this.#time.elapsedMs;
    const subject = this.#floors.mostUrgent(elapsed, this.#stepMs);
    if (subject < 0 || !this.#budgets.affords(subject)) return undefined;
    return this.#startUnscored(subject, now, 'floor');
  }

  #nextGain(now: number): Slot | undefined {
    if (!this.#budgets.anyAffordable) return undefined;
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
    if (!this.#floors.mayRun(subject, elapsed) || !this.#budgets.affordsBesideFloors(subject, elapsed))
      return undefined;
    if ((this.#gains[subject] as number) >= this.priceOf(subject)) return 'gain';
    return this.#budgets.overflowing(this.#stepMs) ? 'overflow' : undefined;
  }

  /** Scores everyone and keeps the best few by gain per price, best last. */
  #scoreAll(elapsed: number): void {
    this.model.score(this.#gains);
    const keep = Math.max(1, Math.floor(this.#ids.length / slotsPerScoring));
    const priceOf = this.#budgets.pricing();
    const best = new BestCandidates(keep);
    for (let subject = 0; subject < this.#ids.length; subject += 1) {
      const gain = (this.#gains[subject] as number) * (this.#weights[subject] as number);
      this.#gains[subject] = gain;
      if (!(gain > 0) || !this.#floors.mayRun(subject, elapsed)) continue;
      best.offer(subject, gain / Math.max(priceOf(subject), 1e-12));
    }
    this.#candidates = best.subjects;
  }

  /** Starts a subject that no scoring put forward; its gain is told all the same. */
  #startUnscored(subject: number, now: number, reason: SlotReason): Slot {
    this.#gains[subject] = this.model.scoreOf(subject) * (this.#weights[subject] as number);
    return this.#start(subject, now, reason);
  }

  #start(subject: number, now: number, reason: SlotReason): Slot {
    const price = this.priceOf(subject);
    this.#budgets.spend(subject);
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
    return this.#budgets.priceOf(subject);
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
    return this.#budgets.named(name);
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
    return this.#budgets.admissionDefects();
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
      budgets: this.#budgets.toState(),
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
    this.#budgets.load(state.budgets);
    this.#failures.set(state.failures);
    this.#candidates = state.waiting_candidates.map(([subject, gain]) => {
      this.#gains[subject] = gain;
      return subject;
    });
    this.#slots = state.slots;
  }
}
