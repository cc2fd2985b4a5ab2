// The paper broker on a bad line: a share of requests is lost, or done and never answered, or certainly not sent; reports are
// lost, repeated or late; questions fail. Practice for the real thing, chosen by setting and repeatable by seed.
// It must never change what the venue did, only what arrives, when, and how often.
import type { BrokerReport, BrokerSnapshot } from '../../../shared/bus/catalogue.ts';
import type { OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import type { Broker, BrokerSink } from '../../../shared/ports/broker.ts';
import { chance } from './chance.ts';

const longestDelayMs = 20_000;
/** Reports kept waiting at the same time; beyond it they are told at once. */
const maxWaiting = 1_000;

const requestFaults = ['lost', 'done_without_answer', 'reset', 'not_sent'] as const;
const reportFaults = ['lost', 'repeated', 'late'] as const;
const questionFaults = ['no_answer', 'error', 'incomplete'] as const;

export interface SeededFaultsOptions {
  readonly broker: Broker;
  readonly seed: number;
  /** Part of requests, reports and questions that meet a fault, 0 to 1. */
  readonly share: number;
  /** Runs `act` after so many milliseconds. */
  readonly after: (milliseconds: number, act: () => void) => void;
}

export class SeededFaults implements Broker {
  readonly name: string;
  readonly simulated: boolean;
  readonly capabilities: Broker['capabilities'];
  readonly #options: SeededFaultsOptions;
  /** How often each thing was tried, so that the next try may fare better. */
  readonly #tries = new Map<string, number>();
  #sink: BrokerSink | undefined;
  #waiting = 0;

  constructor(options: SeededFaultsOptions) {
    this.#options = options;
    this.name = options.broker.name;
    this.simulated = options.broker.simulated;
    this.capabilities = options.broker.capabilities;
  }

  async start(sink: BrokerSink): Promise<void> {
    this.#sink = sink;
    await this.#options.broker.start({
      report: (report) => this.#carry(report),
      uncertain: (uncertainty) => sink.uncertain(uncertainty),
    });
  }

  async stop(): Promise<void> {
    await this.#options.broker.stop();
    this.#sink = undefined;
  }

  submit(request: OrderRequest): Promise<void> {
    return this.#request('submit', request.client_order_id, () => this.#options.broker.submit(request));
  }

  cancel(clientOrderId: string, symbol: string): Promise<void> {
    return this.#request('cancel', clientOrderId, () => this.#options.broker.cancel(clientOrderId, symbol));
  }

  async snapshot(requestId: string, asked: readonly OrderQuestion[]): Promise<BrokerSnapshot> {
    const { broker } = this.#options;
    switch (this.#draw('snapshot', requestId, questionFaults)) {
      case 'no_answer':
        return never();
      case 'error':
        throw new Error('seeded fault: 502 Bad Gateway');
      case 'incomplete': {
        const { positions: _unknown, ...truth } = await broker.snapshot(requestId, asked);
        const error = 'seeded fault: page 2: 504 Gateway Time-out';
        return { ...truth, complete: false, error, absent: [], orders: [], fills: [], cash: null };
      }
      default:
        return broker.snapshot(requestId, asked);
    }
  }

  async #request(action: 'submit' | 'cancel', id: string, act: () => Promise<void>): Promise<void> {
    switch (this.#draw(action, id, requestFaults)) {
      case 'lost':
        return never();
      case 'done_without_answer':
        await act();
        return never();
      case 'reset':
        await act();
        throw new Error('seeded fault: socket hang up');
      case 'not_sent':
        this.#sink?.uncertain({
          broker: this.name,
          client_order_id: id,
          action,
          outcome: 'not-sent',
          detail: 'seeded fault: 429 Too Many Requests',
        });
        return;
      default:
        return act();
    }
  }

  #carry(report: BrokerReport): void {
    switch (this.#draw('report', report.report_id, reportFaults)) {
      case 'lost':
        return;
      case 'repeated':
        this.#tell(report);
        this.#later(report);
        return;
      case 'late':
        this.#later(report);
        return;
      default:
        this.#tell(report);
    }
  }

  #later(report: BrokerReport): void {
    if (this.#waiting >= maxWaiting) {
      this.#tell(report);
      return;
    }
    this.#waiting++;
    const delayMs = Math.floor(chance(this.#options.seed, `delay/${report.report_id}`) * longestDelayMs);
    this.#options.after(delayMs, () => {
      this.#waiting--;
      this.#tell(report);
    });
  }

  #tell(report: BrokerReport): void {
    this.#sink?.report(report);
  }

  /** The fault that meets this try, undefined for none. */
  #draw<Fault extends string>(kind: string, id: string, faults: readonly Fault[]): Fault | undefined {
    const { seed, share } = this.#options;
    const name = `${kind}/${id}`;
    const tried = (this.#tries.get(name) ?? 0) + 1;
    this.#tries.delete(name);
    this.#tries.set(name, tried);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > maxWaiting && oldest !== undefined) this.#tries.delete(oldest);
    if (chance(seed, `${name}/${tried}`) >= share) return undefined;
    return faults[Math.floor(chance(seed, `which/${name}/${tried}`) * faults.length)];
  }
}

/** No answer ever comes: whoever asked must give up by its own clock. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
