// The paper broker under the broker contract, and what only it promises: its book is written before a report leaves.
import { expect, test } from 'vitest';
import { PaperBroker } from '../../src/adapters/broker/paper/paper-broker.ts';
import { PaperVenue } from '../../src/adapters/broker/paper/paper-venue.ts';
import { MemoryVenueBook } from '../../src/adapters/store/memory/memory-venue-book.ts';
import type { BrokerReport, BrokerUncertainty } from '../../src/shared/bus/catalogue.ts';
import type { OrderRequest } from '../../src/shared/domain/order.ts';
import type { Clock } from '../../src/shared/ports/clock.ts';
import type { VenueBook, VenueRow } from '../../src/shared/ports/venue-book.ts';
import { brokerContract } from './broker.contract.ts';

const startAt = Date.UTC(2026, 2, 23);

class HandClock implements Clock {
  at = startAt;
  now(): number {
    return this.at;
  }
  wakeAt(): void {}
  cancelWake(): void {}
}

function quotes(price: number, at: number) {
  const quote = { symbol: 'BTCUSDT', bid: price * 0.9999, ask: price * 1.0001, happenedAt: at };
  return { source: 'test', quotes: [quote], known_at: at };
}

async function settled(broker: PaperBroker, clock: HandClock): Promise<void> {
  clock.at += 1_000;
  broker.tick();
  await broker.snapshot('settle', []);
}

brokerContract('paper', async () => {
  const clock = new HandClock();
  const book = new MemoryVenueBook();
  const broker = new PaperBroker({
    venue: new PaperVenue({ latencyMs: 100, latencySpread: 0 }),
    book,
    clock,
  });
  broker.onQuotes(quotes(50_000, clock.at));
  return {
    broker,
    symbol: 'BTCUSDT',
    price: 50_000,
    settle: () => settled(broker, clock),
    movePrice: async (price) => {
      clock.at += 1_000;
      broker.onQuotes(quotes(price, clock.at));
      await settled(broker, clock);
    },
    reborn: async () => {
      const again = new PaperBroker({
        venue: new PaperVenue({ latencyMs: 100, latencySpread: 0 }),
        book,
        clock,
      });
      await again.start({ report: () => undefined, uncertain: () => undefined });
      return again;
    },
    dispose: async () => undefined,
  };
});

const entry: OrderRequest = {
  client_order_id: 'ord-a',
  symbol: 'BTCUSDT',
  side: 'buy',
  type: 'market',
  leg: 'entry',
  quantity: '0.01',
  price: null,
  reduce_only: false,
  bracket: null,
};

/** A book that can refuse to write, and remembers when it wrote. */
class FragileBook implements VenueBook {
  readonly inner = new MemoryVenueBook();
  failing = false;
  writes = 0;
  all(): Promise<readonly VenueRow[]> {
    return this.inner.all();
  }
  async write(rows: readonly VenueRow[]): Promise<void> {
    if (this.failing) throw new Error('disk full');
    this.writes++;
    await this.inner.write(rows);
  }
}

test('a report is never released before its rows are durable', async () => {
  const clock = new HandClock();
  const book = new FragileBook();
  const broker = new PaperBroker({
    venue: new PaperVenue({ latencyMs: 100, latencySpread: 0 }),
    book,
    clock,
  });
  const reports: BrokerReport[] = [];
  const uncertain: BrokerUncertainty[] = [];
  await broker.start({ report: (r) => void reports.push(r), uncertain: (u) => void uncertain.push(u) });
  broker.onQuotes(quotes(50_000, clock.at));
  book.failing = true;
  await broker.submit(entry);
  expect(uncertain).toMatchObject([{ client_order_id: 'ord-a', action: 'submit', outcome: 'unknown' }]);
  clock.at += 1_000;
  broker.tick();
  await expect(broker.snapshot('q', [])).rejects.toThrow('disk full');
  expect(reports).toEqual([]);
  expect(broker.lastError).toBe('disk full');
  book.failing = false;
  await broker.snapshot('q', []);
  expect(reports.map((report) => report.kind)).toEqual(['accepted']);
  expect(broker.lastError).toBeNull();
});

test('kill -9 between the write and the report loses the report, never the order', async () => {
  const clock = new HandClock();
  const book = new MemoryVenueBook();
  const first = new PaperBroker({ venue: new PaperVenue({ latencyMs: 100, latencySpread: 0 }), book, clock });
  await first.start({ report: () => undefined, uncertain: () => undefined });
  await first.submit(entry);
  const second = new PaperBroker({
    venue: new PaperVenue({ latencyMs: 100, latencySpread: 0 }),
    book,
    clock,
  });
  const reports: BrokerReport[] = [];
  await second.start({ report: (r) => void reports.push(r), uncertain: () => undefined });
  await second.submit(entry);
  clock.at += 1_000;
  second.onQuotes(quotes(50_000, clock.at));
  const snapshot = await second.snapshot('q', []);
  expect(snapshot.orders).toMatchObject([{ state: 'filled', filled_quantity: '0.01' }]);
  expect(reports.map((report) => report.kind)).toEqual(['accepted', 'fill']);
});
