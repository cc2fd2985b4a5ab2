// What the past teaches about the present situation: bounded terms for the policy, memories, and the confidence of what is
// chosen. Read once per decision; it must never change anything.
import type { TaskKind } from '../../shared/domain/task.ts';
import type { EpochMs } from '../../shared/domain/time.ts';
import { clamp, rounded } from '../numbers.ts';
import { familyMembers, taskCatalogue } from '../task-catalogue.ts';
import { logit, rateMean } from './belief.ts';
import { type Calibration, type CalibrationInputs, inputsOf } from './calibration.ts';
import type { Episodes, Recollection } from './episodes.ts';
import type { Situation } from './situation.ts';
import type { TrackRecord } from './track-record.ts';
import type { Variants } from './variants.ts';

/** Largest effect of each term on a score, and of all three together. */
const maxLearned = 0.1;
const maxVariant = 0.15;
const maxMemory = 0.1;
export const maxTilt = 0.2;
/** Rewards differ by about this much between ways of looking: it makes the largest term. */
const rewardScale = 0.3;
/** Promises of a kind before its record weighs half. */
const halfTrust = 10;
/** What is assumed of a kind before it has a record: success in four of five, worth two trials. */
const taskPrior = { successes: 1.6, trials: 2 } as const;

/** What learning adds to a score, by name; nothing for a safety kind. */
export interface LearnedTerms {
  /** Its own record against that of all decisions. */
  readonly learned: number;
  /** Its value here against that of the other ways to look at the same class. */
  readonly variant: number;
  /** What running it brought in the most similar situations. */
  readonly memory: number;
}

const noTerms: LearnedTerms = { learned: 0, variant: 0, memory: 0 };

interface Knowledge {
  readonly record: TrackRecord;
  readonly variants: Variants;
  readonly episodes: Episodes;
  readonly calibration: Calibration;
}

export class Insight {
  readonly situation: Situation;
  /** Most similar past situations, the most alike first. */
  readonly recalled: readonly Recollection[];
  readonly #now: EpochMs;
  readonly #known: Knowledge;
  readonly #influences: boolean;
  readonly #values = new Map<TaskKind, number>();

  constructor(situation: Situation, now: EpochMs, known: Knowledge, influences: boolean) {
    this.situation = situation;
    this.#now = now;
    this.#known = known;
    this.#influences = influences;
    this.recalled = known.episodes.recall(situation, now);
  }

  termsOf(kind: TaskKind): LearnedTerms {
    if (!this.#influences || taskCatalogue[kind].safety) return noTerms;
    const terms = {
      learned: this.#learned(kind),
      variant: clamp((maxVariant * this.#advantage(kind)) / rewardScale, -maxVariant, maxVariant),
      memory: this.#remembered(kind),
    };
    const sum = terms.learned + terms.variant + terms.memory;
    const scale = Math.abs(sum) > maxTilt ? maxTilt / Math.abs(sum) : 1;
    return {
      learned: rounded(terms.learned * scale),
      variant: rounded(terms.variant * scale),
      memory: rounded(terms.memory * scale),
    };
  }

  /** Its rate of kept promises less that of all, as far as its record can be trusted. */
  #learned(kind: TaskKind): number {
    const { record } = this.#known;
    const mine = record.promises(`kind/${kind}`, this.#now);
    const all = record.promises('all/all', this.#now);
    const trust = mine.decisions / (mine.decisions + halfTrust);
    const ahead = rateMean(mine.kept, mine.decisions) - rateMean(all.kept, all.decisions);
    return clamp(2 * maxLearned * ahead * trust, -maxLearned, maxLearned);
  }

  /**
   * Within a family (intensities of one look): optimistic value less the mean of its rivals. A look without rivals is
   * compared with not looking, without optimism.
   */
  #advantage(kind: TaskKind): number {
    const { family, classes } = taskCatalogue[kind];
    if (classes.length === 0) return 0;
    if (family === null) return this.#known.variants.valueOf(kind, this.situation.features, this.#now).mean;
    const rivals = familyMembers[family].filter((other) => other !== kind);
    const others = rivals.reduce((sum, rival) => sum + this.#optimistic(rival), 0) / rivals.length;
    return this.#optimistic(kind) - others;
  }

  #optimistic(kind: TaskKind): number {
    const known = this.#values.get(kind);
    if (known !== undefined) return known;
    const { mean, width } = this.#known.variants.valueOf(kind, this.situation.features, this.#now);
    this.#values.set(kind, mean + width);
    return mean + width;
  }

  /** Mean net of similar decisions that ran the kind less that of all similar ones. */
  #remembered(kind: TaskKind): number {
    let [withWeight, withNet, allWeight, allNet] = [0, 0, 0, 0];
    for (const { similarity, decisions, net, kinds } of this.recalled) {
      const weight = similarity * Math.min(decisions, halfTrust);
      allWeight += weight;
      allNet += (weight * net) / decisions;
      if (!kinds.includes(kind)) continue;
      withWeight += weight;
      withNet += (weight * net) / decisions;
    }
    if (withWeight === 0 || allWeight === withWeight) return 0;
    const trust = withWeight / (withWeight + halfTrust);
    return clamp(maxMemory * (withNet / withWeight - allNet / allWeight) * trust, -maxMemory, maxMemory);
  }

  /**
   * What a confidence is made from: the chosen kinds' own records, expected finds left unseen (`waiting`), the record of
   * situations like this, and how much of what should be known is known.
   */
  inputs(kinds: readonly TaskKind[], waiting: number, knowledge: number): CalibrationInputs {
    const taskRate = kinds.reduce((product, kind) => product * this.#taskRate(kind), 1);
    return inputsOf(taskRate, waiting, this.#tilt(), knowledge);
  }

  confidence(inputs: CalibrationInputs): number {
    return this.#known.calibration.confidenceOf(inputs);
  }

  #taskRate(kind: TaskKind): number {
    const { kept, decisions } = this.#known.record.promises(`kind/${kind}`, this.#now);
    return (kept + taskPrior.successes) / (decisions + taskPrior.trials);
  }

  /** Mean log odds of the situation's cells against those of all decisions, each drawn to it by ten decisions. */
  #tilt(): number {
    const { record } = this.#known;
    const all = record.promises('all/all', this.#now);
    const usual = clamp(rateMean(all.kept, all.decisions), 0.02, 0.98);
    let sum = 0;
    for (const cell of this.situation.cells) {
      const { kept, decisions } = record.promises(cell, this.#now);
      const rate = (kept + halfTrust * usual) / (decisions + halfTrust);
      sum += logit(clamp(rate, 0.02, 0.98)) - logit(usual);
    }
    return sum / Math.max(1, this.situation.cells.length);
  }
}
