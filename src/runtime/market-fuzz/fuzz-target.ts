// What can be fuzzed: anything through which bytes from outside enter the house.
import type { FuzzCase } from '../../adapters/market-data/shared/fuzz-case.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { MarketDataSink } from '../../shared/ports/market-data.ts';
import type { Random } from '../../shared/ports/random.ts';

export interface FuzzWorld {
  readonly sink: MarketDataSink;
  readonly random: Random;
  /** The session's own time; it moves on by itself between inputs. */
  readonly now: () => EpochMs;
  /** Counts what passed a gate that does not lead into the sink. */
  readonly passed: (count: number) => void;
}

export interface FuzzSession {
  /** A sound message or answer of this moment, for the fuzzer to damage. */
  sample(): string;
  /** Takes one input. Throwing is a crash, or the proof that something impossible passed (ImpossiblePassed). */
  feed(input: string): void;
}

export interface FuzzTarget {
  readonly name: string;
  /** A fresh adapter with its own memory; inputs of one session follow each other. */
  open(world: FuzzWorld): FuzzSession;
}

/** Something that cannot be real came out behind the gate. */
export class ImpossiblePassed extends Error {
  override readonly name = 'ImpossiblePassed';
}

/** Joins the cases of one adapter into a target; each session takes one of them. */
export function casesTarget(name: string, cases: readonly FuzzCase[]): FuzzTarget {
  return {
    name,
    open: ({ random, sink, passed }) => {
      const chosen = cases[random.integer(cases.length)];
      if (chosen === undefined) throw new RangeError(`${name} has no case to fuzz`);
      return {
        sample: () => chosen.sample,
        feed: (input) => {
          try {
            chosen.feed(input, { passed, quarantined: (report) => sink.quarantined(report) });
          } catch (error) {
            // Cases written elsewhere tell by their words that their own check behind the gate failed.
            if (error instanceof Error && /impossible|hostile/.test(error.message))
              throw new ImpossiblePassed(error.message);
            throw error;
          }
        },
      };
    },
  };
}
