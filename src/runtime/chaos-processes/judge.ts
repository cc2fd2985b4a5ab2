// What became of one fault: who noticed it and when, what was done, whether that was verified, and what people were told.
// Judged from tables, log lines and received pages with their times; it must never take the system's word for being well.
import { takenBack } from '../../simulator/chaos-health/witness.ts';
import type { ReceivedAlert } from '../fault-lab/alert-receiver.ts';
import type { ProcessFault, Watcher } from './faults.ts';
import { isOfCause, type SeenHeal, type SeenIncident } from './health-record.ts';
import type { Word } from './system.ts';

export const detectWithinMs = 15_000;
const maxQuote = 240;

/** Everything that was observed, with steady milliseconds. */
export interface Evidence {
  /** When the fault began, when the next one did, and when everything was well again (undefined: never). */
  readonly begun: number;
  readonly until: number;
  readonly well: number | undefined;
  readonly lastedMs: number;
  readonly words: readonly Word[];
  readonly incidents: readonly SeenIncident[];
  readonly heals: readonly SeenHeal[];
  readonly alerts: readonly ReceivedAlert[];
}

export interface Page {
  readonly after_ms: number;
  readonly cause: string;
  readonly phase: ReceivedAlert['phase'];
  readonly severity: ReceivedAlert['severity'];
  readonly text: string;
}

export interface FaultVerdict {
  readonly watcher: Watcher;
  readonly playbook: string;
  readonly detected_after_ms: number | null;
  /** The word itself: of an incident, of an attempt inside an open one, of the supervisor, or of a process's log. */
  readonly detected_as: string | null;
  readonly ends_by: ProcessFault['endsBy'];
  readonly fault_lasted_ms: number;
  /** From the fault until every process lived, and each had committed what the others had said to it. */
  readonly healed_after_ms: number | null;
  /** By the expected playbook's own record; where no agent can keep one, by all being well from outside. */
  readonly verified: boolean;
  readonly verified_by: 'health_ai' | 'outside';
  /** The run took the fault back and all was well, without a verified record of the playbook: between two attempts, or before any. */
  readonly over_by_itself: boolean;
  readonly done: readonly string[];
  /** The words that called a person; null when nobody was called. */
  readonly escalated: string | null;
  /** Messages that reached people: all phases, and how many began something new. */
  readonly pages_sent: number;
  readonly pages_opened: number;
  readonly pages: readonly Page[];
}

interface Notice {
  readonly at: number;
  readonly text: string;
}

export function judge(fault: ProcessFault, everything: Evidence): FaultVerdict {
  const evidence = windowed(everything);
  const { begun, well, lastedMs } = evidence;
  const notice = noticed(fault, evidence);
  const heals = evidence.heals.filter(({ seenAt }) => seenAt >= begun);
  const own = heals.filter(({ heal }) => isOwn(fault, heal));
  const byAgent = fault.watcher === 'health_ai';
  const isWell = well !== undefined;
  const verified = byAgent ? own.some(({ heal }) => heal.outcome === 'verified') : isWell;
  const pages = pagesOf(evidence);
  const escalation = evidence.incidents.find(
    ({ seenAt, incident }) => seenAt >= begun && incident.summary.includes('a person is needed'),
  );
  const called = pages.find(({ text }) => text.includes('Please act'));
  return {
    watcher: fault.watcher,
    playbook: fault.playbook,
    detected_after_ms: notice === undefined ? null : Math.round(notice.at - begun),
    detected_as: notice?.text.slice(0, maxQuote) ?? null,
    ends_by: fault.endsBy,
    fault_lasted_ms: Math.round(lastedMs),
    healed_after_ms: well === undefined ? null : Math.round(well - begun),
    verified,
    verified_by: byAgent ? 'health_ai' : 'outside',
    over_by_itself: isWell && !verified && fault.endsBy === 'time',
    done: byAgent ? doneBy(heals) : [...deedsOf(fault, evidence), ...doneBy(heals)],
    escalated: escalation?.incident.summary ?? called?.text ?? null,
    pages_sent: pages.length,
    pages_opened: pages.filter(({ phase }) => phase === 'opened').length,
    pages,
  };
}

/** Without what came after the next fault began; an alert belongs to the fault in which its incident was first told. */
function windowed(all: Evidence): Evidence {
  const { until, words, incidents, heals, alerts, begun } = all;
  const told = new Map<string, number>();
  for (const { incident_id, at } of alerts) if (!told.has(incident_id)) told.set(incident_id, at);
  const own = ({ incident_id }: ReceivedAlert) => {
    const first = told.get(incident_id) ?? Number.POSITIVE_INFINITY;
    return first >= begun && first < until;
  };
  return {
    ...all,
    words: words.filter(({ at }) => at < until),
    incidents: incidents.filter(({ seenAt }) => seenAt < until),
    heals: heals.filter(({ seenAt }) => seenAt < until),
    alerts: alerts.filter(own),
  };
}

/** Targets that a run misses, in words; empty when it meets all. */
export function missesOf(verdict: FaultVerdict): string[] {
  const { detected_after_ms: detected, watcher } = verdict;
  const why: string[] = [];
  if (detected === null) why.push(`not detected by ${watcher}`);
  else if (detected > detectWithinMs) why.push(`detected by ${watcher} after ${detected / 1_000} s`);
  if (verdict.healed_after_ms === null && verdict.escalated === null)
    why.push('neither healed nor escalated');
  else if (!verdict.verified && !verdict.over_by_itself && verdict.escalated === null)
    why.push(`${verdict.playbook} was not verified`);
  if (verdict.pages_opened > 1) why.push(`${verdict.pages_opened} pages for one cause`);
  return why;
}

function isOwn(fault: ProcessFault, { playbook, target, before }: SeenHeal['heal']): boolean {
  if (before === takenBack) return false;
  return playbook === fault.playbook && (fault.treats === undefined || target === fault.treats);
}

/** The watcher's first word; of nobody else. */
function noticed(fault: ProcessFault, { begun, words, incidents, heals }: Evidence): Notice | undefined {
  switch (fault.watcher) {
    case 'health_ai': {
      const known = new Set(
        incidents.filter(({ seenAt }) => seenAt < begun).map(({ incident }) => incident.id),
      );
      const opened = incidents.find(
        ({ seenAt, incident: { cause, id } }) =>
          seenAt >= begun && !known.has(id) && fault.causes.some((one) => isOfCause(cause, one)),
      );
      // Inside an incident that is still open from before, the next attempt is the agent's word.
      const attempt = heals.find(
        ({ seenAt, heal }) =>
          seenAt >= begun && heal.attempt > 1 && heal.outcome === 'started' && isOwn(fault, heal),
      );
      return earlier(
        opened && {
          at: opened.seenAt,
          text: `incident ${opened.incident.cause}: ${opened.incident.summary}`,
        },
        attempt && {
          at: attempt.seenAt,
          text: `${attempt.heal.playbook} ${attempt.heal.target}, attempt ${attempt.heal.attempt}: ${attempt.heal.before}`,
        },
      );
    }
    case 'supervisor':
      return wordOf(words.find(({ at, by }) => at >= begun && by === 'supervisor'));
    case 'store_watch':
      return wordOf(
        words.find(({ at, by, text }) => at >= begun && by !== 'supervisor' && storeWords.test(text)),
      );
  }
}

/** What a process says of its own store without any agent: that it is silent, that its lease is late, that a commit hangs. */
const storeWords = /database does not answer|lease|a commit hangs|the store/i;

function wordOf(word: Word | undefined): Notice | undefined {
  return word && { at: word.at, text: `${word.by}: ${word.text}` };
}

function earlier(left: Notice | undefined, right: Notice | undefined): Notice | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left.at <= right.at ? left : right;
}

/** The last state of every record, in the order in which they began. */
function doneBy(heals: readonly SeenHeal[]): string[] {
  const last = new Map(heals.map(({ heal }) => [heal.id, heal]));
  return [...last.values()].map(({ playbook, target, attempt, outcome, after }) =>
    `${playbook} ${target}, attempt ${attempt}: ${outcome}${after === null ? '' : `: ${after}`}`.slice(
      0,
      maxQuote,
    ),
  );
}

/** What was done without an agent, once each. */
function deedsOf(fault: ProcessFault, { begun, words }: Evidence): string[] {
  const after = words.filter(({ at }) => at >= begun);
  if (fault.watcher === 'supervisor') {
    const ended = new Set(
      after.filter(({ by }) => by === 'supervisor').map(({ text }) => text.split(' ')[0] ?? text),
    );
    return [...ended].sort().map((name) => `the supervisor started ${name} again`);
  }
  const freed = after.find(({ text }) => text.includes('a commit hangs'));
  return freed === undefined ? [] : [freed.text.slice(0, maxQuote)];
}

function pagesOf({ begun, alerts, incidents }: Evidence): Page[] {
  const causes = new Map(incidents.map(({ incident }) => [incident.id, incident.cause]));
  return alerts.map(({ at, incident_id, phase, severity, text }) => ({
    after_ms: Math.round(at - begun),
    cause: causes.get(incident_id) ?? incident_id,
    ...{ phase, severity, text },
  }));
}
