// Buys and sells of watched tokens since a day at most, from the paid trade stream. It claims to know a day only
// once it has listened for one: before, the numbers are left unsaid.
import type { CandidateObservation } from '../../../shared/domain/candidate.ts';
import { dayMs, type EpochMs, hourMs } from '../../../shared/domain/time.ts';

const hoursPerDay = 24;

interface Tally {
  readonly since: EpochMs;
  /** One entry per hour: when it began, buys, sells. */
  hours: { readonly at: EpochMs; buys: number; sells: number }[];
  changed: boolean;
}

export class TradeTally {
  readonly #most: number;
  readonly #tallies = new Map<string, Tally>();

  constructor(most: number) {
    this.#most = most;
  }

  note(mint: string, side: 'buy' | 'sell', now: EpochMs): void {
    let tally = this.#tallies.get(mint);
    if (tally === undefined) {
      tally = { since: now, hours: [], changed: false };
      this.#tallies.set(mint, tally);
      const oldest = this.#tallies.keys().next().value;
      if (this.#tallies.size > this.#most && oldest !== undefined) this.#tallies.delete(oldest);
    }
    const hourAt = Math.floor(now / hourMs) * hourMs;
    let hour = tally.hours.at(-1);
    if (hour?.at !== hourAt) {
      hour = { at: hourAt, buys: 0, sells: 0 };
      tally.hours = [...tally.hours, hour].slice(-hoursPerDay);
    }
    if (side === 'buy') hour.buys += 1;
    else hour.sells += 1;
    tally.changed = true;
  }

  /** Tokens listened to for a day or longer that traded since the last call. */
  take(now: EpochMs): readonly CandidateObservation[] {
    const observations: CandidateObservation[] = [];
    for (const [address, tally] of this.#tallies) {
      if (!tally.changed || now - tally.since < dayMs) continue;
      tally.changed = false;
      const recent = tally.hours.filter(({ at }) => now - at < dayMs);
      const buys = recent.reduce((sum, hour) => sum + hour.buys, 0);
      const sells = recent.reduce((sum, hour) => sum + hour.sells, 0);
      const facts = { buys_h24: buys, sells_h24: sells };
      observations.push({ chain: 'solana', address, origin: null, name: '', symbol: '', facts });
    }
    return observations;
  }
}
