// Makes bad input out of good: truncated, mistyped, absurd, duplicated, reordered, oversized, or not at all what was
// asked for. Deterministic: the same random stream gives the same damage.
import type { Random } from '../../shared/ports/random.ts';

const maxArrayCopies = 400;
const maxNesting = 2_000;
const maxInputChars = 400_000;

const nastyValues: readonly unknown[] = [
  null,
  true,
  '',
  'NaN',
  'Infinity',
  '-Infinity',
  '0x10',
  '1e999',
  '-1',
  '0',
  '1,5',
  ' 1 ',
  'null',
  0,
  -1,
  -0.00001,
  1e308,
  5e-324,
  2 ** 60,
  [],
  {},
  [[]],
  { length: -1 },
  '\u0000',
  '<script>',
  '💥'.repeat(50),
  'x'.repeat(5_000),
];

const foreignBodies: readonly string[] = [
  '',
  ' ',
  '\ufeff',
  'null',
  '[]',
  '{}',
  '"text"',
  '42',
  'NaN',
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>',
  '<?xml version="1.0"?><error/>',
  '{"code":-1003,"msg":"Too many requests"}',
  '{"error":true,"message":"quota"}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  'upstream connect error or disconnect/reset before headers',
];

type Path = readonly (string | number)[];

/** One bad input from a sound one. `earlier` are inputs already used, for duplicates and reordering. */
export function damage(sample: string, earlier: readonly string[], random: Random): string {
  const dice = random.integer(16);
  const bad = damaged(dice, sample, earlier, random);
  return bad.length > maxInputChars ? bad.slice(0, maxInputChars) : bad;
}

function damaged(dice: number, sample: string, earlier: readonly string[], random: Random): string {
  switch (dice) {
    // Sound input in between, so that damage meets a state that has moved on.
    case 0:
    case 1:
      return sample;
    case 2:
      return sample.slice(0, random.integer(sample.length + 1));
    case 3:
      return pick(foreignBodies, random) ?? '';
    case 4:
      return earlier[random.integer(earlier.length)] ?? sample;
    case 5:
      return flipCharacters(sample, random);
    case 6:
      return replaceNumberText(sample, random);
    case 7:
      return '['.repeat(random.integer(maxNesting)) + sample;
    case 8:
      return withJson(sample, random, (root) => copyArrays(root, random));
    case 9:
      return withJson(sample, random, (root) => dropPart(root, random));
    case 10:
      return withJson(sample, random, (root) => scaleNumber(root, random));
    default:
      return withJson(sample, random, (root) => replacePart(root, random));
  }
}

/** Changes the input as JSON where it is JSON, and as text where it is not. */
function withJson(sample: string, random: Random, change: (root: unknown) => unknown): string {
  let root: unknown;
  try {
    root = JSON.parse(sample);
  } catch {
    return random.integer(2) === 0 ? replaceNumberText(sample, random) : flipCharacters(sample, random);
  }
  return JSON.stringify(change(root)) ?? '';
}

function replacePart(root: unknown, random: Random): unknown {
  const path = pick(pathsOf(root), random) ?? [];
  return changed(root, path, () => pick(nastyValues, random));
}

function dropPart(root: unknown, random: Random): unknown {
  const path = pick(pathsOf(root), random) ?? [];
  return changed(root, path, () => undefined);
}

/** Prices ten thousand times too high, negative, or shifted by a digit; times backwards or far ahead. */
function scaleNumber(root: unknown, random: Random): unknown {
  const numeric = pathsOf(root).filter((path) => isNumeric(valueAt(root, path)));
  const path = pick(numeric, random);
  if (path === undefined) return root;
  const factor = pick([-1, 0, 0.0001, 0.1, 10, 10_000, 1e9, 1.001, 0.999], random) ?? 1;
  return changed(root, path, (value) =>
    typeof value === 'string' ? String(Number(value) * factor) : Number(value) * factor,
  );
}

function copyArrays(root: unknown, random: Random): unknown {
  const path = pick(
    pathsOf(root).filter((candidate) => Array.isArray(valueAt(root, candidate))),
    random,
  );
  if (path === undefined) return root;
  const times = 1 + random.integer(maxArrayCopies);
  return changed(root, path, (value) => {
    const items = value as readonly unknown[];
    const copies = Array.from({ length: Math.min(times, 20_000 / Math.max(1, items.length)) }, () => items);
    const all = copies.flat();
    return random.integer(2) === 0 ? all : all.reverse();
  });
}

function flipCharacters(text: string, random: Random): string {
  let result = text;
  for (let flips = 1 + random.integer(4); flips > 0; flips -= 1) {
    const at = random.integer(result.length + 1);
    result = result.slice(0, at) + String.fromCharCode(random.integer(256)) + result.slice(at + 1);
  }
  return result;
}

function replaceNumberText(text: string, random: Random): string {
  const numbers = [...text.matchAll(/-?\d+(\.\d+)?/g)];
  const found = pick(numbers, random);
  if (found === undefined) return text;
  const value = pick(
    ['NaN', '-1', '-0', '0', '1e999', 'Infinity', '', 'x', '""', '99999999999999999999', '0.0'],
    random,
  );
  return `${text.slice(0, found.index)}${value ?? ''}${text.slice(found.index + found[0].length)}`;
}

function isNumeric(value: unknown): boolean {
  if (typeof value === 'number') return true;
  return typeof value === 'string' && value !== '' && Number.isFinite(Number(value));
}

const maxPaths = 400;

/** Paths to the parts of a JSON value, the value itself first, breadth bounded. */
function pathsOf(root: unknown): Path[] {
  const paths: Path[] = [[]];
  for (let index = 0; index < paths.length && paths.length < maxPaths; index += 1) {
    const path = paths[index] ?? [];
    const value = valueAt(root, path);
    if (Array.isArray(value))
      for (let item = 0; item < Math.min(value.length, 20); item += 1) paths.push([...path, item]);
    else if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value)) paths.push([...path, key]);
  }
  return paths;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) value = (value as Readonly<Record<string | number, unknown>> | undefined)?.[step];
  return value;
}

/** The value with the part at the path replaced; the original stays as it was. */
function changed(root: unknown, path: Path, replace: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replace(root);
  if (Array.isArray(root)) {
    const copy = [...root];
    copy[Number(step)] = changed(copy[Number(step)], rest, replace);
    return copy;
  }
  const record = root as Readonly<Record<string, unknown>>;
  return { ...record, [step]: changed(record[step], rest, replace) };
}

function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[random.integer(items.length)];
}
