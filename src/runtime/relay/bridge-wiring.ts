// The bridge to agents in other processes, joined to this process's loop and sources.
import type { KernelLoop } from '../../kernel/kernel-loop.ts';
import { schemaOf } from '../../shared/config/process-settings.ts';
import type { MarketHub } from '../market/market-hub.ts';
import type { Foundation } from '../system/foundation.ts';
import { RelayBridge } from './relay-bridge.ts';

/** Undefined when all agents are here. */
export function bridgeOf(foundation: Foundation, loop: KernelLoop, hub: MarketHub): RelayBridge | undefined {
  const { relay, settings, loaded, store, clock, log } = foundation;
  if (relay === undefined) return undefined;
  return new RelayBridge({
    ...{ relay, loaded, log, here: settings.AGENTS, process: schemaOf(settings), reader: store },
    now: () => clock.now(),
    post: (input) => loop.post(input),
    postRelayed: (input, receipts) => loop.postRelayed(input, receipts),
    keep: (puts) => loop.keep(puts),
    sourceStatus: (status) => hub.heard(status),
    restartSource: (source, reason) => {
      if (hub.keeps(source))
        hub
          .restart(source, reason)
          .catch((error: unknown) =>
            log.warn({ source, error: String(error) }, 'restarting the source failed'),
          );
    },
  });
}
