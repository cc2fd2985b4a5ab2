// Where the waiting value is sampled: dense for recent bars, sparser for older ones, so that its cost stays bounded.

const denseLags = 8;
const reachInTau = 4;

export class LagNodes {
  readonly lags: Int32Array;
  /** Sum of e^{-lag/tau} over the bars each node stands for. */
  readonly weights: Float64Array;
  readonly count: number;
  /** First bar beyond the nodes. */
  readonly reach: number;
  readonly #tau: number;

  constructor(tau: number) {
    this.#tau = tau;
    this.reach = Math.max(2, Math.ceil(reachInTau * tau));
    const lags: number[] = [];
    for (let lag = 0; lag < this.reach; lag += Math.max(1, Math.round(lag / denseLags))) lags.push(lag);
    this.lags = Int32Array.from(lags);
    this.count = lags.length;
    this.weights = Float64Array.from(lags, (lag, index) => this.#between(lag, lags[index + 1] ?? this.reach));
  }

  /** Weight of the bars older than the nodes, up to `reachBars` bars ago. */
  tail(reachBars: number): number {
    return reachBars < this.reach ? 0 : this.#between(this.reach, reachBars + 1);
  }

  #between(from: number, to: number): number {
    const decay = Math.exp(-1 / this.#tau);
    return (decay ** from - decay ** to) / (1 - decay);
  }
}
