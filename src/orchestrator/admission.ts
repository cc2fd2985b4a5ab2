// Which kinds may run at an instant, and the plain reason why another may not.
// It must never depend on what the policy wants: the floor rests on it.
import type { AssetClass } from '../shared/domain/instrument.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import type { ForexSession } from '../shared/domain/session-rules.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import { taskCatalogue } from './task-catalogue.ts';

const classesByMode: Readonly<Record<MarketMode, readonly AssetClass[]>> = {
  crypto: ['crypto'],
  forex: ['forex'],
  hybrid: ['crypto', 'forex'],
  standby: [],
};

export function classesOf(mode: MarketMode): readonly AssetClass[] {
  return classesByMode[mode];
}

const sessionNames: Readonly<Record<ForexSession, string>> = {
  sydney: 'Sydney',
  tokyo: 'Tokyo',
  london: 'London',
  newyork: 'New York',
};

export interface Admission {
  readonly mode: MarketMode;
  readonly paused: boolean;
  /** Kinds an operator has paused; a safety kind cannot be. */
  readonly paused_kinds?: readonly TaskKind[];
  /** Classes of which nothing may be looked at, because a budget is zero. */
  readonly unfunded?: readonly AssetClass[];
}

/**
 * Why a kind may not run now, undefined when it may. Admissible means: a safety kind always; any other kind
 * only when not paused, when the mode in force admits one of its asset classes and that class has a budget for looks,
 * and while one of its sessions is open.
 */
export function inadmissibleReason(
  kind: TaskKind,
  admission: Admission,
  open: readonly ForexSession[],
): string | undefined {
  const entry = taskCatalogue[kind];
  if (entry.safety) return undefined;
  if (admission.paused) return 'paused by the operator';
  if (admission.paused_kinds?.includes(kind)) return 'this kind is paused by the operator';
  const admitted = classesByMode[admission.mode];
  if (!entry.classes.some((assetClass) => admitted.includes(assetClass)))
    return admission.mode === 'standby'
      ? 'standby admits no market'
      : `mode ${admission.mode} does not admit it`;
  const unfunded = admission.unfunded ?? [];
  if (entry.classes.every((assetClass) => !admitted.includes(assetClass) || unfunded.includes(assetClass)))
    return 'its budget for looks is zero';
  if (entry.sessions.length === 0) return undefined;
  if (entry.sessions.some((session) => open.includes(session))) return undefined;
  return `${entry.sessions.map((session) => sessionNames[session]).join(' and ')} closed`;
}
