// What the Binance source can see, put into one state. A pure function, so that every verdict can be tested.
import type { SourceState } from '../../../shared/domain/source-status.ts';
import { type EpochMs, minuteMs, secondMs, toIso } from '../../../shared/domain/time.ts';

const maxClockSkewMs = secondMs;
/** Data older than this is no longer "just late". */
const blindAfterMs = 2 * minuteMs;

export interface BinanceView {
  readonly now: EpochMs;
  /** Since when the websocket stands; undefined while it does not. */
  readonly connectedSince: EpochMs | undefined;
  readonly lastDataAt: EpochMs | null;
  /** Why the last connection ended, empty when none did. */
  readonly streamFault: string;
  readonly restFault: string;
  readonly restOkAt: EpochMs | undefined;
  readonly restBlockedUntil: EpochMs;
  readonly clockSkewMs: number | undefined;
  readonly unknownSymbols: readonly string[];
  readonly symbols: number;
}

export interface Assessment {
  readonly state: SourceState;
  readonly health: number;
  readonly detail: string;
}

export function assessHealth(view: BinanceView): Assessment {
  const { now, connectedSince, streamFault, restFault } = view;
  const dataAgeMs = view.lastDataAt === null ? Number.POSITIVE_INFINITY : now - view.lastDataAt;
  if (connectedSince !== undefined) {
    const quietMs = Math.min(dataAgeMs, now - connectedSince);
    if (quietMs >= minuteMs)
      return { state: 'blind', health: 0.1, detail: 'connected, but no data for a minute' };
    const troubles = troublesOf(view);
    if (troubles.length === 0) return { state: 'live', health: 1, detail: `${view.symbols} symbols` };
    return { state: 'degraded', health: 0.5, detail: troubles.join('; ') };
  }
  const link = streamFault === '' ? 'connecting' : `reconnecting: ${streamFault}`;
  const restWorks = restFault === '' && view.restOkAt !== undefined && now - view.restOkAt < blindAfterMs;
  if (restWorks) return { state: 'degraded', health: 0.4, detail: `candles by REST only; ${link}` };
  const detail = restFault === '' ? link : `${link}; REST: ${restFault}`;
  if (dataAgeMs < blindAfterMs) return { state: 'stale', health: 0.2, detail };
  if (streamFault === '') return { state: 'degraded', health: 0.3, detail };
  return { state: 'unreachable', health: 0, detail };
}

function troublesOf(view: BinanceView): readonly string[] {
  const troubles: string[] = [];
  if (view.unknownSymbols.length > 0) troubles.push(`unknown symbols: ${view.unknownSymbols.join(', ')}`);
  const skewMs = view.clockSkewMs;
  if (skewMs !== undefined && Math.abs(skewMs) > maxClockSkewMs) {
    troubles.push(`our clock is ${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead of' : 'behind'} the venue's`);
  }
  if (view.now < view.restBlockedUntil)
    troubles.push(`REST closed to us until ${toIso(view.restBlockedUntil)}`);
  else if (view.restFault !== '') troubles.push(`REST: ${view.restFault}`);
  return troubles;
}
