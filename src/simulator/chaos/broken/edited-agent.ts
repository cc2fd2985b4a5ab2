// Puts a breakage between one agent and the kernel: what it hears and what it writes can be bent on the way.
// It must stay as deterministic as the agent, except where that is the very breakage.
import type { Agent, AgentBuilder, Turn } from '../../../kernel/agent.ts';
import type { CollectionName, CollectionRows } from '../../../shared/bus/collections.ts';
import type { EffectDataByKind, EffectKind } from '../../../shared/bus/effects.ts';
import type { AnyMessage } from '../../../shared/bus/message.ts';
import type { AgentName } from '../../../shared/domain/agent-name.ts';

export interface AgentEdits {
  /** What the agent hears instead of this message. */
  readonly hear?: (message: AnyMessage, turn: Turn) => readonly AnyMessage[];
  /** What is written instead of this row; undefined for nothing. */
  readonly put?: <Name extends CollectionName>(
    collection: Name,
    value: CollectionRows[Name],
    turn: Turn,
  ) => CollectionRows[Name] | undefined;
  /** What is asked for instead of this effect; undefined for nothing. */
  readonly effect?: <Kind extends EffectKind>(
    kind: Kind,
    data: EffectDataByKind[Kind],
    turn: Turn,
  ) => EffectDataByKind[Kind] | undefined;
}

/** The builder with one agent's hearing and hands bent; `edits` is asked anew for each agent that is made. */
export function withEdits(name: AgentName, edits: () => AgentEdits): (build: AgentBuilder) => AgentBuilder {
  return (build) => (settings) => {
    const factories = build(settings);
    const factory = factories[name];
    if (factory === undefined) return factories;
    return { ...factories, [name]: () => edited(factory(), edits()) };
  };
}

function edited(agent: Agent, edits: AgentEdits): Agent {
  return {
    name: agent.name,
    subscriptions: agent.subscriptions,
    restore: (state) => agent.restore(state),
    handle: (message, turn) => {
      const bent = editedTurn(turn, edits);
      for (const heard of edits.hear?.(message, bent) ?? [message]) agent.handle(heard, bent);
    },
  };
}

function editedTurn(turn: Turn, edits: AgentEdits): Turn {
  return {
    now: turn.now,
    emit: (type, data, options) => turn.emit(type, data, options),
    effect: (kind, data, options) => {
      const bent = edits.effect === undefined ? data : edits.effect(kind, data, turn);
      return bent === undefined ? '' : turn.effect(kind, bent, options);
    },
    put: (collection, key, value, closedBy) => {
      const bent = edits.put === undefined ? value : edits.put(collection, value, turn);
      if (bent !== undefined) turn.put(collection, key, bent, bent === value ? closedBy : undefined);
    },
    remove: (collection, key) => turn.remove(collection, key),
    setAlarm: (name, at) => turn.setAlarm(name, at),
    cancelAlarm: (name) => turn.cancelAlarm(name),
    random: (name) => turn.random(name),
    id: (prefix, ...parts) => turn.id(prefix, ...parts),
  };
}
