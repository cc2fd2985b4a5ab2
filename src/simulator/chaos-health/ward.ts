// The four agents on the real kernel with a simulated market, a simulated venue and one patient, under virtual time.
// Everything a running process reports every few seconds is reported here from the patient's state.
import type { TurnRecord } from '../../kernel/journal.ts';
import type { Kernel, KernelInput } from '../../kernel/kernel.ts';
import type { CandleEvent } from '../../shared/bus/catalogue.ts';
import type { AnyEffect, EffectDataByKind } from '../../shared/bus/effects.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import type { ModelReply } from '../../shared/domain/model.ts';
import type { SourceStatus } from '../../shared/domain/source-status.ts';
import { type EpochMs, secondMs } from '../../shared/domain/time.ts';
import type { ProbeResult, RelayVitals } from '../../shared/domain/vitals.ts';
import type { SimulatedVenue } from '../../shared/ports/simulated-venue.ts';
import type { JournalEntry } from '../../shared/ports/store.ts';
import { heapLimitBytes, type Patient, type RunningFault, type Stimulus } from './patient.ts';
import { type Said, textOf } from './said.ts';

const reportEveryMs = 5 * secondMs;
const workflowCheckEveryMs = 15 * secondMs;
/** Messages for agents elsewhere come about this often. */
const relayedEveryMs = 500;
const actionTakesMs = 400;
const restartTakesMs = 800;
/** Advice that changes nothing. */
const plainAnswer = '{"choice":[],"scales":[],"risk_scale":1,"reasoning":"steady","evidence":[]}';

export interface WardOptions {
  readonly kernel: Kernel;
  readonly venue: SimulatedVenue;
  readonly market: Iterator<CandleEvent>;
  /** Closed candles of the past, oldest first. */
  readonly history: (symbol: string, count: number, now: EpochMs) => readonly Candle[];
  readonly patient: Patient;
  readonly sources: readonly string[];
  readonly opening: readonly KernelInput[];
  /** True where no action, restart or new connection helps, so that what follows from that is seen too. Time still does. */
  readonly deaf: boolean;
  readonly observe: (record: TurnRecord) => void;
  /** Where the turns are committed to. */
  readonly journal: (entry: JournalEntry) => void;
}

export class Ward {
  readonly #options: WardOptions;
  readonly #told = new Map<string, string>();
  readonly #later: { readonly at: EpochMs; readonly run: () => void }[] = [];
  #fault: { readonly running: RunningFault; readonly since: EpochMs } | undefined;
  #next: CandleEvent | undefined;
  #workflowsDown = false;
  #relayDownSince: EpochMs | undefined;
  readonly #given: Said[] = [];
  now: EpochMs;
  /** When the fault could first be seen from outside; undefined before. */
  exposedAt: EpochMs | undefined;

  constructor(options: WardOptions) {
    this.#options = options;
    this.now = options.opening[0]?.at ?? 0;
    this.#advanceMarket();
    for (const input of options.opening) this.post(input);
    for (const source of options.sources) this.#sourceStatus(source);
  }

  /** Everything that was given to the house so far, as it was before anybody touched it. */
  get given(): readonly Said[] {
    return this.#given;
  }

  begin(running: RunningFault): void {
    this.#fault = { running, since: this.now };
    for (const source of this.#options.sources) this.#sourceStatus(source);
  }

  /** Says that the fault was met just now, where that is not the moment it began. */
  exposed(): void {
    this.exposedAt ??= this.now;
  }

  /** Lets time pass with everything that happens in it. */
  run(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      const next = Math.min(end, (Math.floor(this.now / reportEveryMs) + 1) * reportEveryMs);
      this.#until(next);
      this.#report();
    }
  }

  post(input: KernelInput): void {
    const waiting: KernelInput[] = [];
    const give = (one: KernelInput): void => {
      this.#given.push({ text: textOf(one), at: one.at });
      waiting.push(one);
    };
    give(input);
    for (const one of waiting) {
      const { record, entry } = this.#options.kernel.process(one);
      this.#options.journal(entry);
      this.#options.observe(record);
      for (const message of record.emitted)
        if (message.message_type === 'kernel.agent_restarted')
          this.#hear({ kind: 'agent_restarted', target: message.data.agent });
      for (const effect of record.effects) for (const answer of this.#perform(effect)) give(answer);
    }
  }

  #until(end: EpochMs): void {
    const { kernel, venue } = this.#options;
    for (;;) {
      const due = [
        kernel.nextAlarmAt ?? Number.POSITIVE_INFINITY,
        venue.nextEventAt() ?? Number.POSITIVE_INFINITY,
        this.#next?.known_at ?? Number.POSITIVE_INFINITY,
        this.#later[0]?.at ?? Number.POSITIVE_INFINITY,
      ];
      const at = Math.max(Math.min(...due), this.now);
      if (!(at <= end)) break;
      this.now = at;
      for (const alarm of kernel.dueAlarms(at)) this.post(alarm);
      while (this.#later[0] !== undefined && this.#later[0].at <= at) this.#later.shift()?.run();
      if ((venue.nextEventAt() ?? Number.POSITIVE_INFINITY) <= at) venue.advance(at);
      this.#candles(at);
      this.#drainVenue();
    }
    this.now = end;
  }

  #candles(at: EpochMs): void {
    while (this.#next !== undefined && this.#next.known_at <= at) {
      const event = this.#next;
      this.#advanceMarket();
      // Nobody sees a market while no source does.
      if (this.#options.sources.every((source) => this.#isBlind(source))) continue;
      this.#options.venue.onCandle(event);
      this.post({ from: 'market', message_type: 'market.candle', data: event, at: event.known_at });
    }
  }

  #isBlind(source: string): boolean {
    const state = this.#options.patient.sources.get(source)?.state;
    return state === 'stale' || state === 'unreachable';
  }

  #advanceMarket(): void {
    const step = this.#options.market.next();
    this.#next = step.done === true ? undefined : step.value;
  }

  #drainVenue(): void {
    for (const report of this.#options.venue.takeReports())
      this.post({
        from: 'broker',
        message_type: 'broker.report',
        data: report,
        at: Math.max(report.at, this.now),
      });
  }

  #soon(ms: number, run: () => void): void {
    this.#later.push({ at: this.now + ms, run });
    this.#later.sort((left, right) => left.at - right.at);
  }

  #hear(stimulus: Stimulus): void {
    if (this.#options.deaf && stimulus.kind !== 'time') return;
    this.#fault?.running.hear(stimulus, this.now);
  }

  #report(): void {
    const { patient, sources } = this.#options;
    if (this.#fault !== undefined) this.#hear({ kind: 'time', elapsedMs: this.now - this.#fault.since });
    patient.heapBytes = Math.min(heapLimitBytes, patient.heapBytes + patient.leakBytes);
    const data = {
      at: this.now,
      event_loop_delay_p99_ms: patient.eventLoopDelayMs,
      heap_used_bytes: patient.heapBytes,
      heap_limit_bytes: heapLimitBytes,
      resident_bytes: patient.heapBytes + 80_000_000,
      disk_free_bytes: patient.diskFreeBytes,
      disk_total_bytes: 100_000_000_000,
      cpu_load: 0.1,
      inbox_depth: patient.inboxDepth,
      agents: agentNames.map((agent) => ({
        agent,
        state: this.#options.kernel.supervisor.isDown(agent) ? ('restarting' as const) : ('running' as const),
        last_turn_at: null,
        handled: 1,
        failures: 0,
        restarts: 0,
        mean_turn_ms: patient.turnMs.get(agent) ?? 0.2,
      })),
      commit_ms: patient.storeMs ?? 0,
      store_ms: patient.storeMs,
      clock_skew_ms: patient.clockSkewMs,
      clock_jump_ms: patient.clockJumpMs,
      relay: this.#relay(),
    };
    patient.clockJumpMs = 0;
    this.post({ from: 'system', message_type: 'system.vitals', data, at: this.now });
    for (const source of sources) this.#sourceStatus(source);
    for (const [source, count] of patient.garbage)
      this.post({
        from: 'market',
        message_type: 'market.quarantined',
        data: { source, reason: 'price is not a number', where: 'BTCUSDT', count },
        at: this.now,
      });
    if (this.now % workflowCheckEveryMs === 0) this.#workflows();
  }

  /** What is said meanwhile waits in the database; when the relay answers it is gone with the next report. */
  #relay(): RelayVitals {
    const { ok, latencyMs: latency_ms } = this.#options.patient.relay;
    this.#relayDownSince = ok ? undefined : (this.#relayDownSince ?? this.now);
    const oldest_ms = this.now - (this.#relayDownSince ?? this.now);
    const messages = Math.round(oldest_ms / relayedEveryMs);
    return {
      ...{ server: this.#options.patient.relayServer, ok, latency_ms },
      detail: ok ? 'answers' : 'connect ECONNREFUSED',
      sent: [{ agent: 'trading_ai', messages, oldest_ms }],
      received: { messages: 0, oldest_ms: 0 },
    };
  }

  /** Told when it changed, and every half minute as sources do. */
  #sourceStatus(source: string): void {
    const ill = this.#options.patient.sources.get(source);
    const { state, detail } = ill ?? { state: 'live' as const, detail: 'streaming' };
    const key = `${state} ${detail}`;
    if (this.#told.get(source) === key && this.now % (6 * reportEveryMs) !== 0) return;
    this.#told.set(source, key);
    const health = state === 'live' ? 1 : state === 'degraded' ? 0.5 : 0;
    const data: SourceStatus = {
      source,
      state,
      health,
      detail,
      latencyMs: 20,
      lastDataAt: this.now,
      at: this.now,
    };
    this.post({ from: 'market', message_type: 'market.source_status', data, at: this.now });
  }

  #workflows(): void {
    const { workflowsDown: down } = this.#options.patient;
    if (down === this.#workflowsDown && this.now % (20 * workflowCheckEveryMs) !== 0) return;
    this.#workflowsDown = down;
    const detail = down ? 'connect ECONNREFUSED' : 'answers';
    const data = { server: 'n8n', ok: !down, health: down ? 0 : 1, detail, latency_ms: 5, at: this.now };
    this.post({ from: 'workflow', message_type: 'workflow.status', data, at: this.now });
  }

  #perform(effect: AnyEffect): KernelInput[] {
    const { venue } = this.#options;
    switch (effect.kind) {
      case 'broker.submit':
        venue.submit(effect.data, this.now);
        return [];
      case 'broker.cancel':
        venue.cancel(effect.data.client_order_id, this.now);
        return [];
      case 'broker.snapshot': {
        const data = venue.snapshot(effect.data.request_id, this.now, effect.data.orders);
        return [{ from: 'broker', message_type: 'broker.snapshot', data, at: this.now }];
      }
      case 'probe.run':
        return [
          { from: 'system', message_type: 'probe.result', data: this.#probe(effect.data), at: this.now },
        ];
      case 'market.backfill': {
        const { symbol, count } = effect.data;
        const candles = this.#options.history(symbol, count, this.now);
        const source = this.#options.sources[0] ?? 'market';
        const data = { source, kind: 'simulated' as const, symbol, candles, known_at: this.now };
        return [{ from: 'market', message_type: 'market.history', data, at: this.now }];
      }
      case 'market.restart_source': {
        const { source } = effect.data;
        this.#soon(restartTakesMs, () => {
          this.#hear({ kind: 'source_restarted', target: source });
          this.#told.delete(source);
          this.#sourceStatus(source);
        });
        return [];
      }
      case 'heal.act':
        this.#soon(actionTakesMs, () => this.#act(effect.data));
        return [];
      case 'model.ask':
        return [{ from: 'model', message_type: 'model.reply', data: this.#reply(effect.data), at: this.now }];
      default:
        return [];
    }
  }

  #act({ heal_id, action, target }: EffectDataByKind['heal.act']): void {
    this.#hear({ kind: 'acted', action, target });
    const data = { heal_id, action, target, ok: true, detail: `${action} done`, at: this.now };
    this.post({ from: 'system', message_type: 'heal.done', data, at: this.now });
    if (action === 'workflow.check') this.#workflows();
  }

  #probe({ probe, target }: EffectDataByKind['probe.run']): ProbeResult {
    const { patient } = this.#options;
    const fine = { probe, target, ok: true, latency_ms: 2, value: null, detail: 'well', at: this.now };
    if (probe === 'store') return { ...fine, ok: patient.storeMs !== null, latency_ms: patient.storeMs };
    if (probe === 'clock') return { ...fine, value: patient.clockSkewMs };
    if (probe === 'workflow') return { ...fine, ok: !patient.workflowsDown };
    if (probe === 'relay') return { ...fine, ok: patient.relay.ok, latency_ms: patient.relay.latencyMs };
    if (probe === 'source') return { ...fine, ok: !this.#isBlind(target), value: 1 };
    if (probe !== 'model' || !patient.silentModels.has(target)) return fine;
    this.exposed();
    return { ...fine, ok: false, detail: 'not reached: ECONNREFUSED' };
  }

  #reply(question: EffectDataByKind['model.ask']): ModelReply {
    const silent = this.#options.patient.silentModels.has(question.provider);
    if (silent) this.exposed();
    return {
      consult_id: question.consult_id,
      provider: question.provider,
      model: question.model,
      outcome: silent ? 'unreachable' : 'answered',
      text: silent ? '' : plainAnswer,
      characters: silent ? 0 : plainAnswer.length,
      finish: silent ? null : 'stop',
      detail: silent ? 'connect ECONNREFUSED' : '',
      input_tokens: null,
      output_tokens: null,
      latency_ms: 100,
      retry_after_ms: null,
      windows: [],
    };
  }
}
