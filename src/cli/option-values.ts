// How option values are read: one function per kind of value; a wrong one says what to write instead.
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

export function list(value: string): string[] {
  const parts = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) throw new InvalidArgumentError('name at least one.');
  return parts;
}

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('use a whole number from 0 on.');
  return number;
}

export function positive(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('use a number above 0.');
  return number;
}

const isoInstant = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()]);

/** An ISO 8601 instant or date; without a zone it is UTC, so that the machine's own zone never matters. */
export function instant(value: string): number {
  const zoned = /[zZ]$|[+-]\d\d:\d\d$/.test(value) || !value.includes('T');
  const at = isoInstant.safeParse(value).success ? Date.parse(zoned ? value : `${value}Z`) : Number.NaN;
  if (!(at > 0))
    throw new InvalidArgumentError('use an ISO 8601 instant after 1970, such as 2026-04-01T00:00:00Z.');
  return at;
}
