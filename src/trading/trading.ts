// The trading agent: hears the market, signals, the broker and people, and hands each to the part that knows.
// It must never act outside a turn, and never open anything while the broker's truth is unknown.
import type { Agent, StateReader, Turn } from '../kernel/agent.ts';
import type { KernelAlarm, MessageType } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { Desk, pulseAlarm, truthAlarm } from './desk.ts';
import { watchExits } from './exit-watch.ts';
import { watchTargets } from './exits.ts';
import { recordEquity, scheduleNextPulse, summaryOf } from './portfolio.ts';
import { askForTruth, checkTruth, nameUnknown, processOrderAlarm, processSnapshot } from './reconciler.ts';
import { processReport, processUncertainty } from './report-processor.ts';
import { processExpiryAlarm, processSignal } from './signal-processor.ts';
import { ensureState, guardDrawdown, haltAtStart, obey, tighten } from './trading-switch.ts';

const subscriptions = [
  'kernel.started',
  'kernel.agent_restarted',
  'market.candle',
  'market.quotes',
  'market.history',
  'market.candidates',
  'broker.report',
  'broker.uncertain',
  'broker.snapshot',
  'operator.command',
  'mandate',
  'signal',
  'trading.tighten',
  // Heard only to be heard: an agent that can hear nothing any more is found within seconds, also when nothing happens.
  'system.vitals',
] as const satisfies readonly MessageType[];

/** The trading agent as a function of its settings, its durable rows and the messages it hears. */
export function createTrading(settings: AgentSettings): Agent {
  return new TradingAgent(settings);
}

class TradingAgent implements Agent {
  readonly name = 'trading_ai';
  readonly subscriptions: readonly MessageType[] = subscriptions;
  readonly #desk: Desk;

  constructor(settings: AgentSettings) {
    this.#desk = new Desk(settings);
  }

  restore(state: StateReader): void {
    this.#desk.restore(state);
  }

  handle(message: AnyMessage, turn: Turn): void {
    const desk = this.#desk;
    this.#dispatch(message, turn);
    desk.flushMemory(turn);
    if (desk.takeSummaryDue()) turn.emit('trading.summary', summaryOf(desk, turn.now));
  }

  #dispatch(message: AnyMessage, turn: Turn): void {
    const desk = this.#desk;
    switch (message.message_type) {
      case 'market.candle':
        desk.market.candle(message.data);
        desk.statistics.candle(message.data.candle, turn);
        if (desk.positions.size === 0) return;
        this.#watch(turn);
        watchExits(desk, message.data.candle, turn);
        return;
      case 'market.history':
        desk.statistics.history(message.data, turn);
        return;
      case 'market.candidates':
        desk.tokens.observe(message.data, desk.settings.universe, turn);
        return;
      case 'market.quotes':
        desk.market.quotes(message.data);
        if (desk.positions.size > 0) this.#watch(turn);
        return;
      case 'signal':
        processSignal(desk, message, turn);
        return;
      case 'broker.report':
        processReport(desk, message.data, turn);
        return;
      case 'broker.uncertain':
        processUncertainty(desk, message.data, turn);
        return;
      case 'broker.snapshot':
        processSnapshot(desk, message.data, turn);
        return;
      case 'mandate':
        desk.mandate = message.data;
        return;
      case 'operator.command':
        obey(desk, message.data, turn);
        return;
      case 'trading.tighten':
        tighten(desk, message.data.state, message.from, message.data.reason, turn);
        return;
      case 'kernel.alarm':
        this.#alarm(message.data, turn);
        return;
      case 'kernel.started':
        this.#begin('start', turn);
        haltAtStart(this.#desk, turn);
        return;
      case 'kernel.agent_restarted':
        if (message.data.agent === this.name) this.#begin('restart of trading', turn);
        return;
      default:
    }
  }

  #watch(turn: Turn): void {
    guardDrawdown(this.#desk, turn);
    if (!this.#desk.brokerKeepsBracket) watchTargets(this.#desk, turn);
  }

  /** Start and recovery are the same: say what is known, then ask the broker what is true. */
  #begin(reason: string, turn: Turn): void {
    const desk = this.#desk;
    ensureState(desk, turn);
    desk.awaitingTruth = true;
    desk.begunAt = turn.now;
    desk.remember({ rounds: 0 });
    nameUnknown(desk, 0, 'the process ended before the broker answered', turn);
    recordEquity(desk, turn);
    scheduleNextPulse(desk, turn);
    askForTruth(desk, reason, turn);
  }

  #alarm(alarm: KernelAlarm, turn: Turn): void {
    const desk = this.#desk;
    if (alarm.owner !== this.name) return;
    if (alarm.name === truthAlarm) checkTruth(desk, turn);
    else if (alarm.name === pulseAlarm) this.#pulse(turn);
    else if (!processOrderAlarm(desk, alarm.name, turn)) processExpiryAlarm(desk, alarm.name, turn);
  }

  /** The routine look: equity point, summary, and the broker asked even when nothing seems open. */
  #pulse(turn: Turn): void {
    const desk = this.#desk;
    desk.pulseDueAt = undefined;
    recordEquity(desk, turn);
    guardDrawdown(desk, turn);
    askForTruth(desk, 'routine', turn);
    scheduleNextPulse(desk, turn);
  }
}
