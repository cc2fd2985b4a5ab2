// What the probes see of the relay: whether it answers, and what waits on each way of messages between processes.
// It only measures; what a figure means is decided by the health monitor.
import type { PostgresInstallation } from '../../adapters/store/postgres/installation.ts';
import { isPart, schemaOf } from '../../shared/config/process-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { RelayWay } from '../../shared/domain/probe-names.ts';
import type { RelayLag } from '../../shared/domain/vitals.ts';
import type { RelayHealth } from '../../shared/ports/relay.ts';
import { makeRelay } from './open-relay.ts';
import type { RelayBridge } from './relay-bridge.ts';

const maxNamedWays = 4;

export interface RelayLooks {
  readonly check: () => Promise<RelayHealth>;
  /** Absent when all agents are here. */
  readonly lag?: (way: RelayWay) => Promise<RelayLag & { readonly detail: string }>;
  readonly close?: () => Promise<void>;
}

/** Through the bridge that the agents use. */
export function looksThrough(
  bridge: Pick<RelayBridge, 'check' | 'vitals'>,
  installation: Pick<PostgresInstallation, 'relayLag'> | undefined,
  settings: Settings,
  now: () => number,
): RelayLooks {
  const lag = async (way: RelayWay) => {
    if (way === 'elsewhere') {
      const waiting = (await installation?.relayLag(schemaOf(settings))) ?? [];
      return summed(
        waiting.map(({ from, to, messages, saidAt }) => ({
          name: `${from} -> ${to}`,
          messages,
          oldest_ms: saidAt === null ? 0 : Math.max(0, now() - saidAt),
        })),
      );
    }
    const { sent, received } = await bridge.vitals();
    if (way === 'received') return summed([{ name: 'received here', ...received }]);
    return summed(sent.map(({ agent, ...lane }) => ({ name: `to ${agent}`, ...lane })));
  };
  return { check: () => bridge.check(), lag };
}

/** For a server that the settings name although all agents are here; undefined when they name none. */
export function looksAtNamedServer(settings: Settings): RelayLooks | undefined {
  const { RELAY: kind, RELAY_URL: url } = settings;
  if (isPart(settings) || kind === 'memory' || url === undefined) return undefined;
  const relay = makeRelay(kind, url, 'ato:probe');
  // The first question dials; until it is answered nobody is connected.
  const opened = relay.open().catch(() => undefined);
  return {
    check: async () => {
      await opened;
      return relay.check();
    },
    close: () => relay.close(),
  };
}

function summed(ways: readonly (RelayLag & { readonly name: string })[]) {
  const waiting = ways
    .filter(({ messages }) => messages > 0)
    .sort((left, right) => right.oldest_ms - left.oldest_ms);
  const words = waiting
    .slice(0, maxNamedWays)
    .map(
      ({ name, messages, oldest_ms }) => `${name}: ${messages}, oldest ${Math.round(oldest_ms / 1_000)} s`,
    );
  return {
    messages: waiting.reduce((sum, { messages }) => sum + messages, 0),
    oldest_ms: Math.max(0, ...waiting.map(({ oldest_ms }) => oldest_ms)),
    detail: words.length === 0 ? 'nothing waits' : words.join('; '),
  };
}
