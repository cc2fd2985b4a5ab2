// What a person reads in the first seconds: where the page is, and which prices are real.
import type { AddressInfo } from 'node:net';
import { schemaOf } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { LoadedState } from '../../shared/ports/store.ts';
import type { SelectedBroker } from '../broker/broker-selection.ts';
import type { MarketHub } from '../market/market-hub.ts';
import type { SelectedMarket } from '../market/market-selection.ts';
import type { ModelWiring } from '../models/model-ladder.ts';

export interface BannerParts {
  readonly settings: Settings;
  readonly loaded: LoadedState;
  readonly market: SelectedMarket;
  readonly hub: MarketHub;
  readonly trading: Pick<SelectedBroker, 'words'>;
  readonly models: ModelWiring | undefined;
}

/** Prints to stdout, because it is what `npm start` was typed for. */
export function banner(parts: BannerParts, listening: AddressInfo | string | null): void {
  const { settings, loaded, market, hub, models } = parts;
  const port =
    typeof listening === 'object' && listening !== null ? listening.port : settings.ORCHESTRATOR_PORT;
  const host = settings.BIND_ADDRESS.includes(':') ? `[${settings.BIND_ADDRESS}]` : settings.BIND_ADDRESS;
  const base = `http://${host}:${port}`;
  const lines = [
    '',
    `AI Trading Orchestrator is running (${parts.trading.words})`,
    `  page       ${base}/`,
    `  API        ${base}/docs`,
    `  database   ${settings.DATABASE_URL === undefined ? `embedded, in ${settings.DATA_DIR}` : `PostgreSQL, schema ${schemaOf(settings)}`}${loaded.sequence > 0 ? `, continuing after input ${loaded.sequence}` : ''}`,
    ...market.sources.map(
      (source) =>
        `  source     ${source.name}: ${describeKind(source.kind)}; ${hub.status(source.name)?.state ?? 'starting'}; ${source.symbols.slice(0, 8).join(' ')}${source.symbols.length > 8 ? ' ...' : ''}`,
    ),
    ...market.unreachable.map((name) => `  source     ${name}: unreachable, not used`),
    ...(models === undefined
      ? []
      : [
          `  models     ${models.settings.rungs.map((rung) => `${rung.provider}/${rung.model}`).join(', then ')}, then the policy alone`,
        ]),
    ...(market.kind === 'simulated'
      ? ['  WARNING    SYNTHETIC MARKET DATA: some or all prices are generated, not real.']
      : []),
    ...(market.kind === 'recorded'
      ? ['  NOTE       RECORDED MARKET DATA: this is the past, played again.']
      : []),
    '  stop       Ctrl-C',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function describeKind(kind: 'live' | 'simulated' | 'recorded'): string {
  return kind === 'live' ? 'LIVE prices' : kind === 'recorded' ? 'RECORDED prices' : 'SIMULATED prices';
}
