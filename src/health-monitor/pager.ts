// Decides which phases of an incident reach a person, and which only the log: quiet hours, a cap per day, one group per
// cause. It must never drop what is critical here, never page twice for one cause, and never page an end nobody heard begin.
// What other monitors say is told as one, on a budget of its own: it can never keep quiet what the house finds itself.
import type { Turn } from '../kernel/agent.ts';
import { type AlertSettings, defaultAlertSettings } from '../shared/domain/alert.ts';
import type { Incident } from '../shared/domain/incident.ts';
import { type EpochMs, hourMs, minuteMs } from '../shared/domain/time.ts';
import { localMinutes } from '../shared/domain/time-zone.ts';
import { alertText } from './alert-text.ts';
import { causeKey, parseCause } from './cause-kinds.ts';
import { chainBetween, explainedBy, mayShareCause } from './dependency-graph.ts';
import { durationText } from './duration-text.ts';
import {
  externalPerDay,
  isExternal,
  isStormOver,
  ranked,
  stormDueAt,
  stormSummary,
  stormText,
  withAlert,
} from './external-storm.ts';
import type { IncidentChange } from './incident-book.ts';
import { reflexToldId } from './limits.ts';
import { type PagerState, type PageState, remember, type StormState } from './memory.ts';
import { isQuiet, quietEnds } from './quiet-hours.ts';
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
    return this.nextDeadline() !== undefined;
  }

  /** When a digest, or the rest of a storm, is due; undefined while nothing is held back. */
  nextDeadline(): EpochMs | undefined {
    const { digest_at, external } = this.#state;
    const stormDue = external?.storm == null ? undefined : stormDueAt(external.storm);
    if (stormDue === undefined || digest_at === null) return stormDue ?? digest_at ?? undefined;
    return Math.min(stormDue, digest_at);
  }

  /** Tells of one phase of an incident: always the log, and people when they should hear it. */
  tell(change: IncidentChange, turn: Turn): void {
    const { incident, phase } = change;
    const known = this.#told.get(incident.id);
    if (isExternal(incident) && phase !== 'resolved') this.#external(change, known, turn);
    else if (phase === 'resolved') this.#resolved(change, known, turn);
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
    this.#tellStorm(turn);
    const { digest_at, held, held_more } = this.#state;
    if (digest_at === null || digest_at > turn.now) return;
    this.#save({ ...this.#state, held: [], held_more: 0, digest_at: null }, turn);
    if (held.length === 0) return;
    const sent = new Set(held.map(({ incident_id }) => incident_id));
    for (const page of this.#told.values())
      if (
        sent.has(page.incident_id) ||
        (page.merged_into !== null && isExternal(page) && sent.has(page.merged_into))
      )
        this.#keep({ ...page, held: false, told_at: turn.now }, turn);
    const storm = this.#storm;
    if (storm !== undefined && sent.has(storm.id)) this.#saveStorm({ ...storm, held: false }, turn);
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
      this.#holdChange(change, turn);
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
      this.#holdChange(change, turn);
      return;
    }
    this.#keep(
      { ...known, severity: incident.severity, updates: known.updates + 1, told_at: turn.now },
      turn,
    );
    this.#page(change, alertText(change), turn);
  }

  /** Alerts of other monitors join the storm under way; `step` tells of all of them as one. */
  #external(change: IncidentChange, known: PageState | undefined, turn: Turn): void {
    const { incident } = change;
    const news =
      known === undefined ? incident.severity !== 'info' : isWorse(incident.severity, known.severity);
    if (!news) {
      this.#log(change, turn);
      return;
    }
    if (this.#storm !== undefined && isStormOver(this.#storm, turn.now)) {
      this.#tellStorm(turn);
      this.#saveStorm(null, turn);
    }
    const storm = withAlert(this.#storm, incident, known === undefined, turn.now);
    this.#saveStorm(storm, turn);
    const { id: incident_id, cause, severity } = incident;
    const merged_into = storm.id === incident_id ? null : storm.id;
    const page = { incident_id, cause, severity, updates: 0, told_at: turn.now, merged_into };
    this.#keep({ ...page, held: storm.held }, turn);
    if (merged_into !== null) this.#log(change, turn);
  }

  /** Tells of a storm when it begins, when it gets worse, and at the end of its window when it grew meanwhile. */
  #tellStorm(turn: Turn): void {
    const storm = this.#storm;
    const due = storm === undefined ? undefined : stormDueAt(storm);
    if (storm === undefined || due === undefined || due > turn.now) return;
    const phase = storm.told === null || storm.held ? 'opened' : 'updated';
    const may = this.#mayPageExternal(storm, turn.now);
    const heard = may || (storm.told !== null && !storm.held);
    this.#saveStorm({ ...storm, told: storm.severity, untold: 0, held: !heard }, turn);
    for (const page of this.#told.values())
      if (page.incident_id === storm.id || page.merged_into === storm.id)
        this.#keep({ ...page, held: !heard }, turn);
    if (may) {
      const external = { day: this.#dayOf(turn.now), sent: this.#externalToday(turn.now) + 1 };
      this.#save({ ...this.#state, external: { ...external, storm: this.#storm ?? null } }, turn);
    } else {
      const text = stormSummary(storm);
      const { id: incident_id, severity } = storm;
      this.#hold({ incident_id, severity, text, at: turn.now, external: true }, turn);
    }
    turn.effect('alert.send', {
      incident_id: storm.id,
      severity: storm.severity,
      text: stormText(storm),
      phase,
      audience: may ? 'people' : 'log',
    });
  }

  /** One end for all that were told together, when the last of them is over. */
  #externalResolved(change: IncidentChange, known: PageState, turn: Turn): void {
    const id = known.merged_into ?? known.incident_id;
    const left = [...this.#told.values()].some((page) => page.incident_id === id || page.merged_into === id);
    if (left) {
      this.#log(change, turn);
      return;
    }
    const storm = this.#storm?.id === id ? this.#storm : undefined;
    if (storm !== undefined) this.#saveStorm(null, turn);
    const text =
      storm === undefined || storm.count === 1 ? alertText(change) : `All over: ${stormSummary(storm)}`;
    if (known.held) {
      this.#overWhileHeld(id, change, turn);
      this.#log(change, turn);
    } else this.#send({ ...change, incident: { ...change.incident, id } }, text, 'people', turn);
  }

  /** Nobody heard it begin: the digest tells both in one line. */
  #overWhileHeld(id: string, { incident }: IncidentChange, turn: Turn): void {
    const lasted = durationText(incident.updated_at - incident.opened_at);
    const held = this.#state.held.map((one) =>
      one.incident_id === id ? { ...one, text: `${one.text} (over after ${lasted})` } : one,
    );
    this.#save({ ...this.#state, held }, turn);
  }

  #resolved(change: IncidentChange, known: PageState | undefined, turn: Turn): void {
    if (known === undefined) {
      this.#log(change, turn);
      return;
    }
    this.#told.delete(known.incident_id);
    remember(turn, 'page', known.incident_id, null);
    if (isExternal(known)) {
      this.#externalResolved(change, known, turn);
      return;
    }
    if (known.held) this.#overWhileHeld(known.incident_id, change, turn);
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
    return (
      [...this.#told.values()]
        .filter((page) => !page.held && now - page.told_at <= siblingWindowMs)
        // What was told directly stays a sibling also when its cause was found meanwhile: it has no incident that could go on.
        .filter((page) => page.merged_into === null || page.incident_id === reflexToldId)
        .filter((page) => !isWorse(incident.severity, page.severity))
        .sort((left, right) => (left.incident_id < right.incident_id ? -1 : 1))
        .find((page) => mayShareCause(kind, parseCause(page.cause).kind))
    );
  }

  #mayPage(incident: Incident, turn: Turn): boolean {
    if (incident.severity === 'critical' && this.#sentToday(turn.now) < 2 * this.#settings.per_day)
      return true;
    return this.#sentToday(turn.now) < this.#settings.per_day && !isQuiet(this.#settings.quiet, turn.now);
  }

  #mayPageExternal({ severity }: StormState, now: EpochMs): boolean {
    const free = this.#externalToday(now) < externalPerDay(this.#settings.per_day);
    return free && (severity === 'critical' || !isQuiet(this.#settings.quiet, now));
  }

  #holdChange({ incident, phase }: IncidentChange, turn: Turn): void {
    const text = `${phase === 'updated' ? 'worse: ' : ''}${incident.summary}`;
    this.#hold({ incident_id: incident.id, severity: incident.severity, text, at: turn.now }, turn);
    this.#log({ incident, phase }, turn);
  }

  /** Beyond what a digest can hold, the least important words give way and are counted. */
  #hold(one: PagerState['held'][number], turn: Turn): void {
    const { held, held_more, digest_at } = this.#state;
    const due = isQuiet(this.#settings.quiet, turn.now)
      ? quietEnds(this.#settings.quiet, turn.now)
      : turn.now + digestIntervalMs;
    const all = [...held.filter(({ incident_id }) => !one.external || incident_id !== one.incident_id), one];
    this.#save(
      {
        ...this.#state,
        held: all.length > maxHeld ? ranked(all).slice(0, maxHeld) : all,
        held_more: held_more + Math.max(0, all.length - maxHeld),
        digest_at: digest_at ?? due,
      },
      turn,
    );
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

  #externalToday(now: EpochMs): number {
    const { external } = this.#state;
    return external?.day === this.#dayOf(now) ? external.sent : 0;
  }

  get #storm(): StormState | undefined {
    return this.#state.external?.storm ?? undefined;
  }

  #saveStorm(storm: StormState | null, turn: Turn): void {
    const { day, sent } = this.#state.external ?? { day: 0, sent: 0 };
    this.#save({ ...this.#state, external: { day, sent, storm } }, turn);
  }

  #dayOf(now: EpochMs): number {
    return Math.floor(localMinutes(this.#zone, now) / minutesPerDay);
  }

  get #zone(): string {
    return this.#settings.quiet?.time_zone ?? 'UTC';
  }
}

/** A cause that was found behind an incident people already know of. */
function foundText(change: IncidentChange, leader: PageState): string {
  const because = chainBetween(parseCause(change.incident.cause).kind, parseCause(leader.cause).kind);
  return `The cause of ${leader.cause} is found (${because.join('; ')}). ${alertText(change)}`;
}

function digestText(held: PagerState['held'], more: number): string {
  const sorted = ranked(held);
  const lines = sorted.slice(0, digestLines).map(({ severity, text }) => `[${severity}] ${text}`);
  const left = sorted.length - lines.length + more;
  const count = held.length + more;
  const head = `Held back: ${count} ${count === 1 ? 'message' : 'messages'}.`;
  return [head, ...lines, ...(left > 0 ? [`and ${left} more: see ato health report`] : [])].join('\n');
}
