// Which market a paper run sees: a row of sources and the clock they live on. Said loudly when it is not real.
import { ScaledClock } from '../adapters/clock/scaled/scaled-clock.ts';
import { SystemClock } from '../adapters/clock/system/system-clock.ts';
import { BinanceSource } from '../adapters/market-data/binance/binance-source.ts';
import { CcxtError } from '../adapters/market-data/ccxt/ccxt-errors.ts';
import { CcxtSource } from '../adapters/market-data/ccxt/ccxt-source.ts';
import { SyntheticSource } from '../adapters/market-data/synthetic/synthetic-source.ts';
import { readTape, type Tape } from '../adapters/market-data/tape/read-tape.ts';
import { TapeError } from '../adapters/market-data/tape/tape-error.ts';
import { TapeSource } from '../adapters/market-data/tape/tape-source.ts';
import { SettingsError } from '../shared/config/load-settings.ts';
import type { Settings } from '../shared/config/settings.ts';
import { type Timeframe, timeframeMs } from '../shared/domain/candle.ts';
import { instrumentFor } from '../shared/domain/instrument.ts';
import { dayMs, type EpochMs } from '../shared/domain/time.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log } from '../shared/ports/log.ts';
import type { MarketDataSource } from '../shared/ports/market-data.ts';
import { StartRefused } from './start-guards.ts';

/** A clock has one wake-up, so each part gets its own; all of one factory agree on the time. */
export type ClockFactory = () => Clock;

export interface SelectedMarket {
  readonly sources: readonly MarketDataSource[];
  readonly clock: ClockFactory;
  readonly baseTimeframe: Timeframe;
  readonly universe: readonly string[];
  /** Loudest kind among the sources: simulated, then recorded, then live. */
  readonly kind: 'live' | 'simulated' | 'recorded';
  /** Own clock minus the venue's, milliseconds; null while unknown. */
  readonly clockSkewMs: () => number | null;
}

/** A recording and a generator have no clock to compare with. */
const unknownSkew = () => null;
const reachableTimeoutMs = 1_500;
/** An exchange's list of markets may be megabytes. */
const marketListTimeoutMs = 10_000;

/** Chooses by ATO_MARKET_SOURCE. `lastAt` is where an earlier run of the same data ended, 0 for none. */
export async function selectMarket(
  settings: Settings,
  lastAt: Promise<EpochMs>,
  log: Log,
): Promise<SelectedMarket> {
  switch (settings.ATO_MARKET_SOURCE) {
    case 'tape':
      return tapeMarket(settings, await lastAt, log);
    case 'synthetic':
      return syntheticMarket(settings, await lastAt);
    case 'binance':
      return liveMarket(settings, log, 'binance');
    case 'ccxt':
      return liveMarket(settings, log, 'ccxt');
    case 'auto':
      return liveMarket(settings, log, undefined);
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
    clockSkewMs: unknownSkew,
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

function syntheticMarket(settings: Settings, lastAt: EpochMs): SelectedMarket {
  const speed = settings.ATO_MARKET_SPEED;
  const clock = speed === 1 ? () => new SystemClock() : scaledClocks(Math.max(lastAt, Date.now()), speed);
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
    clockSkewMs: unknownSkew,
  };
}

/** Live sources of crypto in order of precedence, the synthetic market for the rest; `required` must answer. */
async function liveMarket(
  settings: Settings,
  log: Log,
  required: 'binance' | 'ccxt' | undefined,
): Promise<SelectedMarket> {
  const clock = () => new SystemClock();
  const crypto = settings.ATO_UNIVERSE.filter((symbol) => instrumentFor(symbol)?.assetClass === 'crypto');
  const asked = crypto.length === 0 ? [] : liveCandidates(settings, crypto, clock, required);
  const answers = await Promise.all(asked.map((one) => answersInTime(one.source, one.timeoutMs)));
  const live = asked.filter((one, index) => answers[index] && one.source.symbols.length > 0);
  for (const { source } of asked.filter((_, index) => !answers[index]))
    log.warn({ source: source.name }, 'this exchange cannot be reached');
  if (live.length === 0 && required !== undefined) {
    throw new StartRefused(
      `ATO_MARKET_SOURCE=${required}, but ${required === 'ccxt' ? settings.ATO_CCXT_EXCHANGE : 'Binance'} does not answer for any symbol of ATO_UNIVERSE. Fix: check the network, or set ATO_MARKET_SOURCE=auto or synthetic.`,
    );
  }
  if (live.length === 0) {
    log.warn(
      { sources: asked.map((one) => one.source.name) },
      'no exchange can be reached: using the SYNTHETIC market. Nothing you see is a real price.',
    );
    return syntheticMarket(settings, 0);
  }
  const served = new Set(live.flatMap((one) => one.source.symbols));
  const rest = required === undefined ? settings.ATO_UNIVERSE.filter((symbol) => !served.has(symbol)) : [];
  const synthetic =
    rest.length === 0
      ? []
      : [new SyntheticSource({ seed: settings.ATO_SEED, symbols: rest, clock: clock() })];
  if (rest.length > 0)
    log.warn({ symbols: rest }, 'these symbols come from the SYNTHETIC market: their prices are not real');
  return {
    sources: [...live.map((one) => one.source), ...synthetic],
    clock,
    baseTimeframe: '1m',
    universe: [...crypto.filter((symbol) => served.has(symbol)), ...rest],
    kind: rest.length > 0 ? 'simulated' : 'live',
    clockSkewMs: () => live[0]?.source.clockSkewMs ?? null,
  };
}

interface LiveCandidate {
  readonly source: BinanceSource | CcxtSource;
  readonly timeoutMs: number;
}

function liveCandidates(
  settings: Settings,
  symbols: readonly string[],
  clock: ClockFactory,
  required: 'binance' | 'ccxt' | undefined,
): LiveCandidate[] {
  const candidates: LiveCandidate[] = [];
  const exchange = settings.ATO_CCXT_EXCHANGE;
  if (exchange !== undefined && required !== 'binance') {
    // Binance under its own name is taken already.
    const name = exchange === 'binance' ? 'ccxt_binance' : exchange;
    const source = new CcxtSource({ exchange, name, symbols, clock: clock() });
    candidates.push({ source, timeoutMs: marketListTimeoutMs });
  }
  if (required !== 'ccxt')
    candidates.push({
      source: new BinanceSource({ symbols, clock: clock() }),
      timeoutMs: reachableTimeoutMs,
    });
  return candidates;
}

async function answersInTime(source: MarketDataSource, timeoutMs: number): Promise<boolean> {
  try {
    return await source.reachable(timeoutMs);
  } catch (error) {
    if (error instanceof CcxtError) throw new SettingsError(`ATO_CCXT_EXCHANGE: ${error.message}`);
    throw error;
  }
}

function scaledClocks(startAt: EpochMs, speed: number): ClockFactory {
  const origin = performance.now();
  return () => new ScaledClock(startAt, speed, () => performance.now(), origin);
}
