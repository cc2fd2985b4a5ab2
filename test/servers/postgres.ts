// A real PostgreSQL server for tests: a direct child of the test process, on a random port, in a folder of its own.
// Durable enough for kill -9 of any process: fsync is off, synchronous_commit stays on.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const lowestPort = 20_000;
const highestPort = 32_000;
const startTimeoutMs = 30_000;
const startAttempts = 5;
const password = 'only-for-tests';
const debianBinaries = '/usr/lib/postgresql';
const oldestMajor = 15;

export interface PostgresServer {
  readonly port: number;
  /** URL of a fresh, empty database owned by a role that is no superuser. */
  freshDatabase(): Promise<string>;
  /** URL of the superuser, for looking from outside. */
  readonly superuserUrl: string;
  /** Ends the server without any chance to tidy up, then starts it again on the same data and port. */
  crashAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** Folder with initdb and postgres, the newest installed; undefined when there is none. */
async function binariesFolder(): Promise<string | undefined> {
  const fromSetting = process.env.POSTGRES_BIN;
  if (fromSetting !== undefined)
    return existsSync(path.join(fromSetting, 'postgres')) ? fromSetting : undefined;
  const versions = await readdir(debianBinaries).catch(() => []);
  const usable = versions.map(Number).filter((version) => version >= oldestMajor);
  for (const version of usable.sort((left, right) => right - left)) {
    const folder = path.join(debianBinaries, String(version), 'bin');
    if (existsSync(path.join(folder, 'postgres'))) return folder;
  }
  return undefined;
}

/**
 * Why tests that need the server must be skipped; undefined when they can run.
 * With REQUIRE_REAL_SERVERS=1 a missing server is an Error instead.
 */
export async function postgresSkipReason(): Promise<string | undefined> {
  if ((await binariesFolder()) !== undefined) return undefined;
  const reason = `no PostgreSQL ${oldestMajor}+ server on this machine (apt-get install postgresql, or set POSTGRES_BIN)`;
  if (process.env.REQUIRE_REAL_SERVERS === '1') throw new Error(reason);
  return reason;
}

/** Starts a server of its own; about a second. Throws when the binaries are missing or it does not get ready. */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = await binariesFolder();
  if (binaries === undefined) throw new Error('PostgreSQL is not installed');
  const root = await mkdtemp(path.join(os.tmpdir(), 'ato-postgres-'));
  const identity = await serverIdentity(root);
  const data = path.join(root, 'data');
  const passwordFile = path.join(root, 'password');
  await writeFile(passwordFile, password);
  await chmod(passwordFile, 0o644);
  await runAs(identity, path.join(binaries, 'initdb'), [
    ...['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
    ...['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
  ]);
  let server: ChildProcess | undefined;
  let port = 0;
  const start = async (wanted: number): Promise<void> => {
    port = wanted;
    server = spawnServer(identity, path.join(binaries, 'postgres'), data, root, port);
    await ready(server, superuserUrl(port));
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await start(await freePort());
      break;
    } catch (error) {
      await ended(server, 'SIGKILL');
      if (attempt >= startAttempts) throw error;
    }
  }
  let databases = 0;
  return {
    port,
    superuserUrl: superuserUrl(port),
    freshDatabase: async () => {
      const name = `test_${++databases}`;
      await administrate(superuserUrl(port), [
        `create role ${name} login password '${password}'`,
        `create database ${name} owner ${name} encoding 'UTF8' template template0`,
      ]);
      return `postgres://${name}:${password}@127.0.0.1:${port}/${name}`;
    },
    crashAndRestart: async () => {
      await ended(server, 'SIGKILL');
      await rm(path.join(data, 'postmaster.pid'), { force: true });
      await startAgain(start, port);
    },
    stop: async () => {
      await ended(server, 'SIGINT');
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Children of the killed server need a moment to notice; until then they hold its shared memory. */
async function startAgain(start: (port: number) => Promise<void>, port: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await start(port);
      return;
    } catch (error) {
      if (attempt >= startAttempts * 4) throw error;
      await delay(250);
    }
  }
}

interface Identity {
  readonly prefix: readonly string[];
}

/** PostgreSQL refuses to run as root, so root lends it the folder and the user postgres. */
async function serverIdentity(root: string): Promise<Identity> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const { stdout: uid } = await run('id', ['-u', 'postgres']);
  const { stdout: gid } = await run('id', ['-g', 'postgres']);
  await chown(root, Number(uid), Number(gid));
  return { prefix: ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] };
}

async function runAs(identity: Identity, program: string, args: readonly string[]): Promise<void> {
  const [command = program, ...rest] = [...identity.prefix, program, ...args];
  await run(command, rest, { cwd: os.tmpdir() });
}

function spawnServer(
  identity: Identity,
  program: string,
  data: string,
  root: string,
  port: number,
): ChildProcess {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${root}`,
    'fsync=off',
    'full_page_writes=off',
    'max_connections=60',
    'shared_preload_libraries=pg_stat_statements',
    'shared_buffers=32MB',
  ];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const [command = program, ...rest] = [...identity.prefix, program, ...args];
  // setpriv replaces itself by the server, so the child's pid is the server's.
  return spawn(command, rest, { stdio: 'ignore', cwd: os.tmpdir() });
}

async function ready(server: ChildProcess, url: string): Promise<void> {
  const begun = performance.now();
  while (server.exitCode === null && performance.now() - begun < startTimeoutMs) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch {
      await delay(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new Error(`PostgreSQL did not get ready (exit code ${server.exitCode})`);
}

async function ended(server: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await exit;
}

function superuserUrl(port: number): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

async function administrate(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
    if (!(await answers(port))) return port;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
