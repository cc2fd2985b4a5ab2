// Which broker the orders go to: the simulated venue, or a real one after it was asked whether it can be used. Live trading
// needs mode, keys and a confirmation (checked with the settings), real prices, and data that belong to this account.
import { hash } from 'node:crypto';
import { CcxtLink } from '../../adapters/broker/ccxt/ccxt-link.ts';
import { OandaLink } from '../../adapters/broker/oanda/oanda-link.ts';
import { PaperBroker } from '../../adapters/broker/paper/paper-broker.ts';
import { SeededFaults } from '../../adapters/broker/paper/seeded-faults.ts';
import { PolledBroker } from '../../adapters/broker/shared/polled-broker.ts';
import { BrokerRefused, VenueFault } from '../../adapters/broker/shared/venue-fault.ts';
import type { VenueLink } from '../../adapters/broker/shared/venue-link.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { type Instrument, instrumentFor } from '../../shared/domain/instrument.ts';
import type { DecimalText } from '../../shared/domain/money.ts';
import type { Broker } from '../../shared/ports/broker.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Store } from '../../shared/ports/store.ts';
import type { VenueBook } from '../../shared/ports/venue-book.ts';
import type { MarketListener } from '../market/market-hub.ts';
import type { SelectedMarket } from '../market/market-selection.ts';
import { StartRefused } from '../system/start-guards.ts';
import { openPaperAccount } from './paper-account.ts';
import { paperVenueOf } from './paper-market.ts';

const ownerKey = 'owner';
const paperAccountKey = 'account';
const paperOwner = 'paper';
const fingerprintLength = 16;

export interface SelectedBroker {
  readonly broker: Broker;
  /** Hears prices; nobody does where the venue has its own. */
  readonly listener: MarketListener;
  /** Lets the simulated venue act; a real one needs no push. */
  readonly tick: () => void;
  readonly startingCash: number;
  readonly agentSettings: Pick<AgentSettings, 'broker' | 'instruments' | 'initial_trading_state'>;
  /** For the first lines that a person reads. */
  readonly words: string;
}

const nobody: MarketListener = { onCandle: () => undefined, onQuotes: () => undefined };

/** Throws StartRefused with the fix when the broker cannot be used. */
export async function selectBroker(
  settings: Settings,
  store: Store,
  market: SelectedMarket,
  clock: Clock,
  log: Log,
): Promise<SelectedBroker> {
  const book = store.venueBook();
  if (settings.ATO_MODE === 'paper') return paperBroker(settings, book, market, clock, log);
  assertRealPrices(settings, market);
  try {
    return await liveBroker(settings, book, market, log);
  } catch (error) {
    if (error instanceof BrokerRefused) throw new StartRefused(`Live trading is refused: ${error.message}`);
    if (error instanceof VenueFault)
      throw new StartRefused(
        `Live trading is refused: the broker does not answer as it should (${error.message}). Fix: check the network and the broker's status, then start again. Nothing was sent.`,
      );
    throw error;
  }
}

async function paperBroker(
  settings: Settings,
  book: VenueBook,
  market: SelectedMarket,
  clock: Clock,
  log: Log,
): Promise<SelectedBroker> {
  await takeBook(book, paperOwner);
  const startingCash = await openPaperAccount(book, market.sources, settings, log);
  const venue = paperVenueOf(settings, startingCash, settings.ATO_SEED);
  const paper = new PaperBroker({ venue, book, clock });
  const faultsPct = settings.ATO_PAPER_FAULTS_PCT;
  const broker =
    faultsPct > 0
      ? new SeededFaults({
          broker: paper,
          seed: settings.ATO_SEED,
          share: faultsPct / 100,
          after: (milliseconds, act) => setTimeout(act, milliseconds).unref(),
        })
      : paper;
  return {
    broker,
    listener: paper,
    tick: () => paper.tick(),
    startingCash,
    agentSettings: {
      broker: { name: 'paper', simulated: true, short: true },
      initial_trading_state: 'active',
    },
    words: `paper trading: a simulated account, no real orders${faultsPct > 0 ? `; FAULTS ON PURPOSE in ${faultsPct} % of what passes between us and it` : ''}`,
  };
}

async function liveBroker(
  settings: Settings,
  book: VenueBook,
  market: SelectedMarket,
  log: Log,
): Promise<SelectedBroker> {
  const { link, balance, instruments, account, real } = await openLink(settings, market.universe);
  await takeBook(book, `${link.name}:${hash('sha256', account, 'hex').slice(0, fingerprintLength)}`);
  const broker = new PolledBroker({
    link,
    now: () => Date.now(),
    log: (detail) => log.warn({ broker: link.name }, detail),
  });
  return {
    broker,
    listener: nobody,
    tick: () => undefined,
    startingCash: Number(balance),
    agentSettings: {
      broker: {
        name: link.name,
        simulated: false,
        short: link.short,
        attached_bracket: link.attachedBracket,
      },
      initial_trading_state: 'halted',
      instruments,
    },
    words: `LIVE TRADING with ${link.name}${real ? ', REAL MONEY' : ', a test account'}: halted until you resume it`,
  };
}

interface OpenedLink {
  readonly link: VenueLink;
  readonly balance: DecimalText;
  readonly instruments: readonly Instrument[];
  readonly account: string;
  readonly real: boolean;
}

async function openLink(settings: Settings, universe: readonly string[]): Promise<OpenedLink> {
  const now = () => Date.now();
  const account = accountOf(settings);
  const moved = settings.ATO_BROKER_URL === undefined ? {} : { baseUrl: settings.ATO_BROKER_URL };
  assertTradable(settings, universe);
  if (settings.ATO_BROKER === 'oanda') {
    const link = new OandaLink({
      token: settings.OANDA_API_KEY ?? '',
      account,
      host: settings.ATO_OANDA_HOST,
      symbols: universe,
      now,
      ...moved,
    });
    return { link, account, real: settings.ATO_OANDA_HOST === 'live', ...(await link.open()) };
  }
  const password = settings.CCXT_API_PASSPHRASE;
  const link = await CcxtLink.prepare({
    exchange: settings.ATO_CCXT_EXCHANGE ?? '',
    credentials: {
      apiKey: settings.CCXT_API_KEY ?? '',
      secret: settings.CCXT_API_SECRET ?? '',
      ...(password === undefined ? {} : { password }),
    },
    account,
    sandbox: settings.ATO_CCXT_SANDBOX === 'yes' && settings.ATO_BROKER_URL === undefined,
    symbols: universe,
    now,
    ...moved,
  });
  return { link, account, real: settings.ATO_CCXT_SANDBOX === 'no', ...(await link.open()) };
}

/** The account that orders go to; empty for the paper account. */
export function accountOf(settings: Settings): string {
  return (settings.ATO_BROKER === 'oanda' ? settings.OANDA_ACCOUNT_ID : settings.CCXT_ACCOUNT_ID) ?? '';
}

/** Orders at prices that are generated or long past would be madness; a stand-in on this machine is none. */
function assertRealPrices(settings: Settings, market: SelectedMarket): void {
  if (market.kind === 'live' || settings.ATO_BROKER_URL !== undefined) return;
  throw new StartRefused(
    `Live trading is refused: the prices of some symbols are ${market.kind === 'recorded' ? 'recorded' : 'generated'}, not real. Fix: keep only symbols in ATO_UNIVERSE that a real source serves now, and choose it by ATO_MARKET_SOURCE or ATO_FOREX_SOURCE. Nothing was sent.`,
  );
}

function assertTradable(settings: Settings, universe: readonly string[]): void {
  const wanted = settings.ATO_BROKER === 'oanda' ? 'forex' : 'crypto';
  const others = universe.filter((symbol) => instrumentFor(symbol)?.assetClass !== wanted);
  if (others.length > 0)
    throw new BrokerRefused(
      `ATO_BROKER=${settings.ATO_BROKER} trades ${wanted} only, not ${others.join(', ')}. Fix: take them out of ATO_UNIVERSE; a second process with its own DATA_DIR can trade them.`,
    );
  const perpetuals = universe.filter((symbol) => symbol.endsWith('-PERP'));
  if (perpetuals.length > 0 && perpetuals.length < universe.length)
    throw new BrokerRefused(
      'spot and perpetuals are two accounts of an exchange. Fix: keep one kind in ATO_UNIVERSE.',
    );
}

/** The books in this database belong to one account for good: another account's orders are not ours to reconcile. */
async function takeBook(book: VenueBook, owner: string): Promise<void> {
  const rows = new Map((await book.all()).map((row) => [row.key, row.value]));
  const before = rows.get(ownerKey) ?? (rows.has(paperAccountKey) ? paperOwner : undefined);
  if (before !== undefined && before !== owner)
    throw new StartRefused(
      `The books in this database belong to ${before === paperOwner ? 'the paper account' : 'another trading account'}, and this start would mix two accounts. Fix: use another DATA_DIR (or DATABASE_SCHEMA) for this one. Nothing was changed.`,
    );
  if (before === undefined) await book.write([{ key: ownerKey, value: owner }]);
}
