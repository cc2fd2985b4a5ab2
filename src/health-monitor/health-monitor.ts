// The health monitor agent: hears symptoms, keeps incidents, treats what it may, and tells the load.
// It must never hear market prices, place or touch an order, or loosen trading.
import type { Agent, StateReader, Turn } from '../kernel/agent.ts';
import type { MessageType, OperatorCommand, TaskAssignment } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { wholeSystemTarget } from '../shared/domain/probe-names.ts';
import { sessionCalendar } from '../shared/domain/sessions.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { ProbeResult, SystemVitals } from '../shared/domain/vitals.ts';
import { isCritical, isTroubling, publishIncident } from './alerting.ts';
import { AutoHealer } from './auto-healer.ts';
import { causeKey } from './cause-kinds.ts';
import type { CauseContext } from './causes.ts';
import { HealLedger } from './heal-ledger.ts';
import { besidesOf, HealthChecks } from './health-check.ts';
import { IncidentBook } from './incident-book.ts';
import { alarmResolutionMs, maxNameLength, reflexToldId } from './limits.ts';
import { recall, remember } from './memory.ts';
import { Optimizer } from './optimizer.ts';
import { OutsideWatch } from './outside-watch.ts';
import { Pager } from './pager.ts';
import type { HealContext } from './playbooks/playbook.ts';
import { AgentRestarts } from './playbooks/restart-agent.ts';
import { ProbeJudge, reprobeAlarmName } from './probe-judge.ts';
import { RelayView } from './relay-view.ts';
import { RiskyMoments } from './risky-moments.ts';
import { SourceWatch } from './source-watch.ts';
import { SummaryTeller } from './summary-teller.ts';
import { SystemMonitor } from './system-monitor.ts';
import { TradingView } from './trading-view.ts';
import { WorkWatch } from './work-watch.ts';

const sweepAlarmName = 'sweep';

const subscriptions = [
  'kernel.started',
  'kernel.agent_failed',
  'kernel.agent_restarted',
  'kernel.dead_letter',
  'system.vitals',
  'probe.result',
  'market.source_status',
  'market.quarantined',
  'trading.summary',
  'trading.state_changed',
  'task.assigned',
  'operator.command',
  'workflow.status',
  'heal.done',
  'task.changed',
  'trading.order_changed',
  'market.calendar',
  'model.ladder',
  'model.consulted',
] as const satisfies readonly MessageType[];

/** Heard for what they may show; by themselves they move nothing that is told. */
const passingTypes: ReadonlySet<MessageType> = new Set([
  'task.changed',
  'trading.order_changed',
  'market.calendar',
  'model.ladder',
  'model.consulted',
]);

/** Builds the health monitor; a pure function of its restored rows and its messages. */
export function createHealthMonitor(settings: AgentSettings): Agent {
  return new HealthMonitor(settings);
}

class HealthMonitor implements Agent {
  readonly name = 'health_ai';
  readonly subscriptions = subscriptions;
  readonly #broker: AgentSettings['broker'];
  readonly #book = new IncidentBook();
  readonly #ledger = new HealLedger();
  readonly #checks: HealthChecks;
  readonly #healer = new AutoHealer(this.#ledger);
  readonly #restarts = new AgentRestarts(this.#book, this.#ledger);
  readonly #optimizer = new Optimizer();
  readonly #system: SystemMonitor;
  readonly #sources: SourceWatch;
  readonly #settings: AgentSettings;
  readonly #outside: OutsideWatch;
  readonly #work = new WorkWatch(this.#book);
  readonly #risky = new RiskyMoments();
  readonly #trading = new TradingView(this.#book);
  readonly #teller = new SummaryTeller();
  readonly #probes: ProbeJudge;
  readonly #pager: Pager;
  readonly #relay: RelayView;
  readonly #protection: CauseContext['protection'];
  #alarmAt: EpochMs | undefined;

  constructor(settings: AgentSettings) {
    this.#broker = settings.broker;
    this.#pager = new Pager(settings.alerts);
    const { simulated, attached_bracket } = settings.broker;
    this.#protection = simulated || attached_bracket === false ? 'house' : 'venue';
    const { workflows } = settings;
    const providers = [...new Set((settings.models?.rungs ?? []).map(({ provider }) => provider))];
    this.#settings = settings;
    this.#checks = new HealthChecks(besidesOf(settings, providers));
    // Nothing is tried while anything is wrong: what would be measured then is the trouble.
    this.#system = new SystemMonitor(this.#book, (changed, metrics, turn) =>
      this.#optimizer.folded(metrics, changed, settings.healing !== undefined && !this.#hasOpen, turn),
    );
    this.#outside = new OutsideWatch(this.#book, workflows, providers);
    this.#sources = new SourceWatch(
      this.#book,
      settings.sources,
      settings.universe,
      sessionCalendar(settings.sessions),
    );
    this.#relay = new RelayView(this.#book, settings.relay);
    this.#probes = new ProbeJudge(this.#book, this.#sources, settings.relay?.needed === true);
  }

  restore(state: StateReader): void {
    const memory = [...state.all('agent_memory')];
    this.#book.restore(recall(memory, 'cause'));
    for (const [, incident] of state.all('incidents')) this.#book.adopt(incident);
    this.#ledger.restore(recall(memory, 'heal'));
    this.#checks.restore(recall(memory, 'check'), recall(memory, 'progress'));
    this.#optimizer.restore(recall(memory, 'usage'), recall(memory, 'proposal'), recall(memory, 'trial')[0]);
    this.#outside.restore(recall(memory, 'ladder')[0]);
    this.#relay.restore(recall(memory, 'relay')[0]);
    this.#work.restore(state.all('tasks'));
    this.#risky.restore(state.all('calendar'), state.all('orders'));
    this.#pager.restore(recall(memory, 'pager')[0], recall(memory, 'page'));
    this.#system.restore(recall(memory, 'metric'), recall(memory, 'heap')[0]);
    const recorded = recall(memory, 'source_kind').map(({ source }) => source);
    this.#sources.restore(state.all('source_status'), recorded);
    this.#trading.restore(recall(memory, 'trading')[0]);
    this.#teller.restore(recall(memory, 'summary')[0]);
    this.#probes.restore(state.get('alarms', `${this.name}/${reprobeAlarmName}`) !== undefined);
    this.#alarmAt = state.get('alarms', `${this.name}/${sweepAlarmName}`)?.due_at;
  }

  handle(message: AnyMessage, turn: Turn): void {
    this.#observe(message, turn);
    // Most of these change nothing here, and there are many of them: what may be due has its own alarm.
    if (passingTypes.has(message.message_type) && !this.#hasTrouble) return;
    this.#checks.sweep(turn);
    if (this.#hasTrouble) this.#settle(turn);
    this.#tell(message.message_type, turn);
    for (const [cause, state] of this.#book.takeDirty()) remember(turn, 'cause', cause, state);
    this.#wake(turn);
  }

  #observe(message: AnyMessage, turn: Turn): void {
    switch (message.message_type) {
      case 'system.vitals':
        this.#vitals(message.data, turn);
        return;
      case 'market.source_status':
        this.#sources.observe(message.data, turn);
        this.#outside.source(message.data, turn);
        return;
      case 'probe.result':
        this.#probed(message.data, turn);
        return;
      case 'heal.done':
        if (message.data.heal_id === reflexToldId) this.#pager.reflexTold(turn);
        else this.#healer.answer(message.data, turn);
        return;
      case 'trading.summary':
        this.#trading.observe(message.data, turn);
        return;
      case 'trading.state_changed':
        this.#trading.stateChanged(message.data.state, turn);
        return;
      case 'task.assigned':
        this.#task(message.data, message.correlation_id, turn);
        return;
      case 'operator.command':
        if (message.data.command === 'auto_heal') this.#autoHeal(message.data, message.correlation_id, turn);
        return;
      case 'workflow.status':
        this.#outside.workflow(message.data, turn);
        return;
      case 'task.changed':
        this.#work.observe(message.data, turn);
        this.#optimizer.task(message.data, turn);
        return;
      case 'trading.order_changed':
        this.#risky.order(message.data);
        return;
      case 'market.calendar':
        this.#risky.calendar(message.data);
        return;
      case 'model.ladder':
        this.#outside.ladder(message.data, turn);
        return;
      case 'model.consulted':
        this.#outside.consulted(message.data, turn);
        this.#optimizer.consulted(message.data, turn);
        return;
      case 'kernel.alarm':
        this.#alarm(message.data.name, turn);
        return;
      default:
        this.#kernelEvent(message, turn);
    }
  }

  #kernelEvent(message: AnyMessage, turn: Turn): void {
    switch (message.message_type) {
      case 'kernel.started':
        this.#restarts.allRestarted(turn);
        this.#sources.dropUnconfigured(turn);
        this.#outside.dropUnconfigured(turn);
        this.#relay.dropUnconfigured(turn);
        return;
      case 'kernel.agent_failed':
        this.#restarts.raise(message.data, turn);
        this.#publish(turn);
        this.#restarts.record(message.data, turn);
        return;
      case 'kernel.agent_restarted':
        this.#restarts.restarted(message.data.agent, turn);
        return;
      case 'kernel.dead_letter': {
        const { message_type: type, reason } = message.data;
        this.#book.pulse('dead_letters', turn.now, 'warning', `last was ${type}: ${reason}`);
        return;
      }
      case 'market.quarantined': {
        const { source, reason, where, count } = message.data;
        const cause = causeKey('quarantined', source.slice(0, maxNameLength));
        const rows = Number.isSafeInteger(count) && count > 0 ? count : 1;
        this.#book.pulse(cause, turn.now, 'info', `last was ${reason} at ${where}`, rows);
        return;
      }
      default:
    }
  }

  #vitals(vitals: SystemVitals, turn: Turn): void {
    this.#teller.measure(vitals, turn.now);
    this.#system.observe({ ...vitals, at: turn.now }, turn);
    if (vitals.relay !== undefined) this.#relay.observe(vitals.relay, turn);
    this.#work.judge(turn);
    this.#system.alsoMeasured(this.#work.measured(turn.now), turn);
  }

  #probed(result: ProbeResult, turn: Turn): void {
    this.#system.compare(result, turn);
    this.#checks.answer(result, this.#probes.observe(result, turn), turn);
  }

  #task(task: TaskAssignment, correlationId: string, turn: Turn): void {
    if (task.kind === 'heal') this.#healer.force(turn, this.#context(turn.now), false);
    if (task.kind === 'heal' || task.kind === 'health-monitor-check' || task.kind === 'probe-round')
      this.#checks.assign(task, this.#sources.allNames(), correlationId, turn);
  }

  #autoHeal(command: OperatorCommand, correlationId: string, turn: Turn): void {
    const incidents = this.#book.openIncidents().map(({ cause }) => cause);
    const before = incidents.length === 0 ? 'no open incident' : `open incidents: ${incidents.join(', ')}`;
    const treated = this.#healer.force(turn, this.#context(turn.now), command.dry_run);
    if (!command.dry_run) this.#checks.diagnose(this.#sources.allNames(), before, correlationId, turn);
    else if (treated === 0) this.#nothingToDo(before, turn);
  }

  #nothingToDo(before: string, turn: Turn): void {
    const record = {
      id: turn.id('heal', 'diagnosis', 'dry_run', turn.now),
      playbook: 'diagnosis',
      target: wholeSystemTarget,
      incident_id: null,
      before,
      after: 'would run every probe; no playbook is needed now',
      outcome: 'dry_run',
      attempt: 1,
      at: turn.now,
      finished_at: turn.now,
    } as const;
    turn.put('heals', record.id, record);
    turn.emit('health.heal', record);
  }

  #alarm(name: string, turn: Turn): void {
    if (name === reprobeAlarmName) this.#probes.reprobe(turn);
    else if (name === sweepAlarmName) this.#alarmAt = undefined;
  }

  get #hasOpen(): boolean {
    return this.#book.busy && this.#book.openIncidents().some(isTroubling);
  }

  /** Without any, there is nothing to publish, to treat or to follow. */
  get #hasTrouble(): boolean {
    return this.#book.busy || this.#ledger.busy || this.#pager.busy;
  }

  /** Lets time act on the trouble under way. Incidents go first and last: healing needs them and may escalate. */
  #settle(turn: Turn): void {
    this.#publish(turn);
    this.#restarts.step(turn);
    this.#healer.step(turn, this.#context(turn.now));
    this.#publish(turn);
    this.#pager.step(turn);
  }

  #publish(turn: Turn): void {
    const context: CauseContext = {
      trading: this.#trading.context,
      sourcesUp: this.#sources.delivering,
      protection: this.#protection ?? 'house',
    };
    const makeId = (prefix: string, ...parts: readonly (string | number)[]) => turn.id(prefix, ...parts);
    for (const change of this.#book.sweep(turn.now, context, makeId))
      publishIncident(change, this.#pager, turn);
  }

  #tell(heard: MessageType, turn: Turn): void {
    // What is only worth knowing must not make anybody careful, so the counts leave it out.
    const open = this.#book.busy ? this.#book.openIncidents().filter(isTroubling) : [];
    const seen = {
      source_health: this.#sources.healthMap(),
      open_incidents: open.length,
      critical_incidents: open.filter(isCritical).length,
    };
    const when = { heartbeat: heard === 'system.vitals', always: heard === 'kernel.started' };
    this.#teller.tell(seen, when, turn);
  }

  /** Keeps one alarm at or before the next deadline; an early wake is harmless, a missed one is not. */
  #wake(turn: Turn): void {
    const next = this.#nextDeadline(turn.now);
    if (next === undefined) {
      if (this.#alarmAt !== undefined) turn.cancelAlarm(sweepAlarmName);
      this.#alarmAt = undefined;
      return;
    }
    const at = next > turn.now ? next : turn.now + alarmResolutionMs;
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    turn.setAlarm(sweepAlarmName, at);
  }

  #nextDeadline(now: EpochMs): EpochMs | undefined {
    const ofChecks = this.#checks.nextDeadline();
    if (!this.#hasTrouble) return ofChecks;
    const ofHealing = this.#healer.nextDeadline(this.#context(now));
    const deadlines = [
      ofChecks,
      this.#book.nextDeadline(),
      ofHealing,
      this.#pager.nextDeadline(),
      this.#risky.endsAt(now),
    ];
    const known = deadlines.filter((at) => at !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  #context(now: EpochMs): HealContext {
    return {
      now,
      book: this.#book,
      sources: this.#sources,
      trading: this.#trading.context,
      broker: this.#broker,
      healing: this.#settings.healing,
      outside: this.#outside,
      relay: this.#relay.waiting,
      riskyMoment: this.#risky.why(now),
      symbolsOf: (source) => symbolsOf(source, this.#settings),
    };
  }
}

/** Symbols that a source pays for; all of the universe where nobody says. */
function symbolsOf(source: string, { looks, universe }: AgentSettings): readonly string[] {
  const payers = looks?.source_of;
  if (payers === undefined) return universe;
  return universe.filter((symbol) => payers[symbol] === source);
}
