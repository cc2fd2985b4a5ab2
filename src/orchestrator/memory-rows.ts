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
  /** Time of the first decision ever; null before it. */
  readonly begun_at: EpochMs | null;
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

type MemoryByKey = {
  control: ControlMemory;
  models: ModelMemory;
} & { [Key in `schedule/${TaskKind}`]: ScheduleMemory } & {
  /** What open decisions promised, what became of earlier ones, and situations remembered; see learning/. */
  [Key in `promise/${string}` | `learning/${string}` | `episode/${string}`]: unknown;
} & {
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

/** All rows whose key begins with the prefix, by the rest of the key, in key order. */
export function* memoryRows(state: StateReader, prefix: string): Iterable<readonly [string, unknown]> {
  const begin = `${agent}/${prefix}`;
  for (const [key, row] of state.all('agent_memory'))
    if (key.startsWith(begin)) yield [key.slice(begin.length), row.value];
}
