// Observe: everything the orchestrator knows at one instant, as plain values that a decision is made from.
// It must never decide anything.
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import type { Decision, DecisionContext } from '../shared/domain/decision.ts';
import { type AssetClass, instrumentFor } from '../shared/domain/instrument.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import type { ForexSession } from '../shared/domain/session-rules.ts';
import type { SessionCalendar } from '../shared/domain/sessions.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { classesOf } from './admission.ts';
import { type ClassView, classSourceHealth } from './market-mode.ts';
import { rounded } from './numbers.ts';
import type { Observations, ObservedSource } from './observations.ts';

export const assetClasses = ['crypto', 'forex'] as const satisfies readonly AssetClass[];

/** Symbols of the settings by asset class; what cannot be read is left out. */
export type Universe = Readonly<Record<AssetClass, readonly string[]>>;

export interface Snapshot {
  readonly now: EpochMs;
  readonly sessions: readonly ForexSession[];
  readonly views: Readonly<Record<AssetClass, ClassView>>;
  /** Classes that have been measured since the first start. */
  readonly measured: readonly AssetClass[];
  readonly systemLoad: number;
  readonly healthKnown: boolean;
  readonly tradingKnown: boolean;
  readonly openIncidents: number;
  readonly criticalIncidents: number;
  readonly agentsDown: readonly string[];
  readonly openPositions: number;
  readonly drawdownPct: number;
  readonly tradingState: string;
  readonly context: DecisionContext;
  readonly dataKind: Decision['data_kind'];
}

export function universeOf(settings: AgentSettings): Universe {
  const byClass = (assetClass: AssetClass) =>
    settings.universe.filter((symbol) => instrumentFor(symbol)?.assetClass === assetClass);
  return { crypto: byClass('crypto'), forex: byClass('forex') };
}

export function classViews(
  observed: Observations,
  universe: Universe,
  calendar: SessionCalendar,
  now: EpochMs,
): Readonly<Record<AssetClass, ClassView>> {
  const view = (assetClass: AssetClass, open: boolean): ClassView => ({
    assetClass,
    inUniverse: universe[assetClass].length > 0,
    open,
    sourceHealth: classSourceHealth(assetClass, observed.sources),
    activity: observed.market(assetClass, now)?.activity ?? null,
  });
  return {
    crypto: view('crypto', true),
    forex: view('forex', calendar.openSessions(now).length > 0),
  };
}

export function takeSnapshot(
  observed: Observations,
  universe: Universe,
  calendar: SessionCalendar,
  queuedTasks: number,
  now: EpochMs,
  assumedKind: Decision['data_kind'],
): Snapshot {
  const sessions = calendar.openSessions(now);
  const views = classViews(observed, universe, calendar, now);
  const { trading, health, sources } = observed;
  const context: DecisionContext = {
    sessions_open: sessions,
    crypto_volatility: observed.market('crypto', now)?.volatility ?? null,
    forex_volatility: observed.market('forex', now)?.volatility ?? null,
    crypto_activity: views.crypto.activity,
    forex_activity: views.forex.activity,
    system_load: health?.system_load ?? 0,
    source_health: sourceHealth(sources, health?.source_health ?? {}),
    simulated_sources: Object.keys(sources)
      .filter((name) => sources[name]?.kind === 'simulated')
      .sort(),
    open_positions: trading?.open_positions ?? 0,
    queued_tasks: queuedTasks,
    trading_state: trading?.state ?? 'unknown',
    equity: trading?.equity ?? null,
  };
  return {
    now,
    sessions,
    views,
    measured: assetClasses.filter((name) => observed.wasMeasured(name)),
    systemLoad: context.system_load,
    healthKnown: health !== undefined,
    tradingKnown: trading !== undefined,
    openIncidents: health?.open_incidents ?? 0,
    criticalIncidents: observed.criticalIncidents,
    agentsDown: observed.agentsDown,
    openPositions: context.open_positions,
    drawdownPct: trading?.drawdown_pct ?? 0,
    tradingState: context.trading_state,
    context,
    dataKind: dataKindOf(sources, assumedKind),
  };
}

/** Share of the expected reports (activity of each admitted class, trading, health) that are at hand. */
export function knowledgeOf(snapshot: Snapshot, mode: MarketMode): number {
  const classes = classesOf(mode);
  const heard =
    classes.filter((assetClass) => snapshot.views[assetClass].activity !== null).length +
    (snapshot.tradingKnown ? 1 : 0) +
    (snapshot.healthKnown ? 1 : 0);
  return heard / (classes.length + 2);
}

/** Health's own view of each source, completed by what the sources say of themselves. */
function sourceHealth(
  sources: Readonly<Record<string, ObservedSource>>,
  measured: Readonly<Record<string, number>>,
): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const name of [...new Set([...Object.keys(sources), ...Object.keys(measured)])].sort())
    merged[name] = rounded(measured[name] ?? sources[name]?.health ?? 0, 2);
  return merged;
}

/** The weakest kind among all sources: one simulated source makes a decision rest on simulated data. */
function dataKindOf(
  sources: Readonly<Record<string, ObservedSource>>,
  assumed: Decision['data_kind'],
): Decision['data_kind'] {
  const kinds = new Set(Object.values(sources).map((source) => source.kind));
  if (kinds.has('simulated')) return 'simulated';
  if (kinds.has('recorded')) return 'recorded';
  return kinds.has('live') ? 'live' : assumed;
}
