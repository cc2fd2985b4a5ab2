// Which market a named source of `ato record` means: a value of ATO_MARKET_SOURCE, or one real source by its own name.
// It must never record made-up prices under the name of a source that is silent.
import { SettingsError } from '../../shared/config/load-settings.ts';
import { environmentSchema, type Settings } from '../../shared/config/settings.ts';
import { instrumentFor } from '../../shared/domain/instrument.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { Log } from '../../shared/ports/log.ts';
import { candidates, type MarketHosts } from '../market/market-candidates.ts';
import { type SelectedMarket, selectMarket } from '../market/market-selection.ts';
import { StartRefused } from '../system/start-guards.ts';

/** Real sources that ATO_MARKET_SOURCE does not name. */
const ownNames = ['oanda', 'tradermade', 'dexscreener'] as const;
type OwnName = (typeof ownNames)[number];
const marketSource = environmentSchema.shape.ATO_MARKET_SOURCE;

function isOwnName(name: string): name is OwnName {
  return (ownNames as readonly string[]).includes(name);
}

export function isSourceName(name: string): boolean {
  return isOwnName(name) || marketSource.safeParse(name).success;
}

/** Throws SettingsError where the source cannot be used as set up, StartRefused where it does not answer. */
export async function marketOf(
  name: string,
  settings: Settings,
  lastAt: Promise<EpochMs>,
  log: Log,
  hosts: MarketHosts = {},
): Promise<SelectedMarket> {
  if (!isOwnName(name))
    return selectMarket({ ...settings, ATO_MARKET_SOURCE: marketSource.parse(name) }, lastAt, log, hosts);
  const candidate = Object.values(candidates)
    .flat()
    .find((known) => known.name === name);
  const missing = candidate?.missing(settings);
  if (missing !== undefined) throw new SettingsError(`--sources ${name} needs ${missing}.`);
  const ATO_UNIVERSE = settings.ATO_UNIVERSE.filter((symbol) =>
    instrumentFor(symbol)?.servedBy.includes(name),
  );
  if (ATO_UNIVERSE.length === 0)
    throw new SettingsError(`--sources ${name}: ATO_UNIVERSE names no symbol that it has.`);
  const forexSource = name === 'dexscreener' ? {} : ({ ATO_FOREX_SOURCE: name } as const);
  const wish = { ...settings, ATO_MARKET_SOURCE: 'auto', ATO_UNIVERSE, ...forexSource } as const;
  const market = await selectMarket(wish, lastAt, log, hosts);
  if (market.kind === 'simulated')
    throw new StartRefused(`--sources ${name}: it does not answer. Fix: check the network and its key.`);
  return market;
}
