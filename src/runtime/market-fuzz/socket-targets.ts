// Every source with an address of its own, as the fuzzing of whole sources runs it: where it dials, and what a sound
// venue would say to it (venue-words.ts). A new source adds one entry.

import { BinanceSource } from '../../adapters/market-data/binance/binance-source.ts';
import { createBirdeyePrices } from '../../adapters/market-data/birdeye/birdeye-prices.ts';
import { createBirdeyeSource } from '../../adapters/market-data/birdeye/birdeye-source.ts';
import { CcxtSource } from '../../adapters/market-data/ccxt/ccxt-source.ts';
import { createDexscreenerPrices } from '../../adapters/market-data/dexscreener/dexscreener-prices.ts';
import { createDexscreenerSource } from '../../adapters/market-data/dexscreener/dexscreener-source.ts';
import { createGeckoterminalSource } from '../../adapters/market-data/geckoterminal/geckoterminal-source.ts';
import { OandaSource } from '../../adapters/market-data/oanda/oanda-source.ts';
import { createPumpfunSource } from '../../adapters/market-data/pumpfun/pumpfun-source.ts';
import { PumpportalSource } from '../../adapters/market-data/pumpportal/pumpportal-source.ts';
import { assertPossible } from '../../adapters/market-data/shared/fuzz-case.ts';
import { TradermadeSource } from '../../adapters/market-data/tradermade/tradermade-source.ts';
import type { CandidateSource } from '../../shared/ports/candidate-source.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import type { Random } from '../../shared/ports/random.ts';
import { ImpossiblePassed } from './fuzz-target.ts';
import type { OracleSink } from './oracle-sink.ts';
import {
  binanceBody,
  binanceFrame,
  birdeyeBody,
  dexscreenerBody,
  geckoterminalBody,
  mint,
  oandaBody,
  pair,
  pumpfunBody,
  pumpportalFrame,
  symbol,
  tradermadeBody,
  tradermadeFrame,
} from './venue-words.ts';

const token = `solana:${mint}`;

/** A source of prices or of candidates, started into the oracle. */
interface RunningSource {
  start(sink: OracleSink): Promise<void>;
  /** Something people ask of it meanwhile. */
  look(): Promise<unknown>;
  restart(reason: string): Promise<void>;
  stop(): Promise<void>;
}

export interface SocketTarget {
  readonly name: string;
  /** The sound answer to a request. */
  readonly body: (path: string, now: number) => string;
  /** What the websocket says next. */
  readonly frame: (now: number, random: Random) => string;
  readonly build: (port: number, clock: Clock, random: Random) => RunningSource;
}

function prices(source: MarketDataSource): RunningSource {
  return {
    start: (sink) => source.start(sink),
    look: () => source.history(source.symbols[0] ?? '', 100),
    restart: (reason) => source.restart(reason),
    stop: () => source.stop(),
  };
}

function candidates(source: CandidateSource): RunningSource {
  return {
    start: async (sink) => {
      await source.start({
        candidates: (batch) => {
          try {
            assertPossible(batch);
          } catch (error) {
            throw new ImpossiblePassed(error instanceof Error ? error.message : String(error));
          }
          sink.passed += batch.observations.length;
        },
        status: () => sink.status(),
        quarantined: () => sink.quarantined(),
      });
      source.watch([{ chain: 'solana', address: mint }]);
    },
    look: () => source.reachable(100),
    restart: (reason) => source.restart(reason),
    stop: () => source.stop(),
  };
}

function ccxtSource(port: number, clock: Clock, random: Random): CcxtSource {
  return new CcxtSource({
    exchange: 'binance',
    symbols: [symbol],
    clock,
    random: () => random.next(),
    prepare: async (exchange) => {
      const api = exchange.urls.api as Record<string, unknown>;
      for (const name of Object.keys(api)) api[name] = `${http(port)}/api/v3`;
      api.ws = { spot: `${ws(port)}/ws` };
      await exchange.loadHttpProxyAgent?.();
      exchange.enableRateLimit = false;
      const names = { id: symbol, lowercaseId: 'btcusdt', symbol: 'BTC/USDT', base: 'BTC', quote: 'USDT' };
      const kind = { type: 'spot', spot: true, active: true, precision: {}, limits: {}, info: {} };
      exchange.setMarkets([{ ...names, ...kind }]);
    },
  });
}

const silent = () => '';
const http = (port: number) => `http://127.0.0.1:${port}`;
const ws = (port: number) => `ws://127.0.0.1:${port}`;
const dice = (random: Random) => ({ random: () => random.next() });

export const socketTargets: readonly SocketTarget[] = [
  {
    name: 'binance',
    body: binanceBody,
    frame: binanceFrame,
    build: (port, clock, random) =>
      prices(
        new BinanceSource({
          symbols: [symbol],
          clock,
          restUrl: http(port),
          streamUrl: ws(port),
          ...dice(random),
        }),
      ),
  },
  {
    name: 'ccxt',
    body: binanceBody,
    frame: binanceFrame,
    build: (port, clock, random) => prices(ccxtSource(port, clock, random)),
  },
  {
    name: 'oanda',
    body: oandaBody,
    frame: silent,
    build: (port, clock, random) => {
      const account = { token: 'token', account: '101-001-1-001', host: 'practice' as const };
      const urls = { restUrl: http(port), streamUrl: http(port) };
      return prices(new OandaSource({ symbols: [pair], clock, ...account, ...urls, ...dice(random) }));
    },
  },
  {
    name: 'tradermade',
    body: tradermadeBody,
    frame: tradermadeFrame,
    build: (port, clock, random) => {
      const plan = { key: 'key', streamKey: 'wskey', requestsPerMonth: 1_000_000 };
      const urls = { restUrl: http(port), streamUrl: ws(port) };
      return prices(new TradermadeSource({ symbols: [pair], clock, ...plan, ...urls, ...dice(random) }));
    },
  },
  {
    name: 'dexscreener',
    body: dexscreenerBody,
    frame: silent,
    build: (port, clock, random) =>
      candidates(
        createDexscreenerSource({ chains: ['solana'], clock, baseUrl: http(port), ...dice(random) }),
      ),
  },
  {
    name: 'dexscreener prices',
    body: dexscreenerBody,
    frame: silent,
    build: (port, clock, random) =>
      prices(createDexscreenerPrices({ symbols: [token], clock, baseUrl: http(port), ...dice(random) })),
  },
  {
    name: 'birdeye',
    body: birdeyeBody,
    frame: silent,
    build: (port, clock, random) =>
      candidates(createBirdeyeSource({ apiKey: 'key', clock, baseUrl: http(port), ...dice(random) })),
  },
  {
    name: 'birdeye prices',
    body: birdeyeBody,
    frame: silent,
    build: (port, clock, random) =>
      prices(
        createBirdeyePrices({
          symbols: [token],
          apiKey: 'key',
          clock,
          baseUrl: http(port),
          ...dice(random),
        }),
      ),
  },
  {
    name: 'geckoterminal',
    body: geckoterminalBody,
    frame: silent,
    build: (port, clock, random) =>
      candidates(
        createGeckoterminalSource({ chains: ['solana'], clock, baseUrl: http(port), ...dice(random) }),
      ),
  },
  {
    name: 'pumpfun',
    body: pumpfunBody,
    frame: silent,
    build: (port, clock, random) =>
      candidates(createPumpfunSource({ clock, baseUrl: http(port), ...dice(random) })),
  },
  {
    name: 'pumpportal',
    body: silent,
    frame: pumpportalFrame,
    build: (port, clock, random) =>
      candidates(new PumpportalSource({ clock, apiKey: 'key', url: ws(port), ...dice(random) })),
  },
];
