// The one way an exchange is asked: every call is traced, every error becomes a fault that says whether the order can have
// left, and every order is read by its schema. It must never show a key.
import type { Redact } from '../shared/plain-text.ts';
import type { RequestPacer } from '../shared/request-pacer.ts';
import { VenueFault } from '../shared/venue-fault.ts';
import { type CcxtExchange, traced, type WireTrace } from './ccxt-exchange.ts';
import { faultOf, isClockFault } from './ccxt-faults.ts';
import { ourIdOf, venueIdOf } from './ccxt-ids.ts';
import { type CcxtOrder, orderSchema } from './ccxt-orders.ts';

/** An order waits no longer than this for its turn; a question may. */
export const maxOrderWaitMs = 500;
export const maxQuestionWaitMs = 4_000;

export interface CcxtAskingOptions {
  readonly exchange: CcxtExchange;
  /** Exchange id of ccxt. */
  readonly id: string;
  readonly pacer: RequestPacer;
  readonly redact: Redact;
}

export class CcxtAsking {
  readonly exchange: CcxtExchange;
  readonly redact: Redact;
  readonly #id: string;
  readonly #pacer: RequestPacer;

  constructor({ exchange, id, pacer, redact }: CcxtAskingOptions) {
    this.exchange = exchange;
    this.redact = redact;
    this.#id = id;
    this.#pacer = pacer;
  }

  /** Throws VenueFault. */
  ask(call: () => Promise<unknown>): Promise<unknown> {
    return this.call(maxQuestionWaitMs, call);
  }

  /** ccxt makes an empty list of an answer that has none; only a list that the venue sent is a list. */
  async askList(call: () => Promise<unknown>): Promise<unknown> {
    const { trace, value, error } = await traced(maxQuestionWaitMs, call);
    if (error !== undefined) throw this.faultOf(error, trace);
    if (!trace.body.includes('[')) throw new VenueFault('unknown', 'the answer has no list in it');
    return value;
  }

  async call(maxWaitMs: number, call: () => Promise<unknown>): Promise<unknown> {
    const { trace, value, error } = await traced(maxWaitMs, call);
    if (error === undefined) return value;
    throw this.faultOf(error, trace);
  }

  /** What an error of a traced call means; the venue's wish to be left alone is kept. */
  faultOf(error: unknown, trace: WireTrace): VenueFault {
    if (isClockFault(error)) void this.exchange.loadTimeDifference?.().catch(() => undefined);
    const fault = faultOf(error, trace, this.exchange.last_response_headers, this.redact);
    if (fault.retryAfterMs > 0 && trace.sent) this.#pacer.block(fault.retryAfterMs);
    return fault;
  }

  /** Throws VenueFault 'unknown' for what is no order; our ids come back as we gave them. */
  readOrder(answer: unknown): CcxtOrder {
    const parsed = orderSchema.safeParse(answer);
    if (parsed.success) {
      const id = parsed.data.clientOrderId;
      return id === undefined || id === null
        ? parsed.data
        : { ...parsed.data, clientOrderId: ourIdOf(this.#id, id) };
    }
    const [issue] = parsed.error.issues;
    throw new VenueFault('unknown', `an order is not readable: ${issue?.path.join('.')} ${issue?.message}`);
  }

  /** Our id as this venue takes it. */
  idThere(clientOrderId: string): string {
    return venueIdOf(this.#id, clientOrderId);
  }
}
