// When each kind last started and since when it may run: the only facts that minimum intervals and floors rest on.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { SessionCalendar } from '../shared/domain/sessions.ts';
import { type TaskKind, taskKinds } from '../shared/domain/task.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { type Admission, inadmissibleReason } from './admission.ts';
import { readMemory, type ScheduleMemory, writeMemory } from './memory-rows.ts';
import { type FamilyName, familyMaxIntervalMs, familyMembers, taskCatalogue } from './task-catalogue.ts';

const neverRun: ScheduleMemory = {
  last_start: null,
  admissible_since: null,
  retry_at: null,
  last_slot: null,
};

export class Schedule {
  readonly #rows = new Map<TaskKind, ScheduleMemory>();
  /** Kinds whose row must be written when the handler is done. */
  readonly #unsaved = new Set<TaskKind>();
  readonly #calendar: SessionCalendar;

  constructor(calendar: SessionCalendar) {
    this.#calendar = calendar;
  }

  restore(state: StateReader): void {
    this.#unsaved.clear();
    for (const kind of taskKinds) this.#rows.set(kind, readMemory(state, `schedule/${kind}`) ?? neverRun);
  }

  of(kind: TaskKind): ScheduleMemory {
    return this.#rows.get(kind) ?? neverRun;
  }

  /** Starts and stops the waiting clock of every kind as it becomes admissible or ceases to be. */
  refresh(turn: Turn, admission: Admission): void {
    const open = this.#calendar.openSessions(turn.now);
    for (const kind of taskKinds) {
      const row = this.of(kind);
      const admissible = inadmissibleReason(kind, admission, open) === undefined;
      if (admissible === (row.admissible_since !== null)) continue;
      this.#keep(kind, { ...row, admissible_since: admissible ? turn.now : null });
    }
  }

  /** Marks the slot of a newly queued task as used. */
  queued(kind: TaskKind, slot: EpochMs): void {
    this.#keep(kind, { ...this.of(kind), last_slot: slot });
  }

  started(turn: Turn, kind: TaskKind): void {
    this.#keep(kind, { ...this.of(kind), last_start: turn.now, retry_at: null });
  }

  retryAt(kind: TaskKind, at: EpochMs | null): void {
    if (this.of(kind).retry_at !== at) this.#keep(kind, { ...this.of(kind), retry_at: at });
  }

  isAdmissible(kind: TaskKind): boolean {
    return this.of(kind).admissible_since !== null;
  }

  /** Earliest time for a new task: the minimum interval after the last start, and in an unused slot. */
  notBefore(kind: TaskKind): EpochMs {
    const { last_start, last_slot } = this.of(kind);
    const latest = Math.max(last_start ?? Number.NEGATIVE_INFINITY, last_slot ?? Number.NEGATIVE_INFINITY);
    return Math.max(0, latest + taskCatalogue[kind].minIntervalMs);
  }

  /** Latest start that keeps the kind's own maximum interval; undefined while it is not admissible. */
  latestStart(kind: TaskKind): EpochMs | undefined {
    const { last_start, admissible_since } = this.of(kind);
    if (admissible_since === null) return undefined;
    return Math.max(admissible_since, last_start ?? 0) + taskCatalogue[kind].maxIntervalMs;
  }

  /** Last start of any member of a family, or of the kind itself when it has none. */
  lastLook(kind: TaskKind): EpochMs | null {
    const { family } = taskCatalogue[kind];
    if (family === null) return this.of(kind).last_start;
    let last: EpochMs | null = null;
    for (const member of familyMembers[family]) {
      const start = this.of(member).last_start;
      if (start !== null && (last === null || start > last)) last = start;
    }
    return last;
  }

  /** Latest start of any member that keeps the family's maximum interval; undefined while none is admissible. */
  latestFamilyStart(family: FamilyName): EpochMs | undefined {
    let since: EpochMs | undefined;
    let last: EpochMs = 0;
    for (const member of familyMembers[family]) {
      const { admissible_since, last_start } = this.of(member);
      if (admissible_since !== null && (since === undefined || admissible_since < since))
        since = admissible_since;
      last = Math.max(last, last_start ?? 0);
    }
    return since === undefined ? undefined : Math.max(since, last) + familyMaxIntervalMs[family];
  }

  /** Writes the rows of this handler's changes. */
  save(turn: Turn): void {
    for (const kind of this.#unsaved) writeMemory(turn, `schedule/${kind}`, this.of(kind));
    this.#unsaved.clear();
  }

  #keep(kind: TaskKind, row: ScheduleMemory): void {
    this.#rows.set(kind, row);
    this.#unsaved.add(kind);
  }
}
