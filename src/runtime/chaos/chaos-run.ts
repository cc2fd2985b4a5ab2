// Composes one run of the crash x fault matrix: real house, simulated venue, memory store, virtual time.
import { PaperVenue } from '../../adapters/broker/paper/paper-venue.ts';
import { MemoryStore } from '../../adapters/store/memory/memory-store.ts';
import type { AgentBuilder } from '../../kernel/agent.ts';
import { chainHash, genesisHash } from '../../kernel/journal.ts';
import { JournalReplay } from '../../kernel/replay.ts';
import {
  type AgentSettings,
  defaultRiskSettings,
  type ExitSettings,
} from '../../shared/domain/agent-settings.ts';
import { defaultLookSettings } from '../../shared/domain/look.ts';
import { decimalText } from '../../shared/domain/money.ts';
import { minuteMs } from '../../shared/domain/time.ts';
import type { Breakage } from '../../simulator/chaos/broken/breakage.ts';
import { type BreakageName, breakages } from '../../simulator/chaos/broken/breakages.ts';
import { type Cell, type HouseKind, keepsBrackets, movesStops } from '../../simulator/chaos/cells.ts';
import { chaosSymbols } from '../../simulator/chaos/chaos-market.ts';
import { chaosStrategy, chaosStrategyName } from '../../simulator/chaos/chaos-strategy.ts';
import { planOf } from '../../simulator/chaos/plan.ts';
import { type RunResult, runScenario } from '../../simulator/chaos/scenario.ts';
import { agentBuilder } from '../agents.ts';
import { houseBuilder } from './chaos-house.ts';

const startingCash = 10_000;
/** A replay costs as much as the run; five and the number of cells have no common divisor, so every cell is replayed. */
const replayOneIn = 5;

/** Limits loose enough that trading goes on through losses, exposure limits tight enough to matter. */
const settings: AgentSettings = {
  run_mode: 'simulation',
  universe: chaosSymbols,
  starting_cash: startingCash,
  base_timeframe: '5m',
  strategy: chaosStrategyName,
  sources: ['chaos'],
  market_kind: 'recorded',
  broker: { name: 'paper', simulated: true, short: true },
  initial_trading_state: 'active',
  // As many looks as anybody may have: a house that looks rarely has little to lose.
  looks: { ...defaultLookSettings, looks_per_hour: 60, max_interval_ms: 5 * minuteMs },
  risk: {
    ...defaultRiskSettings,
    max_instrument_exposure_pct: 30,
    max_gross_exposure_pct: 50,
    max_daily_loss_pct: 1_000,
    max_drawdown_pct: 1_000,
    loss_cooldown_ms: 0,
    quote_stale_ms: 450_000,
    price_collar_pct: 10,
  },
};

/** Exits that act often within the two hours of a run. */
const movingExits: ExitSettings = {
  trailing: 'chandelier',
  trailing_atr_multiple: 1.5,
  trailing_pct: 1,
  trailing_offset_pct: 1,
  break_even_at_risk: 0.3,
  target_steps: [{ after_minutes: 20, profit: 0.001 }],
  time_limit_hours: 0.5,
};

function settingsOf(house: HouseKind): AgentSettings {
  return {
    ...settings,
    broker: { ...settings.broker, attached_bracket: keepsBrackets(house) },
    ...(movesStops(house) ? { exits: movingExits } : {}),
  };
}

export interface ChaosRunRequest {
  readonly seed: number;
  /** Another cell than the seed's own. */
  readonly cell?: Cell;
  /** Another kind of house than the seed's own. */
  readonly house?: HouseKind;
  readonly broken?: BreakageName;
}

/** One run from its seed. The same request gives the same result on every machine. */
export async function runChaos({ seed, cell, house, broken }: ChaosRunRequest): Promise<RunResult> {
  const plan = planOf(seed, cell, house);
  const breakage: Breakage = broken === undefined ? {} : breakages[broken].make();
  const store = new MemoryStore({ keepRecords: false });
  const built = agentBuilder([chaosStrategy(plan.healAt)]);
  const build = breakage.agents?.(built) ?? built;
  const cash = decimalText(startingCash);
  return runScenario({
    plan,
    settings: settingsOf(plan.house),
    startingCash: cash,
    venue: new PaperVenue({ startingCash: cash, latencySpread: 0 }),
    store,
    buildHouse: houseBuilder(build),
    breakage,
    verifyJournal: () => (seed % replayOneIn === 0 ? replayed(store, build) : chained(store)),
  });
}

async function replayed(store: MemoryStore, build: AgentBuilder): Promise<string | undefined> {
  const replay = new JournalReplay(build);
  for await (const entries of store.journal(0)) if (!entries.every((entry) => replay.check(entry))) break;
  replay.end(await store.load());
  return replay.difference === undefined ? undefined : JSON.stringify(replay.difference);
}

async function chained(store: MemoryStore): Promise<string | undefined> {
  let hash = genesisHash;
  for await (const entries of store.journal(0))
    for (const entry of entries) {
      hash = chainHash(hash, entry.line);
      if (hash !== entry.hash) return `entry ${entry.sequence} does not continue the chain`;
    }
  return hash === (await store.load()).hash ? undefined : 'the chain does not end at the stored state';
}
