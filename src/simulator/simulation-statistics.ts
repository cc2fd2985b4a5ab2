// Counts what happened in a simulation from the committed turns alone; it never asks an agent.
import type { TurnRecord } from '../kernel/journal.ts';

export interface SimulationCounts {
  readonly decisions: number;
  readonly tasks_run: Readonly<Record<string, number>>;
  readonly signals: number;
  readonly orders: number;
  readonly fills: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly final_equity: number | null;
  readonly max_drawdown_pct: number;
  readonly dead_letters: number;
}

export class SimulationStatistics {
  #decisions = 0;
  #signals = 0;
  #fills = 0;
  #deadLetters = 0;
  #finalEquity: number | null = null;
  #maxDrawdownPct = 0;
  readonly #orders = new Set<string>();
  readonly #tasks = new Map<string, number>();
  readonly #refusals = new Map<string, number>();

  observe(record: TurnRecord): void {
    for (const put of record.puts) {
      if (put.value === null) continue;
      if (put.collection === 'orders') this.#orders.add(put.key);
      else if (put.collection === 'fills') this.#fills++;
      else if (put.collection === 'dead_letters') this.#deadLetters++;
    }
    for (const message of record.emitted) {
      switch (message.message_type) {
        case 'decision':
          this.#decisions++;
          break;
        case 'signal':
          this.#signals++;
          break;
        case 'task.changed':
          if (message.data.state === 'succeeded') increment(this.#tasks, message.data.kind);
          break;
        case 'trading.refused':
          increment(this.#refusals, message.data.code);
          break;
        case 'trading.summary':
          this.#finalEquity = message.data.equity.equity;
          this.#maxDrawdownPct = Math.max(this.#maxDrawdownPct, message.data.equity.drawdown_pct);
          break;
        default:
      }
    }
  }

  counts(): SimulationCounts {
    return {
      decisions: this.#decisions,
      tasks_run: sorted(this.#tasks),
      signals: this.#signals,
      orders: this.#orders.size,
      fills: this.#fills,
      refusals: sorted(this.#refusals),
      final_equity: this.#finalEquity === null ? null : Math.round(this.#finalEquity * 100) / 100,
      max_drawdown_pct: Math.round(this.#maxDrawdownPct * 100) / 100,
      dead_letters: this.#deadLetters,
    };
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
}
