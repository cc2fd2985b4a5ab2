// Composes one run of health chaos: all four agents, the simulated venue, a generated market, one fault drawn from the seed.
import { isDeepStrictEqual } from 'node:util';
import { PaperVenue } from '../../adapters/broker/paper/paper-venue.ts';
import { syntheticCandles } from '../../adapters/market-data/synthetic/synthetic-candles.ts';
import { MemoryStore } from '../../adapters/store/memory/memory-store.ts';
import type { AgentBuilder, AgentFactories } from '../../kernel/agent.ts';
import { Kernel, type KernelInput } from '../../kernel/kernel.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import { readJournalLine } from '../../shared/bus/journal-line.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';
import { type AgentSettings, defaultRiskSettings } from '../../shared/domain/agent-settings.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import { choreKinds } from '../../shared/domain/task.ts';
import { hourMs, minuteMs } from '../../shared/domain/time.ts';
import type { Store } from '../../shared/ports/store.ts';
import { type HealthFault, healthFaultNames, healthFaults } from '../../simulator/chaos-health/faults.ts';
import { healthyPatient, type Patient } from '../../simulator/chaos-health/patient.ts';
import {
  type HealthChaosReport,
  type HealthChaosRun,
  healthChaosReport,
} from '../../simulator/chaos-health/report.ts';
import { type Said, surplus, textOf } from '../../simulator/chaos-health/said.ts';
import { Ward } from '../../simulator/chaos-health/ward.ts';
import { Witness } from '../../simulator/chaos-health/witness.ts';
import { agentBuilder } from '../agents.ts';
import { version } from '../version.ts';
import { chaosHealthStrategy } from './chaos-health-strategy.ts';

const chaosFrom = Date.UTC(2026, 3, 1, 9);
const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const sources = ['alpha', 'beta'];
/** Long enough for baselines to know what is normal. */
const warmUpMs = 20 * minuteMs;
/** Longest the house is given; most faults are over within minutes. */
const patienceMs = 50 * minuteMs;
const quietMs = 25 * minuteMs;
const stepMs = minuteMs;
const marketMs = 3 * hourMs;
/** More than the strategy needs, less than would slow a campaign down. */
const maxHistory = 300;

export interface HealthChaosRequest {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Taken in turn; absent means all. */
  readonly faults?: readonly HealthFault[];
  readonly progress: (done: number) => void;
}

/** Runs all seeds one after the other; they do not depend on each other. */
export async function healthChaos(request: HealthChaosRequest): Promise<HealthChaosReport> {
  const { firstSeed, seeds, progress, faults = healthFaultNames } = request;
  const runs: HealthChaosRun[] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    runs.push(await runHealthChaos(seed, faults[seed % faults.length] ?? healthFaultNames[0]));
    progress(runs.length);
  }
  return healthChaosReport(firstSeed, runs);
}

/** One fault in one system, from its start to quiet. */
export async function runHealthChaos(
  seed: number,
  fault: HealthFault,
  { deaf = false }: { readonly deaf?: boolean } = {},
): Promise<HealthChaosRun> {
  const patient = healthyPatient();
  // The chain is checked with every commit, and the lines are read back at the end.
  const store = new MemoryStore({ keepRows: false });
  const settings = settingsOf(chaosHealthStrategy.name);
  const witness = new Witness();
  const venue = new PaperVenue({ startingCash: String(settings.starting_cash) });
  const build = ailing(agentBuilder([chaosHealthStrategy]), patient, () => ward.exposed());
  const kernel = new Kernel({ build });
  const to = chaosFrom + marketMs;
  const ward: Ward = new Ward({
    kernel,
    venue,
    patient,
    history: (symbol, count, now) => pastCandles(seed, symbol, Math.min(count, maxHistory), now),
    sources,
    deaf,
    market: syntheticCandles({ seed, symbols, from: chaosFrom, to, timeframe: '1m' }),
    opening: [startedInput(settings, seed)],
    observe: (record) => witness.observe(record),
    journal: (entry) => store.commitNow({ entries: [entry], puts: [], effects: [], settledEffectIds: [] }),
  });
  const random = randomStream(seed, 'health chaos');
  ward.run(warmUpMs + random.integer(60) * 1_000);
  const since = ward.now;
  const models = (settings.models?.rungs ?? []).map(({ provider }) => provider);
  const running = healthFaults[fault]({ patient, random, sources, models });
  ward.begin(running);
  const seen = () => {
    const times = { since, visible: ward.exposedAt ?? since };
    return witness.outcome(running, times, venue);
  };
  for (let waited = 0; waited < patienceMs; waited += stepMs) {
    ward.run(stepMs);
    const { resolved, healed_after_ms, over_by_itself } = seen();
    if (resolved && (healed_after_ms !== null || over_by_itself)) break;
  }
  ward.run(quietMs);
  return {
    ...{ seed, fault, playbook: running.playbook, ends_by: running.endsBy },
    still_ill: !isDeepStrictEqual(patient, healthyPatient()),
    ...seen(),
    ...(await missingBetween(ward.given, store)),
  };
}

/** What was given at the port against the inputs that the stored journal holds, by content. */
export async function missingBetween(
  given: readonly Said[],
  store: Pick<Store, 'journal'>,
): Promise<Pick<HealthChaosRun, 'messages_lost' | 'messages_doubled'>> {
  const written: Said[] = [];
  for await (const chunk of store.journal(0))
    for (const { line } of chunk) {
      const turn = readJournalLine(line);
      if (turn !== undefined) written.push({ text: textOf(turn.input), at: turn.input.at });
    }
  return {
    messages_lost: surplus(given, written).length,
    messages_doubled: surplus(written, given).length,
  };
}

/** What the generated market was before: a function of the seed and the time alone. */
function pastCandles(seed: number, symbol: string, count: number, now: number): Candle[] {
  const from = now - count * minuteMs;
  const events = syntheticCandles({ seed, symbols: [symbol], from, to: now, timeframe: '1m' });
  return [...events].map(({ candle }) => candle);
}

/** The same agents, which throw at everything while the patient says so. */
function ailing(build: AgentBuilder, patient: Patient, thrown: () => void): AgentBuilder {
  return (recorded) => {
    const factories = build(recorded);
    const wrapped: { -readonly [Name in keyof AgentFactories]: AgentFactories[Name] } = {};
    for (const [name, make] of Object.entries(factories) as [
      AgentName,
      () => ReturnType<NonNullable<AgentFactories[AgentName]>>,
    ][])
      wrapped[name] = () => {
        const agent = make();
        return {
          name: agent.name,
          subscriptions: agent.subscriptions,
          restore: (state) => agent.restore(state),
          handle: (message, turn) => {
            if (!patient.throwing.has(name)) return agent.handle(message, turn);
            thrown();
            throw new Error('injected: this agent throws');
          },
        };
      };
    return wrapped;
  };
}

function settingsOf(strategy: string): AgentSettings {
  const limits = {
    requests_per_minute: null,
    requests_per_day: null,
    tokens_per_minute: null,
    tokens_per_day: null,
  };
  const free = { usd_per_million_input: 0, usd_per_million_output: 0 };
  return {
    run_mode: 'simulation',
    universe: symbols,
    starting_cash: 10_000,
    base_timeframe: '1m',
    strategy,
    sources,
    market_kind: 'simulated',
    broker: { name: 'paper', simulated: true, short: true },
    initial_trading_state: 'active',
    risk: defaultRiskSettings,
    chores: choreKinds.filter((kind) => kind === 'heal' || kind === 'probe-round'),
    workflows: { server: 'n8n', runner: 'auto' },
    relay: { server: 'redis', needed: true },
    healing: { process_restart: true, create_index: true, database: 'postgres' },
    models: {
      rungs: [
        { provider: 'groq', model: 'first', limits, ...free },
        { provider: 'openai', model: 'second', limits, ...free },
      ],
      prompt: { name: 'decision', version: 1, hash: 'chaos' },
      prompt_tokens: 100,
      daily_usd: 1,
      monthly_usd: 10,
    },
  };
}

function startedInput(settings: AgentSettings, seed: number): KernelInput {
  const data = {
    run_mode: 'simulation',
    seed,
    version,
    agent_settings: { ...settings },
    first_start: true,
  } as const;
  return { from: 'kernel', message_type: 'kernel.started', data, at: chaosFrom };
}
