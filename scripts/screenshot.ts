// Takes docs/page.png: the page of a real running process after some days of a hurried synthetic market.
// Run: node scripts/screenshot.ts [FILE]. Needs Chromium (CHROMIUM_PATH, default /usr/bin/chromium).
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const projectFolder = path.resolve(import.meta.dirname, '..');
const file = process.argv[2] ?? path.join(projectFolder, 'docs', 'page.png');
const size = { width: 1_400, height: 1_182 };
const maxFileBytes = 400_000;
/** Market seconds per second: days of history in minutes, then slowly enough that the page's clock keeps up. */
const historySpeed = 2_400;
const pictureSpeed = 120;
const wanted = { fills: 40, equity: 60, candles: 240 };
const waitMs = 10 * 60_000;
const lookEveryMs = 250;
/** A fill younger than this lies well inside the chart. */
const recentFillMs = 3 * 3_600_000;

interface Rows {
  readonly fills: readonly { symbol: string; at: string }[];
  readonly equity: readonly unknown[];
  readonly positions: readonly unknown[];
  readonly candles: number;
  readonly now: number;
}

const folder = mkdtempSync(path.join(tmpdir(), 'ato-screenshot-'));
const port = await freePort();
let child = start(historySpeed);
try {
  await somethingToSee((rows) => rows.fills.length >= wanted.fills && rows.equity.length >= wanted.equity);
  await stop();
  child = start(pictureSpeed);
  const symbol = await somethingToSee((rows) => rows.candles >= wanted.candles && isFresh(rows));
  await shoot(symbol);
  const bytes = statSync(file).size;
  if (bytes > maxFileBytes) throw new Error(`${file} has ${bytes} bytes, more than ${maxFileBytes}`);
  process.stdout.write(`${file}: ${bytes} bytes, chart of ${symbol}\n`);
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}

function start(speed: number): ChildProcess {
  return spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), 'start'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      ORCHESTRATOR_PORT: String(port),
      DATA_DIR: path.join(folder, 'data'),
      LOG_DIR: path.join(folder, 'logs'),
      ATO_MARKET_SOURCE: 'synthetic',
      ATO_MARKET_SPEED: String(speed),
      ATO_SEED: '7',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function stop(): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** The last fill lies well inside the chart, and a position is open. */
function isFresh({ fills: [last], positions, now }: Rows): boolean {
  return last !== undefined && positions.length > 0 && now - Date.parse(last.at) < recentFillMs;
}

/** Waits until `enough` is true; returns the symbol of the last fill. */
async function somethingToSee(enough: (rows: Rows) => boolean): Promise<string> {
  const end = performance.now() + waitMs;
  while (performance.now() < end) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}`);
    const rows = await look().catch(() => undefined);
    if (rows !== undefined && enough(rows)) return rows.fills[0]?.symbol ?? 'BTCUSDT';
    await delay(lookEveryMs);
  }
  throw new Error(`nothing worth a picture within ${waitMs} ms`);
}

async function look(): Promise<Rows> {
  const [fills, equity, positions, candles] = await Promise.all([
    get('/trading/fills?limit=200'),
    get('/trading/equity?limit=200'),
    get('/trading/positions'),
    get('/markets/candles?symbol=BTCUSDT&timeframe=1m&limit=1000'),
  ]);
  const minutes = candles.candles as { open_time: string }[];
  return {
    fills: fills.fills as Rows['fills'],
    equity: equity.equity as unknown[],
    positions: positions.positions as unknown[],
    candles: minutes.length,
    now: Date.parse(minutes.at(-1)?.open_time ?? ''),
  };
}

async function get(route: string): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${port}${route}`, { signal: AbortSignal.timeout(5_000) });
  return (await response.json()) as Record<string, unknown>;
}

async function shoot(symbol: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
  });
  try {
    const context = await browser.newContext({ viewport: size, colorScheme: 'dark', locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.locator('[data-connection="live"]').waitFor();
    await page.locator('.decision').first().waitFor();
    await page.locator('select').filter({ hasText: symbol }).first().selectOption(symbol);
    await page.locator('.chart canvas').first().waitFor();
    // A few heartbeats of the page, so that every panel has heard of its rows.
    await delay(1_000);
    await page.screenshot({ path: file });
  } finally {
    await browser.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
