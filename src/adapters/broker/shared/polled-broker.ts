// A real venue as a broker: sends once, then looks until it knows. Every doubt goes to trading as `unknown`.
// It must never resend, and never say that an order is absent unless the venue, asked by its id, said so.
import type { BrokerOrder, BrokerSnapshot, UnansweredSymbol } from '../../../shared/bus/catalogue.ts';
import { addDecimal, compareDecimal } from '../../../shared/domain/money.ts';
import type { Fill, OrderQuestion, OrderRequest } from '../../../shared/domain/order.ts';
import type { Broker, BrokerSink } from '../../../shared/ports/broker.ts';
import { ReportLedger } from './report-ledger.ts';
import { VenueFault } from './venue-fault.ts';
import type { OrderTruth, VenueLink } from './venue-link.ts';

export interface PolledBrokerOptions {
  readonly link: VenueLink;
  readonly now: () => number;
  /** Pause between two looks at live orders, milliseconds. */
  readonly pollMs?: number;
  readonly log?: (detail: string) => void;
}

const defaultPollMs = 2_000;
/** After failures the pause grows up to this factor. */
const maxPauseFactor = 16;
/** Orders asked for one by one at the same time. */
const questionLanes = 8;
/** Answers that take longer than this in all are left for the next question, and said to be missing. */
const snapshotBudgetMs = 8_000;

/** Ids remembered against a second submit; older ones are covered by trading, which asks before it resends. */
const maxSent = 5_000;

interface Watched {
  readonly question: OrderQuestion;
  /** Created by the venue for an entry of ours, so that trading must be told what it is. */
  readonly venueMade: boolean;
  /** The request that we sent, so that its legs are watched once it fills. */
  readonly request: OrderRequest | null;
}

export class PolledBroker implements Broker {
  readonly name: string;
  readonly simulated = false;
  readonly capabilities: { readonly attachedBracket: boolean; readonly short: boolean };
  readonly #options: PolledBrokerOptions;
  readonly #link: VenueLink;
  readonly #ledger: ReportLedger;
  readonly #watched = new Map<string, Watched>();
  /** Ids that this process has handed to the venue, newest last. */
  readonly #sent = new Set<string>();
  /** Ids whose request has left and is not answered: nobody may call them absent meanwhile. */
  readonly #placing = new Set<string>();
  #sink: BrokerSink | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #failures = 0;

  constructor(options: PolledBrokerOptions) {
    this.#options = options;
    this.#link = options.link;
    this.name = options.link.name;
    this.capabilities = { attachedBracket: options.link.attachedBracket, short: options.link.short };
    this.#ledger = new ReportLedger(this.name);
  }

  async start(sink: BrokerSink): Promise<void> {
    this.#sink = sink;
    this.#schedule();
  }

  async submit(request: OrderRequest): Promise<void> {
    const { client_order_id, symbol } = request;
    const question = { client_order_id, symbol, created_at: this.#options.now() };
    // On its way at this moment: its own answer is still to come.
    if (this.#placing.has(client_order_id)) return;
    try {
      const truth = (await this.#sentBefore(question)) ?? (await this.#place(request));
      this.#watch(question, request, false);
      this.#tell(truth);
    } catch (error) {
      const fault = asFault(error);
      if (fault.outcome === 'rejected') {
        // What gave way to it may be gone: that is told first, so that trading knows what stands.
        if (request.reduce_only) await this.look();
        const rejected = { request, state: 'rejected', filled_quantity: '0', fills: [] } as const;
        this.#tell({ ...rejected, reason: fault.message });
        return;
      }
      if (fault.outcome === 'unknown') this.#watch(question, request, false);
      this.#uncertain(client_order_id, 'submit', fault);
    }
  }

  async cancel(clientOrderId: string, symbol: string): Promise<void> {
    const question = { client_order_id: clientOrderId, symbol, created_at: this.#options.now() };
    try {
      await this.#link.cancel(clientOrderId, symbol);
      this.#watch(question, null, false);
    } catch (error) {
      const fault = asFault(error);
      if (fault.outcome !== 'rejected') this.#watch(question, null, false);
      this.#uncertain(clientOrderId, 'cancel', fault);
    }
    await this.look();
  }

  async snapshot(requestId: string, asked: readonly OrderQuestion[]): Promise<BrokerSnapshot> {
    const until = this.#options.now() + snapshotBudgetMs;
    const [open, account] = await Promise.all([this.#link.openOrders(), this.#link.account()]);
    const truths = new Map(open.map((truth) => [truth.request.client_order_id, truth]));
    const missing = asked.filter((question) => !truths.has(question.client_order_id));
    const absent: string[] = [];
    const unanswered = new Map<string, UnansweredSymbol>(
      account.unanswered.map((entry) => [entry.symbol, entry]),
    );
    await inLanes(missing, questionLanes, async (question) => {
      const { client_order_id, symbol } = question;
      try {
        const underWay = this.#placing.has(client_order_id);
        if (this.#options.now() > until) throw new Error('too many questions for one answer');
        const truth = await this.#link.find(question);
        if (truth === undefined && (underWay || this.#placing.has(client_order_id)))
          throw new Error('the order is being sent at this moment');
        if (truth === undefined) {
          absent.push(client_order_id);
          this.#watched.delete(client_order_id);
        } else truths.set(client_order_id, truth);
      } catch (error) {
        unanswered.set(symbol, { symbol, reason: messageOf(error) });
      }
    });
    const orders: BrokerOrder[] = [];
    const fills: Fill[] = [];
    for (const truth of truths.values()) {
      const { request, state, filled_quantity } = truth;
      orders.push({ request, state, filled_quantity });
      fills.push(...truth.fills);
      if (isLive(truth)) this.#watchLive(truth, asked);
    }
    return {
      broker: this.name,
      request_id: requestId,
      complete: true,
      error: null,
      absent: absent.sort(),
      ...(unanswered.size === 0 ? {} : { unanswered: [...unanswered.values()] }),
      orders,
      fills,
      cash: account.cash,
      ...(account.positions === undefined ? {} : { positions: account.positions }),
    };
  }

  /** One look at everything that is watched; resolves when what it found is reported. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#sink = undefined;
    await this.#looking?.catch(() => undefined);
    await this.#link.close();
  }

  /** Sent by this process already: the venue is asked what became of it, for its memory of ids may be short. */
  async #sentBefore(question: OrderQuestion): Promise<OrderTruth | undefined> {
    if (!this.#sent.has(question.client_order_id)) return undefined;
    try {
      return await this.#link.find(question);
    } catch (error) {
      throw new VenueFault('unknown', `sent before, and not answered now: ${messageOf(error)}`);
    }
  }

  async #place(request: OrderRequest): Promise<OrderTruth> {
    const id = request.client_order_id;
    this.#sent.add(id);
    if (this.#sent.size > maxSent) for (const oldest of this.#sent) if (this.#sent.delete(oldest)) break;
    this.#placing.add(id);
    try {
      return await this.#link.place(request);
    } catch (error) {
      if (asFault(error).outcome === 'not-sent') this.#sent.delete(id);
      throw error;
    } finally {
      this.#placing.delete(id);
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#sink === undefined) return;
    const factor = Math.min(maxPauseFactor, 2 ** this.#failures);
    this.#timer = setTimeout(
      () => {
        void this.look().finally(() => this.#schedule());
      },
      (this.#options.pollMs ?? defaultPollMs) * factor,
    );
    this.#timer.unref();
  }

  async #lookOnce(): Promise<void> {
    if (this.#watched.size === 0) return;
    try {
      const symbols = [...this.#watched.values()].map(({ question }) => question.symbol);
      const open = await this.#link.openOrders(symbols);
      const held = new Map(open.map((truth) => [truth.request.client_order_id, truth]));
      for (const truth of open) this.#tell(truth);
      const gone = [...this.#watched.values()].filter(({ question }) => !held.has(question.client_order_id));
      await inLanes(gone, questionLanes, async ({ question }) => {
        const truth = await this.#link.find(question);
        // Absence is only ever concluded by trading, when it asks; an order under way is not there yet.
        if (truth !== undefined) this.#tell(truth);
      });
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      this.#options.log?.(`orders could not be looked at: ${messageOf(error)}`);
    }
  }

  #watch(question: OrderQuestion, request: OrderRequest | null, venueMade: boolean): void {
    const known = this.#watched.get(question.client_order_id);
    if (known === undefined) this.#watched.set(question.client_order_id, { question, request, venueMade });
  }

  #watchLive(truth: OrderTruth, asked: readonly OrderQuestion[]): void {
    const { client_order_id, symbol, reduce_only } = truth.request;
    const question = asked.find((one) => one.client_order_id === client_order_id);
    this.#watch(question ?? { client_order_id, symbol, created_at: 0 }, null, reduce_only);
  }

  #tell(truth: OrderTruth): void {
    const id = truth.request.client_order_id;
    const watched = this.#watched.get(id);
    const at = this.#options.now();
    const venueMade = watched?.venueMade ?? false;
    for (const report of this.#ledger.news(truth, venueMade, at)) this.#sink?.report(report);
    if (truth.fills.length > 0 && watched?.request !== undefined) this.#watchLegs(watched.request, at);
    if (isSettled(truth)) this.#watched.delete(id);
  }

  /** The venue arms the legs of an entry itself; from its first fill on they are looked for. */
  #watchLegs(entry: OrderRequest | null, created_at: number): void {
    if (entry === null || entry.bracket === null || !this.capabilities.attachedBracket) return;
    const { symbol, bracket } = entry;
    for (const client_order_id of [bracket.stop_client_order_id, bracket.target_client_order_id])
      this.#watch({ client_order_id, symbol, created_at }, null, true);
  }

  #uncertain(client_order_id: string, action: 'submit' | 'cancel', fault: VenueFault): void {
    const outcome = fault.outcome === 'not-sent' ? 'not-sent' : 'unknown';
    this.#sink?.uncertain({ broker: this.name, client_order_id, action, outcome, detail: fault.message });
  }
}

function isLive(truth: OrderTruth): boolean {
  return truth.state === 'accepted' || truth.state === 'partially_filled';
}

/** Ended, and every fill of it told. */
function isSettled(truth: OrderTruth): boolean {
  const told = truth.fills.reduce((sum, fill) => addDecimal(sum, fill.quantity), '0');
  return !isLive(truth) && compareDecimal(told, truth.filled_quantity) >= 0;
}

function asFault(error: unknown): VenueFault {
  return error instanceof VenueFault ? error : new VenueFault('unknown', messageOf(error));
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}

async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
}
