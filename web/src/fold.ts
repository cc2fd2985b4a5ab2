// How answers and events change the page's state. Pure; every list stays bounded and newest first.
import type { Candle, EquityPoint, Fill, Order, Position, Refusal, Source } from './rows.ts';
import { candleLimit, type Dashboard, equityLimit, rowLimit } from './store.ts';

/** Puts a row in front, or in its own place when its key is already there. */
export function upsert<Row>(
  list: readonly Row[],
  row: Row,
  keyOf: (row: Row) => string,
  limit = rowLimit,
): Row[] {
  const key = keyOf(row);
  const at = list.findIndex((other) => keyOf(other) === key);
  if (at < 0) return [row, ...list].slice(0, limit);
  return list.with(at, row);
}

/** Newest first by the given instant, bounded; ties keep their order. */
export function newestFirst<Row>(
  list: readonly Row[],
  atOf: (row: Row) => number | null,
  limit = rowLimit,
): Row[] {
  return list.toSorted((left, right) => (atOf(right) ?? 0) - (atOf(left) ?? 0)).slice(0, limit);
}

/** Oldest first without doubles in time, as charts demand; the later row of one instant wins. */
export function inTime<Row>(list: readonly Row[], atOf: (row: Row) => number, limit: number): Row[] {
  const byTime = new Map<number, Row>();
  for (const row of list) byTime.set(atOf(row), row);
  return [...byTime.values()].sort((left, right) => atOf(left) - atOf(right)).slice(-limit);
}

export function addCandle(state: Dashboard, candle: Candle): Dashboard {
  if (candle.symbol !== null && candle.symbol !== state.symbol) return state;
  const last = state.candles.at(-1);
  if (last === undefined || candle.openTime > last.openTime) {
    return { ...state, candles: [...state.candles, candle].slice(-candleLimit) };
  }
  return { ...state, candles: inTime([...state.candles, candle], (row) => row.openTime, candleLimit) };
}

export function addEquity(state: Dashboard, point: EquityPoint): Dashboard {
  const last = state.equity.at(-1);
  if (last !== undefined && point.at <= last.at) {
    return { ...state, equity: inTime([...state.equity, point], (row) => row.at, equityLimit) };
  }
  return { ...state, equity: [...state.equity, point].slice(-equityLimit) };
}

export function addFill(state: Dashboard, fill: Fill): Dashboard {
  return { ...state, fills: upsert(state.fills, fill, (row) => row.id) };
}

/** A changed position carries no price of its own, so the price known before stays with it. */
export function addPosition(state: Dashboard, position: Position): Dashboard {
  const before = state.positions.find((row) => row.id === position.id);
  const mark_price = position.mark_price ?? before?.mark_price ?? null;
  const row = { ...position, mark_price };
  return { ...state, positions: upsert(state.positions, row, (other) => other.id) };
}

/** A source speaking of itself does not repeat how it was wired, so that stays. */
export function addSource(state: Dashboard, source: Source): Dashboard {
  const before = state.sources.find((row) => row.source === source.source);
  if (before === undefined) return { ...state, sources: [...state.sources, source].slice(0, rowLimit) };
  const symbols = source.symbols.length > 0 ? source.symbols : before.symbols;
  const row = { ...source, symbols, kind: source.kind ?? before.kind };
  return { ...state, sources: state.sources.map((other) => (other === before ? row : other)) };
}

/** A new price marks the open positions of its symbol; a quote is also the shown symbol's last price. */
export function markPrice(
  state: Dashboard,
  symbol: string | null,
  price: number,
  quoted: boolean,
): Dashboard {
  const concerns = (row: Position) => row.symbol === symbol && row.open !== false && row.mark_price !== price;
  const shown = quoted && symbol === state.symbol && state.lastPrice !== price;
  const held = state.positions.some(concerns);
  if (!shown && !held) return state;
  return {
    ...state,
    lastPrice: shown ? price : state.lastPrice,
    positions: held
      ? state.positions.map((row) =>
          concerns(row) ? { ...row, mark_price: price, unrealised_profit: null } : row,
        )
      : state.positions,
  };
}

const finalOrderStates: ReadonlySet<string> = new Set(['filled', 'cancelled', 'rejected', 'expired']);

export function isFinalOrder(order: Order): boolean {
  return order.state !== null && finalOrderStates.has(order.state);
}

/** Unknown outcomes first, because a person may have to act; then working, then final. */
export function orderRank(order: Order): number {
  if (order.state === 'unknown') return 0;
  return isFinalOrder(order) ? 2 : 1;
}

export function countByCode(refusals: readonly Refusal[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of refusals) counts[row.code] = (counts[row.code] ?? 0) + 1;
  return counts;
}

export interface NotRealData {
  readonly kind: 'simulated' | 'recorded';
  readonly sources: readonly string[];
}

/** Whether any shown market data is not live, and from which sources; null only when nothing says so. */
export function notRealData(dataKind: string | null, sources: readonly Source[]): NotRealData | null {
  const of = (kind: string) =>
    sources.filter((row) => row.kind === kind || row.state === kind).map((row) => row.source);
  const simulated = of('simulated');
  if (simulated.length > 0 || dataKind === 'simulated') return { kind: 'simulated', sources: simulated };
  const recorded = of('recorded');
  if (recorded.length > 0 || dataKind === 'recorded') return { kind: 'recorded', sources: recorded };
  return null;
}
