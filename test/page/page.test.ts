// The built page in real headless Chromium, served by the real API with its own content security policy.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { sessionReport } from '../../src/shared/domain/session-report.ts';
import { sessionCalendar } from '../../src/shared/domain/sessions.ts';
import { hostileText } from '../support/sample-candidates.ts';
import { PageServer } from './page-server.ts';
import { type SampleRows, sampleRows } from './sample-rows.ts';

const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const required = process.env.REQUIRE_REAL_SERVERS === '1';
const missing = !existsSync(chromiumPath);
if (missing) console.warn(`page tests skipped: no Chromium at ${chromiumPath}`);
const pageTest = test.skipIf(missing);

const folder = mkdtempSync(join(tmpdir(), 'ato-page-'));
const shots = process.env.PAGE_SCREENSHOTS;
let browser: Browser | undefined;
let server: PageServer;
let rows: SampleRows;
let port = 0;
let complaints: string[] = [];

beforeAll(async () => {
  if (missing) return;
  await build({
    root: resolve(import.meta.dirname, '../../web'),
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  });
  browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  if (missing) return;
  complaints = [];
  rows = sampleRows(Date.now());
  server = new PageServer(folder, rows);
  port = await server.start();
});

afterEach(async () => {
  if (missing) return;
  for (const context of browser?.contexts() ?? []) await context.close();
  await server.stop();
});

/** Opens the page and collects everything the browser complains about, policy violations included. */
async function load(options: BrowserContextOptions = {}): Promise<Page> {
  if (browser === undefined) throw new Error('no browser');
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    console.error('policy violation', event.violatedDirective, event.blockedURI))`);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') complaints.push(`asked outside: ${request.url()}`);
  });
  await page.goto(`http://127.0.0.1:${port}/`);
  return page;
}

/** The page once it is connected and shows its decisions. */
async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await load(options);
  await page.locator('[data-connection="live"]').waitFor();
  await page.locator('.decision').first().waitFor();
  return page;
}

async function shoot(page: Page, name: string): Promise<void> {
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** The text as a person sees it, line breaks included, which the raw text content does not give. */
function textOf(locator: Locator): Promise<string> {
  return locator.innerText();
}

function panel(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true }).first();
}

if (missing && required) {
  test('Chromium is there, as REQUIRE_REAL_SERVERS=1 demands', () => {
    expect.fail(`no Chromium at ${chromiumPath}`);
  });
}

pageTest('shows every part with its data and gives the browser nothing to complain about', async () => {
  const page = await open();
  await page.locator('.chart canvas').first().waitFor();
  expect(await page.getByText('SIMULATED MARKET DATA').isVisible()).toBe(true);
  expect(await textOf(page.locator('.header-facts'))).toMatch(
    /crypto[\s\S]*paper[\s\S]*running[\s\S]*active/,
  );
  expect(await textOf(page.locator('.countdown dd'))).toMatch(/\d+ (s|min)/);
  expect(await page.locator('.decision').count()).toBe(rows.decisions.length);
  expect(await textOf(panel(page, 'Positions'))).toMatch(/BTCUSDT[\s\S]*long[\s\S]*61,190\.40/);
  // The account is in dollars, a profit in what the instrument is quoted in.
  expect(await textOf(panel(page, 'Positions'))).toMatch(/\+42\.18 USDT/);
  expect(await textOf(panel(page, 'Orders'))).toMatch(/Unknown orders: 1/);
  expect(await page.locator('.orders tbody tr').first().getAttribute('class')).toBe('alarming');
  expect(await textOf(panel(page, 'Task queue'))).toMatch(
    /Running 1[\s\S]*Queued 1[\s\S]*deep-market-analysis/,
  );
  expect(await textOf(panel(page, 'Health'))).toMatch(
    /binance\s+unreachable[\s\S]*orchestrator_ai\s+running/,
  );
  expect(await textOf(panel(page, 'Incidents'))).toMatch(/binance does not answer/);
  expect(await textOf(panel(page, 'Signals'))).toMatch(/BUY\s+BTCUSDT\s+71/);
  expect(await textOf(panel(page, 'Market sources'))).toMatch(
    /1\/2[\s\S]*synthetic\s+simulated[\s\S]*binance\s+unreachable[\s\S]*no data yet/,
  );
  expect(await textOf(panel(page, 'New instruments'))).toMatch(/DOGWIF\s+solana\s+6 of 12 filters passed/);
  await shoot(page, 'dark');
  expect(complaints).toEqual([]);
});

pageTest('a decision opens by keyboard and shows what was seen, weighed and done', async () => {
  const page = await open();
  const second = page.locator('.decision').nth(1);
  await second.locator('summary').focus();
  await page.keyboard.press('Enter');
  const detail = await textOf(second.locator('.detail'));
  for (const piece of [
    'crypto volatility',
    '0.584',
    'staleness',
    'past success',
    'promise kept',
    'policy-1',
  ]) {
    expect(detail).toContain(piece);
  }
  expect(detail).toMatch(/succeeded[\s\S]*looked at 6 symbols/);
  expect(await second.locator('.candidates .chosen').count()).toBe(1);
  await shoot(page, 'decision');
});

pageTest('shows what is looked at next and why, budgets and locks', async () => {
  const page = await open();
  const panelText = await textOf(panel(page, 'Schedule'));
  expect(panelText).toMatch(/SOLUSDT.*looked at 22 min ago; market activity 2\.1x usual/s);
  const budgets = panel(page, 'Budgets and locks');
  expect(await textOf(budgets)).toMatch(
    /binance[\s\S]*216\.5 \/ 432[\s\S]*an hour, 40[\s\S]*crypto-analysis/,
  );
  expect(await budgets.locator('meter').count()).toBe(1);
});

pageTest('shows what is learnt and how sure that is', async () => {
  const page = await open();
  const shown = await textOf(panel(page, 'Learnt so far'));
  expect(shown).toMatch(
    /Brier score of 0\.13 .*all decisions[\s\S]*82\s?%[\s\S]*74\s?% to 89\s?%[\s\S]*62 decisions/s,
  );
  expect(shown).toMatch(/crypto-normal-scan[\s\S]*93\s?%[\s\S]*kept 75\s?% of 4/);
});

pageTest('says which sessions are open, which overlap and what changes next', async () => {
  const context = await browser?.newContext();
  const page = await context?.newPage();
  if (page === undefined) throw new Error('no browser');
  // Two hours before London closes on a working day, as the server of that hour would have answered.
  const at = Date.parse('2026-03-11T15:00:00Z');
  const ahead = Date.now() - at;
  const report = sessionReport(sessionCalendar(), at);
  const moved = (iso: string) => new Date(Date.parse(iso) + ahead).toISOString();
  const body = {
    ...report,
    overlaps: report.overlaps.map((one) => ({ ...one, until: moved(one.until) })),
    holiday: { name: hostileText, effect: 'thin' },
    next_change: { ...report.next_change, at: moved(report.next_change.at) },
  };
  await page.route('**/markets/sessions', (route) => route.fulfill({ json: body }));
  await page.goto(`http://127.0.0.1:${port}/`);
  const sessions = panel(page, 'Forex sessions');
  await sessions.getByText('Overlap').waitFor();
  expect(await textOf(sessions)).toMatch(
    /forex open[\s\S]*open but thin[\s\S]*Sydney\s+closed\s+Tokyo\s+closed\s+London\s+open\s+New York\s+open[\s\S]*Next change\s+(2 h|1 h 59 min)[\s\S]*London closes[\s\S]*London \+ New York/,
  );
  expect(await sessions.locator('img').count()).toBe(0);
  await page.getByRole('button', { name: 'Français' }).click();
  expect(await textOf(panel(page, 'Séances forex'))).toMatch(/Londres\s+ouverte[\s\S]*fermeture de Londres/);
});

pageTest('a new instrument opens and shows its filters and what is not known of its safety', async () => {
  const page = await open();
  const candidates = panel(page, 'New instruments');
  await candidates.locator('summary').first().click();
  const detail = await textOf(candidates.locator('.detail').first());
  expect(detail).toMatch(/Filters failed[\s\S]*top 10 holders pct\s+61\.5, at most 30/);
  expect(detail).toMatch(/Not known[\s\S]*mint authority\s+unknown, must be renounced/);
  expect(await textOf(candidates)).toContain('<img src=x onerror=');
});

pageTest('text from outside stays text', async () => {
  const page = await open();
  const shown = await page.locator('.why').allInnerTexts();
  expect(shown.filter((text) => text.includes('<img src=x onerror=')).length).toBeGreaterThanOrEqual(2);
  server.commit('decision', { ...rows.decisions[0]!, id: hostileText, reasoning: hostileText });
  await page.locator('.decision').nth(rows.decisions.length).waitFor();
  await page.locator('.decision summary').first().click();
  expect(await page.locator('.page img').count()).toBe(1);
  expect(await page.locator('.page script').count()).toBe(0);
  expect(await page.title()).toContain('ato');
  expect(complaints).toEqual([]);
});

pageTest('events of the stream appear without asking again', async () => {
  const page = await open();
  server.commit('decision', { ...rows.decisions[0]!, id: 'new', reasoning: 'Heard over the stream.' });
  server.commit('trading.refused', { ...rows.refusals[0]!, id: 'r-new', code: 'daily_loss' });
  server.commit('trading.state_changed', {
    state: 'halted',
    by: 'operator',
    reason: 'test',
    since: Date.now(),
  });
  server.commit('market.quotes', {
    source: 'synthetic',
    quotes: [{ symbol: 'BTCUSDT', bid: 70_000, ask: 70_002, happenedAt: Date.now() }],
    known_at: Date.now(),
  });
  await page.getByText('Heard over the stream.').waitFor();
  await panel(page, 'Refusals').getByText('daily loss').first().waitFor();
  await page.getByRole('button', { name: 'Resume trading' }).waitFor();
  await page.locator('.price .big', { hasText: '70,001.00' }).waitFor();
  expect(await textOf(page.locator('.decision').first())).toContain('Heard over the stream.');
});

pageTest('a flood of events is drawn in bounded work and bounded lists', async () => {
  const page = await open();
  // In portions below the size at which the API cuts off a slow reader.
  for (let portion = 0; portion < 10; portion += 1) {
    for (let index = 0; index < 300; index += 1) {
      const name = `flood ${portion}.${index}`;
      server.commit('signal', { ...rows.signals[0]!, signal_id: name, reasoning: name });
    }
    await page.getByText(`flood ${portion}.299`, { exact: true }).waitFor();
  }
  expect(await page.locator('.signals details').count()).toBeLessThanOrEqual(200);
});

pageTest('buttons post their command; halting asks first', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'Decide now' }).click();
  await page.getByText('Decide now: accepted').waitFor();
  await page.getByRole('button', { name: 'Halt trading' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(server.commands.map((given) => given.command)).toEqual(['force_decision']);
  await page.getByRole('button', { name: 'Halt trading' }).click();
  await shoot(page, 'halt');
  await page.getByRole('dialog').getByRole('button', { name: 'Halt trading' }).click();
  await page.getByText('Halt trading: accepted').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stop: accepted').waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByText('Close: accepted').waitFor();
  await page.getByRole('button', { name: 'Close all' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close all' }).click();
  await page.getByText('Close all: accepted').waitFor();
  expect(server.commands.map((given) => [given.command, given.by, given.symbol])).toEqual([
    ['force_decision', 'page', null],
    ['halt', 'page', null],
    ['stop', 'page', null],
    ['close_position', 'page', 'BTCUSDT'],
    ['close_all', 'page', null],
  ]);
  await page.getByRole('button', { name: 'Start' }).waitFor();
  await page.getByRole('button', { name: 'Resume trading' }).waitFor();
});

pageTest('a token is asked for, kept for the tab, and sent', async () => {
  await server.stop();
  server = new PageServer(folder, rows, 'correct-horse');
  port = await server.start();
  const page = await open();
  await page.getByRole('button', { name: 'Decide now' }).click();
  await page.getByLabel('Token', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('The server did not accept that token.').waitFor();
  await page.getByLabel('Token', { exact: true }).fill('correct-horse');
  await page.keyboard.press('Enter');
  await page.getByText('Decide now: accepted').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stop: accepted').waitFor();
  expect(server.commands.length).toBe(2);
  expect(await page.evaluate(`sessionStorage.getItem('ato.token')`)).toBe('correct-horse');
  expect(await page.evaluate(`JSON.stringify(localStorage)`)).not.toContain('horse');
});

pageTest('where even reading needs the token the page asks for it and then connects', async () => {
  await server.stop();
  server = new PageServer(folder, rows, 'correct-horse', '0.0.0.0');
  port = await server.start();
  const page = await load();
  await page.getByLabel('Token', { exact: true }).fill('correct-horse');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.locator('[data-connection="live"]').waitFor();
  await page.locator('.decision').first().waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
});

pageTest('a lost server is said plainly and found again by itself', async () => {
  const page = await open();
  await server.stop();
  await page.locator('.banner.lost').waitFor();
  expect(await textOf(page.locator('.banner.lost'))).toMatch(/Connection lost.*as it was .*ago/s);
  expect(await page.locator('.decision').count()).toBe(rows.decisions.length);
  await shoot(page, 'lost');
  const fresh = sampleRows(Date.now());
  server = new PageServer(folder, {
    ...fresh,
    decisions: fresh.decisions.map((row) => ({ ...row, reasoning: 'Said after the restart.' })),
  });
  await server.start(port);
  await page.locator('[data-connection="live"]').waitFor({ timeout: 30_000 });
  await page.getByText('Said after the restart.').first().waitFor();
  expect(await page.locator('.banner.lost').count()).toBe(0);
});

pageTest('at 1400 pixels the state of every order is in sight', async () => {
  const page = await open({ viewport: { width: 1_400, height: 1_182 } });
  const [inside, whole] = (await page.evaluate(
    "[...document.querySelectorAll('.orders .scroll')].flatMap((one) => [one.clientWidth, one.scrollWidth])",
  )) as number[];
  expect(whole).toBe(inside);
  // Also where quantities are so long that the table is wider than its panel.
  const [edge = 0, ...ends] = (await page.evaluate(`
    for (const cell of document.querySelectorAll('.orders td.number')) cell.textContent = '123,456.78912 / 123,456.78912';
    const right = (one) => Math.floor(one.getBoundingClientRect().right);
    [right(document.querySelector('.orders .scroll')), ...[...document.querySelectorAll('.orders td .badge')].map(right)]
  `)) as number[];
  expect(ends.length).toBeGreaterThan(0);
  for (const end of ends) expect(end).toBeLessThanOrEqual(edge);
});

pageTest('fits 380 pixels without sideways scrolling', async () => {
  const page = await open({ viewport: { width: 380, height: 800 } });
  await page.locator('.decision summary').first().click();
  await page.locator('.signals summary').first().click();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
  await shoot(page, 'phone');
  await page.getByRole('button', { name: 'Français' }).click();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
});

pageTest('speaks the language of the browser until asked otherwise', async () => {
  const page = await open({ locale: 'fr-CA' });
  await page.getByText('DONNÉES DE MARCHÉ SIMULÉES').waitFor();
  await page.getByRole('button', { name: 'English' }).click();
  await page.reload();
  await page.getByText('SIMULATED MARKET DATA').waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('en');
});

pageTest('speaks French when asked and remembers it', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'Français' }).click();
  await page.getByText('DONNÉES DE MARCHÉ SIMULÉES').waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('fr');
  await page.reload();
  await page.getByText('DONNÉES DE MARCHÉ SIMULÉES').waitFor();
  await page.locator('.decision').first().waitFor();
  await shoot(page, 'french');
  expect(complaints).toEqual([]);
});

pageTest('text stands out enough from its ground in both themes', async () => {
  for (const colorScheme of ['dark', 'light'] as const) {
    const page = await open({ colorScheme });
    await shoot(page, colorScheme);
    const palette = (await page.evaluate(`(() => {
      const style = getComputedStyle(document.documentElement);
      return Object.fromEntries(['back', 'panel', 'raised', 'text', 'strong', 'muted', 'accent', 'good', 'bad', 'warn',
        'good-back', 'bad-back', 'warn-back', 'accent-back'].map((name) => [name, style.getPropertyValue('--' + name).trim()]));
    })()`)) as Record<string, string>;
    const pairs: [string, string][] = ['text', 'strong', 'muted', 'accent', 'good', 'bad', 'warn'].flatMap(
      (ink) => ['back', 'panel', 'raised'].map((ground): [string, string] => [ink, ground]),
    );
    for (const tone of ['good', 'bad', 'warn', 'accent']) pairs.push([tone, `${tone}-back`]);
    for (const [ink, ground] of pairs) {
      const ratio = contrast(palette[ink] ?? '', palette[ground] ?? '');
      expect(ratio, `${colorScheme}: ${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

/** Contrast ratio of two #rrggbb colours by WCAG 2.2. */
function contrast(first: string, second: string): number {
  const luminance = (short: string) => {
    const colour = short.length === 4 ? short.replace(/[^#]/g, '$&$&') : short;
    const [red, green, blue] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
  };
  const [light, dark] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}
