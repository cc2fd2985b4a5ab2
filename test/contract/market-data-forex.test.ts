// Runs the market-data contract against OANDA's and TraderMade's stand-ins.
import { OandaSource } from '../../src/adapters/market-data/oanda/oanda-source.ts';
import { TradermadeSource } from '../../src/adapters/market-data/tradermade/tradermade-source.ts';
import { marketDataContract } from './market-data.contract.ts';
import { counted, minutePlayer, truthOf } from './market-data-support/forex-stand-in.ts';
import { ManualClock } from './market-data-support/manual-clock.ts';
import { OandaStandIn, oandaAccount, oandaToken } from './market-data-support/oanda-stand-in.ts';
import {
  TradermadeStandIn,
  tradermadeKey,
  tradermadeStreamKey,
} from './market-data-support/tradermade-stand-in.ts';

/** A Wednesday afternoon. */
const startAt = Date.UTC(2026, 3, 15, 12, 30, 20);
const symbols = ['EURUSD', 'GBPUSD'];

marketDataContract('oanda', async () => {
  const clock = new ManualClock(startAt);
  const venue = new OandaStandIn(() => clock.now());
  await venue.listen();
  const { source, seen } = counted(
    new OandaSource({
      symbols,
      clock,
      token: oandaToken,
      account: oandaAccount,
      host: 'practice',
      restUrl: venue.url,
      streamUrl: venue.url,
      random: () => 0,
    }),
  );
  const send = (openTime: number) => {
    for (const symbol of symbols)
      venue.sendPrice(`${symbol.slice(0, 3)}_${symbol.slice(3)}`, truthOf(symbol, openTime).close);
  };
  const play = minutePlayer({ clock, seen, symbols: symbols.length, send });
  return { source, clock, play, close: () => venue.close() };
});

marketDataContract('tradermade by websocket', async () => {
  const clock = new ManualClock(startAt);
  const venue = new TradermadeStandIn(() => clock.now());
  await venue.listen();
  const { source, seen } = counted(
    new TradermadeSource({
      symbols,
      clock,
      key: tradermadeKey,
      streamKey: tradermadeStreamKey,
      requestsPerMonth: 1_000,
      restUrl: venue.restUrl,
      streamUrl: venue.streamUrl,
      random: () => 0,
    }),
  );
  const send = (openTime: number) => {
    for (const symbol of symbols) venue.tickMinute(symbol, openTime);
  };
  const play = minutePlayer({ clock, seen, symbols: symbols.length, send });
  return { source, clock, play, close: () => venue.close() };
});
