// The line between house and venue, and everything that can go wrong on it. It is the only broker adapter of the
// simulation. It must never change what the venue did, only what arrives, when, and how often.
import type { BrokerReport, BrokerSnapshot } from '../../shared/bus/catalogue.ts';
import { floorToStep, multiplyDecimal } from '../../shared/domain/money.ts';
import type { OrderQuestion, OrderRequest } from '../../shared/domain/order.ts';
import { type EpochMs, secondMs } from '../../shared/domain/time.ts';
import type { Broker, BrokerSink } from '../../shared/ports/broker.ts';
import type { Random } from '../../shared/ports/random.ts';
import type { SimulatedVenue } from '../../shared/ports/simulated-venue.ts';
import { type Fault, faultNames } from './cells.ts';
import {
  alteredReport,
  answerFrom,
  contradictionOf,
  partOf,
  withOriginals,
  withoutSymbol,
} from './line-lies.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Words } from './words.ts';

/** How often a request or a report meets the fault of its cell, and any fault in the mixed cell. */
const faultShare = 0.5;
const mixedShare = 0.35;
/** As Binance's recvWindow: an order that arrives later than this is refused unread. */
const receiveWindowMs = 5 * secondMs;
const longestRequestDelayMs = 9 * secondMs;
const longestReportDelayMs = 120 * secondMs;
const longestOvertakingMs = 20 * secondMs;
const longestAnswerDelayMs = 9 * secondMs;
/** Copies older than this are never handed out: houses may count on it as on the receive window. */
const oldestCopyMs = 4 * secondMs;
const limitPeriodMs = 90 * secondMs;
const inflations = ['1.1', '1.5', '2'] as const;

type Mixable = Exclude<Fault, 'none' | 'mixed' | 'clock_jump' | 'stop_dropped' | 'venue_down'>;
const mixable = faultNames.filter(
  (fault) => !['none', 'mixed', 'clock_jump', 'stop_dropped', 'venue_down'].includes(fault),
) as Mixable[];

export interface LineOptions {
  readonly venue: SimulatedVenue;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly fault: Fault;
  /** Whether the venue keeps stop and target with the entry; one that does not never hears of them. */
  readonly attachedBracket: boolean;
  readonly words: Words;
  /** Hears every request at the moment it leaves the house. */
  readonly leaving: (request: OrderRequest) => void;
  /** Hears when a request has reached the venue. */
  readonly arrived: () => void;
}

export class FaultyLine implements Broker {
  readonly name = 'paper';
  readonly simulated = true;
  readonly capabilities: Broker['capabilities'];
  readonly #options: LineOptions;
  #sink: BrokerSink | undefined;
  #bad = false;
  /** Orders whose quantity the venue sees differently from what was sent, with what was sent. */
  readonly #originals = new Map<string, OrderRequest>();
  /** Everything that was ever sent, so that a copy can answer about all of it. */
  readonly #everSent: OrderQuestion[] = [];
  #copy: { readonly snapshot: BrokerSnapshot; readonly at: EpochMs } | undefined;
  #lastReportDue: EpochMs = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.capabilities = { attachedBracket: options.attachedBracket, short: true };
  }

  /** Begins or ends the bad hours. */
  set bad(bad: boolean) {
    this.#bad = bad;
  }

  async start(sink: BrokerSink): Promise<void> {
    this.#sink = sink;
  }

  async stop(): Promise<void> {
    this.#sink = undefined;
  }

  /** The house is gone: nobody hears the reports, what is on its way to the venue travels on. */
  disconnect(): void {
    this.#sink = undefined;
  }

  async submit(request: OrderRequest): Promise<void> {
    this.#options.leaving(request);
    const fault = this.#draw();
    this.#takeCopy();
    this.#noteSent(request);
    switch (fault) {
      case 'over_fill':
        return this.#arrive(request, request.reduce_only ? request : this.#inflated(request));
      case 'rejected_precision':
        this.#originals.set(request.client_order_id, request);
        return this.#arrive(request, { ...request, quantity: '0' });
      default:
        return this.#request(fault, request.client_order_id, 'submit', () => this.#arrive(request, request));
    }
  }

  async cancel(clientOrderId: string): Promise<void> {
    const { venue, time } = this.#options;
    return this.#request(this.#draw(), clientOrderId, 'cancel', () => {
      venue.cancel(clientOrderId, time.now);
      this.#options.arrived();
    });
  }

  async snapshot(requestId: string, asked: readonly OrderQuestion[]): Promise<BrokerSnapshot> {
    const { random, time, words } = this.#options;
    const askedAt = time.now;
    const answer = (snapshot: BrokerSnapshot): BrokerSnapshot => {
      words.answer(snapshot, askedAt);
      return snapshot;
    };
    const truth = (): BrokerSnapshot => this.#truth(requestId, asked);
    switch (this.#draw()) {
      case 'execute_then_time_out':
      case 'time_out_not_executed':
      case 'missing':
        return never();
      case 'connection_reset':
        throw new Error('read ECONNRESET');
      case 'not_sent':
      case 'rate_limited':
        throw new Error('429 Too Many Requests');
      case 'venue_down':
        if (random.next() < 0.5) return never();
        throw new Error('connect ECONNREFUSED');
      case 'failed_query': {
        const dice = random.next();
        if (dice < 0.2) return never();
        if (dice < 0.4) throw new Error('502 Bad Gateway');
        if (dice < 0.7) return answer(withoutSymbol(truth(), asked, random));
        return answer(partOf(truth(), dice < 0.85));
      }
      case 'stale_answer': {
        const copy = this.#copy;
        if (copy !== undefined && askedAt - copy.at <= oldestCopyMs && random.next() < 0.5)
          return answer(answerFrom(copy.snapshot, requestId, asked));
        return this.#later(answer(truth()));
      }
      case 'delayed':
      case 'reordered':
        return this.#later(answer(truth()));
      default:
        return answer(truth());
    }
  }

  /** Sends what the venue reported on its way to the house. */
  carry(reports: readonly BrokerReport[]): void {
    const { random } = this.#options;
    for (const told of reports) {
      const report = alteredReport(told, this.#originals);
      switch (this.#draw()) {
        case 'missing':
        case 'venue_down':
          break;
        case 'duplicate':
          this.#tell(report, 0);
          this.#tell(report, random.integer(30 * secondMs));
          break;
        case 'delayed': {
          const due = Math.max(this.#lastReportDue, this.#now + random.integer(longestReportDelayMs));
          this.#lastReportDue = due;
          this.#tell(report, due - this.#now);
          break;
        }
        case 'reordered':
          this.#tell(report, random.integer(longestOvertakingMs));
          break;
        case 'contradictory':
          this.#tell(report, 0);
          this.#tell(contradictionOf(report, random), random.integer(3 * secondMs));
          break;
        case 'execute_then_time_out':
        case 'connection_reset':
          if (random.next() < 0.5) this.#tell(report, 0);
          break;
        default:
          this.#tell(report, 0);
      }
    }
  }

  get #now(): EpochMs {
    return this.#options.time.now;
  }

  /** The fault that meets the next thing on the line. */
  #draw(): Fault {
    const { fault, random } = this.#options;
    if (!this.#bad) return 'none';
    switch (fault) {
      case 'venue_down':
        return 'venue_down';
      case 'rate_limited':
        return Math.floor(this.#now / limitPeriodMs) % 2 === 0 ? 'rate_limited' : 'none';
      case 'mixed':
        return random.next() < mixedShare ? (mixable[random.integer(mixable.length)] ?? 'none') : 'none';
      default:
        return random.next() < faultShare ? fault : 'none';
    }
  }

  async #request(
    fault: Fault,
    clientOrderId: string,
    action: 'submit' | 'cancel',
    arrive: () => void,
  ): Promise<void> {
    const { random, time, words } = this.#options;
    switch (fault) {
      case 'execute_then_time_out':
        arrive();
        return never();
      case 'time_out_not_executed':
      case 'missing':
        return never();
      case 'connection_reset':
        if (random.next() < 0.5) arrive();
        throw new Error('socket hang up');
      case 'venue_down':
        if (random.next() < 0.5) return never();
        throw new Error('connect ECONNREFUSED');
      case 'not_sent':
      case 'rate_limited': {
        if (action === 'submit') words.notSent(clientOrderId);
        this.#sink?.uncertain({
          broker: this.name,
          client_order_id: clientOrderId,
          action,
          outcome: 'not-sent',
          detail: fault === 'not_sent' ? 'getaddrinfo ENOTFOUND' : '429 Too Many Requests',
        });
        return;
      }
      case 'duplicate':
        arrive();
        time.after(random.integer(3 * secondMs), arrive);
        return;
      case 'delayed': {
        const delayMs = random.integer(longestRequestDelayMs);
        if (delayMs <= receiveWindowMs) time.after(delayMs, arrive);
        return new Promise((resolve) => {
          time.after(delayMs * 2, resolve);
        });
      }
      default:
        arrive();
    }
  }

  #arrive(sent: OrderRequest, seen: OrderRequest): void {
    const { venue, time, attachedBracket } = this.#options;
    if (seen !== sent) this.#originals.set(sent.client_order_id, sent);
    venue.submit(attachedBracket ? seen : { ...seen, bracket: null }, time.now);
    this.#options.arrived();
  }

  #inflated(request: OrderRequest): OrderRequest {
    const factor = inflations[this.#options.random.integer(inflations.length)] ?? '1.5';
    const quantity = floorToStep(multiplyDecimal(request.quantity, factor), '0.00001');
    return { ...request, quantity };
  }

  #truth(requestId: string, asked: readonly OrderQuestion[]): BrokerSnapshot {
    return withOriginals(this.#options.venue.snapshot(requestId, this.#now, asked), this.#originals);
  }

  #takeCopy(): void {
    if (this.#options.fault === 'stale_answer' || this.#options.fault === 'mixed')
      this.#copy = { snapshot: this.#truth('copy', this.#everSent), at: this.#now };
  }

  #noteSent({ client_order_id, symbol, bracket }: OrderRequest): void {
    if (this.#options.fault !== 'stale_answer' && this.#options.fault !== 'mixed') return;
    const ids = [client_order_id, bracket?.stop_client_order_id, bracket?.target_client_order_id];
    for (const id of ids)
      if (id !== undefined) this.#everSent.push({ client_order_id: id, symbol, created_at: this.#now });
  }

  #later<Value>(value: Value): Promise<Value> {
    const { time, random } = this.#options;
    return new Promise((resolve) => {
      time.after(secondMs + random.integer(longestAnswerDelayMs - secondMs), () => resolve(value));
    });
  }

  #tell(report: BrokerReport, delayMs: number): void {
    const arrive = (): void => {
      if (this.#sink === undefined) return;
      this.#options.words.report(report);
      this.#sink.report(report);
    };
    if (delayMs === 0) arrive();
    else this.#options.time.after(delayMs, arrive);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
