// What the intensity scheduler is told about its world: what counts as a find, and how fast a find loses its worth.
// Plain numbers only; it must never hold state.
import { dayMs, hourMs, minuteMs } from '../../shared/domain/time.ts';

export interface FindDefinition {
  /** Distance of the observations, milliseconds. */
  readonly barMs: number;
  /** A find is a move over this time, milliseconds ... */
  readonly moveMs: number;
  /** ... larger than this many standard deviations. */
  readonly thresholdSigmas: number;
  /** No second find of one subject within this time, milliseconds. */
  readonly refractoryMs: number;
  /** A find is worth exp(-delay / tauMs) when it is seen `delay` late. */
  readonly tauMs: number;
}

/** Main setting of the benchmark: 15-minute moves of 3.5 sigma on 5-minute candles, worth 1/e after 30 minutes. */
export const defaultFind: FindDefinition = {
  barMs: 5 * minuteMs,
  moveMs: 15 * minuteMs,
  thresholdSigmas: 3.5,
  refractoryMs: 30 * minuteMs,
  tauMs: 30 * minuteMs,
};

/** The main setting for bars of another size: candles coarser than 15 minutes stretch every constant with them. */
export function findForBars(barMs: number): FindDefinition {
  if (barMs <= defaultFind.moveMs) return { ...defaultFind, barMs };
  const stretch = barMs / defaultFind.barMs;
  return {
    barMs,
    moveMs: defaultFind.moveMs * stretch,
    thresholdSigmas: defaultFind.thresholdSigmas,
    refractoryMs: defaultFind.refractoryMs * stretch,
    tauMs: defaultFind.tauMs * stretch,
  };
}

/** The same definition counted in bars; the slow constants keep their ratio to tau (30 minutes at the default). */
export interface BarScale {
  readonly move: number;
  readonly refractory: number;
  readonly tau: number;
  readonly perDay: number;
  /** Bars per "hour" of the feature decays: two tau. */
  readonly hour: number;
  /** Time without any question that counts as closed, in bars. */
  readonly closed: number;
}

const closedMs = 6 * hourMs;

/** Throws RangeError when a duration is not a positive finite number or tau is shorter than a bar. */
export function barScale(find: FindDefinition): BarScale {
  for (const [name, value] of Object.entries(find)) {
    if (!(Number.isFinite(value) && value > 0))
      throw new RangeError(`${name} must be positive, not ${value}`);
  }
  if (find.tauMs < find.barMs) throw new RangeError('tauMs must not be shorter than barMs');
  return {
    move: Math.max(1, Math.round(find.moveMs / find.barMs)),
    refractory: Math.max(0, Math.round(find.refractoryMs / find.barMs)),
    tau: find.tauMs / find.barMs,
    perDay: dayMs / find.barMs,
    hour: (2 * find.tauMs) / find.barMs,
    closed: Math.max(12, Math.round(closedMs / find.barMs)),
  };
}
