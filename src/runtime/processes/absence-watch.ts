// Tells when the process of an agent elsewhere has fallen silent, was started again, or is back: judged by its lease alone.
// It must never take the database's own trouble, or a start of the whole installation, for the end of a process.
import type { ProcessPlace } from '../../adapters/store/postgres/installation.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';

/** A lease is renewed every second and lasts five. */
export const silentMs = 5_000;
/** A process that was not seen since our own start, or since the database was in trouble, may be this late for the same reason. */
const graceMs = 30_000;
/** What ends this soon after it was seen again ended for that reason too. */
const settleMs = 5_000;

export type Absence =
  | { readonly kind: 'failed'; readonly agent: AgentName; readonly why: string; readonly failures: number }
  | { readonly kind: 'restarted'; readonly agent: AgentName };

interface Known {
  /** Of the holder that was seen alive last, since the last trouble. */
  fence: number | undefined;
  /** From here on a change or silence is its own. */
  ownFrom: number;
  /** Told as failed and not as back. */
  away: boolean;
  failures: number;
}

export class AbsenceWatch {
  readonly #known: ReadonlyMap<AgentName, Known>;

  /** `agents`: those of other processes; `steadyNow` in milliseconds, as of every look. */
  constructor(agents: readonly AgentName[], steadyNow: number) {
    const ownFrom = steadyNow + graceMs;
    this.#known = new Map(
      agents.map((agent) => [agent, { fence: undefined, ownFrom, away: false, failures: 0 }]),
    );
  }

  /** What this look shows that was not known; `places`: undefined when the database did not answer in time. */
  look(places: readonly ProcessPlace[] | undefined, steadyNow: number): readonly Absence[] {
    const found: Absence[] = [];
    for (const [agent, known] of this.#known)
      if (places === undefined) {
        known.fence = undefined;
        known.ownFrom = steadyNow + graceMs;
      } else {
        const place = places.find(({ agents }) => agents.includes(agent));
        found.push(...this.#judge(agent, known, place, steadyNow));
      }
    return found;
  }

  #judge(agent: AgentName, known: Known, place: ProcessPlace | undefined, steadyNow: number): Absence[] {
    const alive = place !== undefined && place.silentMs < silentMs;
    const changed = alive && known.fence !== undefined && known.fence !== place.fence;
    if (alive) {
      if (known.fence === undefined) known.ownFrom = Math.min(known.ownFrom, steadyNow + settleMs);
      known.fence = place.fence;
    }
    if (known.away) {
      if (!alive) return [];
      known.away = false;
      return [{ kind: 'restarted', agent }];
    }
    if (steadyNow < known.ownFrom || (alive && !changed)) return [];
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
