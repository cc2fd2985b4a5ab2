// Composes a simulation: agents, kernel, simulated venue, recorded or synthetic market, virtual time.
import { syntheticCandles } from '../adapters/market-data/synthetic/synthetic-candles.ts';
import { readTape, type Tape } from '../adapters/market-data/tape/read-tape.ts';
import { MemoryStore } from '../adapters/store/memory/memory-store.ts';
import type { TurnRecord } from '../kernel/journal.ts';
import { Kernel, type KernelInput } from '../kernel/kernel.ts';
import type { CandleEvent } from '../shared/bus/catalogue.ts';
import type { AnyEffect, EffectDataByKind } from '../shared/bus/effects.ts';
import { lookSettingsOf } from '../shared/config/look-settings.ts';
import { sessionRulesOf } from '../shared/config/session-settings.ts';
import { exitSettingsOf, riskSettingsOf, type Settings } from '../shared/config/settings.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { type Timeframe, timeframeMs } from '../shared/domain/candle.ts';
import type { ModelReply, ModelSettings } from '../shared/domain/model.ts';
import { dayMs, type EpochMs, toIso } from '../shared/domain/time.ts';
import type { CommitBatch } from '../shared/ports/store.ts';
import { SimulationLoop } from '../simulator/simulation-loop.ts';
import { type SimulationCounts, SimulationStatistics } from '../simulator/simulation-statistics.ts';
import { agentBuilder } from './agents.ts';
import { paperVenueOf } from './broker/paper-market.ts';
import { loadStrategies } from './strategies.ts';
import { assertLooksPayable } from './system/look-guard.ts';
import { version } from './version.ts';

export interface SimulationRequest {
  /** Recordings to play; absent for the synthetic market. */
  readonly tape?: readonly string[];
  readonly symbols?: readonly string[];
  readonly seed: number;
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly cash?: number;
  readonly note: (text: string) => void;
  readonly progress: (done: number, total: number) => void;
  /** Called with every committed batch, for keeping the journal. */
  readonly keep?: (batch: CommitBatch) => void;
  /** A ladder and who answers for it; without it the policy decides alone. */
  readonly models?: SimulatedModels;
  /** Hears every turn. */
  readonly observe?: (record: TurnRecord) => void;
}

export interface SimulatedModels {
  readonly settings: ModelSettings;
  readonly reply: (question: EffectDataByKind['model.ask']) => ModelReply;
}

export interface SimulationReport extends SimulationCounts {
  readonly candles: number;
  readonly from: string;
  readonly to: string;
  readonly quarantined_rows: number;
  /** Which rows of the recording were left out, by file and reason; the first files and lines of many. */
  readonly quarantined: Tape['quarantined'];
  readonly seed: number;
  readonly journal_hash: string;
  readonly wall_ms: number;
}

/** The synthetic market's month when none is named: fixed, so that the same command repeats. */
const syntheticFrom = Date.UTC(2026, 0, 5);
const syntheticDays = 30;
/** Files and reasons listed in the report; the count goes on. */
const maxListedQuarantines = 100;
/** Candles handled between two looks at the progress bar. */
const progressStepCandles = 2_048;

interface MarketPlan {
  readonly source: string;
  readonly kind: 'recorded' | 'simulated';
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly total: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly quarantinedRows: number;
  readonly quarantined: Tape['quarantined'];
  readonly events: Iterable<CandleEvent>;
}

/** Runs to the end of the market. Throws with a message for a person when the market cannot be read. */
export async function simulate(settings: Settings, request: SimulationRequest): Promise<SimulationReport> {
  const plan = request.tape === undefined ? syntheticPlan(settings, request) : await tapePlan(request);
  const strategies = await loadStrategies(settings);
  const agentSettings = simulationSettings(settings, request, plan, strategies.active);
  assertLooksPayable(agentSettings);
  const statistics = new SimulationStatistics();
  const store = new MemoryStore({ keepJournal: false, keepRows: false });
  const kernel = new Kernel({ build: agentBuilder(strategies.all) });
  const venue = paperVenueOf(settings, agentSettings.starting_cash, request.seed);
  const loop = new SimulationLoop({
    kernel,
    venue,
    market: plan.events[Symbol.iterator](),
    opening: openingInputs(agentSettings, request.seed, plan),
    answer: answerInSimulation(plan, request.models),
    commit: request.keep ?? ((batch) => store.commitNow(batch)),
    observe: (record) => {
      statistics.observe(record);
      request.observe?.(record);
    },
  });
  const begun = performance.now();
  loop.open();
  while (loop.run(progressStepCandles)) request.progress(loop.candles, plan.total);
  return {
    candles: loop.candles,
    from: toIso(plan.from),
    to: toIso(plan.to),
    quarantined_rows: plan.quarantinedRows,
    quarantined: plan.quarantined,
    ...statistics.counts(),
    seed: request.seed,
    journal_hash: kernel.hash,
    wall_ms: Math.round(performance.now() - begun),
  };
}

async function tapePlan(request: SimulationRequest): Promise<MarketPlan> {
  const tape = await readTape(request.tape ?? [], {
    ...(request.from === undefined ? {} : { from: request.from }),
    ...(request.to === undefined ? {} : { to: request.to }),
  });
  let quarantinedRows = 0;
  for (const rows of tape.quarantined) {
    quarantinedRows += rows.count;
    request.note(
      `quarantined ${rows.count} rows of ${rows.file}, first at line ${rows.line}: ${rows.reason}`,
    );
  }
  for (const file of tape.skipped) request.note(`left out ${file.file}: ${file.reason}`);
  return {
    source: 'tape',
    kind: 'recorded',
    symbols: tape.symbols,
    timeframe: [...tape.timeframes.values()].reduce((left, right) =>
      timeframeMs[left] <= timeframeMs[right] ? left : right,
    ),
    total: tape.candles,
    from: tape.from,
    to: tape.to,
    quarantinedRows,
    quarantined: tape.quarantined.slice(0, maxListedQuarantines),
    events: tape.events,
  };
}

function syntheticPlan(settings: Settings, request: SimulationRequest): MarketPlan {
  const symbols = request.symbols ?? settings.ATO_UNIVERSE;
  const from =
    request.from ?? (request.to === undefined ? syntheticFrom : request.to - syntheticDays * dayMs);
  const to = request.to ?? from + syntheticDays * dayMs;
  const minutes = Math.floor((to - from) / timeframeMs['1m']);
  if (minutes < 1)
    throw new Error(
      `no candle to play between ${toIso(from)} and ${toIso(to)}: they must lie a minute apart`,
    );
  return {
    source: 'synthetic',
    kind: 'simulated',
    symbols,
    timeframe: '1m',
    total: minutes * symbols.length,
    from,
    to,
    quarantinedRows: 0,
    quarantined: [],
    events: syntheticCandles({ seed: request.seed, symbols, from, to, timeframe: '1m' }),
  };
}

function simulationSettings(
  settings: Settings,
  request: SimulationRequest,
  plan: MarketPlan,
  strategy: string,
): AgentSettings {
  return {
    run_mode: 'simulation',
    universe: plan.symbols,
    starting_cash: request.cash ?? settings.ATO_STARTING_CASH,
    base_timeframe: plan.timeframe,
    strategy,
    sources: [plan.source],
    market_kind: plan.kind,
    broker: { name: 'paper', simulated: true, short: true },
    initial_trading_state: 'active',
    exits: exitSettingsOf(settings),
    sessions: sessionRulesOf(settings),
    learning: settings.ATO_LEARNING,
    looks: lookSettingsOf(settings, [{ name: plan.source, symbols: plan.symbols }]),
    risk: { ...riskSettingsOf(settings), quote_stale_ms: staleAfterMs(settings, plan.timeframe) },
    ...(request.models === undefined ? {} : { models: request.models.settings }),
  };
}

/** A candle is fresh until the next one is well overdue, whatever its length. */
function staleAfterMs(settings: Settings, timeframe: Timeframe): number {
  return Math.max(riskSettingsOf(settings).quote_stale_ms, 1.5 * timeframeMs[timeframe]);
}

function openingInputs(agentSettings: AgentSettings, seed: number, plan: MarketPlan): KernelInput[] {
  const started = {
    run_mode: 'simulation',
    seed,
    version,
    agent_settings: { ...agentSettings },
    first_start: true,
  } as const;
  return [
    { from: 'kernel', message_type: 'kernel.started', data: started, at: plan.from },
    {
      from: 'market',
      message_type: 'market.source_status',
      data: sourceStatus(plan, plan.from),
      at: plan.from,
    },
  ];
}

function sourceStatus(plan: MarketPlan, at: EpochMs) {
  return {
    source: plan.source,
    state: plan.kind,
    health: 1,
    detail: `${plan.symbols.length} symbols`,
    latencyMs: null,
    lastDataAt: null,
    at,
  } as const;
}

/** Effects that need no venue: probes answer well, a restarted source answers at once, alerts go nowhere. */
function answerInSimulation(
  plan: MarketPlan,
  models: SimulatedModels | undefined,
): (effect: AnyEffect, now: EpochMs) => readonly KernelInput[] {
  return (effect, now) => {
    switch (effect.kind) {
      case 'probe.run': {
        const data = { ...effect.data, ok: true, latency_ms: 0, value: null, detail: 'simulated', at: now };
        return [{ from: 'system', message_type: 'probe.result', data, at: now }];
      }
      case 'market.restart_source':
        return [
          { from: 'market', message_type: 'market.source_status', data: sourceStatus(plan, now), at: now },
        ];
      case 'model.ask':
        return models === undefined
          ? []
          : [{ from: 'model', message_type: 'model.reply', data: models.reply(effect.data), at: now }];
      default:
        return [];
    }
  };
}
