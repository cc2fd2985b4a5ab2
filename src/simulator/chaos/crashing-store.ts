// The store of one house: the durable one behind it outlives every crash. It asks the switch at each commit.
// When the house dies its promise never resolves, as for a killed process.
import type { CommitBatch, Store } from '../../shared/ports/store.ts';

export interface CommitHooks {
  readonly fate: (batch: CommitBatch) => 'commit' | 'die-before' | 'die-after' | 'commit-but-fail';
  /** Hears every batch that is durable now. */
  readonly durable: (batch: CommitBatch) => void;
  readonly die: () => void;
}

/** What of a store a house uses. */
type HouseStore = Pick<Store, 'commit' | 'check'>;

/** A store that may be the last thing its house sees. */
export function crashingStore(durable: Store, hooks: CommitHooks): HouseStore {
  return {
    check: () => durable.check(),
    commit: async (batch) => {
      const fate = hooks.fate(batch);
      if (fate !== 'die-before') {
        await durable.commit(batch);
        hooks.durable(batch);
      }
      if (fate === 'die-before' || fate === 'die-after') {
        hooks.die();
        return new Promise<never>(() => undefined);
      }
      if (fate === 'commit-but-fail') throw new Error('connection to the database was lost');
    },
  };
}
