// Shapes of the schedule and of the orchestrator's locks and budgets. Checked against the domain types at compile time.
import { z } from 'zod';
import { marketModes } from '../../shared/domain/mode.ts';
import type { ScheduleView } from '../../shared/domain/schedule-view.ts';
import { taskKinds, taskStates } from '../../shared/domain/task.ts';
import type { WireForm } from '../wire-form.ts';
import { instant } from './common-bodies.ts';

const assetClass = z.enum(['crypto', 'forex']);

export const lockBody = z
  .object({
    name: z.string(),
    units: z.number().describe('1 is exclusive, more is counted'),
    taken: z.number(),
    holders: z.array(z.enum(taskKinds)),
  })
  .meta({ id: 'Lock' });

export const budgetBody = z
  .object({
    asset_class: assetClass,
    name: z.string().describe('A source, or cpu-seconds'),
    per_hour: z.number().describe('Refill'),
    capacity: z.number().describe('A day of refill'),
    level: z.number().describe('Units that may be spent now; never below zero'),
    spent: z.number().describe('Units spent since the first start'),
    price: z.number().describe('Find values that a unit must promise to be spent'),
  })
  .meta({ id: 'Budget' });

export const scheduleBody = z
  .object({
    at: instant,
    next_decision_at: instant.nullable(),
    mode: z.enum(marketModes),
    pinned_mode: z
      .enum(marketModes)
      .nullable()
      .describe('Set by a person; null while the orchestrator chooses'),
    paused: z.boolean(),
    slots: z
      .array(
        z.object({
          asset_class: assetClass,
          symbol: z.string(),
          due_at: instant,
          reason: z.enum(['gain', 'floor', 'overflow', 'asked']),
          gain: z.number(),
          price: z.number(),
          text: z.string().describe('The strongest terms in words'),
        }),
      )
      .describe('What would be looked at next if nothing new were learnt: an hour ahead, at most 50'),
    kinds: z.array(
      z.object({
        kind: z.enum(taskKinds),
        obstacle: z.string().nullable().describe('Why it may not run now; null when it may'),
        paused: z.boolean(),
        last_start_at: instant.nullable(),
        not_before_at: instant.nullable().describe('Minimum interval'),
        latest_start_at: instant.nullable().describe('Maximum interval; null while it may not run'),
        task_state: z.enum(taskStates).nullable(),
      }),
    ),
    locks: z.array(lockBody),
    budgets: z.array(budgetBody),
    models: z.array(
      z.object({
        asset_class: assetClass,
        symbols: z.number().int(),
        level: z
          .enum(['live', 'prior', 'rates'])
          .describe('live: learnt here. prior: the shipped one. rates: each symbol by its own rate'),
        examples: z.number().int().describe('Bars learnt from'),
      }),
    ),
  })
  .meta({ id: 'Schedule' }) satisfies z.ZodType<
  WireForm<ScheduleView> & { at: string; next_decision_at: string | null }
>;
