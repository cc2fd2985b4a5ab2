// Logs: JSON lines in rotated files under LOG_DIR, short readable lines on stderr. Stdout stays free for --json.
// No secret may pass: fields by their names, values of secret settings and credentials in texts are hidden on the way out.
import { access, constants, mkdir } from 'node:fs/promises';
import path from 'node:path';
import pino from 'pino';
import pinoRoll from 'pino-roll';
import type { SonicBoom } from 'sonic-boom';
import type { Settings } from '../../shared/config/settings.ts';
import type { Log } from '../../shared/ports/log.ts';
import { cleanFields, lineCleaner } from './redaction.ts';
import { unusableLogFolder } from './start-guards.ts';

const maxFileSize = '20m';
const maxFiles = 10;
/** Lines beyond this are dropped while the disk does not take them; the terminal still shows them. */
const maxUnwrittenBytes = 1_000_000;

const levelNames = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;

export interface ClosableLog {
  readonly log: Log;
  /** For what people look up and do not watch: it reaches the file only. */
  readonly fileLog: Log;
  close(): Promise<void>;
}

/**
 * Opens the log file (daily or by size) and the terminal line printer. Throws StartRefused when LOG_DIR cannot be
 * written. Later failures, such as a full disk, are said on the terminal and never stop the program.
 */
export async function openLog(settings: Settings): Promise<ClosableLog> {
  const level = levelNames[settings.LOG_LEVEL];
  const file = await openFile(settings).catch((error: unknown) => {
    throw unusableLogFolder(settings, error);
  });
  const clean = lineCleaner(settings);
  const terminal = { write: (line: string) => void process.stderr.write(clean(readable(line))) };
  // What is still said after the end, or once the file is lost, reaches the terminal only; it must not throw.
  let open = true;
  file.once('close', () => {
    open = false;
  });
  const lines = { write: (line: string) => void (open && file.write(clean(line))) };
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: cleanFields },
  };
  const both = pino.multistream([
    { stream: lines, level },
    { stream: terminal, level },
  ]);
  return {
    log: pino(options, both),
    fileLog: pino(options, lines),
    close: () =>
      new Promise((resolve) => {
        open = false;
        file.once('close', () => resolve());
        file.once('error', () => resolve());
        file.end();
      }),
  };
}

async function openFile(settings: Settings): Promise<SonicBoom> {
  await mkdir(settings.LOG_DIR, { recursive: true });
  await access(settings.LOG_DIR, constants.W_OK);
  const file = await pinoRoll({
    file: path.join(settings.LOG_DIR, 'orchestrator'),
    extension: '.log',
    frequency: 'daily',
    size: maxFileSize,
    // Files of earlier runs count too, or every restart would leave its own behind for ever.
    limit: { count: maxFiles, removeOtherLogFiles: true },
    maxLength: maxUnwrittenBytes,
  });
  await new Promise<void>((resolve, reject) => {
    file.once('ready', resolve);
    file.once('error', reject);
  });
  file.on('error', (error: Error) =>
    process.stderr.write(`the log file cannot be written: ${error.message}\n`),
  );
  return file;
}

const severityNames: Readonly<Record<number, string>> = {
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARNING',
  50: 'ERROR',
  60: 'FATAL',
};

function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: number; time: string; msg?: string };
  const details = Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? printable(value) : JSON.stringify(value)}`)
    .join(' ');
  return `${time.slice(11, 19)} ${(severityNames[level] ?? 'INFO').padEnd(7)} ${msg ?? ''}${details === '' ? '' : `  ${details}`}\n`;
}

/** Text from outside must not move the cursor, colour the terminal or begin a line that looks like ours. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (sign) => (sign === '\n' ? '\n  ' : sign === '\t' ? ' ' : '\uFFFD'));
}
