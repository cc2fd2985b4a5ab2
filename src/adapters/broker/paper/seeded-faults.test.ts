import { expect, test } from 'vitest';
import type { BrokerReport, BrokerUncertainty } from '../../../shared/bus/catalogue.ts';
import type { OrderRequest } from '../../../shared/domain/order.ts';
import type { VenueRow } from '../../../shared/ports/venue-book.ts';
import { PaperBroker } from './paper-broker.ts';
import { PaperVenue } from './paper-venue.ts';
import { SeededFaults } from './seeded-faults.ts';

const startAt = Date.UTC(2026, 2, 23);
const book = { all: async () => [], write: async (_rows: readonly VenueRow[]) => undefined };

function orderOf(place: number): OrderRequest {
  return {
    client_order_id: `o${place}`,
    symbol: 'BTCUSDT',
    side: 'buy',
    type: 'limit',
    leg: 'entry',
    quantity: '0.001',
    price: '50',
    reduce_only: false,
    bracket: null,
  };
}

/** What became of 200 orders over a line of this share and seed. */
async function run(share: number, seed = 1) {
  const venue = new PaperVenue({ latencyMs: 0, startingCash: '100000' });
  const paper = new PaperBroker({ venue, book, clock: { now: () => startAt } as never });
  const timers: (() => void)[] = [];
  const line = new SeededFaults({
    broker: paper,
    seed,
    share,
    after: (milliseconds, act) => {
      expect(milliseconds).toBeLessThan(20_000);
      timers.push(act);
    },
  });
  const reports: BrokerReport[] = [];
  const uncertain: BrokerUncertainty[] = [];
  await line.start({ report: (one) => reports.push(one), uncertain: (one) => uncertain.push(one) });
  const outcomes: string[] = [];
  for (let place = 0; place < 200; place++) {
    const id = `o${place}`;
    const silent = new Promise<string>((resolve) => setTimeout(resolve, 0, 'silent'));
    const told = await Promise.race([
      line.submit(orderOf(place)).then(
        () => (uncertain.some((one) => one.client_order_id === id) ? 'not-sent' : 'answered'),
        (error: Error) => error.message,
      ),
      silent,
    ]);
    const asked = [{ client_order_id: id, symbol: 'BTCUSDT', created_at: startAt }];
    const held = venue.snapshot('q', startAt, asked).absent.length === 0;
    outcomes.push(`${told}, ${held ? 'held' : 'not held'}`);
  }
  for (const act of timers) act();
  return { outcomes, reports, held: venue.snapshot('all', startAt, []).orders, line };
}

test('without a share nothing is touched', async () => {
  const { outcomes, reports } = await run(0);
  expect(new Set(outcomes)).toEqual(new Set(['answered, held']));
  expect(reports).toHaveLength(200);
});

test('every fault happens, none makes two orders of one or tells what the venue did not say', async () => {
  const { outcomes, reports, held } = await run(0.6);
  expect(new Set(outcomes)).toEqual(
    new Set([
      'answered, held',
      'silent, held',
      'silent, not held',
      'seeded fault: socket hang up, held',
      'not-sent, not held',
    ]),
  );
  const ids = held.map((order) => order.request.client_order_id);
  expect(new Set(ids).size).toBe(ids.length);
  const tellings = new Map<string, number>();
  for (const report of reports) {
    expect(ids).toContain(report.client_order_id);
    tellings.set(report.report_id, (tellings.get(report.report_id) ?? 0) + 1);
  }
  expect([...tellings.values()].filter((count) => count === 2).length).toBeGreaterThan(5);
  expect(tellings.size, 'some are lost').toBeLessThan(ids.length - 5);
});

test('the same seed meets the same faults, and the next try of the same order may fare better', async () => {
  const { outcomes, line } = await run(0.6, 7);
  expect((await run(0.6, 7)).outcomes).toEqual(outcomes);
  expect((await run(0.6, 8)).outcomes).not.toEqual(outcomes);
  const answers: string[] = [];
  for (let asked = 0; asked < 60; asked++) {
    const silent = new Promise<string>((resolve) => setTimeout(resolve, 0, 'silent'));
    const answer = line.snapshot('same question', []).then(
      (snapshot) => (snapshot.complete ? 'complete' : 'incomplete'),
      () => 'failed',
    );
    answers.push(await Promise.race([answer, silent]));
  }
  expect(new Set(answers)).toEqual(new Set(['complete', 'incomplete', 'failed', 'silent']));
});
