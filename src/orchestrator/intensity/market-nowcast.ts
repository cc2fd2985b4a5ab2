// What the subjects looked at since have shown about the whole market, bar by bar, revised as later looks reveal
// earlier bars of other subjects. It must never be fed a bar of a subject before that subject was looked at.
import type { BarScale } from './intensity-settings.ts';

/** Pseudo-looks of the forecast: how far few answers may move the nowcast. */
const activityShrinkage = 12;
const findShrinkage = 8;
const directionShrinkage = 4;
/** What nobody has looked at for a while returns to what the clock leads one to expect: so strongly in an hour. */
const clockPullPerHour = 0.3;
const usualActivity = Math.log(0.85);
/** Chance of a find per usual bar at the default definition; only a reference point. */
const usualFindShare = 1.2 / 288;

export interface MarketNowcastState {
  readonly bar: number;
  readonly rings: readonly (readonly number[])[];
}

export class MarketNowcast {
  readonly size: number;
  readonly mask: number;
  /** Newest bar. */
  bar = -1;
  /** Looks that cover each bar, and the sums of what they showed. */
  readonly looks: Float64Array;
  readonly #activitySum: Float64Array;
  readonly #findSum: Float64Array;
  readonly #signedSum: Float64Array;
  /** Log activity that the clock leads one to expect of the bar. */
  readonly #usual: Float64Array;
  /** Filtered log activity against usual (0 usual), its slower means, log find share against usual, direction. */
  readonly activity: Float64Array;
  readonly hourMean: Float64Array;
  readonly slowMean: Float64Array;
  readonly findShare: Float64Array;
  readonly direction: Float64Array;
  readonly #hourGain: number;
  readonly #slowGain: number;
  readonly #directionKeep: number;
  readonly #clockPull: number;
  #dirtyFrom = Number.POSITIVE_INFINITY;

  constructor(scale: BarScale) {
    this.size = 2 ** Math.ceil(Math.log2(6 * scale.tau + 4));
    this.mask = this.size - 1;
    const ring = () => new Float64Array(this.size);
    this.looks = ring();
    this.#activitySum = ring();
    this.#findSum = ring();
    this.#signedSum = ring();
    this.#usual = ring();
    this.activity = ring();
    this.hourMean = ring();
    this.slowMean = ring();
    this.findShare = ring();
    this.direction = ring();
    this.#hourGain = 1 - Math.exp(-1 / scale.hour);
    this.#slowGain = 1 - Math.exp(-1 / (6 * scale.hour));
    this.#directionKeep = 1 - 1 / scale.move;
    this.#clockPull = clockPullPerHour * this.#hourGain;
  }

  /** Opens bars up to `bar`, of which the clock expects `usualOf`; a jump longer than the ring starts it anew from its slow mean. */
  advance(bar: number, usualOf: (bar: number) => number = () => 0): void {
    if (bar <= this.bar) return;
    const first = Math.max(this.bar + 1, bar - this.size + 1);
    for (let b = first; b <= bar; b += 1) {
      const k = b & this.mask;
      this.looks[k] = 0;
      this.#activitySum[k] = 0;
      this.#findSum[k] = 0;
      this.#signedSum[k] = 0;
      this.#usual[k] = usualOf(b);
    }
    this.#dirtyFrom = Math.min(this.#dirtyFrom, first);
    this.bar = bar;
  }

  /** True while a bar is young enough to be revised. */
  covers(bar: number): boolean {
    return bar <= this.bar && bar > this.bar - this.size + 2;
  }

  /** One subject's reading of one bar. */
  add(bar: number, activity: number, signed: number, find: number): void {
    if (!this.covers(bar)) return;
    const k = bar & this.mask;
    this.looks[k] = (this.looks[k] as number) + 1;
    this.#activitySum[k] = (this.#activitySum[k] as number) + activity;
    this.#signedSum[k] = (this.#signedSum[k] as number) + signed;
    if (find > 0) this.#findSum[k] = (this.#findSum[k] as number) + 1;
    if (bar < this.#dirtyFrom) this.#dirtyFrom = bar;
  }

  /** Takes a reading back: what the market shows without one subject. */
  remove(bar: number, activity: number, signed: number, find: number): void {
    this.add(bar, -activity, -signed, 0);
    if (!this.covers(bar)) return;
    const k = bar & this.mask;
    this.looks[k] = (this.looks[k] as number) - 2;
    if (find > 0) this.#findSum[k] = (this.#findSum[k] as number) - 1;
  }

  /** Expected activity one bar after ring slot `k`. */
  forecastActivity(k: number): number {
    const hour = this.hourMean[k] as number;
    return hour + 0.7 * ((this.activity[k] as number) - hour) + 0.05 * ((this.slowMean[k] as number) - hour);
  }

  /** Filters again from the oldest bar that changed. */
  refresh(): void {
    const from = Math.max(this.#dirtyFrom, this.bar - this.size + 2, 1);
    this.#dirtyFrom = Number.POSITIVE_INFINITY;
    for (let b = from; b <= this.bar; b += 1) {
      const k = b & this.mask;
      const before = (b - 1) & this.mask;
      const looks = this.looks[k] as number;
      const expected = this.forecastActivity(before);
      const activity =
        looks === 0
          ? expected + this.#clockPull * ((this.#usual[k] as number) - expected)
          : Math.log(
              ((this.#activitySum[k] as number) + activityShrinkage * Math.exp(expected + usualActivity)) /
                (looks + activityShrinkage),
            ) - usualActivity;
      this.activity[k] = activity;
      const hour = this.hourMean[before] as number;
      this.hourMean[k] = hour + this.#hourGain * (activity - hour);
      const slow = this.slowMean[before] as number;
      this.slowMean[k] = slow + this.#slowGain * (activity - slow);
      const share = 0.2 * (this.findShare[before] as number);
      this.findShare[k] =
        looks === 0
          ? share
          : Math.log(
              ((this.#findSum[k] as number) / usualFindShare + findShrinkage * Math.exp(share)) /
                (looks + findShrinkage),
            );
      this.direction[k] =
        ((this.#signedSum[k] as number) +
          directionShrinkage * this.#directionKeep * (this.direction[before] as number)) /
        (looks + directionShrinkage);
    }
  }

  /** Direction expected one bar after ring slot `k`. */
  forecastDirection(k: number): number {
    return this.#directionKeep * (this.direction[k] as number);
  }

  toState(): MarketNowcastState {
    this.refresh();
    return { bar: this.bar, rings: this.#rings().map((ring) => Array.from(ring, (value) => value + 0)) };
  }

  /** Throws RangeError when the shape does not fit. */
  load(state: MarketNowcastState): void {
    const rings = this.#rings();
    if (state.rings.length !== rings.length || state.rings.some((ring) => ring.length !== this.size))
      throw new RangeError('market nowcast does not fit');
    this.bar = state.bar;
    rings.forEach((ring, index) => {
      ring.set(state.rings[index] as readonly number[]);
    });
    this.#dirtyFrom = Number.POSITIVE_INFINITY;
  }

  #rings(): Float64Array[] {
    return [
      this.looks,
      this.#activitySum,
      this.#findSum,
      this.#signedSum,
      this.activity,
      this.hourMean,
      this.slowMean,
      this.findShare,
      this.direction,
      this.#usual,
    ];
  }
}
