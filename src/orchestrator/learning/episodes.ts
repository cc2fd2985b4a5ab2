// Episodic memory: past situations with what was run in them and what became of it, and the ones most like now.
// Bounded in number, durable, the same after a restart; it holds numbers and kinds of tasks only, never a text from outside.
import type { StateReader, Turn } from '../../kernel/agent.ts';
import { type MarketMode, marketModes } from '../../shared/domain/mode.ts';
import { type TaskKind, taskKinds } from '../../shared/domain/task.ts';
import { dayMs, type EpochMs } from '../../shared/domain/time.ts';
import { memoryRows, writeMemory } from '../memory-rows.ts';
import { rounded } from '../numbers.ts';
import { hourAt, type Situation, vectorLength } from './situation.ts';

const prefix = 'episode/';
export const maxEpisodes = 256;
const maxRecalled = 5;
const leastSimilarity = 0.3;
/** Distance at which similarity has fallen to 1/e. */
const reach = 0.5;
/** Beyond this a situation is less alike than the least. */
const farthest = reach * 1.1;
/** Another mode is at least this far away. */
const modeDistance = 0.5;
/** So near, and with the same kinds run, it is the same kind of episode again. */
const sameDistance = 0.08;
const halfLifeMs = 30 * dayMs;

export interface Episode {
  /** Newest decision of this kind. */
  readonly at: EpochMs;
  readonly mode: MarketMode;
  readonly vector: readonly number[];
  readonly kinds: readonly TaskKind[];
  readonly decisions: number;
  readonly kept: number;
  readonly found: number;
  readonly missed: number;
  readonly net: number;
}

export interface Recollection extends Episode {
  /** 1 is the very same situation. */
  readonly similarity: number;
}

/** What a decision turned out to be, as far as memory keeps it. */
export type Lesson = Pick<Episode, 'kinds' | 'kept' | 'found' | 'missed' | 'net'>;

export class Episodes {
  /** By slot number; slots fill from 0 on and are never given back. */
  #held: Episode[] = [];
  /** Their vectors, one after the other, and the places of their modes: the search must be cheap. */
  readonly #vectors = new Float64Array(maxEpisodes * vectorLength);
  readonly #modes = new Int8Array(maxEpisodes);
  /** The vector that is searched for. */
  readonly #wanted = new Float64Array(vectorLength);
  readonly #unsaved = new Set<number>();

  restore(state: StateReader): void {
    this.#held = [];
    this.#unsaved.clear();
    for (const [slot, value] of memoryRows(state, prefix)) {
      const episode = readEpisode(value);
      // A row that cannot be read ends the memory there: what follows it is overwritten in turn.
      if (episode === undefined || Number(slot) !== this.#held.length || this.#held.length >= maxEpisodes)
        break;
      this.#vectors.set(episode.vector, this.#held.length * vectorLength);
      this.#modes[this.#held.length] = marketModes.indexOf(episode.mode);
      this.#held.push(episode);
    }
  }

  get size(): number {
    return this.#held.length;
  }

  /** The situations most like this one, the most alike first; older ones count less. */
  recall({ mode, vector }: Situation, now: EpochMs): Recollection[] {
    const slots: number[] = [];
    const similarities: number[] = [];
    const held = this.#held;
    const [vectors, modes, wanted] = [this.#vectors, this.#modes, this.#wanted];
    const wantedMode = marketModes.indexOf(mode);
    wanted.set(vector);
    for (let slot = 0; slot < held.length; slot += 1) {
      const apart = modes[slot] === wantedMode ? 0 : modeDistance;
      const distance = apart + distanceBelow(vectors, slot * vectorLength, wanted, farthest - apart);
      if (distance >= farthest) continue;
      const faded = 0.5 ** (Math.max(0, now - (held[slot] as Episode).at) / halfLifeMs);
      const similarity = Math.exp(-((distance / reach) ** 2)) * faded;
      if (similarity < leastSimilarity) continue;
      // The few best, in order; among equals the lower slot comes first.
      let place = similarities.length;
      while (place > 0 && (similarities[place - 1] as number) < similarity) place -= 1;
      if (place >= maxRecalled) continue;
      slots.splice(place, 0, slot);
      similarities.splice(place, 0, similarity);
      if (slots.length > maxRecalled) {
        slots.pop();
        similarities.pop();
      }
    }
    return slots.map((slot, index) => ({
      ...(this.#held[slot] as Episode),
      similarity: rounded(similarities[index] as number),
    }));
  }

  /** Adds one decision: to the episode it repeats, else in a slot of its own; the oldest gives way when all are taken. */
  remember({ mode, vector }: Situation, lesson: Lesson, now: EpochMs): void {
    const kinds = lesson.kinds.join();
    let into: number | undefined;
    let nearest = sameDistance;
    const [vectors, modes, wanted] = [this.#vectors, this.#modes, this.#wanted];
    const wantedMode = marketModes.indexOf(mode);
    wanted.set(vector);
    for (let slot = 0; slot < this.#held.length; slot += 1) {
      if (modes[slot] !== wantedMode) continue;
      const distance = distanceBelow(vectors, slot * vectorLength, wanted, nearest);
      if (distance >= nearest || this.#held[slot]?.kinds.join() !== kinds) continue;
      nearest = distance;
      into = slot;
    }
    const slot = into ?? this.#freeSlot();
    const before = into === undefined ? undefined : this.#held[into];
    if (before === undefined) {
      this.#vectors.set(vector, slot * vectorLength);
      this.#modes[slot] = wantedMode;
    }
    this.#held[slot] = {
      at: Math.max(now, before?.at ?? now),
      mode,
      vector: before?.vector ?? vector,
      kinds: lesson.kinds,
      decisions: (before?.decisions ?? 0) + 1,
      kept: (before?.kept ?? 0) + lesson.kept,
      found: rounded((before?.found ?? 0) + lesson.found),
      missed: rounded((before?.missed ?? 0) + lesson.missed),
      net: rounded((before?.net ?? 0) + lesson.net),
    };
    this.#unsaved.add(slot);
  }

  save(turn: Turn): void {
    for (const slot of this.#unsaved) {
      const episode = this.#held[slot];
      if (episode !== undefined) writeMemory(turn, `${prefix}${String(slot).padStart(3, '0')}`, episode);
    }
    this.#unsaved.clear();
  }

  #freeSlot(): number {
    if (this.#held.length < maxEpisodes) return this.#held.length;
    let oldest = 0;
    let since = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < this.#held.length; slot += 1) {
      const { at } = this.#held[slot] as Episode;
      if (at >= since) continue;
      since = at;
      oldest = slot;
    }
    return oldest;
  }
}

/** Distance between the vector at `begin` and another; infinite as soon as it is certainly not below `limit`. */
function distanceBelow(vectors: Float64Array, begin: number, wanted: Float64Array, limit: number): number {
  const most = limit * limit;
  // Most are far by the hour alone.
  const sine = (vectors[begin + hourAt] as number) - (wanted[hourAt] as number);
  const cosine = (vectors[begin + hourAt + 1] as number) - (wanted[hourAt + 1] as number);
  if (sine * sine + cosine * cosine >= most) return Number.POSITIVE_INFINITY;
  let squares = 0;
  for (let k = 0; k < vectorLength; k += 1) {
    const step = (vectors[begin + k] as number) - (wanted[k] as number);
    squares += step * step;
    if (squares >= most) return Number.POSITIVE_INFINITY;
  }
  return Math.sqrt(squares);
}

/** A row as this program writes it; anything else is not remembered. */
function readEpisode(value: unknown): Episode | undefined {
  const row = value as Partial<Record<keyof Episode, unknown>> | null;
  const mode = marketModes.find((one) => one === row?.mode);
  const { vector, kinds } = row ?? {};
  if (row === null || mode === undefined || !Array.isArray(vector) || !Array.isArray(kinds)) return undefined;
  const numbers = [row.at, row.decisions, row.kept, row.found, row.missed, row.net, ...vector];
  if (vector.length !== vectorLength || !numbers.every(isNumber)) return undefined;
  const known = taskKinds.filter((kind) => kinds.includes(kind));
  return known.length === kinds.length ? (row as unknown as Episode) : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
