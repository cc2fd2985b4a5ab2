// Turns symptoms into incidents: one per cause, opened after a debounce, resolved after a quiet period.
// It must never open a cause twice, never forget an open one, and never grow with the number of symptoms.
import type { Incident, Severity } from '../shared/domain/incident.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import { causeKey, causeKinds, parseCause } from './cause-kinds.ts';
import { type CauseContext, causeRules, causeSummary } from './causes.ts';
import { explainedBy } from './dependency-graph.ts';
import {
  flapMemoryMs,
  flapOpenSymptoms,
  maxCauses,
  maxDetailLength,
  maxExternalCauses,
  maxQuietDoublings,
} from './limits.ts';
import type { CauseState } from './memory.ts';
import { isWorse, worse } from './severity.ts';

export interface IncidentChange {
  readonly phase: 'opened' | 'updated' | 'resolved';
  readonly incident: Incident;
}

/** Stands for all alerts beyond the book's share; no alert can have this name. */
const otherAlerts = '(others)';

export type MakeId = (prefix: string, ...parts: readonly (string | number)[]) => string;

export class IncidentBook {
  readonly #causes = new Map<string, CauseState>();
  readonly #dirty = new Set<string>();

  restore(states: Iterable<CauseState>): void {
    for (const state of states) this.#causes.set(state.cause, state);
  }

  /** Takes over an open incident whose own memory is missing; it resolves by quiet unless seen again. */
  adopt(incident: Incident): void {
    const { cause, updated_at: at, severity: level, symptoms } = incident;
    if (this.isOpen(cause) || causeKinds.every((kind) => kind !== cause.split(':')[0])) return;
    this.#causes.set(cause, { ...fresh(cause, at), level, symptoms, times_opened: 1, incident });
  }

  /** True while anything is pending, open or remembered: only then does time matter here. */
  get busy(): boolean {
    return this.#causes.size > 0;
  }

  get size(): number {
    return this.#causes.size;
  }

  isActive(cause: string): boolean {
    return this.#causes.get(cause)?.active ?? false;
  }

  isOpen(cause: string): boolean {
    return this.#causes.get(cause)?.incident != null;
  }

  get(cause: string): CauseState | undefined {
    return this.#causes.get(cause);
  }

  openIncidents(): Incident[] {
    return this.#sorted().flatMap((state) => (state.incident === null ? [] : [state.incident]));
  }

  /** Every cause whose condition holds, by name. */
  active(): CauseState[] {
    return this.#sorted().filter((state) => state.active);
  }

  /** The condition holds. Only its beginning, or a change of its level, is remembered. */
  raise(cause: string, now: EpochMs, level: Severity, evidence: string): void {
    const known = this.#causes.get(cause);
    if (known === undefined) {
      if (this.#tooManyExternal(cause, now, level) || this.#full(now)) return;
      this.#set({ ...fresh(cause, now), active: true, level, evidence: bounded(evidence), symptoms: 1 });
    } else if (!known.active) {
      const symptoms = symptomsBefore(known, now) + 1;
      const begun = { active: true, active_since: now, level, level_since: now };
      this.#set({ ...known, ...begun, evidence: bounded(evidence), symptoms });
    } else if (level !== known.level)
      this.#set({ ...known, level, level_since: now, evidence: bounded(evidence) });
  }

  /** The condition no longer holds. */
  clear(cause: string, now: EpochMs): void {
    const known = this.#causes.get(cause);
    if (known?.active === true) this.#set({ ...known, active: false, last_bad_at: now });
  }

  /** A single bad event of a cause that has no lasting condition; `weight` events at once. */
  pulse(cause: string, now: EpochMs, level: Severity, evidence: string, weight = 1): void {
    const known = this.#causes.get(cause);
    if (known === undefined && this.#full(now)) return;
    const base = known ?? fresh(cause, now);
    const symptoms = symptomsBefore(base, now) + weight;
    const worst = worse(base.level, level);
    this.#set({ ...base, last_bad_at: now, level: worst, evidence: bounded(evidence), symptoms });
  }

  /** Automatic healing gave up on this cause: the incident becomes critical and says so, once. */
  escalate(cause: string, reason: string): void {
    const known = this.#causes.get(cause);
    if (known !== undefined && known.escalation === null)
      this.#set({ ...known, escalation: bounded(reason) });
  }

  /** Lets time act; returns the phases that incidents entered, by cause. */
  sweep(now: EpochMs, context: CauseContext, makeId: MakeId): IncidentChange[] {
    const changes: IncidentChange[] = [];
    for (const state of this.#sorted()) {
      const change =
        state.incident === null ? this.#open(state, now, context, makeId) : this.#follow(state, now, context);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  /** When `sweep` next has something to do if nothing else happens; undefined when never. */
  nextDeadline(): EpochMs | undefined {
    let earliest = Number.POSITIVE_INFINITY;
    for (const state of this.#causes.values()) earliest = Math.min(earliest, this.#deadline(state));
    return Number.isFinite(earliest) ? earliest : undefined;
  }

  /** Causes changed since the last call with their new state, null when forgotten; for durable memory. */
  takeDirty(): [string, CauseState | null][] {
    const taken = [...this.#dirty].sort();
    this.#dirty.clear();
    return taken.map((cause) => [cause, this.#causes.get(cause) ?? null]);
  }

  #open(state: CauseState, now: EpochMs, context: CauseContext, makeId: MakeId): IncidentChange | undefined {
    if (!state.active && now >= forgetAt(state)) return this.#forget(state.cause);
    if (this.#opensAt(state) > now) return undefined;
    const severity = this.#severity(state, context);
    const explained = this.#explains(state);
    const told = evidenceOf(state);
    const evidence = explained.length === 0 ? told : `explains ${explained.join(', ')}; ${told}`;
    const incident: Incident = {
      id: makeId('incident', state.cause, now),
      cause: state.cause,
      severity,
      summary: causeSummary(state.cause, evidence),
      consequence: consequenceOf(state.cause, context),
      symptoms: state.symptoms,
      opened_at: now,
      updated_at: now,
      resolved_at: null,
      open: true,
    };
    this.#set({ ...state, incident, times_opened: state.times_opened + 1 });
    return { phase: 'opened', incident };
  }

  #follow(state: CauseState, now: EpochMs, context: CauseContext): IncidentChange | undefined {
    const before = state.incident;
    if (before === null) return undefined;
    if (!state.active && now >= state.last_bad_at + quietMs(state)) {
      const resolved = {
        ...before,
        symptoms: state.symptoms,
        updated_at: now,
        resolved_at: now,
        open: false,
      };
      this.#set({ ...state, incident: null, escalation: null, symptoms: 0, level: 'info' });
      // A quiet period doubled up to the flap memory ends with it: nothing is left to wait for.
      if (now >= forgetAt(state)) this.#forget(state.cause);
      return { phase: 'resolved', incident: resolved };
    }
    const severity = this.#severity(state, context);
    const told = state.escalation === null || before.summary.endsWith(state.escalation);
    if (told && !isWorse(severity, before.severity)) return undefined;
    const incident: Incident = {
      ...before,
      severity: worse(severity, before.severity),
      summary: causeSummary(state.cause, evidenceOf(state)),
      consequence: consequenceOf(state.cause, context),
      symptoms: state.symptoms,
      updated_at: now,
    };
    this.#set({ ...state, incident });
    return { phase: 'updated', incident };
  }

  /** Earliest moment at which the cause may open; infinite while it is explained or not yet bad enough. */
  #opensAt(state: CauseState): EpochMs {
    const { kind } = parseCause(state.cause);
    const rule = causeRules[kind];
    const explaining = explainedBy(kind);
    const enough = Number.isFinite(rule.openSymptoms) ? rule.openSymptoms : flapOpenSymptoms;
    const flapping = state.symptoms >= enough;
    if (!state.active && !flapping) return Number.POSITIVE_INFINITY;
    let opensAt = state.last_bad_at;
    if (state.active) opensAt = flapping ? state.active_since : state.active_since + rule.debounceMs;
    for (const other of this.#causes.values()) {
      if (!explaining.includes(parseCause(other.cause).kind)) continue;
      if (other.active) return Number.POSITIVE_INFINITY;
      opensAt = Math.max(opensAt, other.last_bad_at + rule.debounceMs);
    }
    // What was explained when it was last bad, and is over, needs no incident of its own afterwards.
    return !state.active && opensAt > state.last_bad_at ? Number.POSITIVE_INFINITY : opensAt;
  }

  #deadline(state: CauseState): EpochMs {
    if (state.incident !== null)
      return state.active ? Number.POSITIVE_INFINITY : state.last_bad_at + quietMs(state);
    const opens = this.#opensAt(state);
    return state.active ? opens : Math.min(opens, forgetAt(state));
  }

  #severity(state: CauseState, context: CauseContext): Severity {
    if (state.escalation !== null) return 'critical';
    return causeRules[parseCause(state.cause).kind].severity(state.level, context);
  }

  /** Active causes without an incident of their own that this one explains. */
  #explains(state: CauseState): string[] {
    const { kind } = parseCause(state.cause);
    return this.#sorted()
      .filter((other) => other.active && other.incident === null)
      .map((other) => other.cause)
      .filter((cause) => explainedBy(parseCause(cause).kind).includes(kind));
  }

  /** Alerts of other monitors beyond their share of the book are one cause together, so that the house's own find a place. */
  #tooManyExternal(cause: string, now: EpochMs, level: Severity): boolean {
    const { kind, subject } = parseCause(cause);
    if (kind !== 'external_alert') return false;
    const known = [...this.#causes.keys()].filter((one) => parseCause(one).kind === kind);
    if (known.length < maxExternalCauses) return false;
    const evidence = `more than ${maxExternalCauses} alerts, the last is ${subject}`;
    this.pulse(causeKey(kind, otherAlerts), now, level, evidence, flapOpenSymptoms);
    return true;
  }

  /** When the book is full, a further cause becomes a symptom of having too many. */
  #full(now: EpochMs): boolean {
    if (this.#causes.size < maxCauses) return false;
    const cause = causeKey('many_causes');
    const known = this.#causes.get(cause) ?? fresh(cause, now);
    const evidence = `more than ${maxCauses} causes at once`;
    this.#set({ ...known, last_bad_at: now, level: 'warning', evidence, symptoms: known.symptoms + 1 });
    return true;
  }

  #forget(cause: string): undefined {
    this.#causes.delete(cause);
    this.#dirty.add(cause);
  }

  #set(state: CauseState): void {
    this.#causes.set(state.cause, state);
    this.#dirty.add(state.cause);
  }

  /** By name, so that nothing depends on the order in which causes were met or restored. */
  #sorted(): CauseState[] {
    const states = [...this.#causes.values()];
    return states.length < 2 ? states : states.sort((left, right) => (left.cause < right.cause ? -1 : 1));
  }
}

function fresh(cause: string, now: EpochMs): CauseState {
  return {
    cause,
    active: false,
    active_since: now,
    last_bad_at: now,
    level: 'info',
    level_since: now,
    symptoms: 0,
    evidence: '',
    escalation: null,
    times_opened: 0,
    incident: null,
  };
}

/** Quiet time that ends the incident; doubled each time it reopened within the flap memory. */
function quietMs(state: CauseState): number {
  const doublings = Math.min(Math.max(0, state.times_opened - 1), maxQuietDoublings);
  return causeRules[parseCause(state.cause).kind].quietMs * 2 ** doublings;
}

function forgetAt(state: CauseState): EpochMs {
  const quiet = quietMs(state);
  return state.last_bad_at + (state.times_opened === 0 ? quiet : Math.max(quiet, flapMemoryMs));
}

/** Symptoms that still count: without an incident, a quiet period begins the count anew. */
function symptomsBefore(state: CauseState, now: EpochMs): number {
  return state.incident === null && now - state.last_bad_at >= quietMs(state) ? 0 : state.symptoms;
}

function evidenceOf(state: CauseState): string {
  return state.escalation === null ? state.evidence : `${state.evidence}; ${state.escalation}`;
}

function consequenceOf(cause: string, context: CauseContext): string {
  const { kind, subject } = parseCause(cause);
  return causeRules[kind].consequence(subject, context);
}

function bounded(text: string): string {
  return text.slice(0, maxDetailLength);
}
