// Reads a model's answer: parsed by schema, repaired once at most, every citation checked, every bound kept.
// It must never trust: what does not fit is rejected with a code, and then the policy's choice stands.
import { z } from 'zod';
import { type ModelEvidence, type ModelReply, maxAnswerCharacters } from '../../shared/domain/model.ts';
import { type TaskKind, taskKinds } from '../../shared/domain/task.ts';
import { rounded } from '../numbers.ts';
import { fabrication } from './citations.ts';
import { highestScale, lowestScale } from './consult-gate.ts';
import type { ShownCandidate } from './model-memory.ts';

const maxReasoningLength = 800;
const maxEvidence = 12;
const lowestRiskScale = 0.5;
const fence = '```';

export const rejectionCodes = [
  'empty',
  'too_long',
  'truncated',
  'not_json',
  'shape',
  'not_admissible',
  'fabrication',
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

/** What an answer must look like. Unknown properties are refused: nothing beside these can be asked for. */
const answerSchema = z.strictObject({
  choice: z.array(z.string().max(64)).max(taskKinds.length),
  scales: z
    .array(z.strictObject({ kind: z.string().max(64), scale: z.number().min(lowestScale).max(highestScale) }))
    .max(taskKinds.length),
  risk_scale: z.number().min(lowestRiskScale).max(1),
  reasoning: z.string().min(1).max(maxReasoningLength),
  evidence: z.array(z.strictObject({ field: z.string().max(80), value: z.number() })).max(maxEvidence),
});

export interface AcceptedAnswer {
  readonly scales: Readonly<Partial<Record<TaskKind, number>>>;
  readonly riskScale: number;
  readonly reasoning: string;
  readonly evidence: readonly ModelEvidence[];
}

export type AnswerVerdict =
  | { readonly accepted: true; readonly answer: AcceptedAnswer }
  | { readonly accepted: false; readonly code: RejectionCode; readonly detail: string };

export interface AnswerContext {
  readonly fields: Readonly<Record<string, number>>;
  readonly candidates: readonly ShownCandidate[];
  readonly threshold: number;
}

/** Judges an answer against what was shown when it was asked for. Never throws. */
export function judgeAnswer(reply: ModelReply, context: AnswerContext): AnswerVerdict {
  if (reply.characters > maxAnswerCharacters) return rejected('too_long', `${reply.characters} characters`);
  if (reply.text.trim() === '') return rejected('empty', 'no text');
  const document = parsedOnce(reply.text);
  if (document === undefined)
    return reply.finish === 'length'
      ? rejected('truncated', `cut off after ${reply.characters} characters`)
      : rejected('not_json', reply.text.slice(0, 80));
  const parsed = answerSchema.safeParse(document);
  if (!parsed.success) return rejected('shape', z.prettifyError(parsed.error).replaceAll('\n', '; '));
  const { choice, scales, risk_scale, reasoning, evidence } = parsed.data;
  const inadmissible = inadmissibleNames([...choice, ...scales.map(({ kind }) => kind)], context);
  if (inadmissible !== undefined) return rejected('not_admissible', inadmissible);
  const twice =
    duplicateOf(choice) ?? duplicateOf(scales.map(({ kind }) => kind)) ?? familyClash(choice, context);
  if (twice !== undefined) return rejected('not_admissible', twice);
  const own = [...scales.map(({ scale }) => scale), risk_scale, context.threshold];
  const made = fabrication(evidence, reasoning, context.fields, own);
  if (made !== undefined) return rejected('fabrication', made);
  return {
    accepted: true,
    answer: {
      scales: scalesOf(choice, new Map(scales.map(({ kind, scale }) => [kind, scale])), context),
      riskScale: rounded(risk_scale),
      reasoning: plainText(reasoning),
      evidence,
    },
  };
}

/** For people to read: without controls and without marks that hide or turn text. */
function plainText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
}

function rejected(code: RejectionCode, detail: string): AnswerVerdict {
  return { accepted: false, code, detail: detail.slice(0, 300) };
}

/** The text as JSON; if it is not, once more from its code fence or from its first to its last brace. */
function parsedOnce(text: string): unknown {
  const direct = parsedJson(text);
  if (direct !== undefined) return direct;
  const [first, last] = [text.indexOf('{'), text.lastIndexOf('}')];
  const repaired = fencedText(text) ?? (first >= 0 && last > first ? text.slice(first, last + 1) : undefined);
  return repaired === undefined ? undefined : parsedJson(repaired);
}

/** What stands between the first two fences, without the name of a language. */
function fencedText(text: string): string | undefined {
  const begin = text.indexOf(fence);
  const end = begin < 0 ? -1 : text.indexOf(fence, begin + fence.length);
  return end < 0 ? undefined : text.slice(begin + fence.length, end).replace(/^json/i, '');
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inadmissibleNames(names: readonly string[], { candidates }: AnswerContext): string | undefined {
  const unknown = names.find((name) => !candidates.some(({ kind, safety }) => kind === name && !safety));
  return unknown === undefined ? undefined : `${unknown} is not among the candidates`;
}

function duplicateOf(names: readonly string[]): string | undefined {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `${twice} is there twice`;
}

function familyClash(choice: readonly string[], { candidates }: AnswerContext): string | undefined {
  const families = candidates.filter(({ kind }) => choice.includes(kind)).map(({ family }) => family);
  const clash = families.find((family, index) => family !== null && families.indexOf(family) !== index);
  return clash === undefined || clash === null
    ? undefined
    : `two looks at ${clash}, of which only one can run`;
}

/**
 * One scale for each candidate that needs one. Where the answer gives none, its choice does: a kind it runs is lifted
 * to the threshold; one that the policy runs and it does not is lowered below it, with the rivals that would take its
 * place, or below the one it prefers. Each goes no further than the bounds allow; a repeated choice changes nothing.
 */
function scalesOf(
  choice: readonly string[],
  given: ReadonlyMap<string, number>,
  { candidates, threshold }: AnswerContext,
): Partial<Record<TaskKind, number>> {
  const scales: Partial<Record<TaskKind, number>> = {};
  for (const kind of taskKinds) {
    const candidate = candidates.find((one) => one.kind === kind);
    if (candidate === undefined) continue;
    const { score, family } = candidate;
    const rivals = candidates.filter(
      (one) => one === candidate || (family !== null && one.family === family),
    );
    const preferred = rivals.find((one) => choice.includes(one.kind));
    const dropped = rivals.some((one) => one.runs && !choice.includes(one.kind));
    const implied = choice.includes(kind)
      ? Math.max(1, ceiled(threshold / score))
      : dropped
        ? lowering(score, Math.max(threshold, preferred?.score ?? 0))
        : 1;
    const scale = Math.min(highestScale, Math.max(lowestScale, given.get(kind) ?? implied));
    if (scale !== 1) scales[kind] = rounded(scale);
  }
  return scales;
}

/** What brings a score just below a ceiling that it reaches; 1 when it does not. */
function lowering(score: number, ceiling: number): number {
  return score < ceiling ? 1 : Math.floor((ceiling / score) * 999) / 1_000;
}

function ceiled(value: number): number {
  return Math.ceil(value * 1_000) / 1_000;
}

/** The same shape for the providers; bounds are in words because not every one of them takes them in a schema. */
export const answerJsonSchema = {
  type: 'object',
  properties: {
    choice: {
      type: 'array',
      description: 'Kinds to run now, from the candidates only; at most one for crypto and one for forex',
      items: { type: 'string', enum: taskKinds },
    },
    scales: {
      type: 'array',
      description: 'Optional factors on priorities, 0.5 to 2; an empty list leaves them to the choice',
      items: {
        type: 'object',
        properties: { kind: { type: 'string', enum: taskKinds }, scale: { type: 'number' } },
        required: ['kind', 'scale'],
        additionalProperties: false,
      },
    },
    risk_scale: { type: 'number', description: '0.5 to 1; below 1 it tightens the risk appetite' },
    reasoning: { type: 'string', description: 'Why, in at most three sentences; numbers only from evidence' },
    evidence: {
      type: 'array',
      description: 'Every number the reasoning states: a name from fields and exactly its value',
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, value: { type: 'number' } },
        required: ['field', 'value'],
        additionalProperties: false,
      },
    },
  },
  required: ['choice', 'scales', 'risk_scale', 'reasoning', 'evidence'],
  additionalProperties: false,
} as const;
