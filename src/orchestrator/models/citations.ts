// Every number that an answer states must be one of the snapshot. One that is not is a fabrication, whatever it is for.
import type { ModelEvidence } from '../../shared/domain/model.ts';

/** Answers may round: this far from the field, relative to it, still counts as the same number. */
const tolerance = 0.005;
/** Digit groups with separators, decimals and exponents, in any script that NFKC turns into ASCII. */
const numberPattern = /(\d(?:[\d.,'’_\u00a0\u202f]*\d)?(?:e[+-]?\d+)?)(\s?(?:%|per\s?cent|pour\s?cent))?/giu;
const kindWithDigits = /[\p{L}_-]+\d[\p{L}\d_-]*/gu;

/** Why the citations are not to be believed; undefined when each number is where it is said to be. */
export function fabrication(
  evidence: readonly ModelEvidence[],
  text: string,
  fields: Readonly<Record<string, number>>,
  ownNumbers: readonly number[],
): string | undefined {
  for (const { field, value } of evidence) {
    if (!Object.hasOwn(fields, field)) return `there is no field ${field.slice(0, 60)}`;
    const actual = fields[field] ?? Number.NaN;
    if (!same(value, actual)) return `${field} is ${actual}, not ${value}`;
  }
  const plain = text.normalize('NFKC');
  const foreign = plain.match(/[^\P{N}0-9]/u)?.[0];
  if (foreign !== undefined) return `a number in a form that cannot be checked: ${foreign}`;
  const named = new Set(Object.keys(fields));
  const prose = plain.replaceAll(kindWithDigits, (word) => (named.has(word) ? ' ' : word));
  // Signs are often words, as in "fell by", so only sizes are compared.
  const known = [...evidence.map(({ value }) => value), ...ownNumbers];
  for (const [, written = '', percent] of prose.matchAll(numberPattern)) {
    const readings = readingsOf(written).flatMap((one) => (percent === undefined ? [one] : [one, one / 100]));
    if (!readings.some((reading) => known.some((value) => same(reading, Math.abs(value)))))
      return `${written.slice(0, 40)} is not among the evidence`;
  }
  return undefined;
}

function same(value: number, actual: number): boolean {
  return Math.abs(value - actual) <= Math.max(1e-9, tolerance * Math.abs(actual));
}

/** "10,000" is ten thousand or ten, depending on who writes: both readings are tried. */
function readingsOf(written: string): number[] {
  const joined = written.replaceAll(/['’_\u00a0\u202f]/g, '');
  const readings = [joined, joined.replaceAll(',', ''), joined.replaceAll('.', '').replace(',', '.')];
  return readings.map(Number).filter(Number.isFinite);
}
