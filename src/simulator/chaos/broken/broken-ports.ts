// Mistakes at the ports: another id for a resend, a failed question read as an empty account, an answer to the database
// not waited for.
import type { BrokerSnapshot } from '../../../shared/bus/catalogue.ts';
import type { Broker } from '../../../shared/ports/broker.ts';
import type { CommitBatch } from '../../../shared/ports/store.ts';
import type { AgentEdits } from './edited-agent.ts';

/** Every further attempt gets an id of its own, as a client does that draws one per request. */
export function newIdOnResend(line: Broker): Broker {
  const sent = new Map<string, number>();
  return {
    name: line.name,
    simulated: line.simulated,
    capabilities: line.capabilities,
    start: (sink) => line.start(sink),
    submit: (request) => {
      const attempt = (sent.get(request.client_order_id) ?? 0) + 1;
      sent.set(request.client_order_id, attempt);
      const client_order_id =
        attempt === 1 ? request.client_order_id : `${request.client_order_id}-${attempt}`;
      return line.submit({ ...request, client_order_id });
    },
    cancel: (id, symbol) => line.cancel(id, symbol),
    snapshot: (id, asked) => line.snapshot(id, asked),
    stop: () => line.stop(),
  };
}

export function failedQueryIsFlat(line: Broker): Broker {
  return {
    name: line.name,
    simulated: line.simulated,
    capabilities: line.capabilities,
    start: (sink) => line.start(sink),
    submit: (request) => line.submit(request),
    cancel: (id, symbol) => line.cancel(id, symbol),
    snapshot: async (request_id, asked): Promise<BrokerSnapshot> => {
      const absent = asked.map((question) => question.client_order_id);
      try {
        const told = await line.snapshot(request_id, asked);
        return told.complete ? told : { positions: [], ...told, absent, complete: true, error: null };
      } catch {
        const empty = { absent, orders: [], fills: [], cash: null, positions: [] };
        return { broker: line.name, request_id, complete: true, error: null, ...empty };
      }
    },
    stop: () => line.stop(),
  };
}

/** Says that a batch is committed as soon as the one before it is. */
export function sentBeforeCommitted(
  commit: (batch: CommitBatch) => Promise<void>,
): (batch: CommitBatch) => Promise<void> {
  let heldBack: CommitBatch | undefined;
  return async (batch) => {
    const earlier = heldBack;
    heldBack = batch;
    if (earlier !== undefined) await commit(earlier);
  };
}

export function signalsNotRecorded(): AgentEdits {
  return { put: (collection, value) => (collection === 'signals' ? undefined : value) };
}

export function alertSwallowed(): AgentEdits {
  return { put: (collection, value) => (collection === 'incidents' ? undefined : value) };
}
