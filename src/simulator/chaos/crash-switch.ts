// Decides when the house dies, and the store through which it notices. A dead house's promises never resolve: to the
// outside it is as if the process had been killed. It must never lose what was committed.
import type { CommitBatch } from '../../shared/ports/store.ts';
import type { CrashPoint } from './cells.ts';

/** The commits of a recovery in which a house may die again. */
const recoveryCommits = 4;
const maxCrashesDuringRecovery = 3;

const effectMark = '"kind":"broker.';
const orderEffectMarks = ['"kind":"broker.submit"', '"kind":"broker.cancel"'] as const;
const answerMark = '"from":"broker"';

export class CrashSwitch {
  readonly #point: CrashPoint;
  #wait: number;
  #armed = false;
  #crashes = 0;
  /** Set when the batch just committed is the one whose effects are to be cut off. */
  #effectsLeft: number | undefined;
  #commitsOfRecovery = 0;

  constructor(point: CrashPoint, ordinal: number) {
    this.#point = point;
    this.#wait = ordinal;
  }

  set armed(armed: boolean) {
    this.#armed = armed;
  }

  get crashes(): number {
    return this.#crashes;
  }

  /** A new house begins to recover. */
  started(): void {
    this.#commitsOfRecovery = 0;
    this.#effectsLeft = undefined;
  }

  /** What becomes of this commit. */
  commit(batch: CommitBatch): 'commit' | 'die-before' | 'die-after' | 'commit-but-fail' {
    if (!this.#armed) return 'commit';
    if (this.#point === 'during_recovery') return this.#recoveryCommit(batch);
    if (this.#crashes > 0) return 'commit';
    switch (this.#point) {
      case 'before_commit':
        return hasOrderEffect(batch) && this.#due() ? 'die-before' : 'commit';
      case 'after_commit':
        return hasOrderEffect(batch) && this.#due() ? 'die-after' : 'commit';
      case 'before_result_commit':
        return hasAnswer(batch) && this.#due() ? 'die-before' : 'commit';
      case 'commit_unknown':
        return (hasOrderEffect(batch) || hasAnswer(batch)) && this.#due() ? 'commit-but-fail' : 'commit';
      case 'between_effects':
        if (brokerEffects(batch) > 1 && this.#due()) this.#effectsLeft = 1;
        return 'commit';
      default:
        return 'commit';
    }
  }

  /** True when the house dies before this effect towards the venue is released. */
  beforeRelease(): boolean {
    if (this.#effectsLeft === undefined) return false;
    if (this.#effectsLeft-- > 0) return false;
    this.#effectsLeft = undefined;
    return true;
  }

  /** True when the house dies now that its request has reached the venue. */
  afterSend(): boolean {
    return this.#armed && this.#point === 'after_send' && this.#crashes === 0 && this.#due();
  }

  /** Counts a death; the world calls it, also for those that no switch asked for. */
  died(): void {
    this.#crashes++;
  }

  #recoveryCommit(batch: CommitBatch): 'commit' | 'die-before' | 'die-after' {
    if (this.#crashes === 0) return hasOrderEffect(batch) && this.#due() ? 'die-after' : 'commit';
    if (this.#crashes > maxCrashesDuringRecovery || this.#commitsOfRecovery > recoveryCommits)
      return 'commit';
    this.#commitsOfRecovery++;
    if (this.#commitsOfRecovery < 1 + (this.#crashes % recoveryCommits)) return 'commit';
    return this.#crashes % 2 === 0 ? 'die-before' : 'die-after';
  }

  /** Counts fitting moments down; true at the one that was waited for. */
  #due(): boolean {
    return --this.#wait === 0;
  }
}

function hasOrderEffect(batch: CommitBatch): boolean {
  return batch.entries.some(({ line }) => orderEffectMarks.some((mark) => line.includes(mark)));
}

function hasAnswer(batch: CommitBatch): boolean {
  return batch.entries.some(({ line }) => line.includes(answerMark));
}

function brokerEffects(batch: CommitBatch): number {
  let count = 0;
  for (const { line } of batch.entries)
    for (let at = line.indexOf(effectMark); at >= 0; at = line.indexOf(effectMark, at + 1)) count++;
  return count;
}
