// A model that repeats recorded answers, and a recorder around a real one. A question that was never recorded fails:
// nothing is made up.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ModelProvider, modelFaults } from '../../../shared/domain/model.ts';
import {
  type Model,
  type ModelQuestion,
  type ModelResponse,
  unreachableModel,
} from '../../../shared/ports/model.ts';

const recordedResponse = z.object({
  outcome: z.enum(['answered', ...modelFaults]),
  text: z.string(),
  finish: z.enum(['stop', 'length', 'other']).nullable(),
  detail: z.string(),
  inputTokens: z.int().nonnegative().nullable(),
  outputTokens: z.int().nonnegative().nullable(),
  retryAfterMs: z.int().nonnegative().nullable(),
  windows: z.array(
    z.object({
      resource: z.enum(['requests', 'tokens']),
      window: z.enum(['minute', 'day']),
      limit: z.int().nonnegative().nullable(),
      remaining: z.int().nonnegative().nullable(),
      resets_in_ms: z.int().nonnegative().nullable(),
    }),
  ),
});

const recordedLine = z.object({ question: z.string(), model: z.string(), response: recordedResponse });

/** One line of a recording: JSON of the question's hash and the response. */
function recordLine(model: string, question: ModelQuestion, response: ModelResponse): string {
  return `${JSON.stringify({ question: questionHash(question), model, response })}\n`;
}

/** The same instructions, brief and schema give the same hash. */
function questionHash({ instructions, brief, schema }: ModelQuestion): string {
  return createHash('sha256')
    .update(JSON.stringify([instructions, brief, schema]))
    .digest('hex');
}

/** Throws Error naming the line when the recording cannot be read. The last answer to a question counts. */
export function recordedModel(provider: ModelProvider, model: string, recording: string): Model {
  const answers = new Map<string, ModelResponse>();
  for (const [index, line] of recording.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = recordedLine.safeParse(jsonOf(line));
    if (!parsed.success) throw new Error(`line ${index + 1} of the recording is not a recorded answer`);
    if (parsed.data.model === model) answers.set(parsed.data.question, parsed.data.response);
  }
  return {
    provider,
    model,
    ask: async (question) => answers.get(questionHash(question)) ?? notRecorded,
  };
}

const notRecorded = unreachableModel('this question was not recorded');

/** Asks the real model and hands each answer to `keep` as one line. */
export function recordingModel(inner: Model, keep: (line: string) => void): Model {
  return {
    provider: inner.provider,
    model: inner.model,
    ask: async (question) => {
      const response = await inner.ask(question);
      keep(recordLine(inner.model, question, response));
      return response;
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
