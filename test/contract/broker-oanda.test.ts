// OANDA under the broker contract, against a stand-in that speaks its documented wire format.

import { OandaLink } from '../../src/adapters/broker/oanda/oanda-link.ts';
import { PolledBroker } from '../../src/adapters/broker/shared/polled-broker.ts';
import { OandaVenue } from '../stand-in/oanda-venue.ts';
import { brokerContract } from './broker.contract.ts';

async function linkTo(venue: OandaVenue, baseUrl: string): Promise<OandaLink> {
  const { token, account } = venue;
  const symbols = ['EURUSD', 'USDJPY'];
  const link = new OandaLink({ token, account, host: 'practice', symbols, baseUrl, now: () => Date.now() });
  await link.open();
  return link;
}

brokerContract(
  'oanda',
  async () => {
    const venue = new OandaVenue();
    const baseUrl = await venue.listen();
    const now = () => Date.now();
    const broker = new PolledBroker({ link: await linkTo(venue, baseUrl), now });
    return {
      broker,
      symbol: 'EURUSD',
      price: 1.25,
      quantity: '100',
      tooMuch: '1000000',
      settle: () => broker.look(),
      movePrice: async (price) => {
        venue.move('EUR_USD', price);
        await broker.look();
        await broker.look();
      },
      reborn: async () => new PolledBroker({ link: await linkTo(venue, baseUrl), now }),
      dispose: () => venue.stop(),
    };
  },
  { fillsAtOnce: true },
);
