// The header's facts, gathered from the two status answers. A fact that neither gives stays null.
import type { z } from 'zod';
import { figure, flag, instant, rows, text, texts } from './lenient.ts';
import { marketStateSchema } from './rows.ts';
import { type Dashboard, emptyOverview, type Overview } from './store.ts';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the first of the named fields that parses, at `path` written with dots, in any of the bodies. */
function pick<Value>(
  bodies: readonly unknown[],
  paths: readonly string[],
  schema: z.ZodType<Value | null>,
): Value | null {
  for (const path of paths) {
    for (const body of bodies) {
      let at: unknown = body;
      for (const step of path.split('.')) at = isFields(at) ? at[step] : undefined;
      const value = schema.parse(at);
      if (value !== null) return value;
    }
  }
  return null;
}

export function readOverview(status: unknown, orchestrator: unknown): Overview {
  const both = [status, orchestrator];
  const ofOrchestrator = [orchestrator, status];
  const symbols = texts.parse(
    pick(both, ['universe', 'symbols', 'settings.universe'], texts.nullable()) ?? [],
  );
  return {
    ...emptyOverview,
    runMode: pick(both, ['run_mode', 'runMode'], text),
    mode: pick(ofOrchestrator, ['mode', 'market_mode', 'orchestrator.mode'], text),
    running: pick(ofOrchestrator, ['running', 'orchestrator.running'], flag),
    tradingState: pick(
      both,
      ['trading_state.state', 'trading.state.state', 'trading.state', 'trading_state'],
      text,
    ),
    tradingReason: pick(both, ['trading_state.reason', 'trading.state.reason', 'trading.reason'], text),
    dataKind: pick(both, ['data_kind', 'data.kind', 'market_data.kind'], text),
    nextDecisionAt: pick(ofOrchestrator, ['next_decision_at', 'orchestrator.next_decision_at'], instant),
    decisionsTotal: pick(ofOrchestrator, ['decisions_total', 'decisions.total', 'decisions'], figure),
    successRate: pick(ofOrchestrator, ['success_rate', 'decisions.success_rate'], figure),
    systemLoad: pick(ofOrchestrator, ['system_load', 'health.system_load'], figure),
    version: pick(both, ['version'], text),
    now: pick(both, ['now'], instant),
    startedAt: pick(both, ['started_at'], instant),
    symbols,
  };
}

/** Volatility by asset class from the orchestrator's status; classes it does not name are left out. */
export function readVolatility(orchestrator: unknown): Dashboard['volatility'] {
  const markets = isFields(orchestrator) ? rows(marketStateSchema).parse(orchestrator.markets) : [];
  return Object.fromEntries(markets.map((market) => [market.asset_class, market.volatility]));
}
