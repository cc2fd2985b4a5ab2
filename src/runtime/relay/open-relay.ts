// Chooses the relay between processes by setting.
import { RabbitRelay } from '../../adapters/relay/rabbitmq/rabbitmq-relay.ts';
import { RedisRelay } from '../../adapters/relay/redis/redis-relay.ts';
import { isPart } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Relay } from '../../shared/ports/relay.ts';

export type ServerRelayKind = 'redis' | 'rabbitmq';

/** Not open yet. */
export function makeRelay(kind: ServerRelayKind, url: string, prefix: string): Relay {
  return kind === 'redis' ? new RedisRelay({ url, prefix }) : new RabbitRelay({ url, prefix });
}

/**
 * Undefined when all agents are in this process. A relay that does not answer is no reason not to start: messages wait in the
 * database, and trading looks after its positions alone.
 */
export async function openRelay(settings: Settings, log: Log): Promise<Relay | undefined> {
  const { RELAY: kind, RELAY_URL: url } = settings;
  if (!isPart(settings) || kind === 'memory' || url === undefined) return undefined;
  const relay = makeRelay(kind, url, `ato:${databaseOf(settings)}:${settings.DATABASE_SCHEMA}`);
  try {
    await relay.open();
  } catch (error) {
    log.warn({ error: String(error) }, 'the relay cannot be reached yet: messages wait in the database');
  }
  return relay;
}

/** What the agents know of it: which server, and whether anything here rests on it. */
export function relaySettingsOf(settings: Settings): Pick<AgentSettings, 'relay'> {
  const { RELAY: server, RELAY_URL: url } = settings;
  return server === 'memory' || url === undefined ? {} : { relay: { server, needed: isPart(settings) } };
}

/** Tells installations apart that share a relay. */
function databaseOf(settings: Settings): string {
  try {
    return new URL(settings.DATABASE_URL ?? '').pathname.slice(1) || 'postgres';
  } catch {
    return 'postgres';
  }
}
