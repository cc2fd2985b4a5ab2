// Reading JSON of services that promise little: numbers that may be text, fields that may be missing, lists that
// may be huge. What has the wrong shape is unknown or refused with a reason, never repaired.
import { z } from 'zod';
import {
  type CandidateFacts,
  type CandidateObservation,
  maxCandidateNameChars,
  maxCandidateSymbolChars,
} from '../../../shared/domain/candidate.ts';
import { outsideText } from '../../../shared/domain/outside-text.ts';

const numberText = z
  .string()
  .max(60)
  .regex(/^-?\d+(\.\d+)?([eE][-+]?\d{1,3})?$/)
  .transform(Number);

/** A finite number, also as text. */
const numeric = z.union([z.number(), numberText]).pipe(z.number());
/** A number that may be missing. Of the wrong type it makes the whole item unreadable: it may be a price. */
export const optionalNumeric = numeric.nullish().transform((value) => value ?? undefined);
/** A count whose absence or wrong type harms nobody: then it is unknown. */
export const optionalCount = z.number().int().nonnegative().max(1e9).optional().catch(undefined);
export const optionalText = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? '');
export const shortText = z.string().min(1).max(200);

export interface DecodeFault {
  readonly reason: string;
  readonly where: string;
}

/** What was read from an answer or a frame, and what of it could not be. */
export interface Decoded {
  readonly observations: readonly CandidateObservation[];
  readonly faults: readonly DecodeFault[];
}

export const nothingDecoded: Decoded = { observations: [], faults: [] };
/** Items of one answer that are read; the feeds give some tens. */
export const maxItems = 200;
const maxFaultsPerAnswer = 5;
const maxExcerpt = 120;

export function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return outsideText(text.slice(0, 4 * maxExcerpt), maxExcerpt);
}

/** Undefined when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads each item by itself, so that one bad row does not hide the others. */
export function decodeItems<Item>(
  list: unknown,
  schema: z.ZodType<Item>,
  observe: (item: Item) => CandidateObservation | undefined,
): Decoded {
  if (!Array.isArray(list)) return { observations: [], faults: [fault('not the documented list', list)] };
  const observations: CandidateObservation[] = [];
  const faults: DecodeFault[] = [];
  if (list.length > maxItems)
    faults.push({
      reason: `more than ${maxItems} items: the rest was not read`,
      where: `${list.length} items`,
    });
  for (const entry of list.slice(0, maxItems)) {
    const parsed = schema.safeParse(entry);
    const observation = parsed.success ? observe(parsed.data) : undefined;
    if (observation !== undefined) observations.push(observation);
    else if (!parsed.success && faults.length < maxFaultsPerAnswer)
      faults.push(fault('an item does not have a documented shape', entry));
  }
  return { observations, faults };
}

export function fault(reason: string, what: unknown): DecodeFault {
  return { reason, where: excerpt(what) };
}

export function candidateName(text: string): string {
  return outsideText(text, maxCandidateNameChars);
}

export function candidateSymbol(text: string): string {
  return outsideText(text, maxCandidateSymbolChars);
}

/** A clean reference such as a pool address or exchange name; undefined when it is none. */
export function cleanReference(text: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9:._ -]{0,63}$/.test(text) ? text : undefined;
}

type MaybeFacts = { readonly [Key in keyof CandidateFacts]: CandidateFacts[Key] | undefined };

/** The facts that are known: an undefined field is left out, so that it never overwrites what another said. */
export function knownFacts(facts: MaybeFacts): CandidateFacts {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as CandidateFacts;
}
