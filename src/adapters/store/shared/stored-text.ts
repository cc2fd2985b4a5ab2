// Text that PostgreSQL cannot hold as it is: NUL characters, lone surrogates, keys too long for an index.
// Such text is stored twice, once readable with replacements and once exact, so that nothing is ever lost.
import { hash } from 'node:crypto';

/** A B-tree entry must fit a third of a page; far longer keys are shortened and told apart by their hash. */
const maxKeyLength = 400;
const shownKeyLength = 200;
const replacement = '\ufffd';

export interface StoredKey {
  readonly key: string;
  /** JSON text of the true key where `key` cannot hold it; null normally. */
  readonly exactKey: string | null;
}

export interface StoredJson {
  readonly text: string;
  /** The true JSON text where `text` had to be altered; null normally. */
  readonly exactText: string | null;
}

/** The stored form of a key: itself, unless a text column or index could not hold it. Never two keys to one form. */
export function storedKey(key: string): StoredKey {
  if (key.length <= maxKeyLength && !key.includes('\0') && !key.includes(replacement) && key.isWellFormed())
    return { key, exactKey: null };
  const exactKey = JSON.stringify(key);
  return { key: `${holdable(key.slice(0, shownKeyLength))}#${hash('sha256', exactKey, 'hex')}`, exactKey };
}

/** The key that storedKey() was given. */
export function trueKey(key: string, exactKey: string | null): string {
  return exactKey === null ? key : (JSON.parse(exactKey) as string);
}

/**
 * The stored form of JSON text made by JSON.stringify. NUL and lone surrogates appear in it only as escapes,
 * which PostgreSQL's JSON reader refuses; in `text` they become U+FFFD. Throws TypeError when the value has no
 * JSON form.
 */
export function storedJson(value: unknown): StoredJson {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError('a stored value must have a JSON form');
  if (!text.includes('\\u0000') && !text.includes('\\ud')) return { text, exactText: null };
  const shown = text.replaceAll(/\\(?:u[0-9a-f]{4}|.)/g, (sequence) =>
    sequence === '\\u0000' || sequence.startsWith('\\ud') ? replacement : sequence,
  );
  return shown === text ? { text, exactText: null } : { text: shown, exactText: text };
}

/** Text with what a text column cannot hold replaced by U+FFFD. */
export function holdable(text: string): string {
  return text.replaceAll('\0', replacement).toWellFormed();
}
