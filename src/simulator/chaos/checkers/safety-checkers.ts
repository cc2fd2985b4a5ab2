// Judges of safety over time: nothing bare, nothing unknown for long without anybody being told, nothing failing.
import type { AnyPut } from '../../../shared/bus/collections.ts';
import { decimalNumber } from '../../../shared/domain/money.ts';
import { type EpochMs, minuteMs } from '../../../shared/domain/time.ts';
import type { Checker, Scene } from './checker.ts';

/** A healthy house gives a bare position its protection within this. */
const protectWithinMs = 2 * minuteMs;
/** After the bad hours it may first have to find out, and asks that often while something is open. */
const routineMs = 15 * minuteMs;
const tellWithinMs = 5 * minuteMs;
const knownCause = 'unknown_orders';

export class Protected implements Checker {
  readonly name = 'protected';
  readonly #bareSince = new Map<string, EpochMs>();

  looked(scene: Scene): string | undefined {
    if (!scene.healed) return undefined;
    for (const [symbol, { quantity }] of scene.ledger.holdings) {
      if (isCovered(symbol, decimalNumber(quantity), scene)) {
        this.#bareSince.delete(symbol);
        continue;
      }
      const since = this.#bareSince.get(symbol) ?? scene.now;
      this.#bareSince.set(symbol, since);
      const known = Math.max(since, Math.min(scene.now, scene.plan.healAt + routineMs));
      if (scene.now - known > protectWithinMs)
        return `${symbol}: ${quantity} bare since ${new Date(since).toISOString()}`;
    }
    for (const symbol of this.#bareSince.keys())
      if (!scene.ledger.holdings.has(symbol)) this.#bareSince.delete(symbol);
    return undefined;
  }

  rested(scene: Scene): string | undefined {
    for (const [symbol, { quantity }] of scene.ledger.holdings)
      if (!isCovered(symbol, decimalNumber(quantity), scene)) return `${symbol}: ${quantity} bare at rest`;
    return undefined;
  }
}

/** Stops at the venue cover the whole quantity, or an order that closes it is under way. */
function isCovered(symbol: string, quantity: number, { ledger, book }: Scene): boolean {
  const closing = quantity > 0 ? 'sell' : 'buy';
  let covered = 0;
  for (const { request, filled, state } of ledger.orders.values()) {
    if (request.symbol !== symbol || request.side !== closing) continue;
    if (state !== 'accepted' && state !== 'partially_filled' && state !== 'in_transit') continue;
    if (request.leg === 'exit') return true;
    if (request.leg === 'stop') covered += decimalNumber(request.quantity) - decimalNumber(filled);
  }
  if (covered + 1e-9 >= Math.abs(quantity)) return true;
  // A position on its way out may wait for its stop, which is filling, to end.
  return (
    covered > 0 && book.openPositions().some((one) => one.symbol === symbol && one.close_reason !== null)
  );
}

export class AtRest implements Checker {
  readonly name = 'at_rest';

  rested({ book }: Scene): string | undefined {
    for (const { open, state, client_order_id } of book.all('orders'))
      if (open && (state === 'unknown' || state === 'pending_submit' || state === 'cancel_requested'))
        return `${client_order_id} is still ${state}`;
    return undefined;
  }
}

export class UnknownIsTold implements Checker {
  readonly name = 'unknown_is_told';
  readonly #unknownSince = new Map<string, EpochMs>();

  committed(puts: readonly AnyPut[], scene: Scene): string | undefined {
    for (const put of puts) {
      if (put.collection !== 'orders' || put.value === null) continue;
      const { client_order_id: id, state } = put.value;
      if (state !== 'unknown') this.#unknownSince.delete(id);
      else if (!this.#unknownSince.has(id)) this.#unknownSince.set(id, scene.now);
    }
    for (const [id, since] of this.#unknownSince)
      if (scene.now - Math.max(since, scene.startedAt) > tellWithinMs && !isTold(scene))
        return `${id} unknown for long, and no incident says so`;
    return undefined;
  }
}

function isTold({ book }: Scene): boolean {
  for (const incident of book.all('incidents'))
    if (incident.open && incident.cause.startsWith(knownCause)) return true;
  return false;
}

export class NoFailure implements Checker {
  readonly name = 'no_failure';

  committed(puts: readonly AnyPut[]): string | undefined {
    for (const put of puts)
      if (put.collection === 'dead_letters' && put.value !== null)
        return `dead letter: ${put.value.message_type}: ${put.value.reason}`;
    return undefined;
  }
}
