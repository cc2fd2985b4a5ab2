// Keeps secrets out of logs: by the name of a field at any depth, by the value of every secret setting wherever it appears, and by
// the forms in which credentials travel. It must never throw: a log line that cannot be cleaned is not worth a crash.
import { type Settings, secretSettings } from '../../shared/config/settings.ts';

const hidden = '(hidden)';
const secretName =
  /(^|[_-])(token|password|passwd|secret|authorization|cookie|passphrase|credentials?|api[_-]?key|private[_-]?key)s?($|[_-])/i;
/** Fields whose names look secret but count or describe. */
const harmlessName = /^(input|output|max|prompt)[_-]tokens|tokens[_-]|^tokens$/i;
const maxDepth = 6;
const maxItems = 200;
/** Shorter values would also hide ordinary words. */
const shortestSecret = 6;

/** Fields as they may be written: what is named like a secret is hidden, at any depth that is looked at. */
export function cleanFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return cleaned(fields, 0) as Record<string, unknown>;
}

function cleaned(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return value.message;
  if (depth >= maxDepth) return '(too deep)';
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => cleaned(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, maxItems)
      .map(([name, inner]) => [name, isSecretName(name) ? hidden : cleaned(inner, depth + 1)]),
  );
}

function isSecretName(name: string): boolean {
  const spelled = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2');
  return secretName.test(spelled) && !harmlessName.test(spelled);
}

/** Hides the values of secret settings, and credentials in addresses and headers, in a finished line. */
export function lineCleaner(settings: Settings): (line: string) => string {
  const values = [...new Set(secretsIn(settings).flatMap(spellings))].sort(
    (left, right) => right.length - left.length,
  );
  return (line) => {
    let clean = line;
    for (const value of values) clean = clean.replaceAll(value, hidden);
    return clean
      .replaceAll(/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"\\]{0,200}):[^\s/@"\\]{1,500}@/gi, `$1:${hidden}@`)
      .replaceAll(/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${hidden}`)
      .replaceAll(/([?&](?:token|api_?key|signature|access_token)=)[^&\s"\\]+/gi, `$1${hidden}`);
  };
}

function secretsIn(settings: Settings): string[] {
  const found: string[] = [];
  for (const name of secretSettings) {
    const value = settings[name];
    if (typeof value !== 'string') continue;
    // An address names its server for people; only what is secret in it goes.
    if (name === 'DATABASE_URL') found.push(...passwordOf(value));
    else found.push(value);
  }
  return found.filter((value) => value.length >= shortestSecret);
}

function passwordOf(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { password } = new URL(url);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** As the value stands in JSON text, and in an address. */
function spellings(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
}
