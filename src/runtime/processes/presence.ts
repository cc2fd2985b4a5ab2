// Which agents of other processes show signs of life, by the leases that their processes renew.
import type { ProcessPlace } from '../../adapters/store/postgres/installation.ts';
import { type AgentName, agentNames } from '../../shared/domain/agent-name.ts';
import type { AgentVitals } from '../../shared/domain/vitals.ts';

const lookMs = 2_000;
/** A lease is renewed every second and lasts five. */
const silentMs = 5_000;

export class Presence {
  readonly #places: () => Promise<readonly ProcessPlace[]>;
  readonly #away: readonly AgentName[];
  #states: readonly Pick<AgentVitals, 'agent' | 'state'>[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(places: () => Promise<readonly ProcessPlace[]>, here: readonly AgentName[]) {
    this.#places = places;
    this.#away = agentNames.filter((agent) => !here.includes(agent));
  }

  /** Empty until the first look. */
  get states(): readonly Pick<AgentVitals, 'agent' | 'state'>[] {
    return this.#states;
  }

  start(): void {
    const look = async () => {
      // While the database does not answer nothing new is known; the store's own probe tells of that.
      const places = await this.#places().catch(() => undefined);
      if (places !== undefined)
        this.#states = this.#away.map((agent) => {
          const place = places.find(({ agents }) => agents.includes(agent));
          return { agent, state: place !== undefined && place.silentMs < silentMs ? 'running' : 'down' };
        });
      this.#timer = setTimeout(look, lookMs);
    };
    void look();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
