// CCXT under the broker contract, spot and perpetuals, against a stand-in that speaks Binance's documented wire format.
import { CcxtLink } from '../../src/adapters/broker/ccxt/ccxt-link.ts';
import { PolledBroker } from '../../src/adapters/broker/shared/polled-broker.ts';
import { BinanceVenue } from '../stand-in/binance-venue.ts';
import { brokerContract } from './broker.contract.ts';

const now = () => Date.now();
const withoutAttachedBracket = 'trading sends the stop itself and watches the target';

async function linkTo(venue: BinanceVenue, baseUrl: string): Promise<CcxtLink> {
  const link = await CcxtLink.prepare({
    exchange: venue.kind === 'spot' ? 'binance' : 'binanceusdm',
    credentials: { apiKey: venue.key, secret: venue.secret },
    account: String(venue.uid),
    sandbox: false,
    symbols: venue.kind === 'spot' ? ['BTCUSDT', 'ETHUSDT'] : ['BTC-PERP', 'ETH-PERP'],
    now,
    baseUrl,
  });
  await link.open();
  return link;
}

for (const kind of ['spot', 'swap'] as const) {
  brokerContract(
    `ccxt ${kind}`,
    async () => {
      const venue = new BinanceVenue(kind);
      const baseUrl = await venue.listen();
      const broker = new PolledBroker({ link: await linkTo(venue, baseUrl), now });
      return {
        broker,
        symbol: kind === 'spot' ? 'BTCUSDT' : 'BTC-PERP',
        price: 50_000,
        ...(kind === 'spot' ? { held: '0.00999' } : {}),
        settle: () => broker.look(),
        movePrice: async (price) => {
          venue.move('BTCUSDT', price);
          await broker.look();
        },
        dispose: () => venue.stop(),
      };
    },
    { fillsAtOnce: true, withoutAttachedBracket },
  );
}
