// Every playbook, and what they are for.
import { ladderPlaybooks } from './ladders.ts';
import type { Playbook } from './playbook.ts';
import { isRestarted } from './restart-agent.ts';
import { restartSource } from './restart-source.ts';
import { tightenTrading } from './tighten-trading.ts';

export const playbooks: readonly Playbook[] = [restartSource, tightenTrading, ...ladderPlaybooks];

/** True when something is done about this cause also while it is not critical. */
export function isTreated(cause: string): boolean {
  return isRestarted(cause) || playbooks.some((playbook) => playbook.treats(cause));
}
