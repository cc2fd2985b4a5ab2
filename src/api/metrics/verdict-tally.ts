// Counts verdicts of the orchestrator and what became of them, by kind of action and by mode, since this process started.
// Repeated words about the same decision are counted once.
import type { AnyMessage } from '../../shared/bus/message.ts';
import { type Decision, type DecisionScore, decisionActions } from '../../shared/domain/decision.ts';
import { marketModes } from '../../shared/domain/mode.ts';
import { LabelCounts } from './label-counts.ts';

/** `idle`: the decision promised no task, and something worth looking for was there. */
const outcomes = ['successful', 'unsuccessful', 'idle'] as const;
const triggers = ['schedule', 'operator', 'event', 'start'] as const satisfies readonly Decision['trigger'][];
/** Decisions remembered as scored, so that a repeated score counts once. */
const maxRemembered = 1_000;

const pairs = decisionActions.flatMap((action) => marketModes.map((mode) => ({ action, mode })));

export class VerdictTally {
  readonly decisions = new LabelCounts(pairs);
  readonly outcomes = new LabelCounts(
    pairs.flatMap((pair) => outcomes.map((outcome) => ({ ...pair, outcome }))),
  );
  readonly triggers = new LabelCounts(triggers.map((trigger) => ({ trigger })));
  readonly #scored = new Set<string>();

  observe(message: AnyMessage): void {
    if (message.message_type === 'decision') {
      const { action, mode, trigger } = message.data;
      this.decisions.add({ action, mode });
      this.triggers.add({ trigger });
    } else if (message.message_type === 'decision.scored') this.#count(message.data);
  }

  #count({ id, action, mode, outcome, task_ids }: DecisionScore): void {
    if (this.#scored.has(id)) return;
    this.#scored.add(id);
    for (const oldest of this.#scored) {
      if (this.#scored.size <= maxRemembered) break;
      this.#scored.delete(oldest);
    }
    const word = outcome.successful ? 'successful' : task_ids.length > 0 ? 'unsuccessful' : 'idle';
    this.outcomes.add({ action, mode, outcome: word });
  }
}
