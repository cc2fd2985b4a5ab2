// Which processes an installation on one machine consists of: one per group of agents, and workers.
import path from 'node:path';
import { loadSettings, SettingsError } from '../../shared/config/load-settings.ts';
import { shortName } from '../../shared/config/process-settings.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import type { SupervisedProcess } from './supervisor.ts';

export interface ProcessPlanRequest {
  /** Such as `orchestrator,health`; each becomes a process. */
  readonly groups: readonly string[];
  readonly workers: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** Throws SettingsError when an agent has no process, or two, or when a process's settings need a correction. */
export function planProcesses({
  groups,
  workers,
  environment,
  folder,
}: ProcessPlanRequest): SupervisedProcess[] {
  const own = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const jobs = workers > 0 ? { ATO_JOBS: 'workers' } : {};
  const loaded = groups.map((group) =>
    loadSettings({ folder, environment: { ...own, ...jobs, AGENTS: group } }),
  );
  for (const agent of agentNames) {
    const homes = loaded.filter(({ AGENTS }) => AGENTS.includes(agent)).length;
    if (homes !== 1)
      throw new SettingsError(
        `The ${shortName(agent)} agent has ${homes === 0 ? 'no process' : `${homes} processes`}. Name each agent in exactly one group, such as: ato processes orchestrator,health analyst trading`,
      );
  }
  const parts = loaded.map((settings, index): SupervisedProcess => {
    const name = settings.AGENTS.map(shortName).join('-');
    return {
      name,
      args: ['start'],
      environment: {
        ...own,
        ...jobs,
        AGENTS: settings.AGENTS.map(shortName).join(','),
        ORCHESTRATOR_PORT: String(settings.ORCHESTRATOR_PORT + index),
        LOG_DIR: path.join(settings.LOG_DIR, name),
      },
    };
  });
  const { LOG_DIR } = loaded[0] ?? { LOG_DIR: 'logs' };
  return [
    ...parts,
    ...Array.from({ length: workers }, (_, index) => ({
      name: `worker-${index + 1}`,
      args: ['worker'],
      environment: { ...own, LOG_DIR: path.join(LOG_DIR, `worker-${index + 1}`) },
    })),
  ];
}
