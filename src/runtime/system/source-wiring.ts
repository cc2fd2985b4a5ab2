// Who brings facts of the outside to the kernel: market sources, discovery, news, and the broker's reports. What another
// process speaks of is never posted here a second time.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { KernelLoop } from '../../kernel/kernel-loop.ts';
import type { BrokerSink } from '../../shared/ports/broker.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { DiscoveryHub } from '../market/discovery-hub.ts';
import { selectDiscovery } from '../market/discovery-selection.ts';
import { MarketHub, type MarketListener } from '../market/market-hub.ts';
import { NewsDesk, selectNews } from '../market/news-desk.ts';
import type { Foundation } from './foundation.ts';

/** Looks for coins that nobody asked for; with `auto` only where a venue answers. */
export function discoveryHub(
  { settings, market, log }: Foundation,
  post: (input: KernelInput) => void,
): DiscoveryHub {
  return new DiscoveryHub({
    sources: selectDiscovery(settings, market),
    clock: market.clock(),
    post,
    log,
    onlyWhereReachable: settings.ATO_DISCOVERY === 'auto',
  });
}

/** Market data for the kernel, and prices for the simulated venue. */
export function marketHub(
  { duties, market, clock, log }: Foundation,
  venue: MarketListener,
  post: (input: KernelInput) => void,
): MarketHub {
  return new MarketHub({
    sources: duties.keepsSources ? market.sources : [],
    // Another process with the same sources speaks of them; here only their prices count.
    post: duties.speaksForSources ? post : pricesOnly(post),
    ...{ clock, venue, log },
  });
}

function pricesOnly(post: (input: KernelInput) => void): (input: KernelInput) => void {
  return (input) => {
    if (input.message_type === 'market.candle' || input.message_type === 'market.quotes') post(input);
  };
}

/** News after those that are already stored. */
export function newsDesk(
  { settings, market, log, loaded, clock }: Foundation,
  post: (input: KernelInput) => void,
): NewsDesk {
  const recent = loaded.rows.news.values();
  const source = selectNews(settings, { clock: market.clock(), log, universe: market.universe, recent });
  return new NewsDesk({ source, clock, post, log });
}

/** Where a broker's reports go: into the inbox, never dated before now, however late their own time is. */
export function brokerSink(loop: KernelLoop, clock: Clock): BrokerSink {
  return {
    report: (report) => {
      const at = Math.max(report.at, clock.now());
      loop.post({ from: 'broker', message_type: 'broker.report', data: report, at });
    },
    uncertain: (uncertainty) =>
      loop.post({ from: 'broker', message_type: 'broker.uncertain', data: uncertainty, at: clock.now() }),
  };
}
