// What a decision promises: its tasks, and that what it leaves unseen is not worth a look. It must never change anything.
import type { AssetClass } from '../../shared/domain/instrument.ts';
import type { LookRecord } from '../../shared/domain/look.ts';
import type { TaskKind } from '../../shared/domain/task.ts';
import { knowledgeOf, type Snapshot } from '../snapshot.ts';
import type { CalibrationInputs } from './calibration.ts';
import type { Insight } from './insight.ts';
import type { Situation } from './situation.ts';

/** What a decision undertakes, beside its record. */
export interface Undertaking {
  readonly situation: Situation;
  readonly inputs: CalibrationInputs;
  readonly kinds: readonly TaskKind[];
  /** Classes at which it looks or could have looked. */
  readonly accountable: readonly AssetClass[];
  readonly looks: readonly (readonly LookRecord[])[];
  readonly classOf: (symbol: string) => AssetClass | undefined;
}

/** What could have been looked at when a decision was made: `waiting` is the expected worth by symbol, before its looks were paid. */
export interface Lookable {
  readonly accountable: readonly AssetClass[];
  readonly waiting: ReadonlyMap<string, number>;
  readonly classOf: (symbol: string) => AssetClass | undefined;
}

export function undertakingOf(
  insight: Insight,
  snapshot: Snapshot,
  tasks: readonly { readonly kind: TaskKind; readonly looks: readonly LookRecord[] }[],
  { accountable, waiting, classOf }: Lookable,
): Undertaking {
  const { situation } = insight;
  const kinds = tasks.map(({ kind }) => kind);
  const looks = tasks.map((task) => task.looks);
  const looked = new Set(looks.flat().map(({ symbol }) => symbol));
  let left = 0;
  for (const [symbol, worth] of waiting) if (!looked.has(symbol)) left += worth;
  const inputs = insight.inputs(kinds, left, knowledgeOf(snapshot, situation.mode));
  return { situation, inputs, kinds, accountable, looks, classOf };
}
