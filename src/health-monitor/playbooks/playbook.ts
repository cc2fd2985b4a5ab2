// What a playbook is. A playbook acts through effects and messages only.
// It must never loosen trading, touch an order, or act where an interlock applies.
import type { Turn } from '../../kernel/agent.ts';
import type { HealingSettings } from '../../shared/domain/heal-action.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import type { IncidentBook } from '../incident-book.ts';
import type { HealState, RelayMemory, TradingContext } from '../memory.ts';
import type { SourceWatch } from '../source-watch.ts';
import type { PlaybookName } from './playbook-names.ts';

/** How the work of something outside goes on without it; undefined when it does not. */
export interface OutsideView {
  readonly nativeRunners: string | undefined;
  nextRung(provider: string): string | undefined;
}

export interface HealContext {
  readonly now: EpochMs;
  readonly book: IncidentBook;
  readonly sources: SourceWatch;
  readonly trading: TradingContext;
  readonly broker: { readonly name: string; readonly simulated: boolean };
  readonly healing: HealingSettings | undefined;
  /** Symbols that a source prices. */
  readonly symbolsOf: (source: string) => readonly string[];
  readonly outside: OutsideView;
  /** Messages that wait for agents elsewhere; undefined when all agents are here. */
  readonly relay: RelayMemory | undefined;
  /** Why this is no moment to disturb anything; undefined when it is one. */
  readonly riskyMoment: string | undefined;
}

/** Something that needs a playbook, and the cause that says so. */
export interface Patient {
  readonly target: string;
  readonly cause: string;
}

export interface Playbook {
  readonly name: PlaybookName;
  /** True for causes that it mends also while they are not critical. */
  treats(cause: string): boolean;
  attemptLimit(context: HealContext): number;
  /** Time for the healed state to show; after it the attempt counts as failed. */
  verifyMs(attempt: number, context: HealContext): number;
  /** True when a target that falls ill again within the same incident is treated again. */
  readonly repeats: boolean;
  /** True where the house goes on by itself, and that is worth a record. */
  readonly recordsWhenHealed?: boolean;
  backoffMs(attempt: number): number;
  /** Targets in need now; with `forced` also those that no incident has been opened for yet. */
  patients(context: HealContext, forced: boolean): Patient[];
  healed(target: string, context: HealContext): boolean;
  describe(target: string, context: HealContext): string;
  /** What acting means, as in "would ...". */
  readonly deed: string;
  /** The same for one attempt; absent where all attempts are alike. */
  deedOf?(attempt: number, context: HealContext): string;
  act(target: string, attempt: number, turn: Turn, context: HealContext, healId: string): void;
  /** Takes back what was only meant for the time of the trouble; returns what. */
  undo?(target: string, attempts: number, turn: Turn, context: HealContext, healId: string): string[];
  /** Why nothing more is tried, in words; undefined while there is hope. */
  hopeless?(context: HealContext): string | undefined;
  /** Added to the call for a person: what waits, and what to do. */
  plea?(context: HealContext): string;
  /** What follows once the target is well again. */
  afterwards?(target: string, state: HealState, turn: Turn, context: HealContext): void;
  /** When a target may come to need treatment if nothing else happens. */
  nextPatientAt(context: HealContext): EpochMs | undefined;
}
