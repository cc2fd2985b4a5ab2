// A small world for reconciliation tests: the real kernel with the real trading agent, the real paper venue, and a line
// between them that loses, repeats, delays and reorders. The checkers read the venue, never the agent's memory.

import type { PaperVenueSettings } from '../../src/adapters/broker/paper/paper-settings.ts';
import { PaperVenue } from '../../src/adapters/broker/paper/paper-venue.ts';
import { Kernel, type KernelInput } from '../../src/kernel/kernel.ts';
import type { BrokerReport, BrokerSnapshot } from '../../src/shared/bus/catalogue.ts';
import {
  type AnyPut,
  type CollectionName,
  collectionLoading,
  collectionNames,
} from '../../src/shared/bus/collections.ts';
import type { AnyEffect, EffectDataByKind } from '../../src/shared/bus/effects.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';
import {
  type AgentSettings,
  defaultExitSettings,
  defaultRiskSettings,
} from '../../src/shared/domain/agent-settings.ts';
import type { Mandate } from '../../src/shared/domain/mandate.ts';
import type { Fill, Order, OrderRequest } from '../../src/shared/domain/order.ts';
import type { Position } from '../../src/shared/domain/position.ts';
import type { Signal, SignalAction } from '../../src/shared/domain/signal.ts';
import type { LoadedState } from '../../src/shared/ports/store.ts';
import { absenceGraceMs } from '../../src/trading/limits.ts';
import { createTrading } from '../../src/trading/trading.ts';

const startAt = Date.UTC(2026, 2, 23);
/** As Binance's recvWindow: not longer than trading's absence grace. */
const receiveWindowMs = absenceGraceMs;
export const worldSymbols = ['BTCUSDT', 'ETHUSDT'] as const;

export const worldSettings: AgentSettings = {
  run_mode: 'simulation',
  universe: [...worldSymbols],
  starting_cash: 10_000,
  base_timeframe: '1m',
  strategy: 'test',
  sources: ['test'],
  broker: { name: 'paper', simulated: true, short: true },
  initial_trading_state: 'active',
  exits: { ...defaultExitSettings, time_limit_hours: 0 },
  risk: {
    ...defaultRiskSettings,
    max_daily_loss_pct: 1_000,
    max_drawdown_pct: 1_000,
    loss_cooldown_ms: 0,
    max_orders_per_minute: 1_000,
    price_collar_pct: 100,
    target_daily_volatility_pct: 1_000,
    loss_streak: 0,
  },
};

/** How the line between house and broker treats one thing that travels over it. */
export type LineFault =
  | 'deliver'
  | 'lose-and-say-unknown'
  | 'execute-and-say-unknown'
  | 'lose-and-say-not-sent'
  | 'lose-silently'
  | 'duplicate'
  | 'delay';

export class BrokerWorld {
  readonly venue: PaperVenue;
  readonly emitted: AnyMessage[] = [];
  readonly venueFills = new Map<string, Fill>();
  readonly submitted: AnyEffect[] = [];
  now = startAt;
  readonly #settings: AgentSettings;
  readonly #rows = new Map<CollectionName, Map<string, unknown>>();
  #kernel: Kernel;
  /** Orders handed over by nobody of ours, straight at the venue. */
  readonly foreign: OrderRequest[] = [];
  delayedSubmits = 0;
  #delayed: (() => void)[] = [];
  #delayedToVenue: (() => void)[] = [];
  #signals = 0;
  /** What the broker makes of an honest answer before it leaves. */
  answer: (honest: BrokerSnapshot) => BrokerSnapshot = (honest) => honest;
  /** Chooses the fate of the next thing on the line; the healthy world always delivers. */
  fate: (kind: 'submit' | 'cancel' | 'snapshot' | 'report') => LineFault = () => 'deliver';

  constructor(options: { venue?: Partial<PaperVenueSettings>; settings?: AgentSettings } = {}) {
    this.#settings = options.settings ?? worldSettings;
    this.venue = new PaperVenue({ latencyMs: 120, latencySpread: 0, ...options.venue });
    for (const name of collectionNames) this.#rows.set(name, new Map());
    this.#kernel = this.#boot();
    this.started(true);
  }

  rows<Row>(collection: CollectionName): Row[] {
    return [...(this.#rows.get(collection) ?? new Map()).values()] as Row[];
  }

  openPositions(): Position[] {
    return this.rows<Position>('positions').filter((position) => position.open);
  }

  orders(): Order[] {
    return this.rows<Order>('orders');
  }

  get hash(): string {
    return this.#kernel.hash;
  }

  get failures(): number {
    return this.emitted.filter((message) => message.message_type === 'kernel.agent_failed').length;
  }

  /** Every committed row survives; effects not performed and reports under way do not. */
  crash(): void {
    // What is on the wire keeps travelling towards the venue; towards us nobody listens any more.
    this.#delayed = [];
    this.venue.takeReports();
    this.#kernel = this.#boot();
    this.started(false);
  }

  started(first: boolean): void {
    this.input({
      from: 'kernel',
      message_type: 'kernel.started',
      data: {
        run_mode: 'simulation',
        seed: 1,
        version: 'test',
        agent_settings: this.#settings as unknown as Record<string, unknown>,
        first_start: first,
      },
      at: this.now,
    });
  }

  mandate(change: Partial<Mandate> = {}): void {
    const data: Mandate = {
      id: 'mandate',
      decision_id: 'decision',
      mode: 'crypto',
      universe: [...worldSymbols],
      risk_appetite: 1,
      issued_at: this.now,
      expires_at: this.now + 86_400_000,
      ...change,
    };
    this.#put({ collection: 'mandates', key: 'current', value: data });
    this.input({ from: 'orchestrator_ai', message_type: 'mandate', data, at: this.now });
  }

  signal(symbol: string, action: SignalAction, price: number, change: Partial<Signal> = {}): void {
    const data: Signal = {
      signal_id: `sig-${++this.#signals}`,
      action,
      symbol,
      confidence: 0.8,
      reasoning: 'test',
      horizon_ms: 3_600_000,
      issued_at: this.now,
      expires_at: this.now + 600_000,
      strategy: 'test',
      timeframe: '1m',
      evidence: [],
      reference_price: price,
      average_true_range: price * 0.004,
      task_id: null,
      ...change,
    };
    this.input({
      from: 'analyst_ai',
      message_type: 'signal',
      data,
      at: this.now,
      correlation_id: data.signal_id,
    });
  }

  operator(
    command: 'halt' | 'resume' | 'reduce_only' | 'close_position' | 'close_all',
    symbol: string | null = null,
  ): void {
    const data = { command, by: 'tester', reason: 'test', symbol, dry_run: false };
    this.input({ from: 'operator', message_type: 'operator.command', data, at: this.now });
  }

  /** One closed minute with these prices; time moves to its close, alarms and the venue act on the way. */
  candle(symbol: string, open: number, high: number, low: number, close: number, volume = 1_000): void {
    const openTime = Math.floor(this.now / 60_000) * 60_000;
    this.advance(openTime + 60_000);
    this.flatCandle(symbol, openTime, { open, high, low, close, volume });
  }

  flatCandle(
    symbol: string,
    openTime: number,
    prices: { open: number; high: number; low: number; close: number; volume: number },
  ): void {
    const data = {
      source: 'test',
      kind: 'recorded',
      candle: { symbol, timeframe: '1m', openTime, ...prices },
      happened_at: openTime + 60_000,
      known_at: openTime + 60_000,
    } as const;
    this.venue.onCandle(data);
    this.drain();
    this.input({ from: 'market', message_type: 'market.candle', data, at: this.now });
  }

  /** Moves time, letting alarms and the venue act at their instants. */
  advance(until: number): void {
    for (;;) {
      const alarm = this.#kernel.nextAlarmAt ?? Number.POSITIVE_INFINITY;
      const venue = this.venue.nextEventAt() ?? Number.POSITIVE_INFINITY;
      const at = Math.max(this.now, Math.min(alarm, venue));
      if (at > until) break;
      this.now = at;
      for (const input of this.#kernel.dueAlarms(at)) this.input(input);
      this.venue.advance(at);
      this.drain();
    }
    this.now = Math.max(this.now, until);
  }

  /** Somebody else trades on the same account. */
  trespass(symbol: string, side: 'buy' | 'sell', quantity: string): void {
    const request: OrderRequest = {
      client_order_id: `foreign-${this.foreign.length}`,
      symbol,
      side,
      type: 'market',
      leg: 'entry',
      quantity,
      price: null,
      reduce_only: false,
      bracket: null,
    };
    this.foreign.push(request);
    this.venue.submit(request, this.now);
  }

  /** The venue drops a standing stop by itself, as venues do at maintenance. */
  dropStop(symbol: string): void {
    const stop = this.truth().orders.find(
      (order) =>
        order.request.symbol === symbol && order.request.leg === 'stop' && order.state === 'accepted',
    );
    if (stop !== undefined) this.venue.cancel(stop.request.client_order_id, this.now);
  }

  /** Hands over what was delayed, newest first: the worst order. */
  releaseDelayed(): void {
    const late = [...this.#delayedToVenue, ...this.#delayed.reverse()];
    this.#delayed = [];
    this.#delayedToVenue = [];
    for (const arrive of late) arrive();
    this.drain();
  }

  drain(): void {
    for (let reports = this.venue.takeReports(); reports.length > 0; reports = this.venue.takeReports()) {
      for (const report of reports) {
        if (report.fill !== null) this.venueFills.set(report.fill.id, report.fill);
        this.#report(report);
      }
    }
  }

  input(first: KernelInput): void {
    const { record } = this.#kernel.process(first);
    for (const put of record.puts) this.#put(put);
    this.emitted.push(...record.emitted);
    // JSON must round trip identically, as the journal and the store will do it.
    const line = JSON.stringify(record);
    if (JSON.stringify(JSON.parse(line)) !== line) throw new Error('a record does not survive JSON');
    for (const effect of record.effects) this.#perform(effect);
    this.drain();
  }

  truth(): BrokerSnapshot {
    return this.venue.snapshot('checker', this.now, []);
  }

  #report(report: BrokerReport): void {
    const input: KernelInput = { from: 'broker', message_type: 'broker.report', data: report, at: this.now };
    switch (this.fate('report')) {
      case 'lose-silently':
      case 'lose-and-say-unknown':
      case 'lose-and-say-not-sent':
        return;
      case 'delay':
        this.#delayed.push(() => this.input({ ...input, at: this.now }));
        return;
      case 'duplicate':
        this.input(input);
        this.input(input);
        return;
      default:
        this.input(input);
    }
  }

  #perform(effect: AnyEffect): void {
    if (effect.kind === 'broker.submit') {
      this.submitted.push(effect);
      this.#order(effect.data.client_order_id, 'submit', () => this.venue.submit(effect.data, this.now));
    } else if (effect.kind === 'broker.cancel') {
      const id = effect.data.client_order_id;
      this.#order(id, 'cancel', () => this.venue.cancel(id, this.now));
    } else if (effect.kind === 'broker.snapshot') this.#snapshot(effect.data);
  }

  #order(id: string, action: 'submit' | 'cancel', act: () => void): void {
    const fate = this.fate(action);
    const lost =
      fate === 'lose-silently' || fate === 'lose-and-say-unknown' || fate === 'lose-and-say-not-sent';
    if (fate === 'delay') {
      if (action === 'submit') this.delayedSubmits++;
      // A venue refuses a request older than its receive window; that window is what makes absence provable.
      const sentAt = this.now;
      this.#delayedToVenue.push(() => {
        if (this.now - sentAt <= receiveWindowMs) act();
      });
    } else if (!lost) act();
    if (fate === 'duplicate') act();
    if (fate === 'lose-silently' || fate === 'deliver' || fate === 'duplicate' || fate === 'delay') return;
    const outcome = fate === 'lose-and-say-not-sent' ? 'not-sent' : 'unknown';
    const data = { broker: 'paper', client_order_id: id, action, outcome, detail: fate } as const;
    this.input({ from: 'broker', message_type: 'broker.uncertain', data, at: this.now });
  }

  #snapshot({ request_id, orders }: EffectDataByKind['broker.snapshot']): void {
    const fate = this.fate('snapshot');
    if (fate === 'lose-silently') return;
    const failed = fate === 'lose-and-say-unknown' || fate === 'lose-and-say-not-sent';
    const empty: BrokerSnapshot = {
      broker: 'paper',
      request_id,
      complete: false,
      error: 'no answer',
      absent: [],
      orders: [],
      fills: [],
      cash: null,
    };
    const data = failed ? empty : this.answer(this.venue.snapshot(request_id, this.now, orders));
    const input: KernelInput = { from: 'broker', message_type: 'broker.snapshot', data, at: this.now };
    if (fate === 'delay') this.#delayed.push(() => this.input({ ...input, at: this.now }));
    else this.input(input);
    if (fate === 'duplicate') this.input(input);
  }

  #boot(): Kernel {
    const build = () => ({ trading_ai: () => createTrading(this.#settings) });
    const rows = Object.fromEntries(
      collectionNames.map((name) => [
        name,
        new Map(
          [...(this.#rows.get(name) ?? new Map())]
            .filter(
              ([, row]) =>
                collectionLoading[name] === 'all' || (collectionLoading[name] === 'open' && row.open),
            )
            .sort(([left], [right]) => (left < right ? -1 : 1))
            .map(([key, row]) => [key, JSON.parse(JSON.stringify(row))]),
        ),
      ]),
    ) as unknown as LoadedState['rows'];
    const loaded: LoadedState = { sequence: 0, hash: '0', lastAt: this.now, rows, pendingEffects: [] };
    return new Kernel({ build, loaded });
  }

  #put(put: AnyPut): void {
    const rows = this.#rows.get(put.collection);
    if (put.value === null) rows?.delete(put.key);
    else rows?.set(put.key, put.value);
  }
}
