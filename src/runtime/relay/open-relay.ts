// Chooses the relay between processes by name; not open yet.
import { RabbitRelay } from '../../adapters/relay/rabbitmq/rabbitmq-relay.ts';
import { RedisRelay } from '../../adapters/relay/redis/redis-relay.ts';
import type { Relay } from '../../shared/ports/relay.ts';

export type ServerRelayKind = 'redis' | 'rabbitmq';

export function makeRelay(kind: ServerRelayKind, url: string, prefix: string): Relay {
  return kind === 'redis' ? new RedisRelay({ url, prefix }) : new RabbitRelay({ url, prefix });
}
