// What travels between processes: a message of an agent in the users' wire form with its number on the link, or a word between
// the runtimes. Bytes from the relay are data of strangers: what does not fit is refused with a reason, never guessed.
import { z } from 'zod';
import { contentId } from '../../kernel/content-id.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import { isRelayedType, relayHearers, relaySchemas } from '../../shared/bus/relay-schemas.ts';
import { type AgentName, agentNames, originNames } from '../../shared/domain/agent-name.ts';
import { type EpochMs, toIso } from '../../shared/domain/time.ts';

const maxBodyChars = 4_000_000;
const name = z.string().min(1).max(200);
const agent = z.enum(agentNames);
const number = z.int().nonnegative();

const wireMessage = z.strictObject({
  id: name,
  from: z.enum(originNames),
  to: agent,
  message_type: name,
  data: z.unknown(),
  at: z.iso.datetime(),
  correlation_id: name,
  causation_id: name.nullable(),
  schema: z.literal(1),
});

const envelope = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('message'),
    /** Names the way from one store to one agent; a new store begins another. */
    link: name,
    n: z.int().positive(),
    /** Everything up to here has been acknowledged, also if the receiver no longer knows. */
    base: number,
    /** Where acknowledgements go. */
    reply: agent,
    message: wireMessage,
  }),
  z.strictObject({
    kind: z.literal('heard'),
    link: name,
    /** Everything up to here is committed. */
    n: number,
    /** A message behind this one was missed: send again from here. */
    missed: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('restart_source'), source: name, reason: z.string().max(2_000) }),
]);

export type Envelope = z.output<typeof envelope>;
export type MessageEnvelope = Extract<Envelope, { kind: 'message' }>;
type WireMessage = z.output<typeof wireMessage>;

/** Undefined with the reason when the text is none. */
export function readEnvelope(body: string): { readonly envelope: Envelope } | { readonly reason: string } {
  if (body.length > maxBodyChars) return { reason: `longer than ${maxBodyChars} characters` };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { reason: 'not JSON' };
  }
  const parsed = envelope.safeParse(value);
  return parsed.success ? { envelope: parsed.data } : { reason: z.prettifyError(parsed.error).slice(0, 500) };
}

/** An id of one process's journal means something else in another's. */
const localId = /^[me]\d+(\.\d+)?$/;

function globalId(process: string, id: string): string {
  return localId.test(id) ? `${process}:${id}` : id;
}

/** The message as the users' wire format has it, with ids that are unique among the processes. */
export function wireForm(message: AnyMessage, to: AgentName, process: string): WireMessage {
  return {
    id: `${process}:${message.id}`,
    from: message.from,
    to,
    message_type: message.message_type,
    data: message.data,
    at: toIso(message.at),
    correlation_id: globalId(process, message.correlation_id),
    causation_id: message.causation_id === null ? null : globalId(process, message.causation_id),
    schema: 1,
  };
}

/** Milliseconds since the message in this wire text was said; 0 when the text does not tell. */
export function ageOf(wireText: string, now: EpochMs): number {
  const { at } = JSON.parse(wireText) as { readonly at?: unknown };
  const said = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isFinite(said) ? Math.max(0, now - said) : 0;
}

/**
 * The kernel input of a message that arrived at `now`: time is the receiver's, so that a late one is seen to be late.
 * A dead letter with the reason when the receiver must not act on it.
 */
export function relayedInput(message: WireMessage, now: EpochMs): KernelInput {
  const { message_type: type, to, data, from, correlation_id } = message;
  if (!isRelayedType(type)) return relayDeadLetter(message, `${type.slice(0, 64)} does not travel`, now);
  if (!(relayHearers[type] as readonly AgentName[]).includes(to))
    return relayDeadLetter(message, `${to} does not hear ${type}`, now);
  const parsed = relaySchemas[type].safeParse(data);
  if (!parsed.success) return relayDeadLetter(message, z.prettifyError(parsed.error), now);
  return { from, to, message_type: type, data: parsed.data, at: now, correlation_id };
}

export function relayDeadLetter(
  message: Pick<WireMessage, 'id' | 'message_type' | 'data'>,
  reason: string,
  at: EpochMs,
): KernelInput {
  const type = message.message_type.slice(0, 64) || 'empty';
  const excerpt = (JSON.stringify(message.data) ?? '').slice(0, 500);
  const id = contentId('dead', type, message.id, at);
  const data = { id, reason: reason.slice(0, 500), message_type: type, excerpt, at };
  return { from: 'kernel', message_type: 'kernel.dead_letter', data, at };
}
