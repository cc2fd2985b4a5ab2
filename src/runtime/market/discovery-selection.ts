// Which discovery sources a run has, by settings and keys. Only a market in real time has any: tokens of today have
// no place in a recording or in a hurried synthetic market.
import { createBirdeyeSource } from '../../adapters/market-data/birdeye/birdeye-source.ts';
import { createDexscreenerSource } from '../../adapters/market-data/dexscreener/dexscreener-source.ts';
import { createGeckoterminalSource } from '../../adapters/market-data/geckoterminal/geckoterminal-source.ts';
import { createPumpfunSource } from '../../adapters/market-data/pumpfun/pumpfun-source.ts';
import { PumpportalSource } from '../../adapters/market-data/pumpportal/pumpportal-source.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { DiscoverySource } from './discovery-hub.ts';
import type { ClockFactory, SelectedMarket } from './market-selection.ts';

/** None when discovery is off, or when the market does not run in real time. */
export function selectDiscovery(settings: Settings, market: SelectedMarket): readonly DiscoverySource[] {
  const realTime = market.kind !== 'recorded' && settings.ATO_MARKET_SPEED === 1;
  if (settings.ATO_DISCOVERY === 'off' || !realTime) return [];
  const chains = settings.ATO_DISCOVERY_CHAINS;
  const sources: DiscoverySource[] = [
    { source: createDexscreenerSource({ clock: market.clock(), chains }), askFirst: true },
    { source: createGeckoterminalSource({ clock: market.clock(), chains }), askFirst: true },
  ];
  if (chains.includes('solana')) sources.push(...solanaSources(settings, market.clock));
  return sources;
}

function solanaSources(settings: Settings, clock: ClockFactory): readonly DiscoverySource[] {
  const { BIRDEYE_API_KEY: birdeyeKey, PUMPPORTAL_API_KEY: portalKey } = settings;
  const sources: DiscoverySource[] = [
    { source: createPumpfunSource({ clock: clock() }), askFirst: true },
    {
      source: new PumpportalSource({
        clock: clock(),
        ...(portalKey === undefined ? {} : { apiKey: portalKey }),
      }),
      askFirst: false,
    },
  ];
  if (birdeyeKey !== undefined)
    sources.push({ source: createBirdeyeSource({ clock: clock(), apiKey: birdeyeKey }), askFirst: true });
  return sources;
}
