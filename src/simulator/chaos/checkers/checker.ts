// What a checker is: a judge that knows only the venue's ledger, the committed rows and what was told over the line.
// It must never call the code under test, nor read its memory.
import type { AnyPut } from '../../../shared/bus/collections.ts';
import type { AgentSettings } from '../../../shared/domain/agent-settings.ts';
import type { OrderRequest } from '../../../shared/domain/order.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import type { HouseBook } from '../house-book.ts';
import type { ChaosPlan } from '../plan.ts';
import type { VenueLedger } from '../venue-ledger.ts';
import type { Words } from '../words.ts';

/** Everything that a checker may look at. */
export interface Scene {
  readonly plan: ChaosPlan;
  readonly settings: AgentSettings;
  readonly ledger: VenueLedger;
  readonly book: HouseBook;
  readonly words: Words;
  readonly now: EpochMs;
  /** When the present house was started; a dead one can tell nobody anything. */
  readonly startedAt: EpochMs;
  /** The bad hours are over and everything works. */
  readonly healed: boolean;
}

export interface Checker {
  readonly name: CheckerName;
  /** A request leaves the house. */
  leaving?(request: OrderRequest, scene: Scene): string | undefined;
  /** These rows are durable now; the book already holds them. `before` gives the order rows that they replaced. */
  committed?(puts: readonly AnyPut[], scene: Scene): string | undefined;
  /** The venue's ledger changed. */
  ledgerChanged?(scene: Scene): string | undefined;
  /** An instant is over. */
  looked?(scene: Scene): string | undefined;
  /** The world has healed and come to rest; `flat` when everything was closed too. */
  rested?(scene: Scene, flat: boolean): string | undefined;
}

/** What is proved, in words; the names are part of the output. */
export const checkerNames = {
  one_order_per_intent:
    'never more than one live or executed order of one intent, never two live entries or exits of one symbol',
  committed_before_sent:
    'no request leaves before its order, its signal, its task and its decision are committed',
  nothing_lost:
    'every order and every fill of the venue is in the books, once, with the same figures, and nothing else but pairs that only move an average',
  quantity_exact: 'every position has the quantity that the venue holds, to the last digit',
  average_price: 'its average price is within 0.01 % of the venue’s',
  profit_preserved: 'cash and realised profit are the venue’s, to the last digit',
  protected:
    'every position has its whole quantity under a live stop, or is being closed: within two minutes, and right after healing within one routine question (15 minutes) more',
  silence_is_no_answer: 'no order ends and no position disappears that the venue did not say so of',
  unknown_counts:
    'no entry while another of its symbol is open or unknown, and never beyond the exposure limits with all of them counted',
  at_rest: 'nothing is unknown or in flight once the world has healed',
  no_failure: 'no agent fails and nothing becomes a dead letter',
  unknown_is_told: 'an order that stays unknown for five minutes has an open incident',
  journal: 'the journal’s hashes chain, and its inputs replayed give the same journal',
} as const;
export type CheckerName = keyof typeof checkerNames;
