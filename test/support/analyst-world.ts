// A kernel with the analyst alone, and random candles to feed it; for tests only.
import { createAnalyst } from '../../src/analyst/analyst.ts';
import type { Strategy, StrategyView } from '../../src/analyst/strategy.ts';
import type { TurnRecord } from '../../src/kernel/journal.ts';
import { Kernel, type KernelInput } from '../../src/kernel/kernel.ts';
import { randomStream } from '../../src/kernel/random-stream.ts';
import type { CandleEvent, MessageDataByType, MessageType } from '../../src/shared/bus/catalogue.ts';
import {
  type AnyPut,
  type CollectionName,
  collectionLoading,
  collectionNames,
} from '../../src/shared/bus/collections.ts';
import { type AgentSettings, defaultRiskSettings } from '../../src/shared/domain/agent-settings.ts';
import { type Candle, closeTimeOf, type Timeframe, timeframeMs } from '../../src/shared/domain/candle.ts';
import type { TaskKind } from '../../src/shared/domain/task.ts';
import type { LoadedState } from '../../src/shared/ports/store.ts';

/** A Monday, 00:00 UTC. */
export const startTime = Date.UTC(2026, 0, 5);

export interface RandomCandleOptions {
  readonly symbol?: string;
  readonly base?: Timeframe;
  readonly from?: number;
  /** Open of the first candle. */
  readonly price?: number;
  /** Chance that a candle is missing. */
  readonly gapChance?: number;
  /** Standard deviation of the log return per candle. */
  readonly volatility?: number;
  /** Candles per regime; the drift of each regime is drawn anew. */
  readonly regimeCandles?: number;
}

/** A seeded random walk with trends, as closed candles; gaps leave candles out but keep time. */
export function randomCandles(seed: number, count: number, options: RandomCandleOptions = {}): Candle[] {
  const { symbol = 'BTCUSDT', base = '1m', from = startTime, gapChance = 0, volatility = 0.001 } = options;
  const random = randomStream(seed, 'candles', symbol);
  const candles: Candle[] = [];
  let price = options.price ?? 100;
  let drift = 0;
  for (let index = 0; index < count; index++) {
    if (index % (options.regimeCandles ?? 400) === 0) drift = random.normal() * volatility * 0.2;
    const open = price;
    const close = open * Math.exp(drift + volatility * random.normal());
    const high = Math.max(open, close) * (1 + volatility * 0.5 * random.next());
    const low = Math.min(open, close) * (1 - volatility * 0.5 * random.next());
    const volume = random.integer(1_000);
    price = close;
    if (random.next() < gapChance) continue;
    candles.push({
      symbol,
      timeframe: base,
      openTime: from + index * timeframeMs[base],
      open,
      high,
      low,
      close,
      volume,
    });
  }
  return candles;
}

export function analystSettings(overrides: Partial<AgentSettings> = {}): AgentSettings {
  return {
    run_mode: 'simulation',
    universe: ['BTCUSDT'],
    starting_cash: 10_000,
    base_timeframe: '1m',
    strategy: 'trend-breakout',
    sources: ['tape'],
    broker: { name: 'paper', simulated: true, short: true },
    initial_trading_state: 'active',
    risk: defaultRiskSettings,
    ...overrides,
  };
}

export class AnalystWorld {
  readonly kernel: Kernel;
  readonly records: TurnRecord[] = [];
  readonly #settings: AgentSettings;
  readonly #before: LoadedState | undefined;
  #tasks = 0;

  constructor(settings: AgentSettings, strategies: readonly Strategy[], loaded?: LoadedState) {
    this.#settings = settings;
    this.#before = loaded;
    this.kernel = new Kernel({
      build: () => ({ analyst_ai: () => createAnalyst(settings, strategies) }),
      ...(loaded === undefined ? {} : { loaded }),
    });
  }

  process(input: KernelInput): TurnRecord {
    const { record } = this.kernel.process(input);
    this.records.push(record);
    return record;
  }

  start(at = startTime): TurnRecord {
    const agent_settings = { ...this.#settings };
    const data = {
      run_mode: 'simulation',
      seed: 1,
      version: 'test',
      agent_settings,
      first_start: true,
    } as const;
    return this.process({ from: 'kernel', message_type: 'kernel.started', data, at });
  }

  candle(candle: Candle, kind: CandleEvent['kind'] = 'recorded'): TurnRecord {
    const at = closeTimeOf(candle);
    const data = { source: 'tape', kind, candle, happened_at: at, known_at: at };
    return this.process({ from: 'market', message_type: 'market.candle', data, at });
  }

  history(candles: readonly Candle[], at: number, kind: CandleEvent['kind'] = 'recorded'): TurnRecord {
    const symbol = candles[0]?.symbol ?? 'BTCUSDT';
    const data = { source: 'tape', kind, symbol, candles, known_at: at };
    return this.process({ from: 'market', message_type: 'market.history', data, at });
  }

  scan(
    kind: TaskKind,
    symbols: readonly string[] = this.#settings.universe,
    deadlineMs = 60_000,
  ): TurnRecord {
    const at = this.kernel.lastAt;
    const task_id = `task-${++this.#tasks}-${at}`;
    const data = { task_id, kind, symbols, decision_id: 'decision-1', deadline_at: at + deadlineMs };
    return this.process({
      from: 'orchestrator_ai',
      message_type: 'task.assigned',
      data,
      at,
      to: 'analyst_ai',
    });
  }

  /** Durable state as a store would load it now. */
  loaded(): LoadedState {
    const rows = Object.fromEntries(
      collectionNames.map((name) => [name, new Map<string, unknown>(this.#before?.rows[name])]),
    );
    for (const record of this.records) for (const put of record.puts) applyPut(rows, put);
    const { sequence, hash, lastAt } = this.kernel;
    return structuredClone({ sequence, hash, lastAt, rows, pendingEffects: [] }) as unknown as LoadedState;
  }
}

function applyPut(rows: Record<string, Map<string, unknown>>, put: AnyPut): void {
  const name: CollectionName = put.collection;
  if (collectionLoading[name] === 'none') return;
  if (put.value === null) rows[name]?.delete(put.key);
  else rows[name]?.set(put.key, JSON.parse(JSON.stringify(put.value)));
}

/** Data of the emitted messages of one type, in order. */
export function emitted<Type extends MessageType>(
  records: readonly TurnRecord[],
  type: Type,
): MessageDataByType[Type][] {
  return records
    .flatMap((record) => record.emitted)
    .filter((message) => message.message_type === type)
    .map((message) => message.data as MessageDataByType[Type]);
}

export const scanKinds: readonly TaskKind[] = [
  'crypto-normal-scan',
  'crypto-aggressive-scan',
  'crypto-light-monitoring',
];

/** Feeds candles and scans after every `every` of them, with the scan kinds in turn. */
export function trade(
  world: AnalystWorld,
  candles: readonly Candle[],
  every = 10,
  from = 0,
  kind: CandleEvent['kind'] = 'recorded',
): void {
  candles.forEach((candle, index) => {
    world.candle(candle, kind);
    const position = from + index;
    const scan = scanKinds[Math.floor(position / every) % scanKinds.length];
    if (position % every === every - 1 && scan !== undefined) world.scan(scan);
  });
}

/** A strategy that says BUY whenever it is asked; tests bend single fields. */
export function eager(change: (view: StrategyView) => unknown = () => ({})): Strategy {
  return {
    name: 'eager',
    description: 'Always buys.',
    timeframes: { normal: '15m', fast: '5m' },
    warmUpCandles: 20,
    evaluate(view) {
      const verdict = {
        symbol: view.symbol,
        action: 'BUY',
        timeframe: view.entry.timeframe,
        confidence: 0.5,
        horizonMs: 3_600_000,
        evidence: [{ name: 'close', value: view.entry.close(), at: view.entry.closeTime() }],
        reasoning: 'Closed at {close}.',
      };
      return { ...verdict, ...(change(view) as object) } as ReturnType<Strategy['evaluate']>;
    },
  };
}
