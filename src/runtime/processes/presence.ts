// Which agents of other processes show signs of life, by the leases that their processes renew.
import type { ProcessPlace } from '../../adapters/store/postgres/installation.ts';
import { type AgentName, agentNames } from '../../shared/domain/agent-name.ts';
import type { AgentVitals } from '../../shared/domain/vitals.ts';
import { type Absence, AbsenceWatch, silentMs } from './absence-watch.ts';

const lookMs = 2_000;
/** A look takes milliseconds: after this long the database is in trouble, and what it says of leases is old. */
const lateMs = 1_000;

export class Presence {
  readonly #places: () => Promise<readonly ProcessPlace[]>;
  readonly #away: readonly AgentName[];
  readonly #watch: AbsenceWatch;
  #states: readonly Pick<AgentVitals, 'agent' | 'state'>[] = [];
  #tell: (absence: Absence) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(places: () => Promise<readonly ProcessPlace[]>, here: readonly AgentName[]) {
    this.#places = places;
    this.#away = agentNames.filter((agent) => !here.includes(agent));
    this.#watch = new AbsenceWatch(this.#away, performance.now());
  }

  /** Empty until the first look. */
  get states(): readonly Pick<AgentVitals, 'agent' | 'state'>[] {
    return this.#states;
  }

  /** Calls back when the process of an agent falls silent, and when it is back. */
  onAbsence(tell: (absence: Absence) => void): void {
    this.#tell = tell;
  }

  start(): void {
    const look = async () => {
      const begun = performance.now();
      // While the database does not answer nothing new is known; the store's own probe tells of that.
      const places = await this.#places().catch(() => undefined);
      const now = performance.now();
      if (places !== undefined)
        this.#states = this.#away.map((agent) => {
          const place = places.find(({ agents }) => agents.includes(agent));
          return { agent, state: place !== undefined && place.silentMs < silentMs ? 'running' : 'down' };
        });
      const prompt = now - begun < lateMs ? places : undefined;
      for (const absence of this.#watch.look(prompt, now)) this.#tell(absence);
      this.#timer = setTimeout(look, lookMs);
    };
    void look();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
