// Exact best poll times for a known path of intensities: the core of the optimum and of crontabs fitted on a profile.

/**
 * Polls maximising sum over polls of (sum over bars since the last poll of rate(x) e^{-(t-x)/tau}) - price per poll,
 * by dynamic programming: V(t) = max_s V(s) + W(s, t) - price. Returns ascending bars.
 */
export function bestPollTimes(rates: Float64Array, tauBars: number, price: number): number[] {
  const reach = Math.ceil(8 * tauBars);
  const decay = Float64Array.from({ length: reach + 1 }, (_, lag) => Math.exp(-lag / tauBars));
  const bars = rates.length;
  // best[t + 1]: value with the last poll at t; index 0: no poll yet.
  const best = new Float64Array(bars + 1);
  const from = new Int32Array(bars + 1);
  const prefixBest = new Int32Array(bars + 1);
  let top = 0;
  for (let t = 0; t < bars; t += 1) {
    let waiting = 0;
    let value = Number.NEGATIVE_INFINITY;
    let source = 0;
    const oldest = Math.max(0, t - reach);
    for (let x = t; x >= oldest; x -= 1) {
      waiting += (rates[x] as number) * (decay[t - x] as number);
      const candidate = (best[x] as number) + waiting;
      if (candidate > value) {
        value = candidate;
        source = x;
      }
    }
    if (oldest > 0) {
      const early = prefixBest[oldest] as number;
      if ((best[early] as number) + waiting > value) {
        value = (best[early] as number) + waiting;
        source = early;
      }
    }
    best[t + 1] = value - price;
    from[t + 1] = source;
    if ((best[t + 1] as number) > (best[top] as number)) top = t + 1;
    prefixBest[t + 1] = top;
  }
  const polls: number[] = [];
  for (let state = top; state > 0; state = from[state] as number) polls.push(state - 1);
  return polls.reverse();
}

/** The smallest price in [low, high] whose plans need no more than `allowed` polls, with the plans. */
export function planWithin<P>(
  plansAt: (price: number) => readonly P[],
  costOf: (plan: P) => number,
  allowed: number,
  rounds = 16,
): P[] {
  let low = 1e-7;
  let high = 10;
  const total = (plans: readonly P[]) => plans.reduce((sum, plan) => sum + costOf(plan), 0);
  let within = plansAt(high);
  let beyond: readonly P[] | undefined;
  for (let round = 0; round < rounds; round += 1) {
    const price = Math.sqrt(low * high);
    const plans = plansAt(price);
    if (total(plans) <= allowed) {
      high = price;
      within = plans;
    } else {
      low = price;
      beyond = plans;
    }
  }
  // What is left over goes to the richer plan of as many members as can be paid.
  const chosen = [...within];
  let left = allowed - total(chosen);
  beyond?.forEach((plan, index) => {
    const more = costOf(plan) - costOf(chosen[index] as P);
    if (more > left || more <= 0) return;
    chosen[index] = plan;
    left -= more;
  });
  return chosen;
}
