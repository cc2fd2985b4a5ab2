// A position as the API shows it: with the currency that its profit and fees are in, which is the instrument's and not
// the account's. It must never show an amount whose currency is guessed: an unreadable symbol has none.
import { instrumentFor } from '../shared/domain/instrument.ts';
import type { Position } from '../shared/domain/position.ts';
import { toWireForm, type WireForm } from './wire-form.ts';

/** Quote currency of the symbol; null when nobody can tell. */
export function profitCurrencyOf(symbol: string): string | null {
  return instrumentFor(symbol)?.quote ?? null;
}

export function positionRow(
  position: Position,
): WireForm<Position> & { readonly profit_currency: string | null } {
  return { ...toWireForm(position), profit_currency: profitCurrencyOf(position.symbol) };
}
