// How much of an order goes out: never more than is there, never less than the venue takes, never at a protection's cost.
import { expect, test } from 'vitest';
import type { OrderRequest } from '../../../shared/domain/order.ts';
import type { OrderTruth } from '../shared/venue-link.ts';
import type { VenueMarket } from './ccxt-markets.ts';
import { type SaleHands, sendable } from './ccxt-sale.ts';

const instrument = { quantityStep: '0.01', minimumQuantity: '0.05' };
const spot = { instrument, swap: false, base: 'BTC' } as unknown as VenueMarket;
const perpetual = { ...spot, swap: true };

const sell = (quantity: string, changes: Partial<OrderRequest> = {}) =>
  ({ symbol: 'BTCUSDT', side: 'sell', quantity, leg: 'exit', reduce_only: true, ...changes }) as OrderRequest;
const resting = (id: string, quantity: string, filled_quantity = '0') =>
  ({ request: sell(quantity, { client_order_id: id, leg: 'stop' }), filled_quantity }) as OrderTruth;

/** An account that holds `free` units and lets go what a cancelled sale has locked. */
function account(free: number, sales: readonly OrderTruth[] = [], replaces = false) {
  const cancelled: string[] = [];
  const hands: SaleHands = {
    free: async () => {
      const freed = sales.filter(({ request }) => cancelled.includes(request.client_order_id));
      return String(free + freed.reduce((sum, { request }) => sum + Number(request.quantity), 0));
    },
    openOrders: async () => sales,
    cancel: async (id) => void cancelled.push(id),
    replaces,
    redact: String,
  };
  return { hands, cancelled };
}

test('an order that opens must fit the venue exactly; nothing is asked for it', async () => {
  const hands = {} as SaleHands;
  const opens = (quantity: string) => sendable(sell(quantity, { reduce_only: false }), spot, hands);
  expect(await opens('0.05')).toEqual({ quantity: '0.05', instead: undefined });
  await expect(opens('0.051')).rejects.toMatchObject({ outcome: 'rejected' });
  await expect(opens('0.04')).rejects.toMatchObject({ outcome: 'rejected' });
});

test('an exit on spot sells what is there, after its own resting sales gave way', async () => {
  const { hands, cancelled } = account(0.2, [resting('stop', '0.8'), resting('target', '0.4')]);
  expect(await sendable(sell('1.2'), spot, hands)).toEqual({ quantity: '1.2', instead: undefined });
  expect(cancelled).toEqual(['stop', 'target']);
  const poor = account(0.567);
  expect((await sendable(sell('1.2'), spot, poor.hands)).quantity).toBe('0.56');
  await expect(sendable(sell('1.2'), spot, account(0.01).hands)).rejects.toThrow('nothing to reduce');
});

test('where the venue can replace, the one resting sale gives way in the same step and is not cancelled before', async () => {
  const { hands, cancelled } = account(0, [resting('stop', '1', '0.3')], true);
  expect(await sendable(sell('1'), spot, hands)).toEqual({ quantity: '0.7', instead: 'stop' });
  expect(cancelled).toEqual([]);
});

test('a stop never takes the place of a larger one, and cancels nothing', async () => {
  const larger = account(0.1, [resting('stop', '1')], true);
  const leg = 'stop' as const;
  expect(await sendable(sell('0.5', { leg }), spot, larger.hands)).toEqual({
    ...{ quantity: '0.1', instead: undefined },
  });
  expect(await sendable(sell('1', { leg }), spot, larger.hands)).toEqual({ quantity: '1', instead: 'stop' });
  expect(larger.cancelled).toEqual([]);
});

test('a venue that cannot be asked leaves the order unsent', async () => {
  const { hands } = account(0, []);
  const mute = { ...hands, free: () => Promise.reject(new Error('down')) };
  await expect(sendable(sell('1'), spot, mute)).rejects.toMatchObject({ outcome: 'not-sent' });
});

test('on a perpetual the venue itself keeps a reduction from becoming a position', async () => {
  const untouched = {} as SaleHands;
  expect(await sendable(sell('1.239'), perpetual, untouched)).toEqual({
    quantity: '1.23',
    instead: undefined,
  });
});
