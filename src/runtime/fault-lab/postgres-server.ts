// A PostgreSQL of our own for fault runs: durable enough for kill -9 of any process, gone with its folder.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { ChildServer, freePort, installed } from './child-server.ts';
import type { LabServer } from './redis-server.ts';

const run = promisify(execFile);
const password = 'only-here';
const oldestMajor = 15;
const debianBinaries = '/usr/lib/postgresql';
const forgetMs = 500;

function binaries(): string | undefined {
  const versions = existsSync(debianBinaries) ? readdirSync(debianBinaries).map(Number) : [];
  const newest = versions.filter((version) => version >= oldestMajor).sort((left, right) => right - left)[0];
  if (newest !== undefined) return path.join(debianBinaries, String(newest), 'bin');
  const program = installed('postgres');
  return program === undefined ? undefined : path.dirname(program);
}

/** Why there can be no PostgreSQL; undefined when there can. */
export function postgresMissing(): string | undefined {
  const folder = binaries();
  return folder === undefined || !existsSync(path.join(folder, 'initdb'))
    ? `no PostgreSQL ${oldestMajor}+ on this machine (apt-get install postgresql)`
    : undefined;
}

/** The server refuses to run as root: then it runs as the user that Debian makes for it. */
async function identity(folder: string): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
  await chown(folder, id('-u'), id('-g'));
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'];
}

/** With a role of its own that is no superuser; `url` is that role's. */
export async function startPostgres(): Promise<LabServer> {
  const programs = binaries() ?? '';
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ato-lab-postgres-'));
  const prefix = await identity(folder);
  const data = path.join(folder, 'data');
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, password);
  await chmod(passwordFile, 0o644);
  const [command = '', ...args] = [
    ...prefix,
    ...[path.join(programs, 'initdb'), '-D', data, '-U', 'postgres', '--auth=scram-sha-256'],
    ...[`--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
  ];
  await run(command, args, { cwd: os.tmpdir() });
  const port = await freePort();
  const administrator = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const settings = [
    ...[`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`],
    ...['fsync=off', 'full_page_writes=off', 'max_connections=80', 'shared_buffers=32MB'],
  ];
  const [program = '', ...rest] = [
    ...[...prefix, path.join(programs, 'postgres'), '-D', data],
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  const server = new ChildServer({
    name: 'PostgreSQL',
    command: program,
    args: rest,
    folder: os.tmpdir(),
    ask: () => administrate(administrator, []),
    // Children of a killed server need a moment to notice; until then they hold its memory.
    beforeStart: async () => {
      if (!existsSync(path.join(data, 'postmaster.pid'))) return;
      await delay(forgetMs);
      await rm(path.join(data, 'postmaster.pid'), { force: true });
    },
  });
  await server.start();
  await administrate(administrator, [
    `create role ato login password '${password}'`,
    `create database ato owner ato encoding 'UTF8' template template0`,
  ]);
  return {
    url: `postgres://ato:${password}@127.0.0.1:${port}/ato`,
    port,
    process: server,
    remove: async () => {
      await server.end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function administrate(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}
