// What watching costs: the health monitor on the real kernel with journal and store, and the looks of real probes, at 200
// probes a minute. Processor time, not wall time, as a share of one core.
import { tmpdir } from 'node:os';
import { createStandardProbes } from '../../adapters/probe/standard/standard-probes.ts';
import { diskSpace, SystemProbe } from '../../adapters/probe/system/system-probe.ts';
import { MemoryStore } from '../../adapters/store/memory/memory-store.ts';
import { createHealthMonitor } from '../../health-monitor/health-monitor.ts';
import { Kernel, type KernelInput } from '../../kernel/kernel.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import { type AgentSettings, defaultRiskSettings } from '../../shared/domain/agent-settings.ts';
import { minuteMs, secondMs } from '../../shared/domain/time.ts';
import { version } from '../version.ts';

const probesPerMinute = 200;
const benchFrom = Date.UTC(2026, 3, 1);
/** Long enough that every baseline is warm and rows are written as in a day. */
const warmUpMinutes = 30;
const measuredMinutes = 120;
const looks = 400;
const limitShare = 0.02;
const vitalsEveryMs = 5 * secondMs;

export interface HealthBenchReport {
  readonly version: string;
  readonly node: string;
  readonly probes_per_minute: number;
  /** Agent, kernel turn, journal hash and commit, share of one core. */
  readonly agent_share: number;
  /** Performing the probes and collecting vitals, share of one core. */
  readonly probe_share: number;
  readonly total_share: number;
  readonly limit_share: number;
  readonly within_limit: boolean;
}

export async function benchHealth(): Promise<HealthBenchReport> {
  const agent_share = round(agentShare());
  const probe_share = round(await probeShare());
  const total_share = round(agent_share + probe_share);
  return {
    version,
    node: process.version,
    probes_per_minute: probesPerMinute,
    agent_share,
    probe_share,
    total_share,
    limit_share: limitShare,
    within_limit: total_share < limitShare,
  };
}

/** Simulated minutes as fast as they go; the processor time they took, over the time they stand for. */
function agentShare(): number {
  const kernel = new Kernel({
    build: (recorded) => ({ health_ai: () => createHealthMonitor(recorded as unknown as AgentSettings) }),
  });
  const store = new MemoryStore({ keepJournal: false, keepRecords: false });
  const give = (input: KernelInput) => {
    const { record, entry } = kernel.process(input);
    store.commitNow({ entries: [entry], puts: record.puts, effects: [], settledEffectIds: [] });
  };
  give(startedInput());
  let now = benchFrom;
  const run = (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++, now += minuteMs) oneMinute(kernel, give, now);
  };
  run(warmUpMinutes);
  const begun = process.cpuUsage();
  run(measuredMinutes);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000 / (measuredMinutes * minuteMs);
}

/** Everything that reaches the health monitor within a minute, with a little noise so that nothing is constant. */
function oneMinute(kernel: Kernel, give: (input: KernelInput) => void, from: number): void {
  for (let passed = 0; passed < minuteMs; passed += vitalsEveryMs) {
    const at = from + passed;
    for (const alarm of kernel.dueAlarms(at)) give(alarm);
    const noise = (at / 977) % 1;
    const agents = agentNames.map((agent) => ({
      agent,
      state: 'running' as const,
      last_turn_at: at,
      handled: 10,
      failures: 0,
      restarts: 0,
      mean_turn_ms: 0.2 + noise / 10,
    }));
    const vitals = {
      at,
      event_loop_delay_p99_ms: 4 + noise,
      heap_used_bytes: 100e6 + noise * 1e7,
      heap_limit_bytes: 4e9,
      resident_bytes: 200e6 + noise * 1e7,
      disk_free_bytes: 50e9,
      disk_total_bytes: 100e9,
      cpu_load: 0.1 + noise / 100,
      inbox_depth: 3,
      agents,
      open_files: 60,
      open_files_limit: 1_024,
      commit_ms: 3 + noise,
      commit_share: 0.05,
      batch_inputs: 4,
      store_ms: 2 + noise,
      clock_skew_ms: 5,
      clock_jump_ms: 0,
    };
    give({ from: 'system', message_type: 'system.vitals', data: vitals, at });
    const perStep = Math.round((probesPerMinute * vitalsEveryMs) / minuteMs);
    for (let probe = 0; probe < perStep; probe++) {
      const isDatabase = probe === 0;
      const data = {
        probe: isDatabase ? 'database' : probe % 2 === 0 ? 'source' : 'model',
        target: isDatabase ? 'system' : `target-${(probe + passed / 1_000) % 32}`,
        ok: true,
        latency_ms: 20 + noise * 10,
        value: 1,
        detail: 'live: 12 symbols',
        at,
        ...(isDatabase
          ? { facts: { connections: 12, connection_share: 0.1, dead_rows_share: 0.05, database_mb: 120 } }
          : {}),
      };
      give({ from: 'system', message_type: 'probe.result', data, at });
    }
  }
}

/** The looks themselves, on this machine. */
async function probeShare(): Promise<number> {
  const systemProbe = new SystemProbe({ folders: [tmpdir()] });
  const store = new MemoryStore({ keepJournal: false, keepRecords: false });
  await store.open();
  const probes = createStandardProbes({
    now: () => Date.now(),
    sourceStatus: () => undefined,
    storeCheck: () => store.check(),
    diskSpace: () => diskSpace(tmpdir()),
    eventLoopDelayMs: () => systemProbe.eventLoopDelayMs,
    heap: () => systemProbe.heap(),
    agents: () => [],
  });
  const all = [...probes.values()];
  const begun = process.cpuUsage();
  for (let look = 0; look < looks; look++) await all[look % all.length]?.run('system');
  const perLookMs = milliseconds(process.cpuUsage(begun)) / looks;
  const vitalsBegun = process.cpuUsage();
  const reports = looks / 4;
  for (let report = 0; report < reports; report++) await systemProbe.collectVitals(Date.now());
  const perVitalsMs = milliseconds(process.cpuUsage(vitalsBegun)) / reports;
  systemProbe.stop();
  return (perLookMs * probesPerMinute + (perVitalsMs * minuteMs) / vitalsEveryMs) / minuteMs;
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}

function startedInput(): KernelInput {
  const settings: AgentSettings = {
    run_mode: 'paper',
    universe: ['BTCUSDT'],
    starting_cash: 10_000,
    base_timeframe: '1m',
    strategy: 'none',
    sources: ['binance'],
    broker: { name: 'paper', simulated: true, short: true },
    initial_trading_state: 'active',
    risk: defaultRiskSettings,
    healing: { process_restart: false, create_index: false, database: 'postgres' },
  };
  const data = {
    run_mode: 'paper',
    seed: 1,
    version,
    agent_settings: { ...settings },
    first_start: true,
  } as const;
  return { from: 'kernel', message_type: 'kernel.started', data, at: benchFrom };
}

function round(share: number): number {
  return Math.round(share * 100_000) / 100_000;
}
