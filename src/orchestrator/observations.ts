// What the orchestrator has been told. A report is taken in only when it differs materially from what is held or
// when that is old, and then it is a row: so memory and rows never differ, and a chatty sender costs nothing.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { HealthSummary, TradingSummary } from '../shared/bus/catalogue.ts';
import type { AgentName } from '../shared/domain/agent-name.ts';
import type { Incident } from '../shared/domain/incident.ts';
import type { AssetClass } from '../shared/domain/instrument.ts';
import type { SourceState, SourceStatus } from '../shared/domain/source-status.ts';
import { type EpochMs, hourMs, minuteMs } from '../shared/domain/time.ts';
import type { MarketState } from '../shared/domain/vitals.ts';
import { readMemory, writeMemory } from './memory-rows.ts';
import { rounded } from './numbers.ts';

/** An unchanged report refreshes what is held at most this often. */
const refreshMs = 10 * minuteMs;
/** Older market measurements say nothing about now. */
const marketStaleMs = 2 * hourMs;
const maxSources = 64;
const maxCriticalIds = 32;

type SourceKind = 'live' | 'simulated' | 'recorded';

export interface ObservedMarket {
  readonly volatility: number | null;
  readonly activity: number | null;
  readonly at: EpochMs;
  /** True once its activity has been measured: there were prices to look at. */
  readonly measured: boolean;
}

export interface ObservedTrading {
  readonly state: string;
  readonly open_positions: number;
  readonly equity: number;
  readonly drawdown_pct: number;
  readonly at: EpochMs;
}

export interface ObservedHealth {
  readonly system_load: number;
  readonly source_health: Readonly<Record<string, number>>;
  readonly open_incidents: number;
  readonly critical_incidents: number;
  readonly at: EpochMs;
}

export interface ObservedSource {
  readonly state: SourceState;
  readonly health: number;
  /** What kind of data it gives; kept while it is stale or blind. */
  readonly kind: SourceKind | null;
}

/** Incidents known to be critical and open, and agents known to have failed. */
interface Trouble {
  readonly critical_ids: readonly string[];
  readonly agents_down: readonly AgentName[];
}

type Markets = Partial<Record<AssetClass, ObservedMarket>>;
type Sources = Readonly<Record<string, ObservedSource>>;

export class Observations {
  #markets: Markets = {};
  #trading: ObservedTrading | undefined;
  #health: ObservedHealth | undefined;
  #sources: Sources = {};
  #trouble: Trouble = { critical_ids: [], agents_down: [] };

  restore(state: StateReader): void {
    this.#markets = (readMemory(state, 'observed/markets') as Markets | undefined) ?? {};
    this.#trading = readMemory(state, 'observed/trading') as ObservedTrading | undefined;
    this.#health = readMemory(state, 'observed/health') as ObservedHealth | undefined;
    this.#sources = (readMemory(state, 'observed/sources') as Sources | undefined) ?? {};
    this.#trouble = (readMemory(state, 'observed/trouble') as Trouble | undefined) ?? {
      critical_ids: [],
      agents_down: [],
    };
  }

  /** Latest measurement of a class, undefined when never given or too old. */
  market(assetClass: AssetClass, now: EpochMs): ObservedMarket | undefined {
    const market = this.#markets[assetClass];
    return market !== undefined && now - market.at <= marketStaleMs ? market : undefined;
  }

  /** True when the class has ever been measured, however long ago. */
  wasMeasured(assetClass: AssetClass): boolean {
    return this.#markets[assetClass]?.measured === true;
  }

  get trading(): ObservedTrading | undefined {
    return this.#trading;
  }

  get health(): ObservedHealth | undefined {
    return this.#health;
  }

  get sources(): Sources {
    return this.#sources;
  }

  get criticalIncidents(): number {
    return Math.max(this.#trouble.critical_ids.length, this.#health?.critical_incidents ?? 0);
  }

  get agentsDown(): readonly AgentName[] {
    return this.#trouble.agents_down;
  }

  seeMarket(turn: Turn, data: MarketState): void {
    const held = this.#markets[data.asset_class];
    const seen = {
      volatility: data.volatility === null ? null : rounded(data.volatility),
      activity: data.activity === null ? null : rounded(data.activity),
      at: turn.now,
      measured: held?.measured === true || data.activity !== null,
    };
    const same =
      held !== undefined &&
      turn.now - held.at < refreshMs &&
      close(held.volatility, seen.volatility, 0.1) &&
      close(held.activity, seen.activity, 0.1);
    if (same) return;
    this.#markets = { ...this.#markets, [data.asset_class]: seen };
    writeMemory(turn, 'observed/markets', this.#markets);
  }

  seeTrading(turn: Turn, data: TradingSummary): void {
    const held = this.#trading;
    const seen = {
      state: data.state,
      open_positions: data.open_positions,
      equity: rounded(data.equity.equity, 2),
      drawdown_pct: rounded(data.equity.drawdown_pct),
      at: turn.now,
    };
    const same =
      held !== undefined &&
      turn.now - held.at < refreshMs &&
      held.state === seen.state &&
      held.open_positions === seen.open_positions &&
      close(held.equity, seen.equity, 0.005) &&
      Math.abs(held.drawdown_pct - seen.drawdown_pct) < 0.25;
    if (same) return;
    this.#trading = seen;
    writeMemory(turn, 'observed/trading', seen);
  }

  seeHealth(turn: Turn, data: HealthSummary): void {
    const held = this.#health;
    const seen = {
      system_load: rounded(data.system_load, 2),
      source_health: bounded(data.source_health),
      open_incidents: data.open_incidents,
      critical_incidents: data.critical_incidents,
      at: turn.now,
    };
    if (data.critical_incidents === 0 && this.#trouble.critical_ids.length > 0)
      this.#keepTrouble(turn, { ...this.#trouble, critical_ids: [] });
    const same =
      held !== undefined &&
      turn.now - held.at < refreshMs &&
      held.open_incidents === seen.open_incidents &&
      held.critical_incidents === seen.critical_incidents &&
      Math.abs(held.system_load - seen.system_load) < 0.1 &&
      sameHealth(held.source_health, seen.source_health);
    if (same) return;
    this.#health = seen;
    writeMemory(turn, 'observed/health', seen);
  }

  seeSource(turn: Turn, data: SourceStatus): void {
    const held = this.#sources[data.source];
    if (held === undefined && Object.keys(this.#sources).length >= maxSources) return;
    const seen = {
      state: data.state,
      health: rounded(data.health, 2),
      kind: kindOf(data.state) ?? held?.kind ?? null,
    };
    const same = held !== undefined && held.state === seen.state && Math.abs(held.health - seen.health) < 0.1;
    if (same) return;
    this.#sources = { ...this.#sources, [data.source]: seen };
    writeMemory(turn, 'observed/sources', this.#sources);
  }

  /** Returns true when an incident was not yet known to be critical. */
  seeIncident(turn: Turn, data: Incident): boolean {
    const known = this.#trouble.critical_ids.includes(data.id);
    const critical = data.open && data.severity === 'critical';
    if (known === critical) return false;
    const others = this.#trouble.critical_ids.filter((id) => id !== data.id);
    const critical_ids = critical ? [...others, data.id].slice(-maxCriticalIds) : others;
    this.#keepTrouble(turn, { ...this.#trouble, critical_ids });
    return critical;
  }

  seeAgent(turn: Turn, agent: AgentName, down: boolean): void {
    if (this.#trouble.agents_down.includes(agent) === down) return;
    const others = this.#trouble.agents_down.filter((name) => name !== agent);
    this.#keepTrouble(turn, { ...this.#trouble, agents_down: down ? [...others, agent] : others });
  }

  /** After a start all agents are built anew. */
  seeStart(turn: Turn): void {
    if (this.#trouble.agents_down.length > 0) this.#keepTrouble(turn, { ...this.#trouble, agents_down: [] });
  }

  #keepTrouble(turn: Turn, trouble: Trouble): void {
    this.#trouble = trouble;
    writeMemory(turn, 'observed/trouble', trouble);
  }
}

function kindOf(state: SourceState): SourceKind | undefined {
  return state === 'live' || state === 'simulated' || state === 'recorded' ? state : undefined;
}

function close(held: number | null, seen: number | null, tolerance: number): boolean {
  if (held === null || seen === null) return held === seen;
  return Math.abs(held - seen) <= tolerance * Math.max(Math.abs(held), 1e-9);
}

/** At most maxSources entries, in name order so that rows do not depend on the sender's key order. */
function bounded(health: Readonly<Record<string, number>>): Record<string, number> {
  const names = Object.keys(health).sort().slice(0, maxSources);
  return Object.fromEntries(names.map((name) => [name, rounded(health[name] ?? 0, 2)]));
}

function sameHealth(held: Readonly<Record<string, number>>, seen: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(seen);
  if (names.length !== Object.keys(held).length) return false;
  return names.every((name) => Math.abs((held[name] ?? Number.POSITIVE_INFINITY) - (seen[name] ?? 0)) < 0.1);
}
