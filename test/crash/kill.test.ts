// Kills the real process at random moments, again and again, and checks that nothing was lost, doubled or left bare.
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PaperVenue } from '../../src/adapters/broker/paper/paper-venue.ts';
import { PgliteStore } from '../../src/adapters/store/pglite/pglite-store.ts';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import { addDecimal, compareDecimal, subtractDecimal } from '../../src/shared/domain/money.ts';
import type { Store } from '../../src/shared/ports/store.ts';
import { postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { Installation, runAto } from '../support/system-process.ts';

/** More rounds by hand: KILL_ROUNDS=100 npx vitest run test/crash. */
const rounds = Number(process.env.KILL_ROUNDS ?? 10);
const longestLifeMs = 4_000;
const seed = Number(process.env.KILL_SEED ?? 20_261_121);
const settings = {
  ATO_UNIVERSE: 'BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT,BNBUSDT,DOGEUSDT,ADAUSDT,LINKUSDT',
  ATO_MARKET_SPEED: '1200',
  ATO_SEED: '5',
  ATO_STRATEGY_FILE: path.join(import.meta.dirname, 'busy-strategy.ts'),
  ATO_MAX_OPEN_POSITIONS: '20',
  ATO_MAX_DRAWDOWN_PCT: '100',
  ATO_MAX_DAILY_LOSS_PCT: '100',
};

/** Small repeatable generator, so that a failing history can be tried again with KILL_SEED. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Seen {
  readonly decisions: Set<string>;
  readonly orders: Set<string>;
}

async function lookAround(system: Installation, seen: Seen): Promise<void> {
  const decisions = (await system.get('/decisions?limit=100').catch(() => undefined)) as
    | { decisions?: { id: string }[] }
    | undefined;
  for (const decision of decisions?.decisions ?? []) seen.decisions.add(decision.id);
  const orders = (await system.get('/trading/orders?limit=100').catch(() => undefined)) as
    | { orders?: { id: string }[] }
    | undefined;
  for (const order of orders?.orders ?? []) seen.orders.add(order.id);
}

async function liveAndDie(system: Installation, random: () => number, seen: Seen): Promise<void> {
  const lifeMs = random() * longestLifeMs;
  // Some lives end while the program is still opening its database, some in the middle of trading.
  if (random() < 0.2) system.launch();
  else await system.start();
  const end = performance.now() + lifeMs;
  while (performance.now() < end) {
    await lookAround(system, seen);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await system.end('SIGKILL');
}

interface Verdict {
  readonly decisions: number;
  readonly orders: number;
  readonly fills: number;
  readonly openPositions: number;
}

const everything = { limit: 100_000 };

async function checkStore(store: Store, seen: Seen): Promise<Verdict> {
  await store.open();
  try {
    for (const id of seen.decisions)
      expect(await store.get('decisions', id), `decision ${id} was seen and is lost`).toBeDefined();
    for (const id of seen.orders)
      expect(await store.get('orders', id), `order ${id} was seen and is lost`).toBeDefined();
    const venue = new PaperVenue({ startingCash: '10000' });
    venue.restore([...(await store.venueBook().all())]);
    const truth = venue.snapshot('check', Date.now() * 2, []);
    const orders = await store.list('orders', everything);
    const fills = await store.list('fills', everything);
    const entries = orders
      .filter((order) => order.leg === 'entry' && order.signal_id !== null)
      .map((order) => order.signal_id);
    expect(new Set(entries).size, 'a signal has two entry orders').toBe(entries.length);
    expect(new Set(orders.map((order) => order.client_order_id)).size).toBe(orders.length);
    for (const order of orders) {
      const filled = fills
        .filter((fill) => fill.client_order_id === order.client_order_id)
        .reduce((sum, fill) => addDecimal(sum, fill.quantity), '0');
      expect(compareDecimal(filled, order.filled_quantity), `fills of ${order.id} do not add up`).toBe(0);
      expect(compareDecimal(filled, order.quantity), `${order.id} is over-filled`).toBeLessThanOrEqual(0);
    }
    const held = new Map<string, string>();
    for (const fill of fills)
      held.set(
        fill.symbol,
        (fill.side === 'buy' ? addDecimal : subtractDecimal)(held.get(fill.symbol) ?? '0', fill.quantity),
      );
    const positions = await store.list('positions', { ...everything, open: true });
    for (const [symbol, quantity] of held) {
      const mine = positions
        .filter((position) => position.symbol === symbol)
        .reduce(
          (sum, position) =>
            (position.side === 'long' ? addDecimal : subtractDecimal)(sum, position.quantity),
          '0',
        );
      expect(compareDecimal(mine, quantity), `position of ${symbol} is not the sum of its fills`).toBe(0);
    }
    for (const position of positions) {
      const legs = truth.orders.filter(
        (order) =>
          order.request.symbol === position.symbol &&
          order.request.reduce_only &&
          (order.state === 'accepted' || order.state === 'partially_filled'),
      );
      expect(legs.length, `position ${position.id} is bare at the venue`).toBeGreaterThan(0);
    }
    return {
      decisions: (await store.list('decisions', everything)).length,
      orders: orders.length,
      fills: fills.length,
      openPositions: positions.length,
    };
  } finally {
    await store.close();
  }
}

async function killTest(
  system: Installation,
  openStore: () => Store,
  verifyArgs: readonly string[],
): Promise<void> {
  const seen: Seen = { decisions: new Set(), orders: new Set() };
  const random = randomFrom(seed);
  for (let round = 0; round < rounds; round++) await liveAndDie(system, random, seen);
  // A last life that ends well, so that whatever was under way at the last kill is reconciled.
  await system.start();
  await lookAround(system, seen);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(await system.end('SIGTERM')).toBe(0);
  const verdict = await checkStore(openStore(), seen);
  expect(verdict.orders, 'nothing was traded, so nothing was tested').toBeGreaterThan(0);
  expect(verdict.decisions).toBeGreaterThanOrEqual(seen.decisions.size);
  const verified = await runAto(
    ['journal', 'verify', '--json', ...verifyArgs],
    system.settings,
    system.folder,
  );
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  const report = JSON.parse(verified.stdout) as { inputs: number; reproduces: boolean };
  expect(report.reproduces).toBe(true);
  process.stdout.write(
    `killed ${rounds} times: ${JSON.stringify({ ...verdict, seen_decisions: seen.decisions.size, seen_orders: seen.orders.size, journal_inputs: report.inputs })}\n`,
  );
}

const installations: Installation[] = [];
afterAll(async () => {
  for (const installation of installations) await installation.remove();
});

describe('kill -9 at random moments', () => {
  test('embedded database', { timeout: 60_000 + rounds * 20_000 }, async () => {
    const system = new Installation(settings);
    installations.push(system);
    await killTest(system, () => new PgliteStore({ folder: system.settings.DATA_DIR ?? '' }), [
      '--data',
      system.settings.DATA_DIR ?? '',
    ]);
  });

  test('PostgreSQL', { timeout: 60_000 + rounds * 20_000 }, async (context) => {
    const reason = await postgresSkipReason();
    if (reason !== undefined) return context.skip(reason);
    const server = await startPostgres();
    try {
      const url = await server.freshDatabase();
      const system = new Installation({ ...settings, DATABASE_URL: url });
      installations.push(system);
      await killTest(system, () => new PostgresStore({ url }), []);
    } finally {
      await server.stop();
    }
  });
});
