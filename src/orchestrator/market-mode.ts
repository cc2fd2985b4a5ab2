// The market mode: which asset classes are worth trading now, from calendar, sources and activity.
// It must never admit a class that nobody can see or whose market is shut.
import type { AssetClass } from '../shared/domain/instrument.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import { classesOf } from './admission.ts';
import type { ObservedSource } from './observations.ts';

/** Below this activity a class may give way to a busy other one; it comes back above `quietLeave`. */
const quietEnter = 0.5;
const quietLeave = 0.7;
const busyEnter = 1.5;
const busyLeave = 1.2;

/** Sources that serve one class only; any other name is taken to serve every class. */
const classOfSource: Readonly<Record<string, AssetClass>> = {
  binance: 'crypto',
  dexscreener: 'crypto',
  pumpfun: 'crypto',
  birdeye: 'crypto',
  tradermade: 'forex',
  oanda: 'forex',
};

export interface ClassView {
  readonly assetClass: AssetClass;
  readonly inUniverse: boolean;
  /** Market open by its calendar. */
  readonly open: boolean;
  /** 0..1 of the best source that serves the class; null when no source has reported yet. */
  readonly sourceHealth: number | null;
  readonly activity: number | null;
}

export interface ModeVerdict {
  readonly mode: MarketMode;
  /** Why each class of the universe is in or out, for a person. */
  readonly reasons: readonly string[];
}

/** Best health among the sources of a class: null before any report, 0 when all are blind. */
export function classSourceHealth(
  assetClass: AssetClass,
  sources: Readonly<Record<string, ObservedSource>>,
): number | null {
  let best: number | null = null;
  for (const [name, source] of Object.entries(sources)) {
    if ((classOfSource[name] ?? assetClass) !== assetClass) continue;
    const blind = source.state === 'blind' || source.state === 'unreachable';
    best = Math.max(best ?? 0, blind ? 0 : source.health);
  }
  return best;
}

/**
 * Chooses the mode. A pinned one is kept as far as its classes are usable: nobody can admit a class that is shut or blind.
 * `previous` gives hysteresis, so that activity near a threshold does not make it flap.
 */
export function chooseMode(
  views: readonly ClassView[],
  previous: MarketMode,
  paused: boolean,
  pinned: MarketMode | null = null,
): ModeVerdict {
  if (paused) return { mode: 'standby', reasons: ['paused by the operator'] };
  const reasons: string[] = pinned === null ? [] : [`mode pinned to ${pinned} by the operator`];
  const wanted = views.filter((view) => pinned === null || classesOf(pinned).includes(view.assetClass));
  const usable = wanted.filter((view) => {
    const reason = unusableReason(view);
    if (reason !== undefined && view.inUniverse) reasons.push(`${view.assetClass} ${reason}`);
    return reason === undefined;
  });
  if (usable.length < 2) {
    const [only] = usable;
    return { mode: only?.assetClass ?? 'standby', reasons };
  }
  if (pinned !== null) return { mode: 'hybrid', reasons };
  for (const view of usable) {
    const other = usable.find((candidate) => candidate !== view);
    if (other === undefined || !givesWay(view, other, previous)) continue;
    reasons.push(
      `${view.assetClass} is quiet (activity ${view.activity}) while ${other.assetClass} is busy (${other.activity})`,
    );
    return { mode: other.assetClass, reasons };
  }
  return { mode: 'hybrid', reasons };
}

function unusableReason(view: ClassView): string | undefined {
  if (!view.inUniverse) return 'has no symbol';
  if (!view.open) return 'market closed';
  if (view.sourceHealth === 0) return 'sources are all blind';
  return undefined;
}

function givesWay(quiet: ClassView, busy: ClassView, previous: MarketMode): boolean {
  if (quiet.activity === null || busy.activity === null) return false;
  const already = !classesOf(previous).includes(quiet.assetClass) && previous === busy.assetClass;
  return already
    ? quiet.activity < quietLeave && busy.activity > busyLeave
    : quiet.activity < quietEnter && busy.activity > busyEnter;
}
