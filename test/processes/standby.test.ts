// Two processes for one account: one holds the lease, the other stands by. When the holder is killed, or frozen, the other takes
// over within ten seconds; nothing is lost or doubled, and a holder that wakes up late can neither write nor trade.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PostgresStore } from '../../src/adapters/store/postgres/postgres-store.ts';
import { schemaOf } from '../../src/shared/config/process-settings.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { checkBooks, type Seen } from '../support/check-books.ts';
import { childEnvironment, Installation, projectFolder, runAto } from '../support/system-process.ts';

const takeOverMs = 10_000;
const market = {
  ATO_UNIVERSE: 'BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT',
  ATO_MARKET_SPEED: '1200',
  ATO_SEED: '5',
  ATO_STRATEGY_FILE: path.join(import.meta.dirname, '..', 'crash', 'busy-strategy.ts'),
  ATO_MAX_OPEN_POSITIONS: '20',
  ATO_MAX_DRAWDOWN_PCT: '100',
  ATO_MAX_DAILY_LOSS_PCT: '100',
  ATO_STANDBY: 'yes',
};

const reason = await postgresSkipReason();

describe.skipIf(reason !== undefined)(
  `a lease with a standby${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let server: PostgresServer;
    const installations: Installation[] = [];
    beforeAll(async () => {
      server = await startPostgres();
    }, 60_000);
    afterAll(async () => {
      await Promise.all(installations.map((installation) => installation.remove()));
      await server?.stop();
    });

    function installation(url: string): Installation {
      const made = new Installation({ ...market, DATABASE_URL: url });
      installations.push(made);
      return made;
    }

    async function standingBy(installed: Installation): Promise<void> {
      installed.settings.ORCHESTRATOR_PORT ??= String(29_000 + Math.floor(Math.random() * 2_000));
      installed.launch();
      await expect.poll(() => installed.output, { timeout: 30_000 }).toContain('standing by');
    }

    /** Waits for a fill that was not there before; returns when. */
    async function trades(installed: Installation, seen: Seen): Promise<void> {
      const before = seen.orders.size;
      await expect
        .poll(
          async () => {
            const answer = (await installed.get('/trading/orders?limit=100').catch(() => undefined)) as
              | { orders?: { id: string }[] }
              | undefined;
            for (const order of answer?.orders ?? []) seen.orders.add(order.id);
            return seen.orders.size;
          },
          { timeout: 30_000, interval: 50 },
        )
        .toBeGreaterThan(before + 3);
    }

    /** What the image's health check makes of it. */
    async function healthOf({ settings }: Installation): Promise<{ code: number; says: string }> {
      const script = path.join(projectFolder, 'deploy', 'ai_orchestrator', 'healthcheck.mjs');
      const run = promisify(execFile)(process.execPath, [script], { env: childEnvironment(settings) });
      return run.then(
        ({ stdout }) => ({ code: 0, says: stdout.trim() }),
        (error: { code: number; stdout: string }) => ({ code: error.code, says: error.stdout.trim() }),
      );
    }

    /** How long until the API of the one that stood by answers. */
    async function tookOver(installed: Installation): Promise<number> {
      const begun = performance.now();
      await expect
        .poll(
          () =>
            installed.get('/health').then(
              () => true,
              () => false,
            ),
          { timeout: 30_000, interval: 25 },
        )
        .toBe(true);
      return performance.now() - begun;
    }

    async function booksAndJournal(url: string, seen: Seen, last: Installation): Promise<void> {
      expect(await last.end('SIGTERM'), last.output).toBe(0);
      const books = await checkBooks(new PostgresStore({ url }), seen);
      expect(books.orders).toBeGreaterThan(5);
      const { ATO_STANDBY: _, ...settings } = last.settings;
      const verified = await runAto(['journal', 'verify', '--json'], settings, last.folder);
      expect(JSON.parse(verified.stdout), verified.stderr).toMatchObject({ reproduces: true });
    }

    test('kill -9 of the holder', async () => {
      const url = await server.freshDatabase();
      const [first, second] = [installation(url), installation(url)];
      const seen: Seen = { decisions: new Set(), orders: new Set() };
      await first.start();
      await standingBy(second);
      await trades(first, seen);
      await first.end('SIGKILL');
      expect(await tookOver(second)).toBeLessThan(takeOverMs);
      expect(readdirSync(path.join(second.folder, 'logs')).filter((name) => /sign$/.test(name))).toEqual([]);
      await trades(second, seen);
      await booksAndJournal(url, seen, second);
    }, 120_000);

    test('a frozen holder, which wakes up after the other has taken over', async () => {
      const url = await server.freshDatabase();
      const [first, second] = [installation(url), installation(url)];
      const seen: Seen = { decisions: new Set(), orders: new Set() };
      await first.start();
      await standingBy(second);
      await trades(first, seen);
      process.kill(first.pid, 'SIGSTOP');
      expect(await tookOver(second)).toBeLessThan(takeOverMs);
      process.kill(first.pid, 'SIGCONT');
      const code = await first.gone(30_000);
      expect(code, 'the late one gives up').toBe(1);
      await trades(second, seen);
      await booksAndJournal(url, seen, second);
    }, 120_000);

    test('who stands by ends at once when asked; who does not stand by is refused by name', async () => {
      const url = await server.freshDatabase();
      const [first, second, third] = [installation(url), installation(url), installation(url)];
      await first.start();
      await standingBy(second);
      expect(await healthOf(first)).toEqual({ code: 0, says: '' });
      expect(await healthOf(second), 'no API, and well').toEqual({ code: 0, says: 'standing by' });
      expect(await second.end('SIGTERM')).toBe(0);
      expect(await healthOf(second), 'it stands by for nobody').toMatchObject({ code: 1 });
      third.settings.ATO_STANDBY = 'no';
      const refused = await runAto(['start'], { ...third.settings, ORCHESTRATOR_PORT: '0' }, third.folder);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/in use by ato process \d+ .*set ATO_STANDBY=yes/s);
      const part = await runAto(
        ['start'],
        {
          ...third.settings,
          ...{ AGENTS: 'trading', RELAY: 'redis', RELAY_URL: 'redis://127.0.0.1:1', ORCHESTRATOR_PORT: '0' },
          ATO_MARKET_SPEED: '1',
        },
        third.folder,
      );
      expect(part.code).toBe(1);
      expect(part.stderr).toMatch(/The trading agent of this installation is already with ato process/);
      expect(schemaOf({ AGENTS: ['trading_ai'], DATABASE_SCHEMA: 'ai_trading' })).toBe('ai_trading_trading');
    }, 120_000);
  },
);
