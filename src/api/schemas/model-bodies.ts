// Shapes of the model layer's part in answers. Checked against the domain types at compile time.
import { z } from 'zod';
import { type DecisionAdvice, type LadderState, modelProviders } from '../../shared/domain/model.ts';
import { taskKinds } from '../../shared/domain/task.ts';
import type { WireForm } from '../wire-form.ts';
import { instant } from './common-bodies.ts';

const provider = z.enum(modelProviders);

const modelAdviceBody = z
  .object({
    consult_id: z.string(),
    provider,
    model: z.string(),
    scales: z.partialRecord(z.enum(taskKinds), z.number()).describe('Factors on priorities, 0.5 to 2'),
    risk_scale: z.number().describe('Factor on the risk appetite, 0.5 to 1'),
    reasoning: z.string().describe('Words of the model: text from outside'),
    evidence: z
      .array(z.object({ field: z.string(), value: z.number() }))
      .describe('Numbers it cited, each checked against the snapshot'),
  })
  .meta({ id: 'ModelAdvice' });

export const decisionAdviceBody = z
  .object({
    prompt: z.string().describe('Name, version and hash of the prompt file'),
    state: z.enum(['advised', 'asked', 'not_asked']),
    reason: z.string(),
    advice: modelAdviceBody.nullable(),
  })
  .meta({ id: 'DecisionAdvice' }) satisfies z.ZodType<WireForm<DecisionAdvice>>;

export const ladderBody = z
  .object({
    at: instant,
    prompt: z.string(),
    rungs: z.array(
      z.object({
        provider,
        model: z.string(),
        state: z.enum(['ready', 'backing_off', 'limited']),
        detail: z.string(),
        failures: z.number().int().describe('In a row'),
        resumes_at: instant.nullable(),
        requests_last_day: z.number().int(),
        tokens_last_day: z.number().int(),
      }),
    ),
    awaiting: provider.nullable().describe('Whose answer is awaited'),
    advice: modelAdviceBody.nullable().describe('The newest accepted advice, in force or not'),
    usd_today: z.number().describe('Booked since 00:00 UTC, reservations included'),
    usd_month: z.number(),
    daily_usd: z.number().describe('Cap'),
    monthly_usd: z.number().describe('Cap'),
  })
  .meta({ id: 'ModelLadder' }) satisfies z.ZodType<WireForm<LadderState>>;
