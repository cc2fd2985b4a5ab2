// The store contract on the embedded database, and what only a folder has: locks, damage, kill -9.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPgliteReader } from '../../src/adapters/store/pglite/open-reader.ts';
import { PgliteStore } from '../../src/adapters/store/pglite/pglite-store.ts';
import { StoreOpenError } from '../../src/shared/ports/store.ts';
import { batchOf, ChainBuilder, storeContract } from './store.contract.ts';
import { retentionContract } from './store-retention.contract.ts';

describe('the embedded database', () => {
  let root: string;
  let made = 0;

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'ato-pglite-'));
    const template = new PgliteStore({ folder: path.join(root, 'template') });
    await template.open();
    await template.close();
  });

  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });

  /** A data folder with an empty, migrated database; copied, because making one takes seconds. */
  async function freshFolder(): Promise<string> {
    const folder = path.join(root, `data-${++made}`);
    await cp(path.join(root, 'template'), folder, { recursive: true });
    return folder;
  }

  storeContract('PgliteStore', async () => {
    const folder = await freshFolder();
    return {
      make: () => new PgliteStore({ folder }),
      durable: true,
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  });

  retentionContract('PgliteStore', async () => {
    const folder = await freshFolder();
    return {
      make: (retentionDays) => new PgliteStore({ folder, retentionDays }),
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  });

  const lockFiles = async (folder: string): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('pglite.lock.'));

  test('a second opener is refused by pid, in this process and in another; a reader too', async () => {
    const folder = await freshFolder();
    const holder = startHolder(folder);
    await holder.ready;
    await expect(new PgliteStore({ folder }).open()).rejects.toThrow(
      new RegExp(`in use by process ${holder.pid} .*Fix: stop that process`),
    );
    await expect(openPgliteReader({ folder })).rejects.toThrow(StoreOpenError);
    holder.kill('SIGKILL');
    await holder.exit;
    expect(await lockFiles(folder)).toHaveLength(1);
    const store = new PgliteStore({ folder });
    await store.open();
    await expect(new PgliteStore({ folder }).open()).rejects.toThrow(/in use by process/);
    await store.close();
    expect(await lockFiles(folder)).toEqual([]);
    const reader = await openPgliteReader({ folder });
    expect((await reader.load()).sequence).toBe(0);
    await reader.close();
  });

  test('of many openers at once exactly one wins', async () => {
    const folder = await freshFolder();
    const stores = Array.from({ length: 6 }, () => new PgliteStore({ folder }));
    const results = await Promise.allSettled(stores.map((store) => store.open()));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StoreOpenError);
    await Promise.all(stores.map((store) => store.close()));
    expect(await lockFiles(folder)).toEqual([]);
  });

  test('a lock whose pid was given to another process is taken over', async () => {
    const folder = await freshFolder();
    const claim = {
      pid: process.pid,
      process_start: '1',
      boot_id: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      pid_namespace: await readlink('/proc/self/ns/pid'),
      host: os.hostname(),
      held: true,
    };
    const file = path.join(folder, 'pglite.lock.1.aaaa');
    await writeFile(file, JSON.stringify(claim));
    const store = new PgliteStore({ folder });
    await store.open();
    await store.close();
    // A holder in another container cannot be seen by its pid; its fresh heartbeat protects it.
    await writeFile(file, JSON.stringify({ ...claim, pid_namespace: 'pid:[1]', host: 'other' }));
    await expect(store.open()).rejects.toThrow(/in use by process .* on other/);
    await writeFile(file, '{');
    await expect(store.open()).rejects.toThrow(/lock file .* cannot be read. Fix:/);
  });

  test('kill -9 during commits loses nothing that was acknowledged', async () => {
    const folder = await freshFolder();
    for (let round = 0; round < 3; round++) {
      const holder = startHolder(folder, 'commit');
      await holder.ready;
      await holder.acknowledged(30 + round * 40);
      holder.kill('SIGKILL');
      await holder.exit;
      const store = new PgliteStore({ folder });
      await store.open();
      const state = await store.load();
      expect(state.sequence).toBeGreaterThanOrEqual(holder.last());
      expect(state.sequence).toBeLessThanOrEqual(holder.last() + 1);
      let last = 0;
      for await (const chunk of store.journal(0)) last = chunk.at(-1)?.sequence ?? last;
      expect(last).toBe(state.sequence);
      expect(state.rows.agent_memory.get('last')).toMatchObject({ value: state.sequence });
      await store.close();
    }
  });

  test.each([
    ['PG_VERSION is gone', (cluster: string) => rm(path.join(cluster, 'PG_VERSION'))],
    ['PG_VERSION is garbage', (cluster: string) => writeFile(path.join(cluster, 'PG_VERSION'), 'zzz')],
    ['the control file is cut', (cluster: string) => truncate(path.join(cluster, 'global/pg_control'), 100)],
    [
      'the control file is overwritten',
      (cluster: string) => scribble(path.join(cluster, 'global/pg_control')),
    ],
    ['the write-ahead log is overwritten', (cluster: string) => scribbleAll(path.join(cluster, 'pg_wal'))],
    ['the tables are overwritten', (cluster: string) => scribbleAll(path.join(cluster, 'base'))],
    ['the tables are gone', (cluster: string) => rm(path.join(cluster, 'base'), { recursive: true })],
  ])('a damaged folder is refused with the fix, and nothing in it overwritten: %s', async (_, damage) => {
    const folder = await freshFolder();
    const cluster = path.join(folder, 'pglite');
    await damage(cluster);
    const before = await contents(cluster);
    const failure = await new PgliteStore({ folder }).open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreOpenError);
    expect(String(failure)).toMatch(/Fix: restore a backup .* or move that folder away/);
    expect(await contents(cluster)).toEqual(before);
    expect(await lockFiles(folder)).toEqual([]);
  });

  test('a folder of another PostgreSQL, or of somebody else, is refused and left alone', async () => {
    const folder = await freshFolder();
    await writeFile(path.join(folder, 'pglite/PG_VERSION'), '17\n');
    await expect(new PgliteStore({ folder }).open()).rejects.toThrow(/embedded PostgreSQL 17.*Fix:/);
    const foreign = path.join(root, 'foreign');
    await mkdir(path.join(foreign, 'pglite'), { recursive: true });
    await writeFile(path.join(foreign, 'pglite/thesis.txt'), 'irreplaceable');
    await expect(new PgliteStore({ folder: foreign }).open()).rejects.toThrow(/not a complete database/);
    expect(await readdir(path.join(foreign, 'pglite'))).toEqual(['thesis.txt']);
    await writeFile(path.join(root, 'a-file'), '');
    await expect(new PgliteStore({ folder: path.join(root, 'a-file') }).open()).rejects.toThrow(
      /cannot be made or written.*Fix: set DATA_DIR/,
    );
    await expect(openPgliteReader({ folder: path.join(root, 'nowhere') })).rejects.toThrow(StoreOpenError);
  });

  test('a first start that was cut short leaves no half-made database behind', async () => {
    const folder = path.join(root, 'cut-short');
    await mkdir(path.join(folder, 'pglite.new.dead'), { recursive: true });
    await writeFile(path.join(folder, 'pglite.new.dead/PG_VERSION'), '18\n');
    const store = new PgliteStore({ folder });
    await store.open();
    expect((await store.load()).sequence).toBe(0);
    await store.close();
    expect(await readdir(folder)).toEqual(['pglite']);
  });

  test('a reader reads what was committed', async () => {
    const folder = await freshFolder();
    const store = new PgliteStore({ folder });
    await store.open();
    const entry = new ChainBuilder().entry();
    await store.commit(batchOf({ entries: [entry] }));
    await store.close();
    const reader = await openPgliteReader({ folder });
    for await (const chunk of reader.journal(0)) expect(chunk).toEqual([entry]);
    await reader.close();
  });
});

interface Holder {
  readonly pid: number | undefined;
  readonly ready: Promise<void>;
  readonly exit: Promise<unknown>;
  last(): number;
  acknowledged(count: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Another process that opens the folder, and in `commit` mode commits without end, printing each sequence. */
function startHolder(folder: string, mode: 'hold' | 'commit' = 'hold'): Holder {
  const program = fileURLToPath(new URL('./store-holder.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const waiting: { count: number; resolve: () => void }[] = [];
  const lines = (): string[] => text.split('\n').slice(0, -1);
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
    for (const wait of waiting) if (lines().length > wait.count) wait.resolve();
  });
  const acknowledged = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ count, resolve });
      child.once('exit', () => reject(new Error('the holder ended')));
      if (lines().length > count) resolve();
    });
  return {
    pid: child.pid,
    ready: acknowledged(0),
    exit: once(child, 'exit'),
    last: () => Number(lines().at(-1)),
    acknowledged,
    kill: (signal) => child.kill(signal),
  };
}

/** What an attempt to start may touch: its pid file, the control file's state, a cache, and the log it appends to. */
const startupFiles = /postmaster\.pid|pg_control|pg_internal\.init|pg_wal/;

/** Hash of every file that holds data. */
async function contents(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const file = path.join(entry.parentPath, entry.name);
      if (startupFiles.test(file)) continue;
      hashes[path.relative(folder, file)] = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
    }
  return hashes;
}

async function scribble(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  for (let at = 0; at < size; at += 4_096) await handle.write(Buffer.alloc(512, 0xa5), 0, 512, at);
  await handle.close();
}

async function scribbleAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await scribble(path.join(entry.parentPath, entry.name));
}
