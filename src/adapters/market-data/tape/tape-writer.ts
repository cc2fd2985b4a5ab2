// Writes candles as recordings of the house: one growing `.csv.part` per series, packed to `.csv.gz` when the day or
// the size is full. A killed process leaves whole lines and at most one torn line, which the next start mends.
// It must never write a candle twice, and never remove a file before its successor is safely on the disk.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { type Candle, type Timeframe, timeframes } from '../../../shared/domain/candle.ts';
import { type EpochMs, toIso } from '../../../shared/domain/time.ts';
import { claimFolder } from './folder-claim.ts';
import { TapeError } from './tape-error.ts';
import { fileSymbolOf, fileSymbolPattern } from './tape-file-name.ts';
import { repairRows, tapeHeader, tapeLine, tapeText } from './tape-rows.ts';

const pack = promisify(gzip);
const ownName = new RegExp(
  `^(?<series>(?:${fileSymbolPattern})_(?<timeframe>[0-9]+[a-z]+))_(?<day>\\d{8})-\\k<day>` +
    '(?:\\.(?<number>\\d{1,6}))?\\.csv\\.(?<kind>part|gz)$',
);

export interface TapeWriterOptions {
  readonly folder: string;
  /** Bytes of one uncompressed file beyond which the next one begins. */
  readonly maxFileBytes: number;
}

/** What happened to a candle that was offered. */
export type Written = 'written' | 'duplicate' | 'late';

/** The file that a series grows in. */
interface ActiveFile {
  readonly day: string;
  readonly number: number;
  bytes: number;
}

interface SeriesState {
  active: ActiveFile | undefined;
  lastOpenTime: EpochMs | undefined;
}

interface FoundFile {
  readonly series: string;
  readonly day: string;
  readonly number: number;
  readonly kind: string;
}

export class TapeWriter {
  readonly #folder: string;
  readonly #maxFileBytes: number;
  readonly #series = new Map<string, SeriesState>();
  readonly #release: () => void;
  /** Packing happens one file after the other, beside the recording. */
  #packing: Promise<void> = Promise.resolve();
  #packingError: Error | undefined;
  #mended = 0;

  private constructor(options: TapeWriterOptions, release: () => void) {
    this.#folder = options.folder;
    this.#maxFileBytes = options.maxFileBytes;
    this.#release = release;
  }

  /**
   * Opens the folder, mends what a crash left and packs files of earlier days. Throws TapeError while another
   * process records there, and the file system's own error when the folder cannot be written.
   */
  static async open(options: TapeWriterOptions): Promise<TapeWriter> {
    mkdirSync(options.folder, { recursive: true });
    const release = claimFolder(options.folder);
    try {
      const writer = new TapeWriter(options, release);
      await writer.#recover();
      return writer;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Torn or repeated lines that were taken out when the folder was opened. */
  get mendedLines(): number {
    return this.#mended;
  }

  /** Open time of the newest candle of a series, undefined when the folder has none. */
  lastOpenTime(symbol: string, timeframe: Timeframe): EpochMs | undefined {
    return this.#series.get(seriesOf(symbol, timeframe))?.lastOpenTime;
  }

  /**
   * Appends one candle in one write. A candle already there is a duplicate; one older than the newest is late and left
   * out, since the file is in time order. Throws the file system's error, also one of an earlier packing.
   */
  write(candle: Candle): Written {
    if (this.#packingError !== undefined) throw this.#packingError;
    const key = seriesOf(candle.symbol, candle.timeframe);
    const state = this.#series.get(key) ?? { active: undefined, lastOpenTime: undefined };
    const { lastOpenTime } = state;
    if (candle.openTime === lastOpenTime) return 'duplicate';
    if (lastOpenTime !== undefined && candle.openTime < lastOpenTime) return 'late';
    const line = tapeLine(candle);
    const active = this.#activeFile(key, state, dayName(candle.openTime), line.length);
    appendFileSync(this.#pathOf(key, active, 'part'), line);
    active.bytes += line.length;
    state.active = active;
    state.lastOpenTime = candle.openTime;
    this.#series.set(key, state);
    return 'written';
  }

  /** Packs what is open and gives the folder back. Throws when something could not be packed; nothing is lost then. */
  async close(): Promise<void> {
    for (const [key, state] of this.#series) if (state.active !== undefined) this.#pack(key, state.active);
    await this.#packing;
    this.#release();
    if (this.#packingError !== undefined) throw this.#packingError;
  }

  #activeFile(key: string, state: SeriesState, day: string, lineBytes: number): ActiveFile {
    const { active } = state;
    if (active !== undefined && active.day === day && active.bytes + lineBytes <= this.#maxFileBytes)
      return active;
    if (active !== undefined) this.#pack(key, active);
    const fresh = { day, number: active?.day === day ? active.number + 1 : 1, bytes: 0 };
    appendFileSync(this.#pathOf(key, fresh, 'part'), `${tapeHeader}\n`);
    fresh.bytes = tapeHeader.length + 1;
    return fresh;
  }

  #pack(key: string, file: Omit<ActiveFile, 'bytes'>): void {
    this.#packing = this.#packing.then(async () => {
      if (this.#packingError !== undefined) return;
      try {
        const part = this.#pathOf(key, file, 'part');
        const packed = this.#pathOf(key, file, 'gz');
        await replaceFile(packed, await pack(readFileSync(part)));
        rmSync(part);
      } catch (error) {
        this.#packingError = error instanceof Error ? error : new Error(String(error));
      }
    });
  }

  async #recover(): Promise<void> {
    for (const name of readdirSync(this.#folder))
      if (name.endsWith('.tmp')) rmSync(path.join(this.#folder, name));
    const found = readdirSync(this.#folder).flatMap((name) => foundFile(name));
    for (const [key, files] of Map.groupBy(found, (file) => file.series)) {
      files.sort((left, right) => order(left).localeCompare(order(right)));
      const newest = files.at(-1);
      if (newest === undefined) continue;
      for (const file of files)
        if (file.kind === 'part' && order(file) !== order(newest)) {
          await this.#mend(key, file);
          this.#pack(key, file);
        }
      const { lines, lastOpenTime } = await this.#mend(key, newest);
      const active = { day: newest.day, number: newest.number, bytes: tapeText(lines).length };
      this.#series.set(key, { active, lastOpenTime });
    }
  }

  /** Leaves one whole `.part` of the file, joined from a part and a packed file where a crash left both. */
  async #mend(key: string, file: FoundFile) {
    const part = this.#pathOf(key, file, 'part');
    const packed = this.#pathOf(key, file, 'gz');
    const hasPart = existsSync(part);
    const hasPacked = existsSync(packed);
    const texts = [
      ...(hasPacked ? [unpack(packed)] : []),
      ...(hasPart ? [readFileSync(part, 'latin1')] : []),
    ];
    const rows = repairRows(texts);
    const whole = tapeText(rows.lines);
    // Lines that stand in both files are the trace of a packing that was cut off, not damage.
    if (!(hasPart && hasPacked)) this.#mended += rows.dropped;
    if (texts.length !== 1 || texts[0] !== whole || !hasPart)
      await replaceFile(part, Buffer.from(whole, 'latin1'));
    if (hasPacked) rmSync(packed);
    return rows;
  }

  #pathOf(key: string, file: { day: string; number: number }, kind: 'part' | 'gz'): string {
    const number = file.number === 1 ? '' : `.${file.number}`;
    return path.join(this.#folder, `${key}_${file.day}-${file.day}${number}.csv.${kind}`);
  }
}

function unpack(file: string): string {
  try {
    return gunzipSync(readFileSync(file)).toString('latin1');
  } catch (error) {
    throw new TapeError(`${file}: it is damaged (${String(error)}); move it away, then record again`);
  }
}

/** Writes beside, flushes to the disk, then takes the name: the old file or the new one is there, never half of one. */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const beside = `${file}.tmp`;
  const handle = await open(beside, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  renameSync(beside, file);
  const folder = await open(path.dirname(file), 'r');
  await folder.sync().catch(() => undefined);
  await folder.close();
}

/** How the files of a series begin. */
function seriesOf(symbol: string, timeframe: Timeframe): string {
  return `${fileSymbolOf(symbol)}_${timeframe}`;
}

function dayName(at: EpochMs): string {
  return toIso(at).slice(0, 10).replaceAll('-', '');
}

function foundFile(name: string): FoundFile[] {
  const groups = ownName.exec(name)?.groups;
  if (groups === undefined || !timeframes.some((known) => known === groups.timeframe)) return [];
  return [
    {
      series: groups.series ?? '',
      day: groups.day ?? '',
      number: Number(groups.number ?? 1),
      kind: groups.kind ?? '',
    },
  ];
}

function order(file: FoundFile): string {
  return `${file.day} ${String(file.number).padStart(6, '0')}`;
}
