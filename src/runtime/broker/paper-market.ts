// The simulated venue as the settings want it: one place for paper trading and simulation, so that both trade alike.
import { PaperVenue } from '../../adapters/broker/paper/paper-venue.ts';
import { sessionRulesOf } from '../../shared/config/session-settings.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { decimalText } from '../../shared/domain/money.ts';
import { sessionCalendar } from '../../shared/domain/sessions.ts';

/** `seed` decides the latencies. */
export function paperVenueOf(settings: Settings, startingCash: number, seed: number): PaperVenue {
  const calendar = sessionCalendar(sessionRulesOf(settings));
  return new PaperVenue({
    startingCash: decimalText(startingCash),
    latencyMs: settings.ATO_PAPER_LATENCY_MS,
    seed,
    isForexOpen: (at) => calendar.isMarketOpen(at),
  });
}
