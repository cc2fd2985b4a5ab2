// Shape of what has been learnt. Checked against the domain type at compile time.
import { z } from 'zod';
import type { LearningView } from '../../shared/domain/learning-view.ts';
import { marketModes } from '../../shared/domain/mode.ts';
import { taskKinds } from '../../shared/domain/task.ts';
import type { WireForm } from '../wire-form.ts';
import { instant } from './common-bodies.ts';

const belief = z
  .object({
    mean: z.number(),
    lo: z.number().describe('5 % quantile of the posterior'),
    hi: z.number().describe('95 % quantile'),
    weight: z.number().describe('Observations it rests on, after forgetting'),
  })
  .meta({ id: 'Belief' });

export const learningBody = z
  .object({
    at: instant,
    influences: z.boolean().describe('False: outcomes are scored and shown, but change no score'),
    open_decisions: z.number().int().describe('Decisions that wait for hindsight'),
    half_life_days: z.number().describe('After this time a count weighs half'),
    cells: z
      .array(
        z.object({
          dimension: z.enum(['all', 'mode', 'session', 'hour', 'regime', 'api', 'kind']),
          value: z.string(),
          kept: belief.describe('Share of decisions that kept what they promised'),
          caught: belief.nullable().describe('Share of the worth of what was there that looks still caught'),
          signals_right: belief.nullable().describe('Share of signals that came true'),
          net: belief.nullable().describe('Found less missed less paid per decision, in find values'),
          looks: z.number(),
          paid: z.number(),
        }),
      )
      .describe('What became of decisions, by situation; 90 % credible intervals'),
    variants: z
      .array(
        z.object({
          kind: z.enum(taskKinds),
          mean: z.number().describe('Expected reward, -1 to 1, in the situation of the last decision'),
          width: z.number().describe('What an optimist adds for not knowing better'),
          weight: z.number(),
          terms: z
            .object({ learned: z.number(), variant: z.number(), memory: z.number() })
            .describe('What learning adds to its score there; together at most 0.2 either way'),
        }),
      )
      .describe('The ways of looking, as the bandit compares them'),
    calibration: z.object({
      decisions: z.number(),
      brier: z.number().nullable().describe('Mean squared error of the confidences given; 0 is perfect'),
      brier_of_base_rate: z.number().nullable().describe('The same of always saying the share of successes'),
      base_rate: z.number().nullable(),
      calibration_error: z.number().nullable().describe('Mean distance between said and happened'),
      bins: z.array(
        z.object({
          from: z.number(),
          to: z.number(),
          decisions: z.number(),
          said: z.number().nullable(),
          happened: z.number().nullable(),
        }),
      ),
      coefficients: z.array(z.number()),
      retrained: z.number().int().describe('Times that refitted coefficients were put in force'),
    }),
    episodes: z.object({ held: z.number().int(), limit: z.number().int() }),
    recalled: z
      .array(
        z.object({
          similarity: z.number().describe('1 is the very same situation'),
          last_at: instant,
          mode: z.enum(marketModes),
          kinds: z.array(z.enum(taskKinds)),
          decisions: z.number().int(),
          kept_share: z.number(),
          found: z.number(),
          missed: z.number(),
          net: z.number(),
        }),
      )
      .describe('Past situations most like that of the last decision'),
  })
  .meta({ id: 'Learning' }) satisfies z.ZodType<WireForm<LearningView> & { at: string }>;
