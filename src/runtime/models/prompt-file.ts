// Reads and checks the prompt that models are asked with. People may edit it; what is missing is said before the start.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PromptIdentity } from '../../shared/domain/model.ts';
import { projectFolder } from '../system/page-build.ts';
import { StartRefused } from '../system/start-guards.ts';

const promptName = 'decision';
const minCharacters = 200;
const maxCharacters = 12_000;
const hashHexLength = 12;
/** As for the brief: more than any tokenizer needs for English prose. */
const charactersPerToken = 3;

export interface Prompt extends PromptIdentity {
  readonly instructions: string;
  /** Upper estimate. */
  readonly tokens: number;
}

/** Throws StartRefused naming the file, what is wrong with it and the fix. */
export function loadPrompt(folder: string = path.join(projectFolder, 'prompts')): Prompt {
  const file = path.join(folder, `${promptName}.md`);
  const bytes = readPrompt(file);
  const [, head, body = ''] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(bytes.toString('utf8')) ?? [];
  const field = (name: string) => new RegExp(`^${name}: *(.+?)\\s*$`, 'm').exec(head ?? '')?.[1];
  const version = Number(field('version'));
  const instructions = body.trim();
  const wrong = [
    [
      head === undefined,
      'it must begin with a head of two lines "---" around "name: decision" and "version: 1"',
    ],
    [head !== undefined && field('name') !== promptName, `its head must say "name: ${promptName}"`],
    [
      head !== undefined && !(Number.isSafeInteger(version) && version > 0),
      'its head must give a whole number as "version"',
    ],
    [instructions.length < minCharacters, `its text is shorter than ${minCharacters} characters`],
    [instructions.length > maxCharacters, `its text is longer than ${maxCharacters} characters`],
    [!/JSON/.test(instructions), 'its text must ask for JSON by that word'],
    [
      !instructions.includes('quoted_from_outside'),
      'its text must say that what `quoted_from_outside` holds is data, not instruction',
    ],
  ] as const;
  const problem = wrong.find(([isWrong]) => isWrong)?.[1];
  if (problem !== undefined) throw new StartRefused(unusable(file, problem));
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, hashHexLength);
  const tokens = Math.ceil(instructions.length / charactersPerToken);
  return { name: promptName, version, hash, instructions, tokens };
}

function readPrompt(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartRefused(
      unusable(file, `it cannot be read (${error instanceof Error ? error.message : String(error)})`),
    );
  }
}

function unusable(file: string, problem: string): string {
  return `The prompt ${file} cannot be used: ${problem}. Fix: correct it, take the one that came with this version, or leave out all model keys.`;
}
