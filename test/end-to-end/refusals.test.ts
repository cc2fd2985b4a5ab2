// Every start that cannot work: one clear message naming the fix, the documented exit code, nothing overwritten.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { minuteMs } from '../../src/shared/domain/time.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { folderContents } from '../support/folder-contents.ts';
import { freePort, Installation, projectFolder, type RunResult, runAto } from '../support/system-process.ts';

const misuse = 2;
const failed = 1;
/** Market time of the prepared data, and so how far ahead of the clock it ends. */
const speed = '3600';

const root = mkdtempSync(path.join(tmpdir(), 'ato-refusals-'));
const prepared = path.join(root, 'prepared');
const file = (name: string, text: string | Buffer) => {
  writeFileSync(path.join(root, name), text);
  return path.join(root, name);
};

interface Refused {
  readonly code: number;
  /** Parts of the one message, among them the fix. */
  readonly says: readonly (string | RegExp)[];
  readonly never?: readonly string[];
}

/** Starts the program with these settings on the prepared data and expects that it refuses in one message. */
async function refused(settings: Record<string, string>, expected: Refused): Promise<RunResult> {
  const result = await runAto(['start'], await settingsWith(settings), root);
  expect(result.code, result.stderr).toBe(expected.code);
  expectOneMessage(result, expected);
  return result;
}

async function settingsWith(settings: Record<string, string>): Promise<Record<string, string>> {
  return {
    DATA_DIR: prepared,
    LOG_DIR: path.join(root, 'logs'),
    ORCHESTRATOR_PORT: String(await freePort()),
    ATO_MARKET_SOURCE: 'synthetic',
    ATO_MARKET_SPEED: speed,
    LOG_LEVEL: 'ERROR',
    ...settings,
  };
}

function expectOneMessage({ stdout, stderr }: RunResult, expected: Refused): void {
  expect(stdout, 'a refused start prints no banner').toBe('');
  for (const part of expected.says) expect(stderr).toMatch(part);
  for (const word of expected.never ?? []) expect(stderr).not.toContain(word);
  const lines = stderr.trim().split('\n');
  // Settings have a heading and one line per mistake; everything else is one line.
  expect(lines, stderr).toHaveLength(stderr.startsWith('Settings need a correction') ? 2 : 1);
  expect(stderr, 'a stack trace is for programmers').not.toMatch(/^\s+at |node:internal|Error:/m);
}

/** PostgreSQL notes on a row's page, when it is first read, that its transaction is over. Afterwards reading changes nothing. */
const settle = 'vacuum freeze';

/** A copy of the prepared data that a test may damage. */
function copyOfPrepared(name: string): string {
  const folder = path.join(root, name);
  cpSync(prepared, folder, { recursive: true });
  return folder;
}

beforeAll(async () => {
  const first = new Installation({ ATO_MARKET_SPEED: speed });
  await first.start();
  await eventually('market time ahead of the clock', async () => {
    const { decisions } = (await first.get('/decisions?limit=1')) as { decisions: { at: string }[] };
    return Date.parse(decisions[0]?.at ?? '') > Date.now() + 30 * minuteMs ? true : undefined;
  });
  expect(await first.end('SIGTERM'), first.output).toBe(0);
  cpSync(first.settings.DATA_DIR ?? '', prepared, { recursive: true });
  const database = await PGlite.create(path.join(prepared, 'pglite'));
  await database.exec(settle);
  await database.close();
  await first.remove();
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('settings', () => {
  let untouched: Readonly<Record<string, string>>;
  beforeAll(() => {
    untouched = folderContents(prepared);
  });
  const tapes = path.join(root, 'tapes');
  mkdirSync(tapes);
  const hello = file('tapes/BTCUSDT_1m_20260101-20260102.csv', 'hello\n');
  const broken = file('tapes/ETHUSDT_1m_20260101-20260102.csv.gz', Buffer.from([0x1f, 0x8b, 1, 2, 3]));
  const nameless = file('tapes/recording.csv', 'time,open,high,low,close,volume\n');
  const noObject = file('no-object.ts', 'export const other = 1;\n');
  const incomplete = file('incomplete.ts', 'export const strategy = { name: "x" };\n');
  const throwing = file('throwing.ts', 'throw new Error("boom while loading");\n');
  const syntax = file('syntax.ts', 'export const strategy = {\n');
  const lost = file('lost.ts', 'import "./nowhere.ts";\n');

  test.each<readonly [Record<string, string>, readonly (string | RegExp)[]]>([
    [{ ORCHESTRATOR_PORT: 'abc' }, ['ORCHESTRATOR_PORT: use a whole number from 0 to 65535', '"abc"']],
    [{ ATO_STARTING_CASH: 'lots' }, ['ATO_STARTING_CASH: use a number from 1']],
    [{ LOG_LEVEL: 'verbose' }, ['LOG_LEVEL: use one of DEBUG, INFO, WARNING, ERROR']],
    [{ ATO_MARKET_SOURCE: 'yahoo' }, ['ATO_MARKET_SOURCE: use one of auto, binance, ccxt, tape, synthetic']],
    [{ ATO_UNIVERSE: 'BTCUSDT,???' }, ['cannot read the symbol "???"', 'BTCUSDT']],
    [{ API_TOKEN: 'short-secret' }, ['API_TOKEN: use at least 16 characters']],
    [{ DATABASE_URL: 'mysql://me:sesame@host/db' }, ['postgres://user:password@host:5432/database']],
    [{ ATO_MODE: 'live' }, ['needs ATO_BROKER=oanda or ATO_BROKER=ccxt', 'set ATO_MODE=paper']],
    [{ ATO_MARKET_SOURCE: 'auto' }, ['ATO_MARKET_SPEED other than 1', 'a real market cannot be hurried']],
    [{ ATO_MARKET_SOURCE: 'tape' }, ['needs ATO_TAPE_PATH']],
    [{ ATO_MARKET_SOURCE: 'ccxt', ATO_MARKET_SPEED: '1' }, ['needs ATO_CCXT_EXCHANGE', 'kraken']],
    [
      { ATO_UNIVERS: 'BTCUSDT' },
      ['ATO_UNIVERS is not a setting', 'Did you mean ATO_UNIVERSE?', 'env.example'],
    ],
    [{ ato_mode: 'paper' }, ['Did you mean ATO_MODE?']],
    [
      { ATO_MARKET_SOURCE: 'binance', ATO_MARKET_SPEED: '1', ATO_UNIVERSE: 'EURUSD' },
      ['names no crypto pair that it has', 'Add one'],
    ],
    [{ BIND_ADDRESS: '0.0.0.0' }, ['BIND_ADDRESS=0.0.0.0', 'Set API_TOKEN', 'or leave BIND_ADDRESS at']],
    [{ ATO_STRATEGY_FILE: '/no/such.ts' }, ['ATO_STRATEGY_FILE: there is no file', 'examples/strategies']],
    [{ ATO_STRATEGY_FILE: root }, ['ATO_STRATEGY_FILE', 'cannot be loaded']],
    [{ ATO_STRATEGY_FILE: noObject }, ['must say `export const strategy']],
    [{ ATO_STRATEGY_FILE: incomplete }, ['not a usable strategy', 'evaluate must be a function']],
    [{ ATO_STRATEGY_FILE: throwing }, ['cannot be loaded: boom while loading']],
    [{ ATO_STRATEGY_FILE: syntax }, ['cannot be loaded']],
    [{ ATO_STRATEGY_FILE: lost }, ['cannot be loaded', 'nowhere.ts']],
  ])('%j is refused before anything is opened', async (settings, says) => {
    await refused(settings, { code: misuse, says, never: ['short-secret', 'sesame'] });
    expect(folderContents(prepared)).toEqual(untouched);
  });

  test.each<readonly [string, readonly (string | RegExp)[]]>([
    ['/no/such/tape', ['ATO_TAPE_PATH: /no/such/tape', 'check the path']],
    [hello, ['the first line must be time,open,high,low,close,volume', '"hello"']],
    [broken, ['no candle to play', 'damaged file']],
    [nameless, ['the name must say symbol and timeframe', 'rename it']],
  ])('the recording %s is refused', async (tape, says) => {
    const data = copyOfPrepared(`tape-${readdirSync(root).length}`);
    await refused(
      { ATO_MARKET_SOURCE: 'tape', ATO_TAPE_PATH: tape, DATA_DIR: data },
      { code: misuse, says: ['ATO_TAPE_PATH', ...says] },
    );
  });

  test('an .env that holds a mistake is refused like the environment', async () => {
    const folder = path.join(root, 'with-env');
    mkdirSync(folder);
    writeFileSync(path.join(folder, '.env'), 'ATO_SEEDS=3\n');
    const result = await runAto(['start'], await settingsWith({}), folder);
    expect(result.code).toBe(misuse);
    expectOneMessage(result, { code: misuse, says: ['Did you mean ATO_SEED?'] });
  });
});

describe('this machine', () => {
  test('a port in use, and an address of another machine', async () => {
    const before = folderContents(prepared);
    const rival = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => rival.listen(port, '127.0.0.1', resolve));
    await refused(
      { ORCHESTRATOR_PORT: String(port) },
      {
        code: failed,
        says: [`127.0.0.1:${port}`, 'uses that port', 'Fix: stop it, or set ORCHESTRATOR_PORT'],
      },
    );
    await new Promise((resolve) => rival.close(resolve));
    await refused(
      { BIND_ADDRESS: '203.0.113.7', API_TOKEN: 'long-enough-0123456789' },
      { code: failed, says: ['no address of this machine', 'Fix: set BIND_ADDRESS'] },
    );
    expect(folderContents(prepared)).toEqual(before);
  });

  test('a file where DATA_DIR or LOG_DIR should be', async () => {
    const taken = file('taken', 'irreplaceable');
    for (const name of ['DATA_DIR', 'LOG_DIR'])
      for (const value of [taken, path.join(taken, 'below')])
        await refused({ [name]: value }, { code: failed, says: [name, value, `Fix: set ${name}`] });
    expect(folderContents(root).taken).toBe(folderContents(path.dirname(taken)).taken);
  });

  test.skipIf(process.getuid?.() !== 0 || !existsSync('/usr/bin/setpriv'))(
    'folders that this user may not write',
    async () => {
      const closed = path.join(root, 'closed');
      mkdirSync(closed, { mode: 0o755 });
      const own = path.join(root, 'own');
      mkdirSync(own);
      // mkdtemp makes private folders; the other user must at least reach the one that it may not write.
      chmodSync(root, 0o755);
      chmodSync(own, 0o777);
      for (const name of ['DATA_DIR', 'LOG_DIR']) {
        const settings = await settingsWith({ DATA_DIR: own, LOG_DIR: own, [name]: closed });
        const result = await asNobody(['start'], settings);
        expect(result.code, result.stderr).toBe(failed);
        expectOneMessage(result, { code: failed, says: [name, closed, 'EACCES', `Fix: set ${name}`] });
      }
      expect(readdirSync(closed)).toEqual([]);
    },
  );

  test('data that lies ahead of the clock, as a hurried market leaves it', async () => {
    const before = folderContents(prepared, true);
    await refused(
      { ATO_MARKET_SPEED: '1' },
      {
        code: failed,
        says: [/\d+ minutes after this clock/, 'Fix: go on with the same', 'another DATA_DIR'],
      },
    );
    expect(folderContents(prepared, true)).toEqual(before);
  });
});

describe('the embedded database', () => {
  test('a second process on the same folder; the first goes on', async () => {
    const first = new Installation({ DATA_DIR: copyOfPrepared('shared'), ATO_MARKET_SPEED: speed });
    try {
      await first.start();
      const data = first.settings.DATA_DIR ?? '';
      await refused(
        { DATA_DIR: data },
        {
          code: failed,
          says: [`${data} is in use by process ${first.pid} `, 'Fix: stop that process first. '],
        },
      );
      // The default market does not ask the database where it ended; the refusal must be heard all the same.
      await refused(
        { DATA_DIR: data, ATO_MARKET_SOURCE: 'auto', ATO_MARKET_SPEED: '1' },
        { code: failed, says: ['is in use by process', 'Fix: stop that process first. '] },
      );
      const verify = await runAto(['journal', 'verify', '--data', data], {}, root);
      expect(verify.code).toBe(failed);
      expectOneMessage(verify, {
        code: failed,
        says: ['is in use by process', 'Fix: stop that process first. '],
      });
      expect(await first.get('/health')).toMatchObject({ status: 'ok' });
      expect(await first.end('SIGTERM'), first.output).toBe(0);
    } finally {
      await first.remove();
    }
  });

  test('a corrupt folder', async () => {
    const data = copyOfPrepared('corrupt');
    overwriteAll(path.join(data, 'pglite', 'base'));
    const before = folderContents(data, true);
    const fix = 'Fix: restore a backup of';
    await refused({ DATA_DIR: data }, { code: failed, says: [data, /damaged|cannot be opened/, fix] });
    expect(folderContents(data, true)).toEqual(before);
    rmSync(path.join(data, 'pglite', 'PG_VERSION'));
    await refused({ DATA_DIR: data }, { code: failed, says: ['PG_VERSION is missing', fix] });
    const doctor = await runAto(['doctor', '--json'], await settingsWith({ DATA_DIR: data }), root);
    expect(doctor.code).toBe(failed);
    expect(doctor.stdout).toContain('restore a backup');
  });

  test('data written by a newer version', async () => {
    const data = copyOfPrepared('newer');
    const database = await PGlite.create(path.join(data, 'pglite'));
    await database.exec(bumpMigration('ai_trading'));
    await database.exec(settle);
    await database.close();
    const before = folderContents(data, true);
    const says = ['written by a newer version', 'Fix: update the program'];
    await refused({ DATA_DIR: data }, { code: failed, says });
    const verify = await runAto(['journal', 'verify', '--data', data], {}, root);
    expect(verify.code).toBe(failed);
    expectOneMessage(verify, { code: failed, says });
    expect(folderContents(data, true)).toEqual(before);
  });
});

describe('a PostgreSQL server', () => {
  let server: PostgresServer | undefined;
  afterAll(() => server?.stop());

  test('that does not answer', async () => {
    await refused(
      { DATABASE_URL: 'postgres://me:sesame@127.0.0.1:1/db' },
      { code: failed, says: ['ECONNREFUSED', 'Fix: start the PostgreSQL server'], never: ['sesame'] },
    );
    await refused(
      { DATABASE_URL: 'postgres://me:sesame@no-such-host.invalid/db' },
      { code: failed, says: ['no-such-host.invalid', 'Fix: '], never: ['sesame'] },
    );
  });

  test('wrong password, missing database, a second process, a newer schema', async (context) => {
    const reason = await postgresSkipReason();
    if (reason !== undefined) return context.skip(reason);
    server = await startPostgres();
    const url = await server.freshDatabase();
    const password = new URL(url).password;
    const wrong = new URL(url);
    wrong.password = 'sesame';
    await refused(
      { DATABASE_URL: wrong.href },
      {
        code: failed,
        says: ['password authentication failed', 'Fix: correct user and password'],
        never: ['sesame'],
      },
    );
    const missing = new URL(url);
    missing.pathname = '/nowhere';
    await refused(
      { DATABASE_URL: missing.href },
      { code: failed, says: ['nowhere', 'Fix: create the database'], never: [password] },
    );
    const first = new Installation({ DATABASE_URL: url });
    try {
      await first.start();
      await refused(
        { DATABASE_URL: url, ATO_MARKET_SPEED: '1' },
        {
          code: failed,
          says: ['is in use by', 'Fix: stop that process first, or set ATO_STANDBY=yes'],
          never: [password],
        },
      );
      expect(await first.get('/health')).toMatchObject({ status: 'ok' });
      expect(await first.end('SIGTERM'), first.output).toBe(0);
    } finally {
      await first.remove();
    }
    await administrate(url, bumpMigration('ai_trading'));
    const before = await rowsOf(url);
    await refused(
      { DATABASE_URL: url },
      { code: failed, says: ['written by a newer version', 'Fix: update the program'], never: [password] },
    );
    expect(await rowsOf(url)).toEqual(before);
  });
});

function bumpMigration(schema: string): string {
  return `insert into ${schema}.schema_migrations (version, name, checksum) select max(version) + 1, 'from_the_future', 'x' from ${schema}.schema_migrations`;
}

async function administrate(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

/** One hash of the rows of each table that matters. */
async function rowsOf(url: string): Promise<unknown> {
  const tables = ['journal', 'decisions', 'schema_migrations'];
  const hashes = tables.map(
    (name) => `(select md5(string_agg(t::text, '' order by t::text)) from ai_trading.${name} t) as ${name}`,
  );
  return (await administrate(url, `select ${hashes.join(', ')}`)).rows;
}

function overwriteAll(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const name = path.join(entry.parentPath, entry.name);
    const handle = openSync(name, 'r+');
    for (let at = 0; at < statSync(name).size; at += 4_096)
      writeSync(handle, Buffer.alloc(512, 0xa5), 0, 512, at);
  }
}

function asNobody(args: readonly string[], settings: Record<string, string>): Promise<RunResult> {
  const identity = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const program = [process.execPath, path.join(projectFolder, 'src', 'main.ts'), ...args];
  return new Promise((resolve) =>
    execFile(
      'setpriv',
      [...identity, ...program],
      { cwd: root, env: { PATH: process.env.PATH ?? '', ...settings } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
}
