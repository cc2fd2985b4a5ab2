// What a run with models came to, read from its committed turns alone: calls, tokens, money, peaks, and who chose what.
import type { TurnRecord } from '../../kernel/journal.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import type { ModelAdvice } from '../../shared/domain/model.ts';
import { dayMs, type EpochMs, minuteMs } from '../../shared/domain/time.ts';

/** How the layer's reasons begin or what they hold; given, because a simulator does not know the agents. */
export interface ReasonMarks {
  readonly noRoom: string;
  readonly keptBack: string;
}

export interface ConsultationFigures {
  readonly model_calls: number;
  readonly answered_from_memory: number;
  /** Small margins not asked about, because what was left of the day was kept for more. */
  readonly kept_back: number;
  /** Other questions that found no room in any window or cap. */
  readonly refused_by_ledger: number;
  readonly rejected_answers: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly usd: number;
  readonly peak_requests_per_minute: number;
  readonly peak_tokens_per_minute: number;
  readonly tokens_per_day: number;
}

/** One decision on the policy's own clock, with what a model made of it. */
export interface Cycle {
  readonly decision: Decision;
  readonly advice: ModelAdvice | null;
}

interface Call {
  readonly at: EpochMs;
  readonly tokens: number;
}

export class ConsultationLog {
  readonly #from: EpochMs;
  readonly #marks: ReasonMarks;
  readonly #cycles: { decision: Decision; advice: ModelAdvice | null }[] = [];
  readonly #calls: Call[] = [];
  #cached = 0;
  #keptBack = 0;
  #refused = 0;
  #rejected = 0;
  #input = 0;
  #output = 0;
  #microUsd = 0;

  /** Counts from this instant on; what is before it is the warming up. */
  constructor(from: EpochMs, marks: ReasonMarks) {
    this.#from = from;
    this.#marks = marks;
  }

  get cycles(): readonly Cycle[] {
    return this.#cycles;
  }

  observe(record: TurnRecord): void {
    if (record.input.at < this.#from) return;
    for (const message of record.emitted) {
      if (message.message_type === 'decision') this.#decided(message.data, record);
      else if (message.message_type === 'model.consulted') {
        const { verdict, input_tokens, output_tokens, micro_usd, advice } = message.data;
        const cycle = this.#cycles.findLast(({ decision }) => decision.id === message.data.decision_id);
        if (cycle !== undefined) cycle.advice = advice;
        if (verdict === 'cached') {
          this.#cached++;
          continue;
        }
        if (verdict === 'rejected') this.#rejected++;
        this.#calls.push({ at: message.at, tokens: input_tokens + output_tokens });
        this.#input += input_tokens;
        this.#output += output_tokens;
        this.#microUsd += micro_usd;
      }
    }
  }

  #decided(decision: Decision, record: TurnRecord): void {
    // What is decided anew because of advice belongs to the cycle that asked.
    if (record.input.message_type === 'model.reply') return;
    this.#cycles.push({ decision, advice: null });
    const reason = decision.advice?.reason ?? '';
    if (!reason.startsWith(this.#marks.noRoom)) return;
    if (reason.includes(this.#marks.keptBack)) this.#keptBack++;
    else this.#refused++;
  }

  figures(): ConsultationFigures {
    const within = (ms: number) =>
      this.#calls.map(({ at }) => this.#calls.filter((call) => call.at > at - ms && call.at <= at));
    const sum = (calls: readonly Call[]) => calls.reduce((all, call) => all + call.tokens, 0);
    return {
      model_calls: this.#calls.length,
      answered_from_memory: this.#cached,
      kept_back: this.#keptBack,
      refused_by_ledger: this.#refused,
      rejected_answers: this.#rejected,
      input_tokens: this.#input,
      output_tokens: this.#output,
      usd: Math.round(this.#microUsd) / 1e6,
      peak_requests_per_minute: Math.max(0, ...within(minuteMs).map((calls) => calls.length)),
      peak_tokens_per_minute: Math.max(0, ...within(minuteMs).map(sum)),
      tokens_per_day: Math.max(0, ...within(dayMs).map(sum)),
    };
  }
}
