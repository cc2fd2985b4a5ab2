// Decides which phases of an incident reach a person, and which only the log: quiet hours, a cap per day, one group per
// cause. It must never drop what is critical, never page twice for one cause, and never page an end nobody heard begin.
import type { Turn } from '../kernel/agent.ts';
import { type AlertSettings, defaultAlertSettings } from '../shared/domain/alert.ts';
import type { Incident } from '../shared/domain/incident.ts';
import { type EpochMs, hourMs, minuteMs } from '../shared/domain/time.ts';
import { localMinutes } from '../shared/domain/time-zone.ts';
import { alertText, durationText } from './alert-text.ts';
import { causeKey, parseCause } from './cause-kinds.ts';
import { chainBetween, explainedBy, mayShareCause } from './dependency-graph.ts';
import type { IncidentChange } from './incident-book.ts';
import { reflexToldId } from './limits.ts';
import { type PagerState, type PageState, remember } from './memory.ts';
import { isWorse, worse } from './severity.ts';

/** A second update of one incident waits at least this long, so that one cause is at most one update at first. */
const updateGapMs = 30 * minuteMs;
/** Beyond the cap, what is held back is told together this often. */
const digestIntervalMs = hourMs;
/** What shows within this time of a first sign, and may have the same cause, is told with it. */
const siblingWindowMs = 5 * minuteMs;
const maxHeld = 50;
const maxTold = 256;
const digestLines = 12;
const minutesPerDay = 1_440;
const singleRow = 'only';

const freshState: PagerState = { day: 0, sent: 0, held: [], held_more: 0, digest_at: null };

export class Pager {
  readonly #settings: AlertSettings;
  readonly #told = new Map<string, PageState>();
  #state: PagerState = freshState;

  constructor(settings: AlertSettings = defaultAlertSettings) {
    this.#settings = settings;
  }

  restore(state: PagerState | undefined, told: Iterable<PageState>): void {
    this.#state = state ?? freshState;
    for (const page of told) this.#told.set(page.incident_id, page);
  }

  get busy(): boolean {
    return this.#state.digest_at !== null;
  }

  /** When a digest is due; undefined while nothing is held back. */
  nextDeadline(): EpochMs | undefined {
    return this.#state.digest_at ?? undefined;
  }

  /** Tells of one phase of an incident: always the log, and people when they should hear it. */
  tell(change: IncidentChange, turn: Turn): void {
    const { incident, phase } = change;
    const known = this.#told.get(incident.id);
    if (phase === 'resolved') this.#resolved(change, known, turn);
    else if (known === undefined && incident.severity !== 'info') this.#first(change, turn);
    else if (known !== undefined && !known.held) this.#update(change, known, turn);
    else this.#log(change, turn);
  }

  /** People were told directly that commits hang, while no agent could hear: what shows of it here is the same trouble. */
  reflexTold(turn: Turn): void {
    this.#keep(
      {
        ...{ incident_id: reflexToldId, cause: causeKey('store_slow'), severity: 'critical' },
        ...{ updates: 0, told_at: turn.now, merged_into: null, held: false },
      },
      turn,
    );
  }

  /** Sends what was held back, once its time has come. */
  step(turn: Turn): void {
    const { digest_at, held, held_more } = this.#state;
    if (digest_at === null || digest_at > turn.now) return;
    this.#save({ ...this.#state, held: [], held_more: 0, digest_at: null }, turn);
    if (held.length === 0) return;
    for (const { incident_id } of held) {
      const page = this.#told.get(incident_id);
      if (page !== undefined) this.#keep({ ...page, held: false, told_at: turn.now }, turn);
    }
    turn.effect('alert.send', {
      incident_id: turn.id('digest', turn.now),
      severity: held.reduce((worst, one) => worse(worst, one.severity), held[0]?.severity ?? 'warning'),
      text: digestText(held, held_more),
      phase: 'digest',
      audience: 'people',
    });
  }

  /** The first time people hear of an incident; as an update when it is behind one that they already heard of. */
  #first(change: IncidentChange, turn: Turn): void {
    const { incident } = change;
    const shown = this.#symptomsShown(incident, turn.now);
    const [leader] = shown;
    for (const symptom of shown) this.#keep({ ...symptom, merged_into: incident.id }, turn);
    const page: PageState = {
      incident_id: incident.id,
      cause: incident.cause,
      severity: incident.severity,
      updates: leader === undefined ? 0 : leader.updates + 1,
      told_at: turn.now,
      merged_into: null,
      held: false,
    };
    const sibling = leader === undefined ? this.#sibling(incident, turn.now) : undefined;
    if (sibling !== undefined) {
      this.#keep({ ...page, merged_into: sibling.incident_id }, turn);
      this.#log(change, turn);
      return;
    }
    if (!this.#mayPage(incident, turn)) {
      this.#hold(change, turn);
      this.#keep({ ...page, held: true }, turn);
      return;
    }
    this.#keep(page, turn);
    if (leader === undefined) this.#page(change, alertText(change), turn);
    else this.#page({ ...change, phase: 'updated' }, foundText(change, leader), turn);
  }

  /** Only a change for the worse is told again, and not again at once. */
  #update(change: IncidentChange, known: PageState, turn: Turn): void {
    const { incident } = change;
    const again = known.updates === 0 || turn.now - known.told_at >= updateGapMs;
    const matters = isWorse(incident.severity, known.severity) || known.updates > 0;
    const led = known.merged_into !== null && this.#told.has(known.merged_into);
    if (led || !again || !matters) {
      this.#log(change, turn);
      return;
    }
    if (!this.#mayPage(incident, turn)) {
      this.#hold(change, turn);
      return;
    }
    this.#keep(
      { ...known, severity: incident.severity, updates: known.updates + 1, told_at: turn.now },
      turn,
    );
    this.#page(change, alertText(change), turn);
  }

  #resolved(change: IncidentChange, known: PageState | undefined, turn: Turn): void {
    if (known === undefined) {
      this.#log(change, turn);
      return;
    }
    this.#told.delete(known.incident_id);
    remember(turn, 'page', known.incident_id, null);
    if (known.held) {
      // Nobody heard it begin: the digest tells both in one line.
      const lasted = durationText(change.incident.updated_at - change.incident.opened_at);
      const held = this.#state.held.map((one) =>
        one.incident_id === known.incident_id ? { ...one, text: `${one.text} (over after ${lasted})` } : one,
      );
      this.#save({ ...this.#state, held }, turn);
    }
    if (known.held || known.merged_into !== null) this.#log(change, turn);
    else this.#send(change, alertText(change), 'people', turn);
  }

  /** Incidents people know of that this one explains and that are not over. */
  #symptomsShown(incident: Incident, now: EpochMs): PageState[] {
    const { kind } = parseCause(incident.cause);
    return (
      [...this.#told.values()]
        .filter((page) => !page.held && page.merged_into === null)
        // What was told directly has no incident whose end would take it away.
        .filter((page) => page.incident_id !== reflexToldId || now - page.told_at <= siblingWindowMs)
        .filter((page) => explainedBy(parseCause(page.cause).kind).includes(kind))
        .sort((left, right) => (left.incident_id < right.incident_id ? -1 : 1))
    );
  }

  /** A page just sent that may well have the same cause and is no less severe. */
  #sibling(incident: Incident, now: EpochMs): PageState | undefined {
    const { kind } = parseCause(incident.cause);
    return [...this.#told.values()]
      .filter((page) => !page.held && page.merged_into === null && now - page.told_at <= siblingWindowMs)
      .filter((page) => !isWorse(incident.severity, page.severity))
      .sort((left, right) => (left.incident_id < right.incident_id ? -1 : 1))
      .find((page) => mayShareCause(kind, parseCause(page.cause).kind));
  }

  #mayPage(incident: Incident, turn: Turn): boolean {
    if (incident.severity === 'critical' && this.#sentToday(turn.now) < 2 * this.#settings.per_day)
      return true;
    return this.#sentToday(turn.now) < this.#settings.per_day && !this.#isQuiet(turn.now);
  }

  #hold({ incident, phase }: IncidentChange, turn: Turn): void {
    const { held, held_more, digest_at } = this.#state;
    const text = `${phase === 'updated' ? 'worse: ' : ''}${incident.summary}`;
    const one = { incident_id: incident.id, severity: incident.severity, text, at: turn.now };
    const due = this.#isQuiet(turn.now) ? this.#quietEnds(turn.now) : turn.now + digestIntervalMs;
    this.#save(
      {
        ...this.#state,
        held: held.length < maxHeld ? [...held, one] : held,
        held_more: held.length < maxHeld ? held_more : held_more + 1,
        digest_at: digest_at ?? due,
      },
      turn,
    );
    this.#log({ incident, phase }, turn);
  }

  #page(change: IncidentChange, text: string, turn: Turn): void {
    const day = this.#dayOf(turn.now);
    this.#save({ ...this.#state, day, sent: this.#sentToday(turn.now) + 1 }, turn);
    this.#send(change, text, 'people', turn);
  }

  #log(change: IncidentChange, turn: Turn): void {
    this.#send(change, alertText(change), 'log', turn);
  }

  #send({ incident, phase }: IncidentChange, text: string, audience: 'people' | 'log', turn: Turn): void {
    turn.effect('alert.send', {
      incident_id: incident.id,
      severity: incident.severity,
      text,
      phase,
      audience,
    });
  }

  #keep(page: PageState, turn: Turn): void {
    if (!this.#told.has(page.incident_id) && this.#told.size >= maxTold) return;
    this.#told.set(page.incident_id, page);
    remember(turn, 'page', page.incident_id, page);
  }

  #save(state: PagerState, turn: Turn): void {
    this.#state = state;
    remember(turn, 'pager', singleRow, state);
  }

  #sentToday(now: EpochMs): number {
    return this.#state.day === this.#dayOf(now) ? this.#state.sent : 0;
  }

  #dayOf(now: EpochMs): number {
    return Math.floor(localMinutes(this.#zone, now) / minutesPerDay);
  }

  get #zone(): string {
    return this.#settings.quiet?.time_zone ?? 'UTC';
  }

  #isQuiet(now: EpochMs): boolean {
    const { quiet } = this.#settings;
    if (quiet === undefined) return false;
    const minute = localMinutes(quiet.time_zone, now) % minutesPerDay;
    const { from_minute: from, to_minute: to } = quiet;
    return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  }

  #quietEnds(now: EpochMs): EpochMs {
    const { quiet } = this.#settings;
    if (quiet === undefined) return now;
    const minute = localMinutes(quiet.time_zone, now) % minutesPerDay;
    const left = (quiet.to_minute - minute + minutesPerDay) % minutesPerDay;
    return now - (now % minuteMs) + left * minuteMs;
  }
}

/** A cause that was found behind an incident people already know of. */
function foundText(change: IncidentChange, leader: PageState): string {
  const because = chainBetween(parseCause(change.incident.cause).kind, parseCause(leader.cause).kind);
  return `The cause of ${leader.cause} is found (${because.join('; ')}). ${alertText(change)}`;
}

function digestText(held: PagerState['held'], more: number): string {
  const order = { critical: 0, warning: 1, info: 2 } as const;
  const sorted = [...held].sort(
    (left, right) => order[left.severity] - order[right.severity] || left.at - right.at,
  );
  const lines = sorted.slice(0, digestLines).map(({ severity, text }) => `[${severity}] ${text}`);
  const left = sorted.length - lines.length + more;
  const count = held.length + more;
  const head = `Held back: ${count} ${count === 1 ? 'message' : 'messages'}.`;
  return [head, ...lines, ...(left > 0 ? [`and ${left} more: see ato health report`] : [])].join('\n');
}
