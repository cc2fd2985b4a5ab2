// The faults of a run over several processes: what each does, and what takes it back. What is to be broken is named, never guessed.
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

export interface ProcessFault {
  readonly name: string;
  readonly target: 'relay' | 'database' | 'orchestrator-health' | 'analyst' | 'trading';
  /** Breaks it, and takes it back after about `holdMs` where it does not heal by itself. Resolves when it is taken back. */
  readonly inflict: (lab: Lab, holdMs: number) => Promise<void>;
}

/** Each way, so a question and its answer take twice as long. */
const slowDownMs = 200;

function serverFaults(target: 'relay' | 'database'): ProcessFault[] {
  const network = (lab: Lab) => (target === 'relay' ? lab.relayNetwork : lab.databaseNetwork);
  return [
    {
      name: `${target} killed and restarted`,
      target,
      inflict: async (lab, holdMs) => {
        await lab[target].process.kill();
        await delay(holdMs);
        await lab[target].process.start();
      },
    },
    {
      name: `${target} frozen`,
      target,
      inflict: async (lab, holdMs) => {
        lab[target].process.freeze();
        await delay(holdMs);
        lab[target].process.thaw();
      },
    },
    {
      name: `${target} partitioned`,
      target,
      inflict: async (lab, holdMs) => {
        network(lab).setFault('blackhole');
        await delay(holdMs);
        network(lab).setFault('none');
      },
    },
    {
      name: `${target} slowed`,
      target,
      inflict: async (lab, holdMs) => {
        network(lab).setDelay(slowDownMs);
        await delay(holdMs);
        network(lab).setDelay(0);
      },
    },
  ];
}

function killed(target: 'orchestrator-health' | 'analyst' | 'trading'): ProcessFault {
  return {
    name: `${target} killed`,
    target,
    inflict: async ({ supervisor }) => {
      const pid = supervisor.pidOf(target);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
  };
}

function misbehaving(what: 'spin' | 'leak' | 'throw', name: string): ProcessFault {
  return { name, target: 'analyst', inflict: ({ trigger }) => writeFile(`${trigger}.${what}`, '') };
}

export const processFaults: readonly ProcessFault[] = [
  ...serverFaults('relay'),
  ...serverFaults('database'),
  killed('orchestrator-health'),
  killed('analyst'),
  killed('trading'),
  misbehaving('spin', 'analyst spinning'),
  misbehaving('leak', 'analyst leaking until out of memory'),
  misbehaving('throw', 'analyst throwing'),
];
