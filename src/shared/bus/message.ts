// The envelope every agent speaks in. Its field names are the users' wire format, kept exactly.
import type { OriginName, Recipient } from '../domain/agent-name.ts';
import type { EpochMs } from '../domain/time.ts';
import type { MessageDataByType, MessageType } from './catalogue.ts';

export interface Message<Type extends MessageType = MessageType> {
  readonly id: string;
  readonly from: OriginName;
  readonly to: Recipient;
  readonly message_type: Type;
  readonly data: MessageDataByType[Type];
  /** Epoch ms inside the process; ISO 8601 on the wire. */
  readonly at: EpochMs;
  /** One id from signal to settlement. */
  readonly correlation_id: string;
  /** Id of the message that caused this one; null for an input from outside. */
  readonly causation_id: string | null;
  readonly schema: 1;
}

/** Any message as a union discriminated by `message_type`. */
export type AnyMessage = { [Type in MessageType]: Message<Type> }[MessageType];

/** Narrows a message to one type. */
export function isMessage<Type extends MessageType>(
  message: AnyMessage,
  type: Type,
): message is Extract<AnyMessage, { message_type: Type }> {
  return message.message_type === type;
}
