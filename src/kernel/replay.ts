// Replays recorded inputs with effects closed and compares every line and hash with the journal.

import { readJournalLine } from '../shared/bus/journal-line.ts';
import type { JournalEntry, LoadedState } from '../shared/ports/store.ts';
import type { AgentBuilder } from './agent.ts';
import { chainHash, type TurnRecord } from './journal.ts';
import { Kernel, type KernelInput } from './kernel.ts';

export interface JournalDifference {
  readonly sequence: number;
  readonly part: 'end' | 'hash' | 'sequence' | 'line' | 'input' | 'messages' | 'effects' | 'rows';
  readonly recorded: string;
  readonly replayed: string;
}

const maxShownLength = 1_000;

/** Feeds entries in order; after the first difference it refuses to go on, because everything later follows from it. */
export class JournalReplay {
  readonly #kernel: Kernel;
  #difference: JournalDifference | undefined;
  #replayed = 0;

  /** From the very beginning, or from the base that a journal with retention keeps. */
  constructor(build: AgentBuilder, base?: LoadedState) {
    this.#kernel = new Kernel(base === undefined ? { build } : { build, loaded: base });
  }

  get difference(): JournalDifference | undefined {
    return this.#difference;
  }

  /** Inputs that came out the same. */
  get replayed(): number {
    return this.#replayed;
  }

  get hash(): string {
    return this.#kernel.hash;
  }

  /**
   * After the last entry: true when the journal reaches the stored state, so that no entry is missing at its end. The
   * state must have been read before the journal: beside a running process the journal goes on meanwhile.
   */
  end(stored: { readonly sequence: number; readonly hash: string }): boolean {
    if (this.#difference !== undefined) return false;
    const { sequence, hash } = this.#kernel;
    if (sequence > stored.sequence || (stored.sequence === sequence && stored.hash === hash)) return true;
    this.#difference = {
      sequence,
      part: 'end',
      recorded: `the stored state stands at input ${stored.sequence}, hash ${stored.hash}`,
      replayed: `the journal ends at input ${sequence}, hash ${hash}`,
    };
    return false;
  }

  /** True while the journal reproduces. */
  check(entry: JournalEntry): boolean {
    if (this.#difference !== undefined) return false;
    const previousHash = this.#kernel.hash;
    if (entry.sequence !== this.#kernel.sequence + 1)
      return this.#differ(entry, 'sequence', String(entry.sequence), String(this.#kernel.sequence + 1));
    const expectedHash = chainHash(previousHash, entry.line);
    if (expectedHash !== entry.hash) return this.#differ(entry, 'hash', entry.hash, expectedHash);
    const recorded = readJournalLine(entry.line);
    if (recorded === undefined) return this.#differ(entry, 'line', entry.line, 'not a journal line');
    if (!this.#kernel.started && recorded.input.message_type !== 'kernel.started') {
      this.#kernel.adopt(recorded, entry.hash);
      return true;
    }
    const replayed = this.#kernel.process(inputOf(recorded)).entry;
    if (replayed.line === entry.line) {
      this.#replayed++;
      return true;
    }
    return this.#explain(entry, recorded, readJournalLine(replayed.line) ?? recorded);
  }

  #explain(entry: JournalEntry, recorded: TurnRecord, replayed: TurnRecord): boolean {
    const parts = [
      ['input', recorded.input, replayed.input],
      ['messages', recorded.emitted, replayed.emitted],
      ['effects', recorded.effects, replayed.effects],
      ['rows', recorded.puts, replayed.puts],
    ] as const;
    for (const [part, left, right] of parts) {
      const recordedText = JSON.stringify(left) ?? 'nothing';
      const replayedText = JSON.stringify(right) ?? 'nothing';
      if (recordedText !== replayedText)
        return this.#differ(entry, part, ...aroundFirstDifference(recordedText, replayedText));
    }
    return this.#differ(entry, 'line', entry.line, JSON.stringify(replayed));
  }

  #differ(entry: JournalEntry, part: JournalDifference['part'], recorded: string, replayed: string): false {
    this.#difference = {
      sequence: entry.sequence,
      part,
      recorded: recorded.slice(0, maxShownLength),
      replayed: replayed.slice(0, maxShownLength),
    };
    return false;
  }
}

function inputOf(turn: TurnRecord): KernelInput {
  const { from, to, message_type, data, at, correlation_id } = turn.input;
  return { from, to, message_type, data, at, correlation_id };
}

function aroundFirstDifference(left: string, right: string): [string, string] {
  let index = 0;
  while (index < left.length && left[index] === right[index]) index++;
  const start = Math.max(0, index - 120);
  const lead = start > 0 ? '...' : '';
  return [lead + left.slice(start, start + 400), lead + right.slice(start, start + 400)];
}
