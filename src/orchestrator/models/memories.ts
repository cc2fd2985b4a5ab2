// What a model is told of similar past situations: their numbers as fields it may cite, what was run as quoted data.
// It must never hold a text from outside: only kinds of tasks, modes and numbers.
import type { Recollection } from '../learning/episodes.ts';
import { rounded } from '../numbers.ts';
import type { HeardText } from './model-memory.ts';

/** Memories a model is told of; each costs about 60 tokens. */
const maxMemories = 2;

export interface ToldMemories {
  readonly fields: Readonly<Record<string, number>>;
  readonly texts: readonly HeardText[];
}

export function toldMemories(recalled: readonly Recollection[]): ToldMemories {
  const fields: Record<string, number> = {};
  const texts: HeardText[] = [];
  recalled.slice(0, maxMemories).forEach(({ similarity, mode, kinds, decisions, kept, net }, index) => {
    const name = `memory_${index + 1}`;
    fields[`${name}.similarity`] = rounded(similarity, 2);
    fields[`${name}.kept_share`] = rounded(kept / decisions, 2);
    fields[`${name}.net`] = rounded(net / decisions, 2);
    texts.push({ origin: name, text: `mode ${mode}, ran ${kinds.join(' ') || 'nothing'}` });
  });
  return { fields, texts };
}
