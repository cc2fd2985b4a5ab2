// Execution venue. Every answer is yes, no, or unknown; silence is never turned into a no.
import type { BrokerReport, BrokerSnapshot, BrokerUncertainty } from '../bus/catalogue.ts';
import type { OrderQuestion, OrderRequest } from '../domain/order.ts';

export interface BrokerSink {
  report(report: BrokerReport): void;
  uncertain(uncertainty: BrokerUncertainty): void;
}

export interface Broker {
  readonly name: string;
  readonly simulated: boolean;
  readonly capabilities: { readonly attachedBracket: boolean; readonly short: boolean };
  start(sink: BrokerSink): Promise<void>;
  /** Submits by our client order id; the same id twice is one order. Reports arrive through the sink. */
  submit(request: OrderRequest): Promise<void>;
  cancel(clientOrderId: string, symbol: string): Promise<void>;
  /**
   * What the broker truly holds: open orders, recent final ones, fills, cash and holdings. Each id in `asked` is found in
   * `orders`, or in `absent` when the broker positively has none, or its symbol is in `unanswered`. Throws when nothing
   * can be known.
   */
  snapshot(requestId: string, asked: readonly OrderQuestion[]): Promise<BrokerSnapshot>;
  stop(): Promise<void>;
}
