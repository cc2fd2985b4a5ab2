// Measures the way of an order: from a signal inside a turn to the committed request that leaves for the broker, through the
// real kernel loop with trading and health monitor, in memory and on PostgreSQL; and how long reconciling many open orders takes.
import { cpus } from 'node:os';
import pg from 'pg';
import { MemoryStore } from '../../adapters/store/memory/memory-store.ts';
import { PostgresStore } from '../../adapters/store/postgres/postgres-store.ts';
import type { Agent, Turn } from '../../kernel/agent.ts';
import { Kernel } from '../../kernel/kernel.ts';
import { KernelLoop } from '../../kernel/kernel-loop.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import { loadSettings } from '../../shared/config/load-settings.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { defaultRiskSettings } from '../../shared/domain/agent-settings.ts';
import type { OrderRequest } from '../../shared/domain/order.ts';
import type { Signal } from '../../shared/domain/signal.ts';
import { dayMs, type EpochMs, minuteMs, secondMs } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Store } from '../../shared/ports/store.ts';
import { agentBuilder } from '../agents.ts';
import { version } from '../version.ts';
import { benchReconcile, type ReconcileFigure } from './bench-reconcile.ts';

const benchFrom = Date.UTC(2025, 0, 6);
const symbolCount = 500;
/**
 * Virtual time between two signals: in memory a second, so that a minute holds few of them, as in real trading; with a
 * database short enough that a slow commit is not taken for a broker's silence.
 */
const memoryStepMs = secondMs;
const postgresStepMs = 500;
const warmUpSignals = 2_000;
const memorySignals = 10_000;
const postgresSignals = 5_000;
const signalsPerSecond = 1_000;
/** Commits of one small row, measured before: what the disk and the server take at least. */
const bareCommits = 100;
/** As in the running system. */
const commitPauseMs = 15;
const signalLifeMs = 30 * secondMs;
const price = 100;

export interface LatencyFigure {
  readonly signals: number;
  readonly orders: number;
  readonly signals_per_second: number;
  readonly virtual_ms_per_signal: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly max_us: number;
}

/** A transaction of one small row on the same server, each waiting for the one before: fsync and one round trip. */
export interface BareCommitFigure {
  readonly commits: number;
  readonly p50_us: number;
  readonly p99_us: number;
}

export interface TradingBenchOptions {
  /** PostgreSQL to measure on; default DATABASE_URL, without both only in memory. */
  readonly postgres?: string;
  readonly signalsPerSecond?: number;
  readonly note: (text: string) => void;
}

export interface TradingBenchReport {
  readonly version: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Commit in memory: what the house itself needs. */
  readonly in_process: LatencyFigure;
  /** The same with batched commits on PostgreSQL, in a schema of its own; null when none was named. */
  readonly postgresql: (LatencyFigure & { readonly bare_commit: BareCommitFigure }) | null;
  /** Asked of stand-in venues over HTTP; null where the project's test folder is not there. */
  readonly reconcile: readonly ReconcileFigure[] | null;
}

export async function benchTrading(options: TradingBenchOptions): Promise<TradingBenchReport> {
  const { note } = options;
  const pace = options.signalsPerSecond ?? signalsPerSecond;
  note(`${memorySignals} signals at ${pace} per second, commit in memory`);
  const inProcess = await latency(
    new MemoryStore({ keepJournal: false, keepRecords: false }),
    memorySignals,
    0,
    memoryStepMs,
    pace,
  );
  const url = options.postgres ?? loadSettings().DATABASE_URL;
  const postgresql = url === undefined ? null : await onPostgres(url, pace, note);
  const reconcile = await benchReconcile(note);
  return {
    version,
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    in_process: inProcess,
    postgresql,
    reconcile,
  };
}

async function onPostgres(url: string, pace: number, note: (text: string) => void) {
  const schema = `ato_bench_${process.pid}`;
  note(`${postgresSignals} signals at ${pace} per second on PostgreSQL, commits batched, schema ${schema}`);
  try {
    const store = new PostgresStore({ url, schema, retentionDays: 30 });
    const figure = await latency(store, postgresSignals, commitPauseMs, postgresStepMs, pace);
    return { ...figure, bare_commit: await bareCommit(url, schema) };
  } finally {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`drop schema if exists ${schema} cascade`);
    await client.end();
  }
}

async function bareCommit(url: string, schema: string): Promise<BareCommitFigure> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create table ${schema}.bare (id integer)`);
    const waits: number[] = [];
    for (let commit = 0; commit < bareCommits; commit++) {
      const begun = performance.now();
      await client.query(`insert into ${schema}.bare values (1)`);
      waits.push(performance.now() - begun);
    }
    return { commits: bareCommits, p50_us: quantile(waits, 0.5), p99_us: quantile(waits, 0.99) };
  } finally {
    await client.end();
  }
}

/** Stands in for analyst and orchestrator: a standing mandate and one signal per candle. When it spoke is remembered. */
class SignalPerCandle implements Agent {
  readonly name = 'analyst_ai';
  readonly subscriptions = ['kernel.started', 'market.candle'] as const;
  readonly spokenAt = new Map<string, number>();
  readonly #universe: readonly string[];
  #count = 0;

  constructor(universe: readonly string[]) {
    this.#universe = universe;
  }

  restore(): void {}

  handle(message: AnyMessage, turn: Turn): void {
    if (message.message_type === 'kernel.started') this.#mandate(turn);
    if (message.message_type !== 'market.candle') return;
    const { symbol, close } = message.data.candle;
    const id = `bench-${++this.#count}`;
    const signal: Signal = {
      signal_id: id,
      action: 'BUY',
      symbol,
      confidence: 0.8,
      reasoning: 'bench',
      horizon_ms: minuteMs,
      issued_at: turn.now,
      expires_at: turn.now + signalLifeMs,
      strategy: 'bench',
      timeframe: '1m',
      evidence: [],
      reference_price: close,
      average_true_range: close * 0.004,
      task_id: null,
    };
    this.spokenAt.set(symbol, performance.now());
    turn.emit('signal', signal, { correlationId: id });
  }

  #mandate(turn: Turn): void {
    const expires_at = turn.now + 365 * dayMs;
    turn.emit('mandate', {
      id: 'bench',
      decision_id: 'bench',
      mode: 'crypto',
      universe: this.#universe,
      risk_appetite: 1,
      issued_at: turn.now,
      expires_at,
    });
  }
}

class BenchClock implements Clock {
  at: EpochMs = benchFrom;
  now(): EpochMs {
    return this.at;
  }
  wakeAt(): void {}
  cancelWake(): void {}
}

/** Signals at an even pace through the kernel loop; each order is refused by the broker, so that its symbol is free again. */
async function latency(
  store: Store,
  signals: number,
  pauseMs: number,
  stepMs: number,
  pace: number,
): Promise<LatencyFigure> {
  await store.open();
  const symbols = Array.from(
    { length: symbolCount },
    (_, index) => `SYN${String(index).padStart(3, '0')}USDT`,
  );
  const analyst = new SignalPerCandle(symbols);
  const others = agentBuilder([]);
  const kernel = new Kernel({
    build: (settings) => {
      const { orchestrator_ai: _, ...rest } = others(settings);
      return { ...rest, analyst_ai: () => analyst };
    },
    loaded: await store.load(),
  });
  const clock = new BenchClock();
  const waits: number[] = [];
  const loop: KernelLoop = new KernelLoop({
    kernel,
    store,
    clock,
    commitPauseMs: pauseMs,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    committed: () => undefined,
    fatal: (error) => {
      throw error;
    },
    release: (effect) => {
      if (effect.kind === 'broker.submit') {
        const { client_order_id, symbol } = effect.data;
        const spoken = analyst.spokenAt.get(symbol);
        if (spoken !== undefined) waits.push(performance.now() - spoken);
        loop.post(rejection(client_order_id, clock.at));
      } else if (effect.kind === 'broker.snapshot') {
        const { request_id } = effect.data;
        loop.post(emptySnapshot(request_id, clock.at));
      }
    },
  });
  loop.post(started(symbols, clock.at));
  loop.start();
  let seconds = 0;
  try {
    await play(loop, clock, symbols, { signals: warmUpSignals, stepMs, pace });
    waits.length = 0;
    seconds = await play(loop, clock, symbols, { signals, stepMs, pace });
  } finally {
    await loop.stop();
    await store.close();
  }
  return figureOf(waits, signals, seconds, stepMs);
}

async function play(
  loop: KernelLoop,
  clock: BenchClock,
  symbols: readonly string[],
  { signals, stepMs, pace }: { readonly signals: number; readonly stepMs: number; readonly pace: number },
): Promise<number> {
  const begun = performance.now();
  for (let index = 0; index < signals; index++) {
    const due = begun + (index * secondMs) / pace;
    do await nextMoment();
    while (performance.now() < due);
    clock.at += stepMs;
    const symbol = symbols[index % symbols.length] ?? '';
    loop.post(candleOf(symbol, clock.at));
  }
  const seconds = (performance.now() - begun) / secondMs;
  // The last orders are on their way.
  for (let quiet = 0; quiet < 10; quiet = loop.inboxDepth === 0 ? quiet + 1 : 0)
    await new Promise((resolve) => setTimeout(resolve, commitPauseMs));
  return seconds;
}

/** Lets everything else run once; a timer would wait for at least a millisecond. */
function nextMoment(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function started(symbols: readonly string[], at: EpochMs) {
  const settings: AgentSettings = {
    run_mode: 'simulation',
    universe: symbols,
    starting_cash: 1_000_000,
    base_timeframe: '1m',
    strategy: 'bench',
    sources: ['bench'],
    broker: { name: 'bench', simulated: true, short: true },
    initial_trading_state: 'active',
    risk: {
      ...defaultRiskSettings,
      risk_per_trade_pct: 0.001,
      max_orders_per_minute: 100_000,
      max_correlated_exposure_pct: 1_000,
      max_open_positions: symbolCount,
      loss_cooldown_ms: 0,
    },
  };
  const data = {
    run_mode: 'simulation',
    seed: 1,
    version,
    agent_settings: { ...settings },
    first_start: true,
  } as const;
  return { from: 'kernel', message_type: 'kernel.started', data, at } as const;
}

function candleOf(symbol: string, at: EpochMs) {
  const openTime = at - minuteMs;
  const candle = {
    symbol,
    timeframe: '1m',
    openTime,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 1_000,
  } as const;
  const data = { source: 'bench', kind: 'simulated', candle, happened_at: at, known_at: at } as const;
  return { from: 'market', message_type: 'market.candle', data, at } as const;
}

function rejection(client_order_id: OrderRequest['client_order_id'], at: EpochMs) {
  const data = {
    broker: 'bench',
    report_id: `${client_order_id}/rejected`,
    client_order_id,
    kind: 'rejected',
    fill: null,
    order: null,
    reason: 'bench',
    at,
  } as const;
  return { from: 'broker', message_type: 'broker.report', data, at } as const;
}

function emptySnapshot(request_id: string, at: EpochMs) {
  const data = {
    broker: 'bench',
    request_id,
    complete: true,
    error: null,
    absent: [],
    orders: [],
    fills: [],
    cash: null,
  };
  return { from: 'broker', message_type: 'broker.snapshot', data, at } as const;
}

function figureOf(waits: readonly number[], signals: number, seconds: number, stepMs: number): LatencyFigure {
  return {
    signals,
    orders: waits.length,
    signals_per_second: Math.round(signals / seconds),
    virtual_ms_per_signal: stepMs,
    p50_us: quantile(waits, 0.5),
    p99_us: quantile(waits, 0.99),
    max_us: quantile(waits, 1),
  };
}

/** In whole microseconds of waits in milliseconds; 0 of none. */
function quantile(waits: readonly number[], share: number): number {
  const sorted = [...waits].sort((left, right) => left - right);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1_000);
}
