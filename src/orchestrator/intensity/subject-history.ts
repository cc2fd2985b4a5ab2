// What one subject's own observations say: volatility against its normal, finds, self-excitation, volume.
// One number sequence in, features out; it must never know other subjects or the clock.
import type { BarScale } from './intensity-settings.ts';

/** JSON-safe form; every field is a finite number. */
export interface SubjectHistoryState {
  readonly scalars: readonly number[];
  readonly closes: readonly number[];
  readonly sigmas: readonly number[];
}

const cappedSquare = 64;
const maxProximity = 2;
const maxFindValue = 3;
const warmUpBars = 24;

/** What one more observation showed. */
export interface SampleReading {
  /** |move| over the find's window in sigmas, at most 6. */
  activity: number;
  /** The same with its sign, within +-6. */
  signed: number;
  /** 0, or the value of the find that began here (1..3). */
  find: number;
}

export class SubjectHistory {
  readonly #scale: BarScale;
  readonly #threshold: number;
  readonly #closes: Float64Array;
  readonly #sigmas: Float64Array;
  readonly #decays: Float64Array;
  /** Observations taken so far. */
  samples = 0;
  /** Bar number of the last observation; -1 before the first. */
  lastBar = -1;
  lastFindBar = -1e9;
  /** Sum of finds and bars seen, for the subject's own rate. */
  finds = 0;
  bars = 0;
  #logClose = 0;
  #variance = 0;
  #fast = 0;
  #middle = 0;
  #slow = 0;
  #hawkesFast = 0;
  #hawkesSlow = 0;
  #volumeNow = 0;
  #volumeUsual = 0;
  /** Latest |move| / threshold. */
  proximity = 0;
  readonly reading: SampleReading = { activity: 0, signed: 0, find: 0 };

  constructor(scale: BarScale, thresholdSigmas: number) {
    this.#scale = scale;
    this.#threshold = thresholdSigmas;
    this.#closes = new Float64Array(scale.move + 1);
    this.#sigmas = new Float64Array(scale.move + 1);
    const { hour } = scale;
    const halfLife = (bars: number) => 0.5 ** (1 / bars);
    this.#decays = Float64Array.of(
      halfLife(3 * scale.perDay * Math.min(1, (hour * 24) / scale.perDay)),
      halfLife(0.5 * hour),
      halfLife(2 * hour),
      halfLife(12 * hour),
      Math.exp(-1 / hour),
      Math.exp(-1 / (6 * hour)),
      halfLife(24 * hour),
    );
  }

  /**
   * Takes the observation closing bar `bar`; older or repeated bars, and values that are not positive finite
   * numbers, are refused (returns false). Source of the variance rule: EWMA, half-life 3 days, squares capped at 64x.
   */
  take(bar: number, close: number, volume: number): boolean {
    if (!(close > 0) || close === Number.POSITIVE_INFINITY || !(bar > this.lastBar)) return false;
    const gap = this.lastBar < 0 ? 1 : bar - this.lastBar;
    const logClose = Math.log(close);
    const closed = gap > this.#scale.closed;
    const move = this.samples === 0 || closed ? 0 : logClose - this.#logClose;
    // A move over a closed market could not have been seen earlier: shift the window instead of counting it.
    if (closed) for (let k = 0; k < this.#closes.length; k += 1) this.#closes[k] = logClose;
    this.#logClose = logClose;
    this.lastBar = bar;
    this.#updateVariances(move);
    this.#updateVolume(volume);
    this.#updateFinds(bar, logClose);
    this.samples += 1;
    this.bars += 1;
    return true;
  }

  #updateVariances(move: number): void {
    const d = this.#decays;
    const square = move * move;
    if (this.samples === 0) return;
    if (this.#variance === 0) {
      this.#variance = this.#fast = this.#middle = this.#slow = square;
      return;
    }
    const capped = Math.min(square, cappedSquare * this.#variance);
    const start = 1 / (this.samples + 1);
    const mix = (old: number, decay: number, value: number) => {
      const weight = Math.max(1 - decay, start);
      return old + weight * (value - old);
    };
    this.#variance = mix(this.#variance, d[0] as number, capped);
    this.#fast = mix(this.#fast, d[1] as number, square);
    this.#middle = mix(this.#middle, d[2] as number, square);
    this.#slow = mix(this.#slow, d[3] as number, square);
  }

  #updateVolume(volume: number): void {
    if (!(volume >= 0) || volume === Number.POSITIVE_INFINITY) return;
    const d = this.#decays;
    this.#volumeNow += (1 - (d[1] as number)) * (volume - this.#volumeNow);
    this.#volumeUsual +=
      Math.max(1 - (d[6] as number), 1 / (this.samples + 1)) * (volume - this.#volumeUsual);
  }

  #updateFinds(bar: number, logClose: number): void {
    const window = this.#scale.move;
    const slot = this.samples % (window + 1);
    const oldest = (slot + 1) % (window + 1);
    this.#closes[slot] = logClose;
    this.#sigmas[slot] = Math.sqrt(this.#variance);
    this.#hawkesFast *= this.#decays[4] as number;
    this.#hawkesSlow *= this.#decays[5] as number;
    const sigma = this.#sigmas[oldest] as number;
    const ready = this.samples >= Math.max(window, warmUpBars) && sigma > 0;
    const sigmas = ready ? (logClose - (this.#closes[oldest] as number)) / (sigma * Math.sqrt(window)) : 0;
    const size = Math.abs(sigmas);
    this.proximity = Math.min(maxProximity, size / this.#threshold);
    this.reading.activity = ready ? Math.min(6, size) : 0.8;
    this.reading.signed = Math.max(-6, Math.min(6, sigmas));
    this.reading.find = 0;
    if (size > this.#threshold && bar - this.lastFindBar > this.#scale.refractory) {
      this.lastFindBar = bar;
      this.finds += 1;
      this.#hawkesFast += 1;
      this.#hawkesSlow += 1;
      this.reading.find = Math.min(maxFindValue, size / this.#threshold);
    }
  }

  /** Half the log of a variance against the subject's normal one: 0 usual, 0.7 twice the volatility. */
  #excess(variance: number): number {
    if (!(this.#variance > 0)) return 0;
    return Math.max(-2, Math.min(2, 0.5 * Math.log(Math.max(variance / this.#variance, 1e-3))));
  }

  get fastVolatility(): number {
    return this.#excess(this.#fast);
  }
  get middleVolatility(): number {
    return this.#excess(this.#middle);
  }
  get slowVolatility(): number {
    return this.#excess(this.#slow);
  }
  get hawkesFast(): number {
    return this.#hawkesFast;
  }
  get hawkesSlow(): number {
    return this.#hawkesSlow;
  }
  get volumeSurge(): number {
    if (!(this.#volumeUsual > 0 && this.#volumeNow > 0)) return 0;
    return Math.max(-2, Math.min(2, Math.log(this.#volumeNow / this.#volumeUsual)));
  }

  toState(): SubjectHistoryState {
    const scalars = [
      this.samples,
      this.lastBar,
      this.lastFindBar,
      this.finds,
      this.bars,
      this.#logClose,
      this.#variance,
      this.#fast,
      this.#middle,
      this.#slow,
      this.#hawkesFast,
      this.#hawkesSlow,
      this.#volumeNow,
      this.#volumeUsual,
      this.proximity,
      this.reading.activity,
      this.reading.signed,
      this.reading.find,
    ];
    return {
      scalars: scalars.map((value) => value + 0),
      closes: Array.from(this.#closes, (value) => value + 0),
      sigmas: Array.from(this.#sigmas, (value) => value + 0),
    };
  }

  /** Throws RangeError when the shape does not fit. */
  load(state: SubjectHistoryState): void {
    const s = state.scalars;
    if (s.length !== 18 || state.closes.length !== this.#closes.length || !s.every(Number.isFinite))
      throw new RangeError('subject history does not fit');
    const at = (index: number) => s[index] as number;
    this.samples = at(0);
    this.lastBar = at(1);
    this.lastFindBar = at(2);
    this.finds = at(3);
    this.bars = at(4);
    this.#logClose = at(5);
    this.#variance = at(6);
    this.#fast = at(7);
    this.#middle = at(8);
    this.#slow = at(9);
    this.#hawkesFast = at(10);
    this.#hawkesSlow = at(11);
    this.#volumeNow = at(12);
    this.#volumeUsual = at(13);
    this.proximity = at(14);
    this.reading.activity = at(15);
    this.reading.signed = at(16);
    this.reading.find = at(17);
    this.#closes.set(state.closes);
    this.#sigmas.set(state.sigmas);
  }
}
