// The only reader of the process environment and of .env. One clear message per mistake, nothing guessed.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { instrumentFor } from '../domain/instrument.ts';
import { alertProblems } from './alert-settings.ts';
import { liveProblems } from './live-confirmation.ts';
import { processProblems } from './process-settings.ts';
import { environmentSchema, type Settings, settingNames } from './settings.ts';

/** Settings with these beginnings are ours, so an unknown one is a typing mistake and not somebody else's. */
const ourPrefixes = ['ATO_', 'ORCHESTRATOR_'];

/** A mistake in the settings; the message names each setting and the fix. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export interface LoadOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads `.env` in the folder (if present) and the environment, which wins. Empty values count as absent.
 * Throws SettingsError naming every wrong or unknown setting.
 */
export function loadSettings(options: LoadOptions = {}): Settings {
  const merged = readEnvironment(options);
  const unknown = Object.keys(merged).filter(isUnknownSetting);
  const problems = unknown.map(describeUnknown);
  const parsed = environmentSchema.safeParse(merged);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => describeIssue(issue, merged)));
  if (parsed.success) problems.push(...crossChecks(parsed.data));
  if (problems.length > 0 || !parsed.success)
    throw new SettingsError(
      `Settings need a correction:\n${[...new Set(problems)].map((line) => `  - ${line}`).join('\n')}`,
    );
  return Object.freeze(parsed.data);
}

function readEnvironment(options: LoadOptions): Record<string, string> {
  const file = path.join(options.folder ?? process.cwd(), '.env');
  const fromFile = existsSync(file) ? parseEnv(readSettingsFile(file)) : {};
  const merged: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...fromFile, ...(options.environment ?? process.env) })) {
    if (value !== undefined && value.trim() !== '') merged[name] = value.trim();
  }
  return merged;
}

function readSettingsFile(file: string): string {
  try {
    // Some editors begin a file with a mark that would become part of the first name.
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new SettingsError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}. Fix: make it a text file that this user may read, or remove it.`,
    );
  }
}

/** Written in small letters it is still meant for us, and would otherwise be passed over in silence. */
function isUnknownSetting(name: string): boolean {
  return (
    ourPrefixes.some((prefix) => name.toUpperCase().startsWith(prefix)) &&
    !(settingNames as readonly string[]).includes(name)
  );
}

function describeUnknown(name: string): string {
  const wanted = name.toUpperCase();
  // The beginning of a longer name is a forgotten end, however many letters that end has.
  const distance = (known: string) => (known.startsWith(`${wanted}_`) ? 1 : editDistance(wanted, known));
  const nearest = [...settingNames].sort((left, right) => distance(left) - distance(right))[0];
  return `${name} is not a setting. Did you mean ${nearest}? All settings are listed in env.example.`;
}

function describeIssue(issue: z.core.$ZodIssue, merged: Readonly<Record<string, string>>): string {
  const name = String(issue.path[0]);
  const shown = /KEY|TOKEN|URL|ACCOUNT|SECRET|PASSPHRASE|CONFIRM/.test(name)
    ? 'the given value'
    : `"${merged[name] ?? ''}"`;
  return `${name}: ${issue.message} (found ${shown}). See env.example.`;
}

function crossChecks(settings: Settings): string[] {
  const problems: string[] = [];
  problems.push(...liveProblems(settings), ...processProblems(settings), ...alertProblems(settings));
  if (settings.TASK_RUNNER === 'n8n' && settings.N8N_BASE_URL === undefined) {
    problems.push('TASK_RUNNER=n8n needs N8N_BASE_URL, such as http://127.0.0.1:5678.');
  }
  if (settings.ATO_MARKET_SOURCE === 'tape' && settings.ATO_TAPE_PATH === undefined) {
    problems.push('ATO_MARKET_SOURCE=tape needs ATO_TAPE_PATH, a recorded candle file or a folder of them.');
  }
  if ((settings.ATO_COMPATIBLE_URL === undefined) !== (settings.ATO_COMPATIBLE_MODEL === undefined)) {
    problems.push(
      'ATO_COMPATIBLE_URL and ATO_COMPATIBLE_MODEL belong together: set both, or neither, such as http://127.0.0.1:11434/v1 and llama3.2.',
    );
  }
  if (settings.ATO_MARKET_SOURCE === 'ccxt' && settings.ATO_CCXT_EXCHANGE === undefined) {
    problems.push('ATO_MARKET_SOURCE=ccxt needs ATO_CCXT_EXCHANGE, the id of an exchange such as kraken.');
  }
  const source = settings.ATO_MARKET_SOURCE;
  const serves = (symbol: string) => instrumentFor(symbol)?.servedBy.includes(source) === true;
  if (['binance', 'ccxt'].includes(source) && !settings.ATO_UNIVERSE.some(serves)) {
    problems.push(
      `ATO_MARKET_SOURCE=${source}, but ATO_UNIVERSE names no crypto pair that it has, such as BTCUSDT. Add one, or set ATO_MARKET_SOURCE=auto or synthetic.`,
    );
  }
  if (settings.ATO_MARKET_SPEED !== 1 && ['binance', 'ccxt', 'auto'].includes(settings.ATO_MARKET_SOURCE)) {
    problems.push(
      'ATO_MARKET_SPEED other than 1 works with ATO_MARKET_SOURCE=tape or synthetic only: a real market cannot be hurried.',
    );
  }
  if (settings.ATO_FOREX_SOURCE === 'oanda') {
    if (settings.OANDA_API_KEY === undefined) problems.push('ATO_FOREX_SOURCE=oanda needs OANDA_API_KEY.');
    if (settings.OANDA_ACCOUNT_ID === undefined)
      problems.push('ATO_FOREX_SOURCE=oanda needs OANDA_ACCOUNT_ID.');
  } else if (settings.OANDA_API_KEY !== undefined && settings.OANDA_ACCOUNT_ID === undefined) {
    problems.push('OANDA_API_KEY is set: prices also need OANDA_ACCOUNT_ID, such as 101-001-1234567-001.');
  }
  if (settings.ATO_FOREX_SOURCE === 'tradermade' && (settings.TRADERMADE_API_KEY ?? 'demo') === 'demo') {
    problems.push('ATO_FOREX_SOURCE=tradermade needs a TRADERMADE_API_KEY; "demo" is none.');
  }
  return problems;
}

/** Levenshtein distance, for suggesting the nearest name. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
