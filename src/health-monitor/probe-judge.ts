// What one probe's answer means: the problem in words, and the cause it raises or clears.
// A bad answer is asked again until it is good, so that one slow round trip is not an incident and none stays open.
import type { Turn } from '../kernel/agent.ts';
import type { Severity } from '../shared/domain/incident.ts';
import { externalAlertProbe, watchdogProbe, wholeSystemTarget } from '../shared/domain/probe-names.ts';
import type { ProbeResult } from '../shared/domain/vitals.ts';
import { megabytes } from './baseline.ts';
import { causeKey, parseCause } from './cause-kinds.ts';
import type { IncidentBook } from './incident-book.ts';
import {
  clockSkewLimitMs,
  databaseConnectionShare,
  databaseDeadShare,
  databaseLockWaitMs,
  databaseRunawayMs,
  eventLoopDelayLimitMs,
  heapShareLimit,
  maxDetailLength,
  maxNameLength,
  relayLagLimitMs,
  relayLatencyLimitMs,
  reprobeIntervalMs,
  storeLatencyLimitMs,
} from './limits.ts';
import type { CauseState, ProbeRequest } from './memory.ts';
import type { SourceWatch } from './source-watch.ts';
import { isDiskLow, levelOf } from './system-monitor.ts';

export const reprobeAlarmName = 'reprobe';

export class ProbeJudge {
  readonly #book: IncidentBook;
  readonly #sources: SourceWatch;
  readonly #relayNeeded: boolean;
  #armed = false;

  constructor(book: IncidentBook, sources: SourceWatch, relayNeeded = false) {
    this.#book = book;
    this.#sources = sources;
    this.#relayNeeded = relayNeeded;
  }

  restore(armed: boolean): void {
    this.#armed = armed;
  }

  /** Judges an answer; returns the problem it shows, undefined when all is well. */
  observe(result: ProbeResult, turn: Turn): string | undefined {
    const probe = result.probe.slice(0, maxNameLength);
    const target = result.target.slice(0, maxNameLength);
    const detail = result.detail.slice(0, maxDetailLength);
    if (probe === watchdogProbe) {
      this.#book.pulse('process_frozen', turn.now, 'warning', detail);
      return detail;
    }
    const cause = this.#causeOf(probe, target, turn.now);
    const known = cause === undefined ? undefined : this.#book.get(cause);
    const [level, evidence] = judge({ ...result, detail }, known, this.#relayNeeded);
    if (cause !== undefined) {
      if (level === undefined) this.#book.clear(cause, turn.now);
      else this.#book.raise(cause, turn.now, level, evidence);
      if (level !== undefined) this.#arm(turn);
    }
    if (level !== undefined) return `${nameOf(probe, target)}: ${evidence}`;
    return problemOf(result);
  }

  /** Asks again for every probe that last failed, and goes on while one does. */
  reprobe(turn: Turn): void {
    this.#armed = false;
    for (const { cause } of this.#book.active()) {
      const request = requestOf(cause);
      if (request === undefined) continue;
      turn.effect('probe.run', { probe: request.probe, target: request.target });
      this.#arm(turn);
    }
  }

  #arm(turn: Turn): void {
    if (this.#armed) return;
    this.#armed = true;
    turn.setAlarm(reprobeAlarmName, turn.now + reprobeIntervalMs);
  }

  /** The cause this probe feeds; none for a source that already says itself that it is down. */
  #causeOf(probe: string, target: string, now: number): string | undefined {
    if (probe === 'store') return causeKey('store_slow');
    if (probe === 'clock') return causeKey('clock_skew');
    if (probe === 'workflow') return causeKey('workflow_down', target);
    if (probe === 'model') return causeKey('model_down', target);
    if (probe === 'database') return causeKey('database_strained');
    if (probe === externalAlertProbe) return causeKey('external_alert', target);
    if (probe === 'relay') return causeKey('relay_down', target);
    if (probe === 'relay_lag') return causeKey('relay_lag', target);
    // Whoever watches over the agents, here and elsewhere, says by itself that one failed.
    if (probe === 'agent') return undefined;
    const cause = causeKey('probe_failed', `${probe}:${target}`);
    const told = probe === 'source' && this.#sources.isDown(target, now);
    return told && !this.#book.isActive(cause) ? undefined : cause;
  }
}

/** Level of a failed answer with its evidence; level undefined when the answer is fine. */
function judge(
  result: ProbeResult,
  known: CauseState | undefined,
  relayNeeded: boolean,
): [Severity | undefined, string] {
  const { probe, ok, detail, latency_ms: latencyMs, value } = result;
  const active = known?.active === true;
  // Right after a start nobody has said again how bad it is: then it is as bad as it was.
  if (!ok && probe === externalAlertProbe)
    return [result.severity ?? (active ? known.level : 'warning'), detail];
  if (!ok) return [levelOfFailure(result, relayNeeded), detail === '' ? 'no reason given' : detail];
  if (probe === 'relay' && relayNeeded && latencyMs !== null)
    return [
      levelOf(latencyMs, relayLatencyLimitMs, active),
      `a round trip takes ${Math.round(latencyMs)} ms`,
    ];
  if (probe === 'relay_lag') {
    const { oldest_ms = 0 } = result.facts ?? {};
    return [levelOf(oldest_ms, relayLagLimitMs, active), detail];
  }
  if (probe === 'database') return judgeDatabase(result);
  if (probe === 'store' && latencyMs !== null)
    return [levelOf(latencyMs, storeLatencyLimitMs, active), `round trip took ${Math.round(latencyMs)} ms`];
  if (probe === 'clock' && value !== null)
    return [levelOf(Math.abs(value), clockSkewLimitMs, active), `it differs by ${Math.round(value)} ms`];
  return [undefined, ''];
}

function levelOfFailure({ probe }: ProbeResult, relayNeeded: boolean): Severity {
  if (probe === 'store') return 'critical';
  if (probe === 'relay' && !relayNeeded) return 'info';
  return probe === 'workflow' || probe === 'model' ? 'info' : 'warning';
}

/** Strain inside the database, by the facts that its probe measured. */
function judgeDatabase({ facts = {}, detail }: ProbeResult): [Severity | undefined, string] {
  const found: string[] = [];
  const { connection_share = 0, longest_lock_wait_ms = 0, longest_own_ms = 0, dead_rows_share = 0 } = facts;
  if (longest_own_ms >= databaseRunawayMs)
    found.push(`a statement of our own role runs for ${Math.round(longest_own_ms / 1_000)} s`);
  if (longest_lock_wait_ms >= databaseLockWaitMs)
    found.push(`somebody waits ${Math.round(longest_lock_wait_ms / 1_000)} s for a lock`);
  if (connection_share >= databaseConnectionShare)
    found.push(`${Math.round(connection_share * 100)} % of its connections are taken`);
  if (dead_rows_share >= databaseDeadShare)
    found.push(`${Math.round(dead_rows_share * 100)} % of our rows are dead`);
  return found.length === 0 ? [undefined, ''] : ['warning', `${found.join('; ')}. ${detail}`];
}

/** Problems that a check reports although the vitals, not this probe, decide about their incident. */
function problemOf(result: ProbeResult): string | undefined {
  const { probe, value } = result;
  if (value === null) return undefined;
  if (probe === 'disk' && isDiskLow(value, null)) return `disk: ${megabytes(value)} MB free`;
  if (probe === 'event_loop' && value >= eventLoopDelayLimitMs.warning)
    return `event_loop: delay p99 is ${Math.round(value)} ms`;
  if (probe === 'heap' && value >= heapShareLimit.warning)
    return `heap: ${Math.round(value * 100)} % of its limit in use`;
  return undefined;
}

function requestOf(cause: string): ProbeRequest | undefined {
  const { kind, subject } = parseCause(cause);
  if (kind === 'store_slow') return { probe: 'store', target: wholeSystemTarget };
  if (kind === 'clock_skew') return { probe: 'clock', target: wholeSystemTarget };
  if (kind === 'workflow_down') return { probe: 'workflow', target: subject };
  if (kind === 'model_down') return { probe: 'model', target: subject };
  if (kind === 'database_strained') return { probe: 'database', target: wholeSystemTarget };
  if (kind === 'external_alert') return { probe: externalAlertProbe, target: subject };
  if (kind === 'relay_down') return { probe: 'relay', target: subject };
  if (kind === 'relay_lag') return { probe: 'relay_lag', target: subject };
  if (kind !== 'probe_failed') return undefined;
  const colon = subject.indexOf(':');
  return { probe: subject.slice(0, colon), target: subject.slice(colon + 1) };
}

function nameOf(probe: string, target: string): string {
  return target === wholeSystemTarget ? probe : `${probe} ${target}`;
}
