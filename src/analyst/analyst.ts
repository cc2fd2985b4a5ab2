// The analyst agent: candles in, market state and signals out. Ingesting candles is the cheap sensor; judgement
// happens only when the orchestrator assigns a scan. It must never size, order, or look past the newest candle.
import type { Agent, StateReader, Turn } from '../kernel/agent.ts';
import type { MessageType, TaskAssignment } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { AgentSettings } from '../shared/domain/agent-settings.ts';
import { timeframeMs } from '../shared/domain/candle.ts';
import { type AssetClass, instrumentFor } from '../shared/domain/instrument.ts';
import type { TaskResult } from '../shared/domain/task.ts';
import type { MarketState } from '../shared/domain/vitals.ts';
import { AnalystMemory } from './analyst-memory.ts';
import { CandidateBook } from './discovery/candidate-book.ts';
import { InstrumentDesk } from './instrument-desk.ts';
import { MarketAnalyzer } from './market-analyzer.ts';
import { NewsDesk } from './news-desk.ts';
import { intensityOf, runScan, type ScanContext } from './scan.ts';
import { type Strategy, StrategyError } from './strategy.ts';

/** Base candles asked for per symbol after a start: a day of minutes and a little more. */
export const backfillCandles = 1_500;
/** Symbols beyond this many warm up from the stream alone. */
const maxBackfillSymbols = 500;

const subscriptions = [
  'market.candle',
  'market.history',
  'market.candidates',
  'market.sentiment',
  'market.calendar',
  'news.item',
  'kernel.started',
  'kernel.agent_restarted',
  // Heard only to be heard: an agent that can hear nothing any more is found within seconds, also when nothing happens.
  'system.vitals',
] as const satisfies readonly MessageType[];

/**
 * Creates the analyst for the strategy that `settings.strategy` names.
 * Throws StrategyError when there is no such strategy among `strategies`, or two of one name.
 */
export function createAnalyst(settings: AgentSettings, strategies: readonly Strategy[]): Agent {
  const names = strategies.map((strategy) => strategy.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new StrategyError(`two strategies are called "${twice}"; rename one of them`);
  const strategy = strategies.find((candidate) => candidate.name === settings.strategy);
  if (strategy === undefined)
    throw new StrategyError(`there is no strategy "${settings.strategy}"; known are: ${names.join(', ')}`);
  return new Analyst(settings, strategy, names);
}

class Analyst implements Agent {
  readonly name = 'analyst_ai';
  readonly subscriptions = subscriptions;
  readonly #settings: AgentSettings;
  readonly #strategyNames: readonly string[];
  readonly #memory = new AnalystMemory();
  readonly #news = new NewsDesk();
  readonly #desks = new Map<string, InstrumentDesk>();
  readonly #analyzers: Readonly<Partial<Record<AssetClass, MarketAnalyzer>>> = {};
  readonly #scan: ScanContext;
  readonly #candidates: CandidateBook;

  constructor(settings: AgentSettings, strategy: Strategy, strategyNames: readonly string[]) {
    this.#settings = settings;
    this.#strategyNames = strategyNames;
    this.#candidates = new CandidateBook(settings.discovery);
    this.#scan = { strategy, base: settings.base_timeframe, desks: this.#desks, memory: this.#memory };
  }

  restore(state: StateReader): void {
    const { universe, base_timeframe: base } = this.#settings;
    this.#candidates.restore(state);
    this.#memory.restore(state, new Set(universe), this.#strategyNames);
    this.#news.restore(state);
    const members: Record<AssetClass, InstrumentDesk[]> = { crypto: [], forex: [] };
    for (const symbol of universe) {
      const instrument = instrumentFor(symbol);
      if (instrument === undefined || this.#desks.has(symbol)) continue;
      const desk = new InstrumentDesk(instrument, base, this.#memory);
      this.#desks.set(symbol, desk);
      members[instrument.assetClass].push(desk);
    }
    const analyzer = (assetClass: AssetClass): MarketAnalyzer => {
      const windows = members[assetClass].map((desk) => desk.windows);
      return new MarketAnalyzer(assetClass, windows, timeframeMs[base]);
    };
    Object.assign(this.#analyzers, { crypto: analyzer('crypto'), forex: analyzer('forex') });
  }

  handle(message: AnyMessage, turn: Turn): void {
    switch (message.message_type) {
      case 'market.candle': {
        const desk = this.#desks.get(message.data.candle.symbol);
        if (desk === undefined || !desk.onCandle(message.data, turn)) return;
        const { closedThrough, instrument } = desk.windows;
        say(this.#analyzers[instrument.assetClass]?.afterCandle(closedThrough, turn.now), turn);
        return;
      }
      case 'market.history': {
        const desk = this.#desks.get(message.data.symbol);
        if (desk === undefined || !desk.onHistory(message.data, turn)) return;
        const { closedThrough, instrument } = desk.windows;
        say(this.#analyzers[instrument.assetClass]?.afterHistory(closedThrough, turn.now), turn);
        return;
      }
      case 'news.item':
        this.#news.onItem(message.data, turn);
        return;
      case 'market.sentiment':
        this.#news.onSentiment(message.data, turn);
        return;
      case 'market.calendar':
        this.#news.onCalendar(message.data, turn);
        return;
      case 'market.candidates':
        this.#candidates.observe(message.data, turn);
        return;
      case 'kernel.started':
        this.#memory.prune(turn);
        this.#backfill(turn);
        return;
      case 'kernel.agent_restarted':
        if (message.data.agent === this.name) this.#backfill(turn);
        return;
      case 'task.assigned':
        this.#assigned(message.data, turn);
        return;
      default:
    }
  }

  /** The windows are not durable: their past is asked for anew. */
  #backfill(turn: Turn): void {
    for (const symbol of [...this.#desks.keys()].slice(0, maxBackfillSymbols))
      turn.effect('market.backfill', { symbol, count: backfillCandles });
  }

  #assigned(task: TaskAssignment, turn: Turn): void {
    const intensity = intensityOf[task.kind];
    let result: TaskResult;
    let succeeded = false;
    if (intensity === undefined) result = undone(`the analyst does not run ${task.kind}`);
    else if (turn.now > task.deadline_at) result = undone('the deadline had passed when the task arrived');
    else {
      // Looking around is the very purpose of these two; the others rely on the state as last said.
      if (intensity === 'light' || intensity === 'deep') this.#refreshStates(task, turn);
      result = runScan(task, intensity, this.#scan, turn);
      // Symbols without data are a truthful "nothing to see"; a strategy that fails on everything is a failure.
      succeeded = result.error === null || result.looked_at > 0;
    }
    turn.emit(
      'task.completed',
      { task_id: task.task_id, kind: task.kind, succeeded, result },
      { to: 'orchestrator_ai' },
    );
  }

  #refreshStates(task: TaskAssignment, turn: Turn): void {
    const classes = new Set(
      task.symbols.map((symbol) => this.#desks.get(symbol)?.windows.instrument.assetClass),
    );
    for (const assetClass of classes)
      if (assetClass !== undefined) say(this.#analyzers[assetClass]?.refreshed(turn.now), turn);
  }
}

function say(state: MarketState | undefined, turn: Turn): void {
  if (state !== undefined) turn.emit('market.state', state);
}

function undone(error: string): TaskResult {
  return { effect_observed: false, looked_at: 0, found: 0, summary: `Nothing was judged: ${error}.`, error };
}
