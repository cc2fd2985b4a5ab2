// Time per candle and per scanned symbol of the analyst alone, printed as JSON. A benchmark, never a test.
// Usage: node bench/analyst.ts [symbols] [days]
import { createAnalyst } from '../src/analyst/analyst.ts';
import { trendBreakout } from '../src/analyst/strategies/trend-breakout.ts';
import type { Agent } from '../src/kernel/agent.ts';
import { randomStream } from '../src/kernel/random-stream.ts';
import { StateMirror } from '../src/kernel/state-mirror.ts';
import { TurnBuffer } from '../src/kernel/turn-buffer.ts';
import type { AnyMessage } from '../src/shared/bus/message.ts';
import { type AgentSettings, defaultRiskSettings } from '../src/shared/domain/agent-settings.ts';
import type { TaskKind } from '../src/shared/domain/task.ts';

const minuteMs = 60_000;
const scanEveryCandles = 15;
const scanKinds: readonly TaskKind[] = [
  'crypto-normal-scan',
  'crypto-aggressive-scan',
  'deep-market-analysis',
];
const startedAt = Date.UTC(2026, 0, 5);

const symbols = Array.from({ length: Number(process.argv[2] ?? 1) }, (_, index) => `T${index}USDT`);
const minutes = Number(process.argv[3] ?? 60) * 1_440;

function settings(): AgentSettings {
  return {
    run_mode: 'simulation',
    universe: symbols,
    starting_cash: 10_000,
    base_timeframe: '1m',
    strategy: trendBreakout.name,
    sources: ['bench'],
    broker: { name: 'paper', simulated: true, short: true },
    initial_trading_state: 'active',
    risk: defaultRiskSettings,
  };
}

function candleMessages(symbol: string): AnyMessage[] {
  const random = randomStream(1, symbol);
  let price = 100;
  return Array.from({ length: minutes }, (_, minute) => {
    const open = price;
    price = open * Math.exp(0.001 * random.normal());
    const openTime = startedAt + minute * minuteMs;
    const high = Math.max(open, price) * 1.0003;
    const low = Math.min(open, price) * 0.9997;
    const candle = { symbol, timeframe: '1m', openTime, open, high, low, close: price, volume: 1 } as const;
    const at = openTime + minuteMs;
    const data = { source: 'bench', kind: 'simulated', candle, happened_at: at, known_at: at } as const;
    return envelope('market.candle', data, at);
  });
}

function envelope(type: AnyMessage['message_type'], data: unknown, at: number): AnyMessage {
  const from = type === 'market.candle' ? 'market' : 'orchestrator_ai';
  const ids = { id: 'm1', correlation_id: 'm1', causation_id: null };
  return { ...ids, from, to: 'all', message_type: type, data, at, schema: 1 } as unknown as AnyMessage;
}

function handle(agent: Agent, message: AnyMessage, sequence: number): TurnBuffer {
  const turn = new TurnBuffer('analyst_ai', message, message.at, sequence, 1, { messages: 0, effects: 0 });
  agent.handle(message, turn);
  return turn;
}

function run(series: readonly (readonly AnyMessage[])[]): Record<string, number> {
  const agent = createAnalyst(settings(), [trendBreakout]);
  agent.restore(new StateMirror());
  let candleMs = 0;
  let scanMs = 0;
  let scanned = 0;
  let signals = 0;
  for (let minute = 0; minute < minutes; minute++) {
    const begun = performance.now();
    for (const candles of series) {
      const message = candles[minute];
      if (message !== undefined) handle(agent, message, minute);
    }
    const fed = performance.now();
    candleMs += fed - begun;
    if (minute % scanEveryCandles !== scanEveryCandles - 1) continue;
    const at = startedAt + (minute + 1) * minuteMs;
    const kind = scanKinds[((minute / scanEveryCandles) % scanKinds.length) | 0] ?? 'crypto-normal-scan';
    const task = { task_id: `t${minute}`, kind, symbols, decision_id: 'd', deadline_at: at + minuteMs };
    const turn = handle(agent, envelope('task.assigned', task, at), minute);
    scanMs += performance.now() - fed;
    scanned += symbols.length;
    signals += turn.messages.filter((message) => message.message_type === 'signal').length;
  }
  return {
    candles: minutes * symbols.length,
    microseconds_per_candle: round((candleMs * 1_000) / (minutes * symbols.length)),
    scanned_symbols: scanned,
    microseconds_per_scanned_symbol: round((scanMs * 1_000) / scanned),
    signals,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const series = symbols.map(candleMessages);
run(series.map((candles) => candles.slice(0, 5_000)));
const heapBefore = process.memoryUsage().arrayBuffers;
const result = run(series);
const arrayBytes = process.memoryUsage().arrayBuffers - heapBefore;
process.stdout.write(
  `${JSON.stringify({ symbols: symbols.length, ...result, array_bytes: arrayBytes }, null, 2)}\n`,
);
