// The faults of a run over several processes: what each does, what takes it back, who must notice it, and what must be done
// about it. What is to be broken is named, never guessed.
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabServer } from '../fault-lab/redis-server.ts';
import type { TcpProxy } from '../fault-lab/tcp-proxy.ts';
import type { ProcessSupervisor } from '../processes/supervisor.ts';

/** What a fault run breaks. */
export interface Lab {
  readonly relay: LabServer;
  readonly relayNetwork: TcpProxy;
  readonly database: LabServer;
  readonly databaseNetwork: TcpProxy;
  readonly supervisor: ProcessSupervisor;
  /** Start of the name of the files that make the analyst's process misbehave. */
  readonly trigger: string;
}

/**
 * Who must notice: the health agent by its incident or attempt; where its own process or database is what is broken, the
 * supervisor of the processes, or the watch that each process keeps over its store without any agent.
 */
export type Watcher = 'health_ai' | 'supervisor' | 'store_watch';

export interface ProcessFault {
  readonly name: string;
  readonly target: 'relay' | 'database' | 'orchestrator-health' | 'analyst' | 'trading';
  readonly watcher: Watcher;
  /** Causes of which one must be told by the health agent; empty where it cannot. */
  readonly causes: readonly string[];
  /** The health agent's playbook, or what stands for one where no agent can act. */
  readonly playbook: string;
  /** What the playbook treats, as its records name it; absent where there are none. */
  readonly treats?: string;
  /** `time`: the run takes it back by itself; `healing`: it lasts until somebody of the system ends it. */
  readonly endsBy: 'time' | 'healing';
  /** Breaks it, and takes it back after about `holdMs` where it does not heal by itself. Resolves when it is taken back. */
  readonly inflict: (lab: Lab, holdMs: number) => Promise<void>;
}

/** Each way, so a question and its answer take twice as long: beyond what the health monitor allows a store (500 ms). */
const slowDownMs = 300;

type Expectation = Pick<ProcessFault, 'watcher' | 'causes' | 'playbook' | 'treats'>;

const relayDown: Expectation = {
  watcher: 'health_ai',
  causes: ['relay_down'],
  playbook: 'relay_down',
};
const storeSlow: Expectation = {
  watcher: 'health_ai',
  causes: ['store_slow', 'database_strained'],
  playbook: 'database_slow',
};
/** Without a commit no agent hears anything; processes whose commits fail end, and are started until the database is back. */
const processesStartAgain: Expectation = {
  watcher: 'supervisor',
  causes: [],
  playbook: 'start_processes_again',
};
const wait: Expectation = { watcher: 'store_watch', causes: [], playbook: 'free_writer_and_wait' };

function serverFaults(
  target: 'relay' | 'database',
  expected: Readonly<Record<'killed' | 'frozen' | 'partitioned' | 'slowed', Expectation>>,
): ProcessFault[] {
  const network = (lab: Lab) => (target === 'relay' ? lab.relayNetwork : lab.databaseNetwork);
  const breaks: Readonly<Record<keyof typeof expected, ProcessFault['inflict']>> = {
    killed: async (lab, holdMs) => {
      await lab[target].process.kill();
      await delay(holdMs);
      await lab[target].process.start();
    },
    frozen: async (lab, holdMs) => {
      lab[target].process.freeze();
      await delay(holdMs);
      lab[target].process.thaw();
    },
    partitioned: async (lab, holdMs) => {
      network(lab).setFault('blackhole');
      await delay(holdMs);
      network(lab).setFault('none');
    },
    slowed: async (lab, holdMs) => {
      network(lab).setDelay(slowDownMs);
      await delay(holdMs);
      network(lab).setDelay(0);
    },
  };
  return (Object.keys(breaks) as (keyof typeof expected)[]).map((how) => ({
    name: `${target}_${how}`,
    target,
    endsBy: 'time',
    inflict: breaks[how],
    ...expected[how],
  }));
}

function killed(target: 'orchestrator-health' | 'analyst' | 'trading', expected: Expectation): ProcessFault {
  return {
    name: `${target.replace('-', '_')}_killed`,
    target,
    endsBy: 'healing',
    ...expected,
    inflict: async ({ supervisor }) => {
      const pid = supervisor.pidOf(target);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
  };
}

function restarted(agent: 'analyst_ai' | 'trading_ai'): Expectation {
  return {
    watcher: 'health_ai',
    causes: [`agent_failed:${agent}`],
    playbook: 'restart_agent',
    treats: agent,
  };
}

function misbehaving(what: 'spin' | 'leak' | 'throw', name: string): ProcessFault {
  return {
    ...{ name, target: 'analyst', endsBy: 'healing', ...restarted('analyst_ai') },
    inflict: ({ trigger }) => writeFile(`${trigger}.${what}`, ''),
  };
}

export const processFaults: readonly ProcessFault[] = [
  ...serverFaults('relay', {
    killed: relayDown,
    frozen: relayDown,
    partitioned: relayDown,
    slowed: relayDown,
  }),
  ...serverFaults('database', {
    killed: processesStartAgain,
    frozen: wait,
    partitioned: wait,
    slowed: storeSlow,
  }),
  killed('orchestrator-health', processesStartAgain),
  killed('analyst', restarted('analyst_ai')),
  killed('trading', restarted('trading_ai')),
  misbehaving('spin', 'analyst_spins'),
  misbehaving('leak', 'analyst_leaks'),
  misbehaving('throw', 'analyst_throws'),
];

export const processFaultNames: readonly string[] = processFaults.map(({ name }) => name);
