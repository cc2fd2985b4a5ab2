// Playbooks written down as data: causes, steps from the gentlest to the hardest, and what is taken back afterwards.
// A step asks the outside for one action; whether it helped is judged by the cause, never by the step's own word.
import type { Turn } from '../../kernel/agent.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';
import type { HealAction } from '../../shared/domain/heal-action.ts';
import { wholeSystemTarget } from '../../shared/domain/probe-names.ts';
import { type CauseKind, parseCause } from '../cause-kinds.ts';
import type { ProbeRequest } from '../memory.ts';
import type { HealContext, Patient, Playbook } from './playbook.ts';
import type { PlaybookName } from './playbook-names.ts';

/** One attempt. `wait` does nothing but verify that the house already went on without it. */
type Deed =
  | { readonly action: HealAction }
  | { readonly restartAgent: AgentName | 'subject' }
  | { readonly wait: true };

export interface Step {
  readonly deed: Deed;
  /** Completes "would ..." and says what was done. */
  readonly words: string;
  /** The cause must be gone within this time, or the next step follows. */
  readonly verifyMs: number;
  /** False where this system does not allow or have it: the step is passed over. */
  readonly possible?: (context: HealContext) => boolean;
}

export interface Ladder {
  readonly name: PlaybookName;
  readonly kinds: readonly CauseKind[];
  /** Only causes at this level or worse; absent means any. */
  readonly onlyCritical?: boolean;
  /** Subjects it is not for. */
  readonly not?: readonly string[];
  readonly steps: readonly Step[];
  /** A relapse within the same incident goes on with the next step; otherwise it is only told. */
  readonly repeats?: boolean;
  /** Pause after a failed step. */
  readonly cooldownMs: number;
  /** Asked right after a step, so that success shows at once. */
  readonly reprobe?: (subject: string) => ProbeRequest;
  /** What is taken back when the trouble is over, by action. */
  readonly undo?: Readonly<Partial<Record<HealAction, HealAction>>>;
  /** What is still wrong when the cause is gone, in words; healed only without it. */
  readonly remains?: (context: HealContext) => string | undefined;
  readonly hopeless?: (context: HealContext) => string | undefined;
  readonly plea?: (context: HealContext) => string;
  /** Healed without the cause being gone: the work is done another way meanwhile. */
  readonly bypassed?: (subject: string, context: HealContext) => string | undefined;
}

/** Makes a playbook of its data. */
export function ladderPlaybook(ladder: Ladder): Playbook {
  const { name, kinds, cooldownMs, bypassed, remains, hopeless, plea } = ladder;
  const stepsOf = (context: HealContext) =>
    ladder.steps.filter(({ deed, possible }) => {
      const mayAct = !('action' in deed) || context.healing !== undefined;
      return mayAct && (possible === undefined || possible(context));
    });
  const subjectOf = (cause: string) => parseCause(cause).subject;
  const stepOf = (attempt: number, context: HealContext) => stepsOf(context)[attempt - 1];
  const targetOf = (cause: string) => (subjectOf(cause) === '' ? wholeSystemTarget : subjectOf(cause));
  const causeOf = (target: string, { book }: HealContext) =>
    book.active().find(({ cause }) => kinds.includes(parseCause(cause).kind) && targetOf(cause) === target);
  const isFor = (cause: string) =>
    kinds.includes(parseCause(cause).kind) && ladder.not?.includes(subjectOf(cause)) !== true;
  return {
    name,
    treats: (cause) => ladder.onlyCritical !== true && isFor(cause),
    repeats: ladder.repeats === true,
    recordsWhenHealed: bypassed !== undefined,
    deed: ladder.steps.map(({ words }) => words).join(', then '),
    attemptLimit: (context) => stepsOf(context).length,
    verifyMs: (attempt, context) => stepOf(attempt, context)?.verifyMs ?? 0,
    backoffMs: () => cooldownMs,
    deedOf: (attempt, context) => stepOf(attempt, context)?.words ?? 'nothing is left to try',

    patients(context, forced) {
      const { book } = context;
      // Nothing that can be done here is no reason to give up on anything.
      if (stepsOf(context).length === 0) return [];
      const found = new Map<string, Patient>();
      for (const { cause, level } of book.active()) {
        if (!isFor(cause)) continue;
        if (ladder.onlyCritical === true && level !== 'critical') continue;
        // An explained cause has no incident of its own, and what explains it is treated instead.
        if (book.isOpen(cause) || forced)
          found.set(targetOf(cause), found.get(targetOf(cause)) ?? { target: targetOf(cause), cause });
      }
      return [...found.values()];
    },

    healed(target, context) {
      const cause = causeOf(target, context);
      if (cause === undefined) return remains?.(context) === undefined;
      return bypassed?.(subjectOf(cause.cause), context) !== undefined;
    },

    describe(target, context) {
      const cause = causeOf(target, context);
      const still = remains?.(context);
      if (cause === undefined) return still === undefined ? 'it is gone' : `it is gone; ${still}`;
      if (still !== undefined) return `${cause.evidence}; ${still}`;
      const meanwhile = bypassed?.(subjectOf(cause.cause), context);
      return meanwhile === undefined ? cause.evidence : `${meanwhile} (${cause.evidence})`;
    },

    act(target, attempt, turn, context, healId) {
      const step = stepOf(attempt, context);
      if (step !== undefined) perform(step.deed, target, turn, healId, step.words);
      const cause = causeOf(target, context);
      const probe = cause === undefined ? undefined : ladder.reprobe?.(subjectOf(cause.cause));
      if (probe !== undefined) turn.effect('probe.run', probe);
    },

    undo(target, attempts, turn, context, healId) {
      const done = stepsOf(context).slice(0, attempts);
      const undone: string[] = [];
      for (const { deed } of done) {
        const back = 'action' in deed ? ladder.undo?.[deed.action] : undefined;
        if (back === undefined) continue;
        turn.effect('heal.act', { heal_id: healId, action: back, target });
        undone.push(back);
      }
      return undone;
    },

    nextPatientAt: () => undefined,
    ...(hopeless === undefined ? {} : { hopeless }),
    ...(plea === undefined ? {} : { plea }),
  };
}

function perform(deed: Deed, target: string, turn: Turn, healId: string, words: string): void {
  if ('action' in deed) turn.effect('heal.act', { heal_id: healId, action: deed.action, target });
  else if ('restartAgent' in deed) {
    const agent = deed.restartAgent === 'subject' ? (target as AgentName) : deed.restartAgent;
    turn.emit('health.restart_agent', { agent, reason: words });
  }
}
