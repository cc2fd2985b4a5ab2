// Logs: JSON lines in rotated files under LOG_DIR, short readable lines on stderr. Stdout stays free for --json.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';
import pinoRoll from 'pino-roll';
import type { Settings } from '../shared/config/settings.ts';
import type { Log } from '../shared/ports/log.ts';

const maxFileSize = '20m';
const maxFiles = 10;

const levelNames = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;

/** Fields that must never be written, at any depth that we use. */
const redactedPaths = [
  'token',
  'password',
  'apiKey',
  'authorization',
  '*.token',
  '*.password',
  '*.apiKey',
  '*.authorization',
  'req.headers.authorization',
];

export interface ClosableLog {
  readonly log: Log;
  close(): Promise<void>;
}

/** Opens the log file (daily or by size) and the terminal line printer. Throws when LOG_DIR cannot be written. */
export async function openLog(settings: Settings): Promise<ClosableLog> {
  mkdirSync(settings.LOG_DIR, { recursive: true });
  const level = levelNames[settings.LOG_LEVEL];
  const file = await pinoRoll({
    file: path.join(settings.LOG_DIR, 'orchestrator'),
    extension: '.log',
    frequency: 'daily',
    size: maxFileSize,
    limit: { count: maxFiles },
    mkdir: true,
  });
  const terminal = { write: (line: string) => void process.stderr.write(readable(line)) };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactedPaths, censor: '(hidden)' },
    },
    pino.multistream([
      { stream: file, level },
      { stream: terminal, level },
    ]),
  );
  return {
    log: logger,
    close: () =>
      new Promise((resolve) => {
        file.once('close', () => resolve());
        file.end();
      }),
  };
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
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return `${time.slice(11, 19)} ${(severityNames[level] ?? 'INFO').padEnd(7)} ${msg ?? ''}${details === '' ? '' : `  ${details}`}\n`;
}
