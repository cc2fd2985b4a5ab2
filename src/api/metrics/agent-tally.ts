// Adds up how long the agents' handlers took, from the reports of the supervisor: the mean of each report times what was handled.
import type { AnyMessage } from '../../shared/bus/message.ts';
import { type AgentName, agentNames } from '../../shared/domain/agent-name.ts';
import type { AgentVitals } from '../../shared/domain/vitals.ts';
import type { Labels } from './label-counts.ts';

export class AgentTally {
  readonly #busyMs = new Map<AgentName, number>(agentNames.map((agent) => [agent, 0]));
  readonly #handled = new Map<AgentName, number>();

  observe(message: AnyMessage): void {
    if (message.message_type !== 'system.vitals') return;
    for (const agent of message.data.agents) this.#report(agent);
  }

  *busySeconds(): Iterable<readonly [Labels, number]> {
    for (const [agent, busyMs] of this.#busyMs) yield [{ agent }, busyMs / 1_000];
  }

  #report({ agent, handled, mean_turn_ms }: AgentVitals): void {
    const since = handled - (this.#handled.get(agent) ?? 0);
    this.#handled.set(agent, handled);
    const busy = mean_turn_ms * (since >= 0 ? since : handled);
    if (Number.isFinite(busy) && busy > 0) this.#busyMs.set(agent, (this.#busyMs.get(agent) ?? 0) + busy);
  }
}
