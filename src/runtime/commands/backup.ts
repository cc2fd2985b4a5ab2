// Backup files: written beside and moved into place when whole, verified to the last line before anything is restored.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { restoreIntoPglite, withPgliteSnapshot } from '../../adapters/store/pglite/backup.ts';
import { restoreIntoPostgres, withPostgresSnapshot } from '../../adapters/store/postgres/backup.ts';
import { type DumpSource, dumpHeader, dumpRows } from '../../adapters/store/shared/dump.ts';
import { assertReadable } from '../../adapters/store/shared/load-backup.ts';
import type { Settings } from '../../shared/config/settings.ts';
import {
  BackupError,
  type BackupHeader,
  type BackupRow,
  backupEnd,
  backupHeader,
  backupRow,
} from '../../shared/db/backup-format.ts';
import { readMigrations } from '../../shared/db/migrations.ts';
import { version } from '../version.ts';

export interface BackupReport {
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
  readonly sequence: number;
  readonly hash: string;
  readonly sha256: string;
  readonly made_at: string;
}

export interface BackupRequest {
  readonly file: string;
  readonly force: boolean;
  /** Data folder instead of DATA_DIR; then the embedded database is meant even where DATABASE_URL is set. */
  readonly dataFolder?: string | undefined;
  readonly now: Date;
}

/** Writes a backup of the configured store. Throws BackupError or StoreOpenError naming the fix. */
export async function makeBackup(settings: Settings, request: BackupRequest): Promise<BackupReport> {
  const file = path.resolve(request.file);
  if (!request.force && (await exists(file)))
    throw new BackupError(
      `${file} is there already. Fix: give another name, or add --force. Nothing was changed.`,
    );
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.part-${process.pid}`;
  try {
    const written = await withSource(settings, request.dataFolder, (source) =>
      write(source, draft, request.now),
    );
    await flushed(draft);
    await rename(draft, file);
    return { file, bytes: (await stat(file)).size, ...written };
  } finally {
    await rm(draft, { force: true });
  }
}

/** Reads the whole file and says what is in it. Throws BackupError when a single byte is not as it was written. */
export async function checkBackup(name: string): Promise<BackupReport> {
  const file = path.resolve(name);
  const reader = await openBackup(file);
  for await (const _row of reader.rows);
  const { header, end } = reader;
  const { sequence, hash, made_at } = header;
  const { rows, sha256 } = end();
  return { file, bytes: (await stat(file)).size, rows, sequence, hash, sha256, made_at };
}

/** Verifies the file, then restores it into the configured store. Throws BackupError or StoreOpenError. */
export async function restoreBackup(
  settings: Settings,
  request: Omit<BackupRequest, 'now'>,
): Promise<BackupReport> {
  const checked = await checkBackup(request.file);
  const { header, rows } = await openBackup(checked.file);
  assertReadable(header, await readMigrations());
  const { force, dataFolder } = request;
  const { DATABASE_URL: url, DATABASE_SCHEMA: schema } = settings;
  if (url !== undefined && dataFolder === undefined)
    await restoreIntoPostgres({ url, schema, force }, header, rows);
  else
    await restoreIntoPglite({ folder: path.resolve(dataFolder ?? settings.DATA_DIR), force }, header, rows);
  return checked;
}

function withSource<Result>(
  settings: Settings,
  dataFolder: string | undefined,
  use: (source: DumpSource) => Promise<Result>,
): Promise<Result> {
  const { DATABASE_URL: url, DATABASE_SCHEMA: schema } = settings;
  if (url !== undefined && dataFolder === undefined) return withPostgresSnapshot({ url, schema }, use);
  return withPgliteSnapshot(path.resolve(dataFolder ?? settings.DATA_DIR), use);
}

async function write(
  source: DumpSource,
  draft: string,
  now: Date,
): Promise<Omit<BackupReport, 'file' | 'bytes'>> {
  const header = await dumpHeader(source, version, now.toISOString());
  const digest = createHash('sha256');
  let rows = 0;
  let sha256 = '';
  async function* lines(): AsyncGenerator<string> {
    const line = (value: unknown) => {
      const text = `${JSON.stringify(value)}\n`;
      digest.update(text);
      return text;
    };
    yield line(backupHeader.parse(header));
    for await (const row of dumpRows(source)) {
      rows++;
      yield line(row);
    }
    sha256 = digest.digest('hex');
    yield `${JSON.stringify({ end: true, rows, sha256 })}\n`;
  }
  await pipeline(
    Readable.from(lines()),
    createGzip(),
    createWriteStream(draft, { flags: 'wx', mode: 0o600 }),
  );
  const { sequence, hash, made_at } = header;
  return { rows, sequence, hash, sha256, made_at };
}

interface OpenBackup {
  readonly header: BackupHeader;
  readonly rows: AsyncIterable<BackupRow>;
  /** What the end of the file said; only after the last row. */
  readonly end: () => { readonly rows: number; readonly sha256: string };
}

/** Opens a backup; its rows throw BackupError where the file is damaged, cut off, or goes on after its end. */
async function openBackup(file: string): Promise<OpenBackup> {
  const lines = linesOf(file);
  const digest = createHash('sha256');
  const first = await lines.next();
  if (first.done === true) throw unsound(file, 'it is empty');
  const header = parsed(file, backupHeader, first.value, 'its header');
  digest.update(`${first.value}\n`);
  let ended: { readonly rows: number; readonly sha256: string } | undefined;
  async function* rows(): AsyncGenerator<BackupRow> {
    let count = 0;
    for await (const line of lines) {
      if (ended !== undefined) throw unsound(file, 'it goes on after its end');
      if (line.startsWith('{')) {
        const end = parsed(file, backupEnd, line, 'its end');
        if (end.rows !== count || end.sha256 !== digest.digest('hex'))
          throw unsound(file, 'its checksum does not agree with what is in it');
        ended = end;
        continue;
      }
      digest.update(`${line}\n`);
      count++;
      const row = parsed(file, backupRow, line, `row ${count}`);
      if (header.tables[row[0]]?.length !== row[1].length) throw unsound(file, `row ${count} has no table`);
      yield row;
    }
    if (ended === undefined) throw unsound(file, 'it ends too early');
  }
  return {
    header,
    rows: rows(),
    end: () => {
      if (ended === undefined) throw unsound(file, 'it was not read to its end');
      return ended;
    },
  };
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const packed = createReadStream(file);
  const plain = packed.pipe(createGunzip());
  packed.once('error', (error) => plain.destroy(error));
  try {
    yield* createInterface({ input: plain, crlfDelay: Number.POSITIVE_INFINITY });
    // The reader of lines ends quietly when its input was destroyed.
    if (plain.errored !== null) throw plain.errored;
  } catch (error) {
    throw unsound(file, error instanceof Error ? error.message : String(error));
  } finally {
    packed.destroy();
  }
}

function parsed<Value>(
  file: string,
  schema: { safeParse(value: unknown): { success: boolean; data?: Value | undefined } },
  line: string,
  what: string,
): Value {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw unsound(file, `${what} cannot be read`);
  }
  const result = schema.safeParse(value);
  if (!result.success || result.data === undefined) throw unsound(file, `${what} is not as expected`);
  return result.data;
}

function unsound(file: string, why: string): BackupError {
  return new BackupError(`${file} is not a sound backup: ${why}. Fix: use another one. Nothing was changed.`);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** On the disk, not only on its way there: a backup is for the day of the power failure. */
async function flushed(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}
