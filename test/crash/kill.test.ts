// Kills the real process at random moments, again and again, and checks that nothing was lost, doubled or left bare.
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PgliteStore } from '../../src/adapters/store/pglite/pglite-store.ts';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import type { Store } from '../../src/shared/ports/store.ts';
import { postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { checkBooks, type Seen } from '../support/check-books.ts';
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
  const verdict = await checkBooks(openStore(), seen);
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
