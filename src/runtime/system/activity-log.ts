// One line in the log file for everything the agents did that a person may ask about, under its correlation id: with it, a story
// can be followed through log, database and page. Market data and mere ticks are left out.
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { Log } from '../../shared/ports/log.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Writes committed messages; `log` should reach the file only. */
export function writeActivity(log: Log, messages: readonly AnyMessage[]): void {
  for (const message of messages) {
    const fields = fieldsOf(message);
    if (fields === undefined) continue;
    const { message_type: type, from, id, correlation_id, causation_id } = message;
    log.info({ type, from, id, correlation_id, causation_id, ...fields }, 'activity');
  }
}

/** What is worth a line; undefined for messages that are not. */
function fieldsOf(message: AnyMessage): Fields | undefined {
  switch (message.message_type) {
    case 'decision': {
      const { id, mode, action, confidence, trigger, reasoning, model, task_ids } = message.data;
      return { decision_id: id, mode, action, confidence, trigger, reasoning, model, tasks: task_ids.length };
    }
    case 'decision.scored': {
      const { id, outcome } = message.data;
      return { decision_id: id, successful: outcome.successful, detail: outcome.detail };
    }
    case 'signal': {
      const { signal_id, symbol, action, confidence, strategy, reasoning } = message.data;
      return { signal_id, symbol, action, confidence, strategy, reasoning };
    }
    case 'trading.refused': {
      const { signal_id, symbol, code, limit, actual } = message.data;
      return { signal_id, symbol, code, limit, actual };
    }
    case 'trading.order_changed': {
      const { id, client_order_id, symbol, side, leg, state, quantity, filled_quantity, signal_id } =
        message.data;
      return {
        order_id: id,
        client_order_id,
        symbol,
        side,
        leg,
        state,
        quantity,
        filled_quantity,
        signal_id,
      };
    }
    case 'trading.position_changed': {
      const { id, symbol, side, quantity, realised_profit, open, close_reason } = message.data;
      return { position_id: id, symbol, side, quantity, realised_profit, open, close_reason };
    }
    case 'task.changed': {
      const { id, kind, state, attempts, runner, decision_id, result } = message.data;
      return { task_id: id, kind, state, attempts, runner, decision_id, error: result?.error ?? null };
    }
    case 'model.consulted': {
      const { decision_id, provider, model, verdict, code, input_tokens, output_tokens } = message.data;
      return { decision_id, provider, model, verdict, code, input_tokens, output_tokens };
    }
    default:
      return watchFieldsOf(message);
  }
}

/** Of people, the switch, and the health monitor. */
function watchFieldsOf(message: AnyMessage): Fields | undefined {
  switch (message.message_type) {
    case 'operator.command': {
      const { command, by, reason, symbol, dry_run } = message.data;
      return { command, by, reason, symbol, dry_run };
    }
    case 'trading.state_changed': {
      const { state, by, reason } = message.data;
      return { state, by, reason };
    }
    case 'health.incident': {
      const { id, cause, severity, summary, symptoms, open } = message.data;
      return { incident_id: id, cause, severity, summary, symptoms, open };
    }
    case 'health.heal': {
      const { id, playbook, target, outcome, attempt, incident_id } = message.data;
      return { heal_id: id, playbook, target, outcome, attempt, incident_id };
    }
    case 'kernel.agent_failed': {
      const { agent, error, failures, message_id } = message.data;
      return { agent, error, failures, message_id };
    }
    case 'kernel.dead_letter': {
      const { reason, message_type, excerpt } = message.data;
      return { reason, dead_type: message_type, excerpt };
    }
    default:
      return undefined;
  }
}
