// One call of the orchestrator's handler: what a part of it puts and emits can be read from the buffer afterwards.
import { TurnBuffer } from '../../src/kernel/turn-buffer.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';

const cause = { id: 'm1', correlation_id: 'm1' } as AnyMessage;

export function orchestratorTurn(now: number): TurnBuffer {
  return new TurnBuffer('orchestrator_ai', cause, now, 1, 1, { messages: 0, effects: 0 });
}
