// The faults of the campaign as data and small closures: what breaks, which playbook is expected, what mends it. How many
// attempts a fault needs is drawn from the seed, so that a first step that does not help is met as well.
import { agentNames } from '../../shared/domain/agent-name.ts';
import { secondMs } from '../../shared/domain/time.ts';
import { type FaultWorld, healthyPatient, type RunningFault, type Stimulus } from './patient.ts';

export const healthFaultNames = [
  'source_garbage',
  'source_rate_limited',
  'source_down',
  'network_down',
  'database_runaway',
  'database_bloated',
  'agent_throws',
  'agent_spins',
  'agent_leaks',
  'disk_full',
  'clock_jump',
  'model_down',
  'n8n_down',
  'relay_hangs',
  'relay_away',
] as const;
export type HealthFault = (typeof healthFaultNames)[number];

type Begin = (world: FaultWorld) => RunningFault;

/** Calls `mend` once the action has been seen `times` times. */
function after(times: number, matches: (stimulus: Stimulus) => boolean, mend: () => void) {
  let left = times;
  return (stimulus: Stimulus): void => {
    if (left === 0 || !matches(stimulus)) return;
    left--;
    if (left === 0) mend();
  };
}

const acted =
  (...actions: readonly string[]) =>
  (stimulus: Stimulus): boolean =>
    stimulus.kind === 'acted' && actions.includes(stimulus.action);

function pick<Value>(values: readonly Value[], { random }: FaultWorld): Value {
  const value = values[random.integer(values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

export const healthFaults: Readonly<Record<HealthFault, Begin>> = {
  source_garbage: (world) => {
    const source = pick(world.sources, world);
    world.patient.garbage.set(source, 4 + world.random.integer(20));
    const mend = () => void world.patient.garbage.delete(source);
    const restarted = (one: Stimulus) => one.kind === 'source_restarted' && one.target === source;
    return {
      endsBy: 'healing',
      causes: [`quarantined:${source}`],
      playbook: 'source_down',
      hear: after(1 + world.random.integer(2), restarted, mend),
    };
  },
  source_rate_limited: (world) => {
    const source = pick(world.sources, world);
    const detail = 'HTTP 429: told to wait 30 s';
    world.patient.sources.set(source, { state: 'degraded', detail });
    const slower = (one: Stimulus) =>
      acted('source.slow_down')(one) && 'target' in one && one.target === source;
    return {
      endsBy: 'healing',
      causes: [`rate_limited:${source}`],
      playbook: 'api_rate_limit',
      hear: after(1 + world.random.integer(2), slower, () => void world.patient.sources.delete(source)),
    };
  },
  source_down: (world) => {
    const source = pick(world.sources, world);
    const state = pick(['stale', 'unreachable'] as const, world);
    world.patient.sources.set(source, { state, detail: 'no answer' });
    const restarted = (one: Stimulus) => one.kind === 'source_restarted' && one.target === source;
    return {
      endsBy: 'healing',
      causes: [`source_stale:${source}`],
      playbook: 'source_down',
      hear: after(1 + world.random.integer(3), restarted, () => void world.patient.sources.delete(source)),
    };
  },
  network_down: ({ patient, random, sources }) => {
    for (const source of sources)
      patient.sources.set(source, { state: 'unreachable', detail: 'ENETUNREACH' });
    const back = (30 + random.integer(60)) * secondMs;
    let up = false;
    return {
      endsBy: 'healing',
      causes: ['network', ...sources.map((source) => `source_stale:${source}`)],
      playbook: 'source_down',
      // Each source comes back with the first restart after the network did, and with nothing else.
      hear: (stimulus) => {
        if (stimulus.kind === 'time' && stimulus.elapsedMs >= back) up = true;
        if (up && stimulus.kind === 'source_restarted') patient.sources.delete(stimulus.target);
      },
    };
  },
  database_runaway: ({ patient, random }) => {
    patient.storeMs = 700 + random.integer(3_000);
    return {
      endsBy: 'healing',
      causes: ['store_slow'],
      playbook: 'database_slow',
      hear: after(1, acted('database.cancel_runaways'), () => {
        patient.storeMs = healthyPatient().storeMs;
      }),
    };
  },
  database_bloated: ({ patient, random }) => {
    patient.storeMs = 600 + random.integer(2_000);
    return {
      endsBy: 'healing',
      causes: ['store_slow'],
      playbook: 'database_slow',
      hear: after(1, acted('database.tidy'), () => {
        patient.storeMs = healthyPatient().storeMs;
      }),
    };
  },
  agent_throws: (world) => {
    const agent = pick(agentNames, world);
    world.patient.throwing.add(agent);
    const restarted = (one: Stimulus) => one.kind === 'agent_restarted' && one.target === agent;
    return {
      endsBy: 'healing',
      causes: [`agent_failed:${agent}`],
      // It learns of its own failure by its own restart only.
      ...(agent === 'health_ai' ? { watcher: 'kernel' as const } : {}),
      playbook: 'restart_agent',
      hear: after(1 + world.random.integer(3), restarted, () => void world.patient.throwing.delete(agent)),
    };
  },
  agent_spins: (world) => {
    const agent = pick(['analyst_ai', 'orchestrator_ai', 'trading_ai'] as const, world);
    world.patient.turnMs.set(agent, 600 + world.random.integer(2_000));
    world.patient.eventLoopDelayMs = 500;
    const restarted = (one: Stimulus) => one.kind === 'agent_restarted' && one.target === agent;
    return {
      endsBy: 'healing',
      causes: [`agent_slow:${agent}`],
      playbook: 'agent_stuck',
      hear: after(1 + world.random.integer(2), restarted, () => {
        world.patient.turnMs.delete(agent);
        world.patient.eventLoopDelayMs = healthyPatient().eventLoopDelayMs;
      }),
    };
  },
  agent_leaks: (world) => {
    const agent = pick(['analyst_ai', 'orchestrator_ai'] as const, world);
    world.patient.leakBytes = 70_000_000 + world.random.integer(60_000_000);
    const restarted = (one: Stimulus) => one.kind === 'agent_restarted' && one.target === agent;
    return {
      endsBy: 'healing',
      causes: ['heap_growth'],
      playbook: 'memory_leak',
      hear: after(1, restarted, () => {
        world.patient.leakBytes = 0;
        world.patient.heapBytes = healthyPatient().heapBytes;
      }),
    };
  },
  disk_full: ({ patient, random }) => {
    patient.diskFreeBytes = random.integer(900_000_000);
    const action = random.integer(3) === 0 ? 'database.tidy' : 'disk.prune';
    return {
      endsBy: 'healing',
      causes: ['disk_low'],
      playbook: 'disk_filling',
      hear: after(1, acted(action), () => {
        patient.diskFreeBytes = healthyPatient().diskFreeBytes;
      }),
    };
  },
  clock_jump: ({ patient, random }) => {
    const jump = (random.integer(2) === 0 ? -1 : 1) * (1_500 + random.integer(8_000));
    patient.clockJumpMs = jump;
    patient.clockSkewMs = jump;
    const slewed = (15 + random.integer(20)) * secondMs;
    return {
      endsBy: 'time',
      causes: ['clock_skew'],
      playbook: 'clock_skew',
      hear: (stimulus) => {
        if (stimulus.kind === 'time' && stimulus.elapsedMs >= slewed)
          patient.clockSkewMs = healthyPatient().clockSkewMs;
      },
    };
  },
  model_down: (world) => {
    const model = pick(world.models, world);
    world.patient.silentModels.add(model);
    // Longer than any pause between two questions or probes, so that somebody meets it.
    const back = (900 + world.random.integer(900)) * secondMs;
    return {
      endsBy: 'time',
      bypasses: true,
      causes: [`model_down:${model}`],
      playbook: 'model_provider_down',
      hear: (stimulus) => {
        if (stimulus.kind === 'time' && stimulus.elapsedMs >= back) world.patient.silentModels.delete(model);
      },
    };
  },
  n8n_down: ({ patient, random }) => {
    patient.workflowsDown = true;
    const back = (60 + random.integer(600)) * secondMs;
    return {
      endsBy: 'time',
      bypasses: true,
      causes: ['workflow_down:n8n'],
      playbook: 'n8n_down',
      hear: (stimulus) => {
        if (stimulus.kind === 'time' && stimulus.elapsedMs >= back) patient.workflowsDown = false;
      },
    };
  },
  relay_hangs: ({ patient, random }) => {
    patient.relay = { ok: random.integer(2) === 0, latencyMs: 600 + random.integer(5_000) };
    return {
      endsBy: 'healing',
      causes: [`relay_down:${patient.relayServer}`],
      playbook: 'relay_down',
      hear: after(1 + random.integer(2), acted('relay.reconnect'), () => {
        patient.relay = healthyPatient().relay;
      }),
    };
  },
  relay_away: ({ patient, random }) => {
    patient.relay = { ok: false, latencyMs: null };
    const back = (20 + random.integer(600)) * secondMs;
    return {
      endsBy: 'time',
      causes: [`relay_down:${patient.relayServer}`],
      playbook: 'relay_down',
      hear: (stimulus) => {
        if (stimulus.kind === 'time' && stimulus.elapsedMs >= back) patient.relay = healthyPatient().relay;
      },
    };
  },
};
