// Which committed messages become events of the stream, under which name and in which shape. Pure.

import type { CandleEvent } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import { positionRow } from './position-row.ts';
import { toWireForm } from './wire-form.ts';

export interface StreamEvent {
  /** Id of the message it comes from; null for events that are not replayed. */
  readonly id: string | null;
  readonly name: string;
  readonly data: unknown;
  /** Events with the same key replace each other while they wait; null when each one counts. */
  readonly conflationKey: string | null;
}

/** Message types passed on as they are, one event each. */
const plainEvents: ReadonlySet<string> = new Set([
  'decision',
  'decision.scored',
  'mandate',
  'signal',
  'task.changed',
  'trading.order_changed',
  'trading.position_changed',
  'trading.refused',
  'trading.state_changed',
  'health.incident',
  'health.heal',
  'kernel.agent_failed',
  'kernel.agent_restarted',
  'operator.command',
]);

/** Message types of which only the newest matters. */
const latestEvents: ReadonlySet<string> = new Set(['market.state', 'health.summary', 'system.vitals']);

/** True when the message gives only events that nobody keeps: without a client there is nothing to do for it. */
export function isOnlyForClients(message: AnyMessage): boolean {
  return !plainEvents.has(message.message_type) && message.message_type !== 'broker.report';
}

/** Flat form of a candle: the row of /markets/candles. */
export function candleRow(event: Pick<CandleEvent, 'candle' | 'source' | 'kind'>) {
  return { ...toWireForm(event.candle), source: event.source, kind: event.kind };
}

/** Events that one committed message gives, usually none or one. */
export function eventsOf(message: AnyMessage): readonly StreamEvent[] {
  const { id, message_type: name } = message;
  if (message.message_type === 'trading.position_changed')
    return [{ id, name, data: positionRow(message.data), conflationKey: null }];
  if (plainEvents.has(name)) return [{ id, name, data: toWireForm(message.data), conflationKey: null }];
  if (latestEvents.has(name)) {
    const key = message.message_type === 'market.state' ? `${name}/${message.data.asset_class}` : name;
    return [{ id: null, name, data: toWireForm(message.data), conflationKey: key }];
  }
  switch (message.message_type) {
    case 'market.candle': {
      const key = `${name}/${message.data.candle.symbol}/${message.data.candle.timeframe}`;
      return [{ id: null, name, data: candleRow(message.data), conflationKey: key }];
    }
    case 'market.quotes':
      return message.data.quotes.map((quote) => ({
        id: null,
        name: 'market.quote',
        data: { ...toWireForm(quote), source: message.data.source },
        conflationKey: `quote/${quote.symbol}`,
      }));
    case 'market.source_status':
      return [
        { id: null, name, data: toWireForm(message.data), conflationKey: `${name}/${message.data.source}` },
      ];
    case 'trading.summary':
      return [
        { id: null, name, data: toWireForm(message.data), conflationKey: name },
        {
          id: null,
          name: 'trading.equity',
          data: toWireForm(message.data.equity),
          conflationKey: 'trading.equity',
        },
      ];
    case 'broker.report':
      return message.data.fill === null
        ? []
        : [{ id, name: 'trading.fill', data: toWireForm(message.data.fill), conflationKey: null }];
    default:
      return [];
  }
}
