// What a source of quotes can see, put into one state. A pure function. Silence while its market is closed is no fault.
import type { SourceState } from '../../../shared/domain/source-status.ts';
import { type EpochMs, minuteMs, secondMs, toIso } from '../../../shared/domain/time.ts';

const maxClockSkewMs = 2 * secondMs;
/** Data or answers older than this are no longer "just late". */
const recentMs = 2 * minuteMs;
const maxNamed = 10;

export interface QuoteView {
  /** When quotes are to be expected. */
  readonly isOpen: (at: EpochMs) => boolean;
  readonly now: EpochMs;
  /** Since when quotes can come, by stream or by polling; undefined while they cannot. */
  readonly feedSince: EpochMs | undefined;
  readonly feed: string;
  /** Why the last connection or poll ended, empty when none did. */
  readonly feedFault: string;
  /** A refusal that asking again does not mend. */
  readonly refused: string | undefined;
  /** Quotes may stay away this long before the feed counts as blind. */
  readonly quietLimitMs: number;
  readonly lastDataAt: EpochMs | null;
  readonly venueSaysClosed: boolean;
  readonly restFault: string;
  readonly restOkAt: EpochMs | undefined;
  readonly restBlockedUntil: EpochMs;
  readonly clockSkewMs: number | undefined;
  readonly unknownSymbols: readonly string[];
  readonly symbols: number;
  /** What people should know of how the data is made; does not make it worse. */
  readonly notes: readonly string[];
  /** What makes the data worse than live, although everything works as the plan allows. */
  readonly shortfalls: readonly string[];
}

export interface Assessment {
  readonly state: SourceState;
  readonly health: number;
  readonly detail: string;
}

export function assessQuotes(view: QuoteView): Assessment {
  const { now, feedSince, feedFault, refused, feed } = view;
  if (refused !== undefined) return { state: 'unreachable', health: 0, detail: `refused: ${refused}` };
  const about = [`${view.symbols} symbols by ${feed}`, ...view.notes].join('; ');
  const troubles = troublesOf(view);
  if (!view.isOpen(now)) {
    if (feedSince === undefined && feedFault !== '')
      return { state: 'degraded', health: 0.6, detail: `forex week closed; reconnecting: ${feedFault}` };
    if (troubles.length > 0)
      return { state: 'degraded', health: 0.8, detail: ['forex week closed', ...troubles].join('; ') };
    return { state: 'live', health: 1, detail: `forex week closed: no quotes expected; ${about}` };
  }
  const dataAgeMs = view.lastDataAt === null ? Number.POSITIVE_INFINITY : now - view.lastDataAt;
  if (feedSince === undefined) return withoutFeed(view, dataAgeMs);
  if (view.venueSaysClosed)
    return { state: 'stale', health: 0.5, detail: `the venue says the market is closed; ${about}` };
  const quietMs = Math.min(dataAgeMs, now - feedSince);
  // After the week's opening quotes get the same time to appear as after a connection.
  if (quietMs >= view.quietLimitMs && view.isOpen(now - view.quietLimitMs)) {
    const minutes = Math.floor(view.quietLimitMs / minuteMs);
    return { state: 'blind', health: 0.1, detail: `connected, but no quote for ${minutes} minutes` };
  }
  const worse = [...troubles, ...view.shortfalls];
  if (worse.length === 0) return { state: 'live', health: 1, detail: about };
  return { state: 'degraded', health: 0.5, detail: [...worse, about].join('; ') };
}

function withoutFeed(view: QuoteView, dataAgeMs: number): Assessment {
  const { now, feedFault, restFault, restOkAt } = view;
  const link = feedFault === '' ? 'connecting' : `reconnecting: ${feedFault}`;
  if (restFault === '' && restOkAt !== undefined && now - restOkAt < recentMs)
    return { state: 'degraded', health: 0.4, detail: `candles by REST only; ${link}` };
  const detail = restFault === '' ? link : `${link}; REST: ${restFault}`;
  if (dataAgeMs < recentMs) return { state: 'stale', health: 0.2, detail };
  if (feedFault === '') return { state: 'degraded', health: 0.3, detail };
  return { state: 'unreachable', health: 0, detail };
}

function troublesOf(view: QuoteView): readonly string[] {
  const troubles: string[] = [];
  const { unknownSymbols, clockSkewMs, now, restBlockedUntil, restFault } = view;
  if (unknownSymbols.length > 0) {
    const more = unknownSymbols.length > maxNamed ? ` and ${unknownSymbols.length - maxNamed} more` : '';
    troubles.push(`not served: ${unknownSymbols.slice(0, maxNamed).join(', ')}${more}`);
  }
  if (clockSkewMs !== undefined && Math.abs(clockSkewMs) > maxClockSkewMs) {
    const side = clockSkewMs > 0 ? 'ahead of' : 'behind';
    troubles.push(`our clock is ${Math.abs(clockSkewMs)} ms ${side} the venue's`);
  }
  if (now < restBlockedUntil) troubles.push(`REST closed to us until ${toIso(restBlockedUntil)}`);
  else if (restFault !== '') troubles.push(`REST: ${restFault}`);
  return troubles;
}
