// Recognises what was told before: the same id, address or title, and the same story in nearly the same words.
// Memory is bounded. It must never take two stories for one because they differ in a number or a direction.
import type { EpochMs } from '../../../shared/domain/time.ts';
import { hourMs } from '../../../shared/domain/time.ts';

const maxRemembered = 4_000;
const maxKeys = 12_000;
/** The same words two days later are a new story (a monthly statement). */
const windowMs = 48 * hourMs;
/** Shared words and word pairs over all of both, above which two titles tell one story. */
const minSimilarity = 0.8;
/** Below this many words only equal titles are the same. */
const minWords = 5;

/** Words that turn a headline round: two titles must agree in all of them. */
const turningWords: ReadonlySet<string> = new Set(
  `up down rise rises rising rose fall falls falling fell gain gains gained loss losses lose loses lost jump jumps
  jumped drop drops dropped surge surges surged plunge plunges plunged climb climbs slide slides rally rallies crash
  crashes soar soars sink sinks high higher highest low lower lowest above below over under hike hikes hiked cut cuts
  raise raises raised hold holds held beat beats miss misses buy buys sell sells bull bullish bear bearish long short
  not no never denies deny confirms confirm approve approves approved reject rejects rejected delay delays delayed
  inflow inflows outflow outflows win wins ban bans lift lifts before after more less strong stronger weak weaker
  positive negative expands shrinks tightens eases dovish hawkish halts resumes opens closes first second third
  jan january feb february mar march apr april may jun june jul july aug august sep september oct october nov november
  dec december monday tuesday wednesday thursday friday saturday sunday`.split(/\s+/),
);

interface Remembered {
  readonly at: EpochMs;
  readonly title: string;
  readonly pieces: ReadonlySet<string>;
  /** Words that carry meaning, without plural and possessive endings. */
  readonly content: ReadonlySet<string>;
  readonly marks: string;
}

/** Words whose presence changes nothing about which story it is. */
const fillers: ReadonlySet<string> = new Set(
  'a an the of in on at to for from by with and or as is are was were be has have had its it this that s'.split(
    ' ',
  ),
);

export type Duplicate = 'same' | 'near';

/** Letters and digits in lower case, one blank between words: what two spellings of a title share. */
export function normalisedTitle(title: string): string {
  return title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’`]/g, '')
    .replace(/(?<=\d)[.,](?=\d)/g, '_')
    .replace(/[^\p{L}\p{N}\p{M}_%$€£¥+-]+/gu, ' ')
    .replace(/(?<![\p{L}\p{N}])[-+](?!\d)|(?<=[\p{L}])[-+]|[-+](?=\p{L})/gu, ' ')
    .replace(/ +/g, ' ')
    .trim();
}

export class DuplicateMemory {
  /** Ids and addresses, oldest first. */
  readonly #keys = new Set<string>();
  #titles: Remembered[] = [];

  /** True when one of the keys was told before; remembers all of them. */
  knows(keys: readonly string[]): boolean {
    const known = keys.some((key) => this.#keys.has(key));
    for (const key of keys) {
      // Heard again is young again: a feed repeats an item for as long as it lists it.
      this.#keys.delete(key);
      this.#keys.add(key);
    }
    for (const key of this.#keys) {
      if (this.#keys.size <= maxKeys) break;
      this.#keys.delete(key);
    }
    return known;
  }

  /** Whether the story was told within the window; a new one is remembered. */
  check(title: string, at: EpochMs): Duplicate | undefined {
    const normal = normalisedTitle(title);
    const words = normal.split(' ');
    const candidate: Remembered = {
      at,
      title: normal,
      pieces: piecesOf(words),
      content: contentOf(words),
      marks: marksOf(words),
    };
    for (const known of this.#titles) {
      if (Math.abs(at - known.at) > windowMs) continue;
      if (known.title === normal) return 'same';
      if (words.length < minWords || known.marks !== candidate.marks) continue;
      if (similarity(known.pieces, candidate.pieces) < minSimilarity) continue;
      // Words may be added or dropped; where each has a word of its own, the subject may be another.
      if (holds(known.content, candidate.content) || holds(candidate.content, known.content)) return 'near';
    }
    this.#titles.push(candidate);
    if (this.#titles.length > maxRemembered) this.#titles = this.#titles.slice(-maxRemembered / 2);
    return undefined;
  }

  get size(): { readonly titles: number; readonly keys: number } {
    return { titles: this.#titles.length, keys: this.#keys.size };
  }
}

function piecesOf(words: readonly string[]): ReadonlySet<string> {
  const pieces = new Set<string>(words);
  for (let index = 1; index < words.length; index += 1) pieces.add(`${words[index - 1]} ${words[index]}`);
  return pieces;
}

function contentOf(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.filter((word) => !fillers.has(word)).map((word) => word.replace(/(?<=.{3})s$/, '')));
}

function holds(whole: ReadonlySet<string>, part: ReadonlySet<string>): boolean {
  for (const word of part) if (!whole.has(word)) return false;
  return true;
}

/** Numbers and turning words, in order: what may not differ. */
function marksOf(words: readonly string[]): string {
  return words
    .filter((word) => /\p{N}/u.test(word) || turningWords.has(word))
    .sort()
    .join(' ');
}

function similarity(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  const [small, large] = left.size < right.size ? [left, right] : [right, left];
  if (small.size / large.size < minSimilarity) return 0;
  let shared = 0;
  for (const piece of small) if (large.has(piece)) shared += 1;
  return shared / (left.size + right.size - shared);
}
