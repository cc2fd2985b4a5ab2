// What the CCXT source can see, put into one state. A pure function, so that every verdict can be tested.
import type { SourceState } from '../../../shared/domain/source-status.ts';
import { type EpochMs, minuteMs, secondMs, toIso } from '../../../shared/domain/time.ts';

/** Answers carry whole seconds and tickers may be a second old. */
const maxClockSkewMs = 2 * secondMs;
const staleAfterMs = minuteMs;
const blindAfterMs = 3 * minuteMs;

export interface CcxtView {
  readonly now: EpochMs;
  readonly loaded: boolean;
  readonly streaming: boolean;
  readonly lastStreamAt: EpochMs | undefined;
  readonly streamFault: string;
  readonly lastDataAt: EpochMs | null;
  readonly startedAt: EpochMs;
  readonly restFault: string;
  readonly blockedUntil: EpochMs;
  readonly clockSkewMs: number | undefined;
  readonly unlisted: readonly string[];
  readonly symbols: number;
}

export interface Assessment {
  readonly state: SourceState;
  readonly health: number;
  readonly detail: string;
}

export function assessCcxtHealth(view: CcxtView): Assessment {
  const { now, restFault } = view;
  if (!view.loaded) {
    const detail = restFault === '' ? 'loading the list of markets' : `no list of markets: ${restFault}`;
    return { state: 'unreachable', health: 0, detail };
  }
  if (view.symbols === 0)
    return { state: 'blind', health: 0, detail: `lists none of ${view.unlisted.join(', ')}` };
  const troubles = troublesOf(view);
  const ageMs = now - (view.lastDataAt ?? Number.NEGATIVE_INFINITY);
  if (ageMs < staleAfterMs) {
    if (troubles.length > 0) return { state: 'degraded', health: 0.5, detail: troubles.join('; ') };
    const way = view.streaming ? 'websocket' : 'polling';
    return { state: 'live', health: 1, detail: `${view.symbols} symbols by ${way}` };
  }
  if (view.lastDataAt === null && now - view.startedAt < staleAfterMs)
    return { state: 'degraded', health: 0.3, detail: ['no data yet', ...troubles].join('; ') };
  const since = view.lastDataAt === null ? 'no data' : `no data since ${toIso(view.lastDataAt)}`;
  const detail = [since, ...troubles].join('; ');
  if (ageMs < blindAfterMs) return { state: 'stale', health: 0.2, detail };
  if (restFault !== '') return { state: 'unreachable', health: 0, detail };
  return { state: 'blind', health: 0.1, detail };
}

function troublesOf(view: CcxtView): string[] {
  const troubles: string[] = [];
  if (view.unlisted.length > 0) troubles.push(`not listed: ${view.unlisted.join(', ')}`);
  const skewMs = view.clockSkewMs;
  if (skewMs !== undefined && Math.abs(skewMs) > maxClockSkewMs)
    troubles.push(`our clock is ${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead of' : 'behind'} the venue's`);
  const streamAgeMs = view.now - (view.lastStreamAt ?? view.startedAt);
  if (view.streaming && streamAgeMs > staleAfterMs)
    troubles.push(`websocket silent for ${Math.round(streamAgeMs / secondMs)} s`);
  if (view.streamFault !== '') troubles.push(`websocket: ${view.streamFault}`);
  if (view.now < view.blockedUntil) troubles.push(`closed to us until ${toIso(view.blockedUntil)}`);
  else if (view.restFault !== '') troubles.push(`REST: ${view.restFault}`);
  return troubles;
}
