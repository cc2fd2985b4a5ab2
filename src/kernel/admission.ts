// The door of the kernel: an input that does not fit its schema becomes a dead letter with the reason.
import { z } from 'zod';
import type { InputType } from '../shared/bus/catalogue.ts';
import { inputSchemas } from '../shared/bus/schemas.ts';
import { contentId } from './content-id.ts';
import { isInputType, type KernelInput } from './kernel.ts';

const maxExcerptLength = 500;

/** The input itself when it is well formed, otherwise the dead letter that takes its place. */
export function admit(input: KernelInput): KernelInput {
  const reason = isInputType(input.message_type) ? schemaProblem(input) : `unknown or forbidden message type`;
  if (reason === undefined) return input;
  const excerpt = (JSON.stringify(input.data) ?? String(input.data)).slice(0, maxExcerptLength);
  const type = String(input.message_type).slice(0, 64) || 'empty';
  const at = Number.isSafeInteger(input.at) && input.at >= 0 ? input.at : 0;
  return {
    from: 'kernel',
    message_type: 'kernel.dead_letter',
    data: {
      id: contentId('dead', type, excerpt, at),
      reason: reason.slice(0, maxExcerptLength),
      message_type: type,
      excerpt,
      at,
    },
    at,
  };
}

function schemaProblem(input: KernelInput): string | undefined {
  if (!Number.isSafeInteger(input.at) || input.at < 0)
    return 'its time is not a whole number of milliseconds';
  const parsed = inputSchemas[input.message_type as InputType].safeParse(input.data);
  return parsed.success ? undefined : z.prettifyError(parsed.error);
}
