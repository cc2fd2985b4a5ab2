// Pending alarms of all agents, earliest first. An alarm is a row, so it survives a restart.
import type { AlarmRow } from '../shared/bus/collections.ts';
import type { AgentName } from '../shared/domain/agent-name.ts';
import type { EpochMs } from '../shared/domain/time.ts';

export function alarmKey(owner: AgentName, name: string): string {
  return `${owner}/${name}`;
}

function keyOf({ owner, name }: AlarmRow): string {
  return alarmKey(owner, name);
}

export class AlarmClock {
  readonly #alarms = new Map<string, AlarmRow>();
  #earliest: EpochMs | undefined;

  constructor(rows: Iterable<readonly [string, AlarmRow]>) {
    for (const [key, row] of rows) this.#alarms.set(key, row);
    this.#recompute();
  }

  /** Due time of the earliest alarm, undefined when none is set. */
  get earliest(): EpochMs | undefined {
    return this.#earliest;
  }

  get(key: string): AlarmRow | undefined {
    return this.#alarms.get(key);
  }

  set(key: string, row: AlarmRow): void {
    const moved = this.#alarms.get(key);
    this.#alarms.set(key, row);
    if (moved !== undefined && moved.due_at === this.#earliest) this.#recompute();
    else if (this.#earliest === undefined || row.due_at < this.#earliest) this.#earliest = row.due_at;
  }

  remove(key: string): void {
    const row = this.#alarms.get(key);
    if (row === undefined) return;
    this.#alarms.delete(key);
    if (row.due_at === this.#earliest) this.#recompute();
  }

  /** Alarms due at `now`, by due time, then key, so that the order never depends on insertion. */
  due(now: EpochMs): AlarmRow[] {
    if (this.#earliest === undefined || this.#earliest > now) return [];
    const due: AlarmRow[] = [];
    for (const row of this.#alarms.values()) if (row.due_at <= now) due.push(row);
    if (due.length > 1)
      due.sort((left, right) => left.due_at - right.due_at || (keyOf(left) < keyOf(right) ? -1 : 1));
    return due;
  }

  #recompute(): void {
    let earliest: EpochMs | undefined;
    for (const row of this.#alarms.values())
      if (earliest === undefined || row.due_at < earliest) earliest = row.due_at;
    this.#earliest = earliest;
  }
}
