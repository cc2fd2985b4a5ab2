// Backup and restore of both kinds of store: the same rows come back, the journal still reproduces, damage is refused, nothing is
// replaced without being asked, and a kill at any moment leaves the old data or the new ones, never something between.
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tidyFolder } from '../../src/adapters/store/pglite/cluster-folder.ts';
import { checkBackup, makeBackup, restoreBackup } from '../../src/runtime/commands/backup.ts';
import { verifyJournal } from '../../src/runtime/commands/journal-verification.ts';
import { openReader } from '../../src/runtime/store/open-reader.ts';
import { environmentSchema, type Settings } from '../../src/shared/config/settings.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { childEnvironment, Installation, projectFolder, runAto } from '../support/system-process.ts';

const root = mkdtempSync(path.join(tmpdir(), 'ato-backup-'));
const at = (name: string) => path.join(root, name);
const now = new Date('2026-01-05T10:00:00Z');
const strategy = path.join(projectFolder, 'test', 'crash', 'busy-strategy.ts');
const settingsOf = (settings: Readonly<Record<string, string>>) =>
  environmentSchema.parse({ ATO_STRATEGY_FILE: strategy, ...settings });
const embedded = (folder: string) => settingsOf({ DATA_DIR: at(folder) });
/** Every row of a backup, without header and end. */
const rowsIn = (file: string) => gunzipSync(readFileSync(file)).toString().split('\n').slice(1, -2);
const make = (settings: Settings, file: string, force = false) =>
  makeBackup(settings, { file: at(file), force, now });
const restore = (settings: Settings, file: string, force = false) =>
  restoreBackup(settings, { file: at(file), force });

/** The journal of the store still reproduces; returns where it ends. */
async function reproduces(settings: Settings): Promise<number> {
  const reader = await openReader(settings);
  try {
    const report = await verifyJournal(reader, settings, () => undefined);
    expect(report.lines.join('\n')).toContain('reproduces');
    expect(report.reproduces).toBe(true);
    return (await reader.load()).sequence;
  } finally {
    await reader.close();
  }
}

/** A system that has traded for some seconds of a hurried market. */
async function lived(settings: Readonly<Record<string, string>>): Promise<Installation> {
  const system = new Installation({
    ...{ ATO_MARKET_SPEED: '1200', ATO_SEED: '7', ATO_DISCOVERY: 'off', ATO_NEWS: 'off' },
    ...{ ATO_STRATEGY_FILE: strategy, ...settings },
  });
  await system.start();
  await eventually('a fill', async () => {
    const { fills } = (await system.get('/trading/fills?limit=1')) as { fills: unknown[] };
    return fills.length > 0 || undefined;
  });
  return system;
}

/** Runs a command and kills it after a while; resolves once it has gone. */
async function killedAfter(
  milliseconds: number,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
) {
  const child = spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), ...args], {
    ...{ cwd: root, env: childEnvironment(settings), stdio: 'ignore' as const },
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await Promise.race([delay(milliseconds), gone]);
  child.kill('SIGKILL');
  await gone;
}

afterAll(() => rmSync(root, { recursive: true, force: true }));

let first: { readonly sequence: number; readonly rows: number };
beforeAll(async () => {
  const system = await lived({ DATA_DIR: at('first'), LOG_DIR: at('logs') });
  await system.end('SIGTERM');
  await system.remove();
  first = await make(embedded('first'), 'first.gz');
}, 120_000);

describe('the embedded database', () => {
  test('comes back row for row, and its journal still reproduces', async () => {
    expect(first.rows).toBeGreaterThan(100);
    expect(statSync(at('first.gz')).mode & 0o777).toBe(0o600);
    await restore(embedded('second'), 'first.gz');
    expect(readdirSync(at('second'))).toEqual(['pglite']);
    await make(embedded('second'), 'second.gz');
    expect(rowsIn(at('second.gz'))).toEqual(rowsIn(at('first.gz')));
    expect(await reproduces(embedded('second'))).toBe(first.sequence);
  });

  test('nothing is replaced without --force: neither a file nor a database', async () => {
    await expect(make(embedded('first'), 'first.gz')).rejects.toThrow(/first\.gz is there already.*--force/);
    await expect(restore(embedded('second'), 'first.gz')).rejects.toThrow(/holds data already.*--force/);
    await restore(embedded('second'), 'first.gz', true);
    expect(readdirSync(at('second'))).toEqual(['pglite']);
  });

  test('a folder in use is refused, and so is one without a database', async () => {
    mkdirSync(at('used'));
    const claim = {
      pid: 1,
      process_start: null,
      boot_id: null,
      pid_namespace: null,
      host: 'elsewhere',
      held: true,
    };
    writeFileSync(path.join(at('used'), 'pglite.lock.1.x'), JSON.stringify(claim));
    await expect(restore(embedded('used'), 'first.gz')).rejects.toThrow(/in use by process 1/);
    await expect(make(embedded('nowhere'), 'x.gz')).rejects.toThrow(/no database/);
    expect(existsSync(at('x.gz'))).toBe(false);
  });

  test('kill -9 during a restore leaves the old database or the new one', async () => {
    await restore(embedded('killed'), 'first.gz');
    // From the first look at the file to the end of the move.
    for (const milliseconds of [1_000, 2_500]) {
      await killedAfter(milliseconds, ['restore', at('first.gz'), '--force'], {
        DATA_DIR: at('killed'),
      });
      const reader = await openReader(embedded('killed')).catch(async (error: unknown) => {
        // Cut off between the two moves: the next start or restore finishes it.
        expect(String(error)).toMatch(/no database/);
        await tidyFolder(at('killed'));
        return openReader(embedded('killed'));
      });
      expect((await reader.load()).sequence).toBe(first.sequence);
      await reader.close();
    }
  });

  test('kill -9 during a backup leaves no file of its name', async () => {
    for (const milliseconds of [600, 1_100]) {
      const file = `cut-${milliseconds}.gz`;
      await killedAfter(milliseconds, ['backup', '--out', at(file)], { DATA_DIR: at('first') });
      if (existsSync(at(file))) expect((await checkBackup(at(file))).rows).toBe(first.rows);
    }
  });

  const cluster = (folder: string, name: string, mark: string) => {
    mkdirSync(path.join(at(folder), name), { recursive: true });
    writeFileSync(path.join(at(folder), name, 'PG_VERSION'), mark);
  };
  test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['the draft was not whole', { pglite: 'old', 'pglite.new.1': 'half' }, 'old'],
    ['the new one was whole, the old one in place', { pglite: 'old', 'pglite.restored.1': 'new' }, 'old'],
    ['the old one was moved away', { 'pglite.restored.1': 'new', 'pglite.replaced.1': 'old' }, 'new'],
    ['the old one was not deleted', { pglite: 'new', 'pglite.replaced.1': 'old' }, 'new'],
    ['nothing was there before', { 'pglite.restored.1': 'new' }, 'new'],
  ])('a start after a cut knows what was meant when %s', async (what, folders, expected) => {
    const folder = what.replaceAll(' ', '-');
    for (const [name, mark] of Object.entries(folders)) cluster(folder, name, mark);
    await tidyFolder(at(folder));
    expect(readdirSync(at(folder))).toEqual(['pglite']);
    expect(readFileSync(path.join(at(folder), 'pglite', 'PG_VERSION'), 'utf8')).toBe(expected);
  });
});

describe('a damaged file', () => {
  const sound = () =>
    gunzipSync(readFileSync(at('first.gz')))
      .toString()
      .split('\n');
  const packed = (lines: readonly string[]) => gzipSync(lines.join('\n'));
  test.each<[string, () => Buffer]>([
    ['cut off', () => readFileSync(at('first.gz')).subarray(0, 5_000)],
    ['empty', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('select 1;')],
    [
      'a changed byte',
      () => {
        const bytes = readFileSync(at('first.gz'));
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
        return bytes;
      },
    ],
    ['a row less', () => packed(sound().toSpliced(5, 1))],
    ['a row twice', () => packed(sound().toSpliced(5, 0, sound()[5]!))],
    [
      'a changed value',
      () => {
        const [table, [first, ...rest]] = JSON.parse(sound()[6]!) as [string, string[]];
        return packed(sound().with(6, JSON.stringify([table, [`${first}Z`, ...rest]])));
      },
    ],
    ['more after its end', () => packed([...sound().slice(0, -1), '["journal",[]]', ''])],
    ['no end', () => packed(sound().slice(0, -2))],
    ['another format', () => packed(sound().with(0, '{"format":"other"}'))],
    [
      'a table that tries to leave its quotes',
      () => packed(sound().with(0, sound()[0]!.replace('"orders":', '"x\\"; drop":'))),
    ],
  ])('%s is refused before anything is touched', async (what, damaged) => {
    const file = `damaged-${what.replaceAll(' ', '-')}.gz`;
    writeFileSync(at(file), damaged());
    await expect(checkBackup(at(file))).rejects.toThrow(/not a sound backup.*Nothing was changed/);
    await expect(restore(embedded(`into-${what}`), file)).rejects.toThrow(/not a sound backup/);
    expect(existsSync(at(`into-${what}`))).toBe(false);
  });

  test('a backup of a newer program is refused', async () => {
    const { makeNewer } = await import('./newer-backup.ts');
    writeFileSync(at('newer.gz'), makeNewer(readFileSync(at('first.gz'))));
    await expect(restore(embedded('newer'), 'newer.gz')).rejects.toThrow(/newer version.*update the program/);
    expect(existsSync(at('newer'))).toBe(false);
  });
});

test('the commands: JSON on stdout, 1 when refused, 2 for misuse', async () => {
  const settings = { DATA_DIR: at('first') };
  const checked = await runAto(['restore', at('first.gz'), '--check', '--json'], settings);
  expect([checked.code, JSON.parse(checked.stdout)]).toEqual([
    0,
    expect.objectContaining({ rows: first.rows }),
  ]);
  const refused = await runAto(['restore', at('first.gz')], settings);
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([1, '', expect.stringContaining('--force')]);
  expect((await runAto(['restore'], settings)).code).toBe(2);
  const made = await runAto(['backup'], settings, root);
  expect([made.code, made.stdout]).toEqual([
    0,
    expect.stringMatching(/backups\/ato-\d{8}T\d{6}Z\.backup\.gz: \d+ rows/),
  ]);
});

const skip = await postgresSkipReason();
describe.skipIf(skip !== undefined)(`PostgreSQL${skip === undefined ? '' : ` (${skip})`}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  const tip = async (settings: Settings) => {
    const reader = await openReader(settings);
    const { sequence } = await reader.load();
    await reader.close();
    return sequence;
  };

  test('a backup beside a running system is one moment of it, and comes back into either kind of store', async () => {
    const url = await server.freshDatabase();
    const system = await lived({ DATABASE_URL: url });
    const busy = settingsOf({ DATABASE_URL: url });
    const before = await tip(busy);
    const report = await make(busy, 'busy.gz');
    const after = await tip(busy);
    await system.remove();
    expect(report.sequence).toBeGreaterThanOrEqual(before);
    expect(after).toBeGreaterThan(report.sequence);
    const other = settingsOf({ DATABASE_URL: await server.freshDatabase(), DATABASE_SCHEMA: 'other_name' });
    await restore(other, 'busy.gz');
    expect(await reproduces(other)).toBe(report.sequence);
    await make(other, 'other.gz');
    expect(rowsIn(at('other.gz'))).toEqual(rowsIn(at('busy.gz')));
    await restore(embedded('moved'), 'busy.gz');
    expect(await tip(embedded('moved'))).toBe(report.sequence);
  });

  test('the embedded database moves to a server, and a system goes on from there', async () => {
    const url = await server.freshDatabase();
    const settings = settingsOf({ DATABASE_URL: url });
    await restore(settings, 'first.gz');
    await expect(restore(settings, 'first.gz')).rejects.toThrow(/holds data already.*--force/);
    await restore(settings, 'first.gz', true);
    const system = new Installation({
      ATO_STRATEGY_FILE: strategy,
      ...{
        DATABASE_URL: url,
        ATO_MARKET_SPEED: '1200',
        ATO_SEED: '7',
        ATO_DISCOVERY: 'off',
        ATO_NEWS: 'off',
      },
    });
    await system.start();
    await expect(restore(settings, 'first.gz', true)).rejects.toThrow(/in use by/);
    await system.end('SIGTERM');
    await system.remove();
    expect(await reproduces(settings)).toBeGreaterThan(first.sequence);
  });

  test('kill -9 of the command or of the server during a restore leaves the old tables', async () => {
    const url = await server.freshDatabase();
    const settings = settingsOf({ DATABASE_URL: url });
    await restore(settings, 'first.gz');
    const schemaOf = async () => (await make(settings, 'now.gz', true)).rows;
    for (const milliseconds of [600, 900]) {
      await killedAfter(milliseconds, ['restore', at('first.gz'), '--force'], { DATABASE_URL: url });
      expect(await schemaOf()).toBe(first.rows);
    }
    const cut = restore(settings, 'first.gz', true).catch(String);
    await delay(150);
    await server.crashAndRestart();
    await cut;
    expect(await schemaOf()).toBe(first.rows);
  });

  test('a schema of somebody else is never emptied; one made for us by the owner of the database will do', async () => {
    const url = await server.freshDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create schema ai_trading; create table ai_trading.theirs (a int)');
    const settings = settingsOf({ DATABASE_URL: url });
    await expect(restore(settings, 'first.gz', true)).rejects.toThrow(/tables of another program/);
    expect((await client.query('select count(*) from ai_trading.theirs')).rowCount).toBe(1);
    await client.end();
    const superuser = new URL(server.superuserUrl);
    superuser.pathname = new URL(url).pathname;
    const owner = new pg.Client({ connectionString: superuser.href });
    await owner.connect();
    const role = new URL(url).username;
    await owner.query(`drop schema ai_trading cascade; create schema ai_trading authorization ${role};
      alter database ${role} owner to postgres; revoke create on database ${role} from public, ${role}`);
    await owner.end();
    await restore(settings, 'first.gz');
    expect(await tip(settings)).toBe(first.sequence);
  });
});

test('a copy of the file is as good as the file', async () => {
  copyFileSync(at('first.gz'), at('copy.gz'));
  expect((await checkBackup(at('copy.gz'))).rows).toBe(first.rows);
});
