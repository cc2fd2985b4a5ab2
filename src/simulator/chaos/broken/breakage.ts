// A deliberate breakage: a well-known mistake of trading systems, put between the house and its ports. It proves that
// the checkers see. Nothing outside of a chaos run may ever use one.
import type { AgentBuilder } from '../../../kernel/agent.ts';
import type { Broker } from '../../../shared/ports/broker.ts';
import type { CommitBatch } from '../../../shared/ports/store.ts';

type Commit = (batch: CommitBatch) => Promise<void>;

/** Where a breakage stands. One per run, so that what it remembers survives the deaths of the house. */
export interface Breakage {
  readonly agents?: (build: AgentBuilder) => AgentBuilder;
  readonly broker?: (line: Broker) => Broker;
  /** Made anew for each house; what it holds back dies with it. */
  readonly commit?: (commit: Commit) => Commit;
}
