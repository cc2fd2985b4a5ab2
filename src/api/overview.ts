// Answers that several routes and metrics share, composed from facts and the live view. Pure; null means unknown.
import type { MarketMode } from '../shared/domain/mode.ts';
import type { RuntimeFacts, SourceFacts } from './api-dependencies.ts';
import type { LiveView } from './live-view.ts';
import type { SourceBody } from './schemas/health-bodies.ts';
import { toWireForm } from './wire-form.ts';

/**
 * Whether the orchestrator schedules work, that is, was not stopped by a person: as the runtime says, else after
 * the last start or stop command, else true when the last decision chose a trading mode, which a stopped
 * orchestrator never does. In standby without any of these nobody can tell: null.
 */
export function orchestratorRunning(facts: RuntimeFacts, live: LiveView): boolean | null {
  const said = facts.running ?? live.running;
  if (said !== undefined) return said;
  const mode = live.decision?.mode;
  return mode === undefined || mode === 'standby' ? null : true;
}

export function marketMode(live: LiveView): MarketMode | null {
  return live.decision?.mode ?? live.mandate?.mode ?? null;
}

/** Load as the health monitor last said, else as the last decision saw it. */
export function systemLoad(live: LiveView): number | null {
  return live.healthSummary?.system_load ?? live.decision?.context.system_load ?? null;
}

/** Volatility of the market the mode trades; the larger of both in hybrid and standby. */
export function marketVolatility(live: LiveView): number | null {
  const of = (assetClass: 'crypto' | 'forex') =>
    live.markets.find((market) => market.asset_class === assetClass)?.volatility ??
    live.decision?.context[`${assetClass}_volatility`] ??
    null;
  const mode = marketMode(live);
  if (mode === 'crypto' || mode === 'forex') return of(mode);
  const known = [of('crypto'), of('forex')].filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

export function sourceRow(facts: SourceFacts): SourceBody {
  const { source, kind, symbols, status, quarantined = {} } = facts;
  const said = status === null ? null : toWireForm(status);
  return {
    source,
    kind,
    symbols: [...symbols],
    state: said?.state ?? 'unknown',
    health: said?.health ?? null,
    detail: said?.detail ?? 'has not said anything yet',
    latency_ms: said?.latency_ms ?? null,
    last_data_at: said?.last_data_at ?? null,
    at: said?.at ?? null,
    quarantined_total: Object.values(quarantined).reduce((sum, count) => sum + count, 0),
    quarantined,
  };
}

/** The plain warning people must see whenever prices are not real, or null. */
export function dataNotice(kind: RuntimeFacts['data_kind']): string | null {
  if (kind === 'simulated')
    return 'Market data is SIMULATED: prices are generated, nothing here says anything about real markets.';
  if (kind === 'recorded') return 'Market data is RECORDED: prices are of the past, replayed from files.';
  if (kind === 'none') return 'There is no market data.';
  return null;
}
