// Tells the other agents how the system is: load, health of the sources, open incidents. Only what is news, or a heartbeat.
// Only a load that is told counts, so that a restored monitor knows the same as one that kept running.
import type { Turn } from '../kernel/agent.ts';
import type { HealthSummary } from '../shared/bus/catalogue.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { SystemVitals } from '../shared/domain/vitals.ts';
import { isLoadNews, isWorthTelling, systemLoad } from './load.ts';
import { remember, type SummaryState } from './memory.ts';

const singleRow = 'only';

export class SummaryTeller {
  #told: SummaryState | undefined;
  #load = 0;

  restore(told: SummaryState | undefined): void {
    this.#told = told;
    this.#load = told?.load ?? 0;
  }

  measure(vitals: SystemVitals, now: EpochMs): void {
    const load = systemLoad(vitals);
    if (isLoadNews(this.#told, load, now)) this.#load = load;
  }

  /** `heartbeat`: the system has just reported, so a summary may be repeated; `always`: tell it whatever was told. */
  tell(
    seen: Omit<HealthSummary, 'system_load'>,
    { heartbeat, always }: { readonly heartbeat: boolean; readonly always: boolean },
    turn: Turn,
  ): void {
    const summary: HealthSummary = { system_load: this.#load, ...seen };
    if (!always && !isWorthTelling(this.#told, summary, turn.now, heartbeat)) return;
    turn.emit('health.summary', summary);
    this.#told = { at: turn.now, load: this.#load, summary };
    remember(turn, 'summary', singleRow, this.#told);
  }
}
