// Which market a paper run sees: a row of sources and the clock they live on. Said loudly when it is not real.
import { ScaledClock } from '../../adapters/clock/scaled/scaled-clock.ts';
import { CcxtError } from '../../adapters/market-data/ccxt/ccxt-errors.ts';
import { SyntheticSource } from '../../adapters/market-data/synthetic/synthetic-source.ts';
import { readTape, type Tape } from '../../adapters/market-data/tape/read-tape.ts';
import { TapeError } from '../../adapters/market-data/tape/tape-error.ts';
import { TapeSource } from '../../adapters/market-data/tape/tape-source.ts';
import { SettingsError } from '../../shared/config/load-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { type Timeframe, timeframeMs } from '../../shared/domain/candle.ts';
import { type AssetClass, instrumentFor } from '../../shared/domain/instrument.ts';
import { wellKnownCoins } from '../../shared/domain/instrument-currencies.ts';
import { nearestSymbols } from '../../shared/domain/instrument-names.ts';
import { dayMs, type EpochMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import { type RealTime, realTime } from '../system/real-time.ts';
import { StartRefused } from '../system/start-guards.ts';
import {
  type Candidate,
  candidates,
  type LiveSource,
  type MarketHosts,
  reachableTimeoutMs,
  wishFor,
} from './market-candidates.ts';

/** A clock has one wake-up, so each part gets its own; all of one factory agree on the time. */
export type ClockFactory = () => Clock;

export interface SelectedMarket {
  readonly sources: readonly MarketDataSource[];
  readonly clock: ClockFactory;
  readonly baseTimeframe: Timeframe;
  readonly universe: readonly string[];
  /** Loudest kind among the sources: simulated, then recorded, then live. */
  readonly kind: 'live' | 'simulated' | 'recorded';
  /** Sources that were asked, did not answer and are not used. */
  readonly unreachable: readonly string[];
  /** Own clock minus the venue's, milliseconds; null while unknown. */
  readonly clockSkewMs: () => number | null;
  /** How far the time of the house is ahead of the machine's clock, which was set back; 0 where time is not the machine's. */
  readonly clockAheadMs: () => number;
}

/** A recording and a generator have no clock to compare with. */
const unknownSkew = () => null;
/** Symbols of coins not known here that a venue is asked about at the start. */
const maxAskedSymbols = 50;
const assetClasses = ['crypto', 'forex'] as const;

/** Chooses by ATO_MARKET_SOURCE and ATO_FOREX_SOURCE. `lastAt` is where an earlier run of the same data ended, 0 for none. */
export async function selectMarket(
  settings: Settings,
  lastAt: Promise<EpochMs>,
  log: Log,
  hosts: MarketHosts = {},
): Promise<SelectedMarket> {
  switch (settings.ATO_MARKET_SOURCE) {
    case 'tape':
      return tapeMarket(settings, await lastAt, log);
    case 'synthetic':
      return syntheticMarket(settings, await lastAt, realTime(lastAt));
    case 'binance':
    case 'ccxt':
    case 'auto':
      return realMarket(settings, realTime(lastAt), log, hosts);
  }
}

async function tapeMarket(settings: Settings, lastAt: EpochMs, log: Log): Promise<SelectedMarket> {
  const tape = await openTape(settings);
  if (lastAt >= tape.to)
    log.warn(
      { source: 'tape' },
      'the recording has been played to its end on this data: nothing new will come. Use another DATA_DIR to play it again.',
    );
  // A day of the tape is history, so that the windows are warm when the playing starts.
  const startAt = Math.max(lastAt, Math.min(tape.from + dayMs, tape.to));
  const clock = scaledClocks(startAt, settings.ATO_MARKET_SPEED);
  const baseTimeframe = [...tape.timeframes.values()].reduce((left, right) =>
    timeframeMs[left] <= timeframeMs[right] ? left : right,
  );
  return {
    sources: [new TapeSource({ tape, clock: clock() })],
    clock,
    baseTimeframe,
    universe: tape.symbols,
    kind: 'recorded',
    unreachable: [],
    clockSkewMs: unknownSkew,
    clockAheadMs: () => 0,
  };
}

async function openTape(settings: Settings): Promise<Tape> {
  const paths = (settings.ATO_TAPE_PATH ?? '').split(',').map((part) => part.trim());
  try {
    return await readTape(paths.filter((part) => part !== ''));
  } catch (error) {
    if (error instanceof TapeError) throw new SettingsError(`ATO_TAPE_PATH: ${error.message}`);
    throw error;
  }
}

function syntheticMarket(settings: Settings, lastAt: EpochMs, time: RealTime): SelectedMarket {
  const speed = settings.ATO_MARKET_SPEED;
  const clock = speed === 1 ? time.clock : scaledClocks(Math.max(lastAt, Date.now()), speed);
  const source = new SyntheticSource({
    seed: settings.ATO_SEED,
    symbols: settings.ATO_UNIVERSE,
    clock: clock(),
  });
  return {
    sources: [source],
    clock,
    baseTimeframe: '1m',
    universe: settings.ATO_UNIVERSE,
    kind: 'simulated',
    unreachable: [],
    clockSkewMs: unknownSkew,
    clockAheadMs: speed === 1 ? time.aheadMs : () => 0,
  };
}

interface Chosen {
  readonly live: readonly LiveSource[];
  /** Symbols that no real source serves. */
  readonly unserved: readonly string[];
  readonly unreachable: readonly string[];
}

/** One live source per asset class where one is wanted and answers; the synthetic market for the rest. */
async function realMarket(
  settings: Settings,
  time: RealTime,
  log: Log,
  hosts: MarketHosts,
): Promise<SelectedMarket> {
  const { clock } = time;
  const choices = await Promise.all(
    assetClasses.map((assetClass) => chooseFor(assetClass, settings, clock, hosts, log)),
  );
  const live = choices.flatMap((choice) => choice.live);
  const unserved = choices.flatMap((choice) => choice.unserved);
  const unreachable = choices.flatMap((choice) => choice.unreachable);
  if (live.length === 0) {
    log.warn({ symbols: unserved }, 'using the SYNTHETIC market alone. Nothing you see is a real price.');
    return { ...syntheticMarket(settings, 0, time), unreachable };
  }
  if (unserved.length > 0)
    log.warn(
      { symbols: unserved },
      'these symbols come from the SYNTHETIC market: their prices are not real',
    );
  const synthetic =
    unserved.length === 0
      ? []
      : [new SyntheticSource({ seed: settings.ATO_SEED, symbols: unserved, clock: clock() })];
  return {
    sources: [...live, ...synthetic],
    clock,
    baseTimeframe: '1m',
    universe: [...new Set(live.flatMap((source) => source.symbols)), ...unserved],
    kind: unserved.length > 0 ? 'simulated' : 'live',
    unreachable,
    clockSkewMs: () => widestSkew(live),
    clockAheadMs: time.aheadMs,
  };
}

async function chooseFor(
  assetClass: AssetClass,
  settings: Settings,
  clock: ClockFactory,
  hosts: MarketHosts,
  log: Log,
): Promise<Chosen> {
  const wish = wishFor(assetClass, settings);
  const wanted = settings.ATO_UNIVERSE.filter((symbol) => instrumentFor(symbol)?.assetClass === assetClass);
  const live: LiveSource[] = [];
  const unreachable: string[] = [];
  let waiting = wanted;
  if (wish === 'none') return { live, unserved: [], unreachable };
  const required = wish === settings.ATO_MARKET_SOURCE && wish !== 'auto';
  for (const candidate of candidates[assetClass]) {
    if ((wish !== 'auto' && wish !== candidate.name) || candidate.missing(settings) !== undefined) continue;
    const symbols = (candidate.standsBy ? wanted : waiting).filter((symbol) =>
      instrumentFor(symbol)?.servedBy.includes(candidate.name),
    );
    if (symbols.length === 0) continue;
    const source = candidate.build(settings, symbols, clock(), hosts);
    const spare = candidate.standsBy && waiting.length === 0;
    const timeoutMs = spare ? reachableTimeoutMs : candidate.reachableTimeoutMs;
    const answers = await answersInTime(source, timeoutMs);
    if (!answers && required)
      throw new StartRefused(
        `ATO_MARKET_SOURCE=${wish}, but ${candidate.title(settings)} does not answer. Fix: check the network, or set ATO_MARKET_SOURCE=auto or synthetic.`,
      );
    const kept = answers || wish === candidate.name || candidate.keptWhenSilent || spare;
    if (!answers)
      log.warn({ source: candidate.name, symbols }, unanswered(candidate.title(settings), kept, spare));
    if (!kept) {
      unreachable.push(source.name);
      continue;
    }
    if (answers) await assertListed(source, candidate, assetClass, settings);
    live.push(source);
    waiting = waiting.filter((symbol) => !source.symbols.includes(symbol));
  }
  if (!required || waiting.length === 0) return { live, unserved: waiting, unreachable };
  log.warn({ source: wish, symbols: waiting }, 'these symbols are left out: the source does not have them');
  return { live, unserved: [], unreachable };
}

/** A slip in a coin's name looks like a coin nobody knows here, so the venue is asked. Throws StartRefused. */
async function assertListed(
  source: LiveSource,
  { title }: Candidate,
  assetClass: AssetClass,
  settings: Settings,
): Promise<void> {
  if (source.lists === undefined) return;
  const others = candidates[assetClass].filter((one) => one.standsBy && one.missing(settings) === undefined);
  const elsewhere = (symbol: string) =>
    others.some(({ name }) => instrumentFor(symbol)?.servedBy.includes(name) === true);
  const doubtful = source.symbols
    .filter((symbol) => !isKnownCoin(symbol) && !elsewhere(symbol))
    .slice(0, maxAskedSymbols);
  const listed = await Promise.all(doubtful.map((symbol) => source.lists?.(symbol) ?? true));
  const missing = doubtful.filter((_, index) => listed[index] === false);
  if (missing.length === 0) return;
  const named = missing.map((symbol) => {
    const nearest = nearestSymbols(symbol).filter(isKnownCoin);
    return nearest.length === 0 ? symbol : `${symbol} (did you mean ${nearest.join(' or ')}?)`;
  });
  throw new StartRefused(
    `ATO_UNIVERSE: ${title(settings)} does not list ${named.join(', ')}. Fix: correct it, or name an exchange that has it with ATO_CCXT_EXCHANGE.`,
  );
}

function isKnownCoin(symbol: string): boolean {
  return wellKnownCoins.includes(instrumentFor(symbol)?.base ?? '');
}

/** Whether a source answers and has at least one of its symbols (a list of markets may shorten them). */
async function answersInTime(source: LiveSource, timeoutMs: number): Promise<boolean> {
  try {
    return (await source.reachable(timeoutMs)) && source.symbols.length > 0;
  } catch (error) {
    if (error instanceof CcxtError) throw new SettingsError(`ATO_CCXT_EXCHANGE: ${error.message}`);
    throw error;
  }
}

function unanswered(title: string, kept: boolean, spare: boolean): string {
  if (spare) return `${title} has not answered yet: it stands by as soon as it does`;
  return kept
    ? `${title} does not answer: these symbols have NO prices until it does`
    : `${title} cannot be reached: looking for another source`;
}

/** The skew of the venue our clock agrees with least. */
function widestSkew(sources: readonly LiveSource[]): number | null {
  let widest: number | null = null;
  for (const { clockSkewMs } of sources)
    if (clockSkewMs !== undefined && (widest === null || Math.abs(clockSkewMs) > Math.abs(widest)))
      widest = clockSkewMs;
  return widest;
}

function scaledClocks(startAt: EpochMs, speed: number): ClockFactory {
  const origin = performance.now();
  return () => new ScaledClock(startAt, speed, () => performance.now(), origin);
}
