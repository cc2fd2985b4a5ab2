// Tells when the process of an agent elsewhere has fallen silent, was started again, or is back: judged by its lease alone.
// It must never take the database's own trouble, or a start of the whole installation, for the end of a process.
import type { ProcessPlace } from '../../adapters/store/postgres/installation.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';

/** A lease is renewed every second and lasts five. */
export const silentMs = 5_000;
/** While the database did not answer at once, or after a start, others may be late for the same reason. */
const graceMs = 30_000;
/** A process that was seen alive after our own start and is then another one has ended since; not at once, for a start fails together. */
const startGraceMs = 5_000;

export type Absence =
  | { readonly kind: 'failed'; readonly agent: AgentName; readonly why: string; readonly failures: number }
  | { readonly kind: 'restarted'; readonly agent: AgentName };

interface Known {
  fence: number | undefined;
  /** Told as failed and not as back. */
  away: boolean;
  failures: number;
}

export class AbsenceWatch {
  readonly #known: ReadonlyMap<AgentName, Known>;
  #silenceCountsFrom: number;
  #changeCountsFrom: number;

  /** `agents`: those of other processes; `steadyNow` in milliseconds, as of every look. */
  constructor(agents: readonly AgentName[], steadyNow: number) {
    this.#known = new Map(agents.map((agent) => [agent, { fence: undefined, away: false, failures: 0 }]));
    this.#silenceCountsFrom = steadyNow + graceMs;
    this.#changeCountsFrom = steadyNow + startGraceMs;
  }

  /** What this look shows that was not known; `places`: undefined when the database did not answer in time. */
  look(places: readonly ProcessPlace[] | undefined, steadyNow: number): readonly Absence[] {
    if (places === undefined) {
      this.#silenceCountsFrom = steadyNow + graceMs;
      this.#changeCountsFrom = steadyNow + graceMs;
      return [];
    }
    const found: Absence[] = [];
    for (const [agent, known] of this.#known) {
      const place = places.find(({ agents }) => agents.includes(agent));
      found.push(...this.#judge(agent, known, place, steadyNow));
    }
    return found;
  }

  #judge(agent: AgentName, known: Known, place: ProcessPlace | undefined, steadyNow: number): Absence[] {
    const alive = place !== undefined && place.silentMs < silentMs;
    const changed = alive && known.fence !== undefined && known.fence !== place.fence;
    if (alive) known.fence = place.fence;
    if (known.away) {
      if (!alive) return [];
      known.away = false;
      return [{ kind: 'restarted', agent }];
    }
    const counts = steadyNow >= (alive ? this.#changeCountsFrom : this.#silenceCountsFrom);
    if (!counts || (alive && !changed)) return [];
    known.failures++;
    const { failures } = known;
    if (alive)
      return [
        { kind: 'failed', agent, failures, why: 'its process had ended and was started again' },
        { kind: 'restarted', agent },
      ];
    known.away = true;
    const why =
      place === undefined
        ? 'no process has it'
        : `its process gives no sign of life for ${Math.round(place.silentMs / 1_000)} s`;
    return [{ kind: 'failed', agent, failures, why }];
  }
}
