// What every broker adapter must keep, simulated or real. An adapter's test hands in a harness that can move its
// market; what a venue cannot do it declares, with the reason, instead of silently passing.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BrokerReport, BrokerUncertainty } from '../../src/shared/bus/catalogue.ts';
import { addDecimal, compareDecimal, multiplyDecimal } from '../../src/shared/domain/money.ts';
import type { OrderRequest } from '../../src/shared/domain/order.ts';
import type { Broker } from '../../src/shared/ports/broker.ts';

export interface BrokerHarness {
  readonly broker: Broker;
  readonly symbol: string;
  /** Price before any move; `movePrice` is relative to nothing, it sets the new price. */
  readonly price: number;
  /** A size that the venue takes easily, a multiple of its step by 10; 0.01 when left out. */
  readonly quantity?: string;
  /** What is held after buying `quantity`, where the venue keeps its fee out of it. */
  readonly held?: string;
  /** More than the account can pay; 1,000,000 when left out. */
  readonly tooMuch?: string;
  /** Lets everything happen that is due, such as orders arriving. */
  settle(): Promise<void>;
  /** Brings the market to this price, so that marketable orders fill and triggers fire. */
  movePrice(price: number): Promise<void>;
  /** The same account after the process died and started again; undefined when that cannot be shown. */
  readonly reborn?: () => Promise<Broker>;
  dispose(): Promise<void>;
}

export interface BrokerContractOptions {
  /** Reason why the adapter's venue has no reduce-only orders; undefined when it has. */
  readonly withoutReduceOnly?: string;
  readonly withoutAttachedBracket?: string;
  /** Market orders fill while they are being answered, and not at the next price. */
  readonly fillsAtOnce?: boolean;
}

/** Registers the suite for one adapter. */
export function brokerContract(
  name: string,
  build: () => Promise<BrokerHarness>,
  options: BrokerContractOptions = {},
): void {
  describe(`broker contract: ${name}`, () => {
    let harness: BrokerHarness;
    let reports: BrokerReport[];
    let uncertainties: BrokerUncertainty[];
    const sink = {
      report: (report: BrokerReport) => void reports.push(report),
      uncertain: (uncertainty: BrokerUncertainty) => void uncertainties.push(uncertainty),
    };

    beforeEach(async () => {
      reports = [];
      uncertainties = [];
      harness = await build();
      await harness.broker.start(sink);
    });
    afterEach(async () => {
      await harness.broker.stop();
      await harness.dispose();
    });

    const size = (): string => harness.quantity ?? '0.01';

    function request(id: string, change: Partial<OrderRequest> = {}): OrderRequest {
      return {
        client_order_id: `ord-${id}`,
        symbol: harness.symbol,
        side: 'buy',
        type: 'market',
        leg: 'entry',
        quantity: size(),
        price: null,
        reduce_only: false,
        bracket: null,
        ...change,
      };
    }

    function bracketed(id: string): OrderRequest {
      return request(id, {
        bracket: {
          stop_client_order_id: `ord-${id}-stop`,
          stop_price: String(harness.price * 0.98),
          target_client_order_id: `ord-${id}-target`,
          target_price: String(harness.price * 1.03),
        },
      });
    }

    async function submitted(order: OrderRequest): Promise<void> {
      await harness.broker.submit(order);
      await harness.settle();
    }

    const question = (id: string) => ({
      client_order_id: `ord-${id}`,
      symbol: harness.symbol,
      created_at: 0,
    });

    const kinds = (id: string): string[] =>
      reports.filter((report) => report.client_order_id === `ord-${id}`).map((report) => report.kind);

    async function held(): Promise<string> {
      const snapshot = await harness.broker.snapshot('held', []);
      return snapshot.positions?.find((position) => position.symbol === harness.symbol)?.quantity ?? '0';
    }

    test('a market order is accepted, then filled, at a price against the trader', async () => {
      await submitted(request('a'));
      if (options.fillsAtOnce !== true) expect(kinds('a')).toEqual(['accepted']);
      await harness.movePrice(harness.price);
      expect(kinds('a')).toEqual(['accepted', 'fill']);
      const fill = reports.find((report) => report.kind === 'fill')?.fill;
      expect(Number(fill?.price)).toBeGreaterThanOrEqual(harness.price);
      expect(compareDecimal(fill?.fee ?? '-1', '0')).toBeGreaterThanOrEqual(0);
    });

    test('the same client order id twice is one order', async () => {
      await submitted(request('a'));
      await submitted(request('a'));
      await harness.movePrice(harness.price);
      await submitted(request('a'));
      await harness.movePrice(harness.price);
      expect(await held()).toBe(harness.held ?? size());
      const trades = new Set(reports.flatMap((report) => (report.fill === null ? [] : [report.fill.id])));
      expect(trades.size).toBe(1);
    });

    test('every report has an id of its own', async () => {
      await submitted(bracketed('a'));
      await harness.movePrice(harness.price);
      await harness.movePrice(harness.price * 0.97);
      const ids = reports.map((report) => report.report_id);
      expect(new Set(ids).size).toBe(ids.length);
    });

    test('a limit order rests, and a cancel ends it once', async () => {
      await submitted(request('a', { type: 'limit', price: String(harness.price * 0.9) }));
      await harness.movePrice(harness.price);
      await harness.broker.cancel('ord-a', harness.symbol);
      await harness.settle();
      expect(kinds('a')).toEqual(['accepted', 'cancelled']);
      await harness.movePrice(harness.price * 0.8);
      expect(await held()).toBe('0');
    });

    test('cancelling an order nobody sent does no harm', async () => {
      await harness.broker.cancel('ord-nobody', harness.symbol);
      await harness.settle();
      expect(reports.filter((report) => report.kind !== 'rejected')).toEqual([]);
      expect(await held()).toBe('0');
    });

    test('an impossible order is rejected with a reason, never swallowed', async () => {
      await submitted(request('a', { quantity: harness.tooMuch ?? '1000000' }));
      await harness.movePrice(harness.price);
      const rejected = reports.find((report) => report.kind === 'rejected');
      expect(rejected?.client_order_id).toBe('ord-a');
      expect(rejected?.reason).toBeTruthy();
      expect(await held()).toBe('0');
    });

    test('a snapshot names open orders, ended ones and all their fills', async () => {
      await submitted(request('a'));
      await harness.movePrice(harness.price);
      await submitted(request('b', { type: 'limit', price: String(harness.price * 0.9) }));
      const snapshot = await harness.broker.snapshot('question-1', [question('a'), question('b')]);
      expect(snapshot).toMatchObject({ request_id: 'question-1', complete: true, error: null });
      const states = Object.fromEntries(
        snapshot.orders.map((order) => [order.request.client_order_id, order.state]),
      );
      expect(states).toMatchObject({ 'ord-a': 'filled', 'ord-b': 'accepted' });
      for (const order of snapshot.orders) {
        const sum = snapshot.fills
          .filter((fill) => fill.client_order_id === order.request.client_order_id)
          .reduce((total, fill) => addDecimal(total, fill.quantity), '0');
        expect(compareDecimal(sum, order.filled_quantity)).toBe(0);
      }
    });

    test('of an id that it never had a snapshot says absent, and of no other', async () => {
      await submitted(request('a', { type: 'limit', price: String(harness.price * 0.9) }));
      const snapshot = await harness.broker.snapshot('q', [question('a'), question('nobody')]);
      expect(snapshot.absent).toEqual(['ord-nobody']);
    });

    test.skipIf(options.withoutReduceOnly !== undefined)(
      `a reducing order never opens a position${because(options.withoutReduceOnly)}`,
      async () => {
        await submitted(request('a', { side: 'sell', reduce_only: true, leg: 'exit' }));
        await harness.movePrice(harness.price);
        expect(await held()).toBe('0');
        await submitted(request('b'));
        await harness.movePrice(harness.price);
        await submitted(
          request('c', {
            side: 'sell',
            reduce_only: true,
            leg: 'exit',
            quantity: multiplyDecimal(size(), '5'),
          }),
        );
        await harness.movePrice(harness.price);
        expect(await held()).toBe('0');
      },
    );

    describe.skipIf(options.withoutAttachedBracket !== undefined)(
      `attached bracket${because(options.withoutAttachedBracket)}`,
      () => {
        test('the entry fill arms stop and target, told with the order they are', async () => {
          await submitted(bracketed('a'));
          if (options.fillsAtOnce !== true) expect(kinds('a-stop')).toEqual([]);
          await harness.movePrice(harness.price);
          const stop = reports.find((report) => report.client_order_id === 'ord-a-stop');
          expect(stop?.order).toMatchObject({
            type: 'stop',
            side: 'sell',
            quantity: size(),
            reduce_only: true,
          });
          expect(kinds('a-target')).toContain('accepted');
        });

        test('the stop closes the position and ends the target', async () => {
          await submitted(bracketed('a'));
          await harness.movePrice(harness.price);
          await harness.movePrice(harness.price * 0.97);
          expect(await held()).toBe('0');
          expect(kinds('a-stop')).toEqual(['accepted', 'fill']);
          expect(kinds('a-target')).toEqual(['accepted', 'cancelled']);
        });

        test('the target closes the position and ends the stop', async () => {
          await submitted(bracketed('a'));
          await harness.movePrice(harness.price);
          await harness.movePrice(harness.price * 1.04);
          expect(await held()).toBe('0');
          expect(kinds('a-target')).toContain('fill');
          expect(kinds('a-stop')).toEqual(['accepted', 'cancelled']);
        });

        test('protection outlives the process', async (context) => {
          if (harness.reborn === undefined) return context.skip('this adapter cannot show a rebirth');
          await submitted(bracketed('a'));
          await harness.movePrice(harness.price);
          const again = await harness.reborn();
          const snapshot = await again.snapshot('after', []);
          const live = snapshot.orders.filter((order) => order.state === 'accepted');
          expect(live.map((order) => order.request.leg).sort()).toEqual(['stop', 'target']);
          expect(snapshot.positions?.[0]?.quantity).toBe(size());
          await again.stop();
        });
      },
    );

    test('nothing in a healthy run is uncertain', async () => {
      await submitted(request('a'));
      await harness.movePrice(harness.price);
      expect(uncertainties).toEqual([]);
    });
  });
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : ` (skipped: ${reason})`;
}
