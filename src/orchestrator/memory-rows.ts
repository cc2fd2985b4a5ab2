// The orchestrator's durable memory: which rows of `agent_memory` it keeps, and what is in them.
// Everything that can change its behaviour is in these rows, in `tasks`, `decisions` or `alarms`.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { MarketMode } from '../shared/domain/mode.ts';
import type { TaskKind } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { ModelMemory } from './models/model-memory.ts';

const agent = 'orchestrator_ai';

/** Memory of decisions made, and the operator's switch. */
export interface ControlMemory {
  readonly paused: boolean;
  /** Mode an operator has pinned; null while the orchestrator chooses. */
  readonly pinned_mode: MarketMode | null;
  /** Kinds an operator has paused, in catalogue order. */
  readonly paused_kinds: readonly TaskKind[];
  readonly mode: MarketMode;
  readonly decisions: number;
  readonly mode_switches: number;
  readonly last_decision_id: string | null;
  readonly last_decision_at: EpochMs | null;
  readonly interval_ms: number;
  /** Why an early decision is waiting for its turn; null when none is. */
  readonly pending_cause: string | null;
}

/** When a kind last started, since when it has been admissible, and when its failed attempt may be repeated. */
export interface ScheduleMemory {
  readonly last_start: EpochMs | null;
  readonly admissible_since: EpochMs | null;
  readonly retry_at: EpochMs | null;
  /** Slot of the newest task, run or not: no slot is ever used twice. */
  readonly last_slot: EpochMs | null;
}

/** Decayed successes and trials. */
export type Count = readonly [successes: number, trials: number];
type CountsByMode<Key extends string> = Partial<Record<MarketMode, Partial<Record<Key, Count>>>>;

export interface LearningMemory {
  readonly kinds: CountsByMode<TaskKind>;
  readonly decisions: Partial<Record<MarketMode, Count>>;
}

/** Results of the tasks of a decision that is not yet scored: 1 finished and effect observed, 0 anything else. */
export type TallyMemory = Readonly<Partial<Record<TaskKind, TaskTally>>>;

interface TaskTally {
  /** False when it was skipped before it began. */
  readonly ran: boolean;
  readonly succeeded: boolean;
  readonly observed: boolean;
}

type MemoryByKey = {
  control: ControlMemory;
  learning: LearningMemory;
  models: ModelMemory;
} & { [Key in `schedule/${TaskKind}`]: ScheduleMemory } & { [Key in `tally/${string}`]: TallyMemory } & {
  [Key in `observed/${string}`]: unknown;
} & {
  /** Snapshots and calls of the look planners; see looks/look-rows.ts. */
  [Key in `looks/${string}`]: unknown;
};

export function readMemory<Key extends keyof MemoryByKey & string>(
  state: StateReader,
  key: Key,
): MemoryByKey[Key] | undefined {
  return state.get('agent_memory', `${agent}/${key}`)?.value as MemoryByKey[Key] | undefined;
}

export function writeMemory<Key extends keyof MemoryByKey & string>(
  turn: Turn,
  key: Key,
  value: MemoryByKey[Key],
): void {
  turn.put('agent_memory', `${agent}/${key}`, { agent, value });
}

export function forgetMemory(turn: Turn, key: keyof MemoryByKey & string): void {
  turn.remove('agent_memory', `${agent}/${key}`);
}
